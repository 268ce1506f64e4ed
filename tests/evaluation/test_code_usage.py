import numpy as np
import pytest

from keras_ae.metrics.codes import code_counts, code_perplexity, codes_used
from zoo.evaluation import evaluate_images
from zoo.evaluation.codes import code_usage, index_nmi, kmeans_nmi


@pytest.mark.parametrize("num_codes", [1, 2, 7, 512])
def test_perplexity_of_uniform_codes_is_their_number(num_codes):
    index = np.tile(np.arange(num_codes), 3)
    assert code_perplexity(index, num_codes) == pytest.approx(num_codes)


def test_perplexity_of_one_code_is_one():
    assert code_perplexity(np.full((5, 4), 3), 8) == 1


def test_perplexity_matches_its_definition():
    p = np.array([0.5, 0.25, 0.25])
    expected = np.exp(-np.sum(p * np.log(p)))
    assert code_perplexity([0, 0, 1, 2], 9) == pytest.approx(expected)


def test_counts_and_used_codes_of_any_shape():
    index = np.array([[0, 2], [2, 2]], np.int32)
    np.testing.assert_array_equal(code_counts(index, 4), [1, 0, 3, 0])
    assert codes_used(index, 4) == 2


def test_usage_of_a_known_code():
    index = np.array([[0, 1], [0, 2], [0, 1], [0, 2]])
    usage = code_usage(index, 4)
    assert usage["positions"] == 2 and usage["symbols"] == 8
    assert usage["codes_used"] == 3 and usage["codes_used_share"] == 0.75
    assert usage["position_codes_used"] == [1, 2]
    assert usage["position_perplexity"] == pytest.approx([1, 2])
    assert usage["constant_positions"] == 1
    assert usage["distinct_combinations"] == 2
    assert usage["bits_per_image"] == 4
    assert usage["entropy_bits"] == pytest.approx(1)


def test_a_grid_of_indices_counts_each_place_as_a_position():
    index = np.random.default_rng(0).integers(0, 8, (50, 3, 5))
    usage = code_usage(index, 8)
    assert usage["positions"] == 15
    assert usage["bits_per_image"] == 45
    assert usage["entropy_bits"] <= 45


def test_entropy_of_uniform_codes_is_the_bits_paid():
    index = np.arange(16)[:, None]
    usage = code_usage(index, 16)
    assert usage["entropy_bits"] == pytest.approx(usage["bits_per_image"])


def test_nmi_does_not_mind_the_names_of_codes():
    y = np.arange(30) % 3
    assert index_nmi((y + 1) % 3, y) == pytest.approx(1)
    assert index_nmi(np.zeros(30, int), y) == 0


def test_kmeans_finds_separate_clusters():
    random = np.random.default_rng(0)
    y = np.arange(90) % 3
    z = 10 * np.eye(3)[y] + random.normal(size=(90, 3))
    assert kmeans_nmi(z, y, clusters=3) == pytest.approx(1)


def test_kmeans_of_one_point_agrees_with_nothing():
    assert kmeans_nmi(np.ones((30, 2)), np.arange(30) % 3, clusters=3) == 0


def test_kmeans_of_fewer_points_than_clusters_works():
    y = np.arange(30) % 2
    assert kmeans_nmi(y[:, None], y, clusters=5) == pytest.approx(1)


def test_a_single_index_is_its_own_cluster(data, fakes):
    result = evaluate_images(
        fakes.one_hot(), data, untrained_model=fakes.one_hot()
    )
    clustering = result["clustering"]
    assert clustering["method"] == "index" and clustering["clusters"] == 3
    assert clustering["nmi"] == pytest.approx(1)
    assert clustering["floors"]["random_encoder"] == pytest.approx(1)
    assert result["codes"]["codes_used"] == 3
    assert result["codes"]["bits_per_image"] == pytest.approx(np.log2(3))


def test_several_indices_are_clustered_by_kmeans(data, fakes):
    clustering = evaluate_images(fakes.binary(), data, floors=False)[
        "clustering"
    ]
    assert clustering["method"] == "k-means"
    assert clustering["nmi"] == pytest.approx(1)
    assert clustering["floors"] is None


def test_a_collapsed_code_is_warned_of(data, fakes):
    class Stuck(fakes.one_hot):
        def encode_index(self, x):
            return np.zeros((len(x), 1), np.int32)

    result = evaluate_images(Stuck(), data, floors=False)
    text = " ".join(result["warnings"])
    assert "1 of 3 codes used" in text
    assert "1 of 1 positions" in text
    assert "The embedding is constant" in text


def test_a_code_outside_the_alphabet_is_refused():
    with pytest.raises(ValueError, match=r"in \[0, 4\). Received: .* 0 to 4"):
        codes_used([0, 4], 4)
    with pytest.raises(ValueError, match="values from -1 to 2"):
        code_perplexity([-1, 2], 4)


def test_codes_that_are_not_integers_are_refused():
    with pytest.raises(TypeError, match="integer `index`. Received: dtype=fl"):
        code_perplexity([0.0, 1.0], 4)


def test_no_codes_are_refused():
    with pytest.raises(ValueError, match="at least one code"):
        codes_used(np.zeros((0, 3), int), 4)


def test_an_empty_alphabet_is_refused():
    with pytest.raises(ValueError, match="`num_codes` >= 1. Received: num_c"):
        codes_used([0], 0)
