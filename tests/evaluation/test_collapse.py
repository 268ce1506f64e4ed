import numpy as np
import pytest

from keras_ae.metrics.collapse import (
    alignment,
    collapse_report,
    collapse_warnings,
    dimension_variance,
    effective_rank,
    uniformity,
)


def gaussian(examples, dim, seed=0):
    return np.random.default_rng(seed).normal(size=(examples, dim))


def test_dimension_variance_matches_the_definition():
    z = gaussian(50, 3)
    expected = np.mean((z - z.mean(axis=0)) ** 2, axis=0)
    np.testing.assert_allclose(dimension_variance(z), expected, rtol=1e-12)


def test_effective_rank_matches_a_singular_value_decomposition():
    z = gaussian(40, 7) * np.arange(1, 8)
    s = np.linalg.svd(z - z.mean(axis=0), compute_uv=False)
    p = s / s.sum()
    expected = np.exp(-np.sum(p * np.log(p)))
    assert effective_rank(z) == pytest.approx(expected, rel=1e-9)


def test_effective_rank_is_the_same_from_either_gram_matrix():
    z = gaussian(6, 20)
    padded = np.concatenate([z, np.repeat(z.mean(0)[None], 30, axis=0)])
    assert effective_rank(z) == pytest.approx(effective_rank(padded), rel=1e-9)


def test_effective_rank_of_an_isotropic_gaussian_is_nearly_dim():
    # Singular values spread by sqrt(dim / examples) = 4 %: 0.1 % of entropy.
    assert effective_rank(gaussian(10_000, 16)) == pytest.approx(16, rel=2e-3)


def test_effective_rank_of_one_line_is_one():
    z = gaussian(200, 1) * gaussian(1, 32, seed=1) + 5
    assert effective_rank(z) == pytest.approx(1, abs=1e-6)


def test_effective_rank_of_a_constant_is_zero_despite_rounding():
    z = np.full((100, 8), 3.7, np.float32)
    z[::2] = np.nextafter(z[::2], np.float32(4))
    assert effective_rank(z) == 0


def test_effective_rank_ignores_scale_and_shift():
    z = gaussian(100, 5) * np.arange(1, 6)
    assert effective_rank(1e-3 * z + 1) == pytest.approx(effective_rank(z))


def test_alignment_closed_values():
    z = np.array([[2.0, 0.0], [0.0, 1.0]])
    assert alignment(z, 3 * z) == 0
    assert alignment(z, -z) == pytest.approx(4)
    assert alignment(z, z[::-1]) == pytest.approx(2)
    assert alignment(z, -z, alpha=1) == pytest.approx(2)


def test_uniformity_of_two_opposite_points():
    z = np.array([[1.0, 0.0], [-5.0, 0.0]])
    assert uniformity(z) == pytest.approx(-8)
    assert uniformity(z, t=1) == pytest.approx(-4)


def test_uniformity_of_one_direction_is_zero():
    assert uniformity(np.outer(np.arange(1, 9), [1.0, 2.0])) == 0


def test_uniformity_counts_every_pair_once_across_chunks():
    z = gaussian(1_500, 3)
    u = z / np.linalg.norm(z, axis=1, keepdims=True)
    gaps = np.sum((u[:, None] - u[None]) ** 2, axis=-1)
    expected = np.log(np.exp(-2 * gaps[np.triu_indices(1_500, 1)]).mean())
    assert uniformity(z) == pytest.approx(expected, rel=1e-9)


def test_spread_embeddings_are_reported_without_warning():
    z = gaussian(500, 8)
    report = collapse_report(z, (z, z))
    assert collapse_warnings(report) == []
    assert report["alignment"] == 0
    assert report["active_dimensions"] == 8
    assert report["effective_rank_share"] == pytest.approx(
        report["effective_rank"] / 8
    )


def test_a_constant_embedding_is_named():
    report = collapse_report(np.ones((20, 4)))
    assert report["constant"] and report["active_dimensions"] == 0
    (warning,) = collapse_warnings(report)
    assert "constant: all 20 examples" in warning


def test_few_active_dimensions_and_low_rank_are_named():
    z = gaussian(500, 32)
    z[:, 1:] *= 1e-3
    first, second = collapse_warnings(collapse_report(z))
    assert "1 of 32" in first
    assert "effective rank is low: 1." in second


def test_one_dimension_cannot_have_a_low_rank():
    assert collapse_warnings(collapse_report(gaussian(50, 1))) == []


def test_an_unused_codebook_is_named():
    report = collapse_report(gaussian(50, 4))
    usage = {"codes_used": 9, "num_codes": 64, "symbols": 1_000}
    (warning,) = collapse_warnings(report, usage)
    assert "9 of 64 codes used" in warning


def test_codes_that_could_not_occur_are_not_missed():
    report = collapse_report(gaussian(50, 4))
    usage = {"codes_used": 9, "num_codes": 64, "symbols": 10}
    assert collapse_warnings(report, usage) == []


def test_a_single_bit_value_is_a_collapsed_code():
    usage = {"codes_used": 1, "num_codes": 2}
    (warning,) = collapse_warnings(collapse_report(gaussian(50, 4)), usage)
    assert "1 of 2 codes used" in warning


def test_constant_positions_are_named():
    usage = {"codes_used": 2, "num_codes": 2}
    usage.update(positions=8, constant_positions=5)
    (warning,) = collapse_warnings(collapse_report(gaussian(50, 4)), usage)
    assert "5 of 8 positions" in warning


@pytest.mark.parametrize("z", [np.ones(3), np.ones((1, 3)), np.ones((3, 0))])
def test_a_wrong_shape_is_refused(z):
    with pytest.raises(ValueError, match=r"\(examples, dim\).*Received: shap"):
        effective_rank(z)


def test_not_a_number_is_refused():
    z = np.ones((4, 2))
    z[1] = np.nan
    with pytest.raises(ValueError, match="Received: 1 of 4 examples with NaN"):
        collapse_report(z)


def test_words_are_refused():
    with pytest.raises(TypeError, match="needs a numeric `z`"):
        uniformity(np.array([["a"], ["b"]]))


def test_unequal_pairs_are_refused():
    with pytest.raises(ValueError, match=r"one shape. Received: \(3, 2\) and"):
        alignment(np.ones((3, 2)), np.ones((4, 2)))


def test_an_exponent_of_zero_is_refused():
    with pytest.raises(ValueError, match="`alpha` > 0. Received: alpha=0"):
        alignment(np.ones((3, 2)), np.ones((3, 2)), alpha=0)
    with pytest.raises(ValueError, match="`t` > 0. Received: t=-1"):
        uniformity(np.ones((3, 2)), t=-1)


def test_enough_effective_rank_in_many_dimensions_is_no_collapse():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(2000, 64)) @ rng.normal(size=(64, 2000))
    report = collapse_report(z)
    assert report["effective_rank_share"] < 0.1
    assert collapse_warnings(report) == []


# The larger is 14 degrees between two of them.
@pytest.mark.parametrize("spread", [0.1, 1.7])
def test_small_differences_about_a_large_mean_are_named(spread):
    random = np.random.default_rng(0)
    z = 10.0 + spread * random.normal(size=(100, 8))  # all ranks, all active
    (warning,) = collapse_warnings(collapse_report(z))
    assert warning.startswith("The embeddings have nearly one direction: ")
    assert collapse_warnings(collapse_report(z - 10.0)) == []
