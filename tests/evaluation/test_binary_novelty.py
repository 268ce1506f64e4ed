import numpy as np
import pytest

from zoo.evaluation import evaluate_images
from zoo.evaluation.binary import (
    binary_novelty,
    fit_classifier,
    novel_combinations,
    shuffled_pixels,
)


def rows_of(bits):
    return {tuple(row) for row in bits}


def test_combinations_are_new_and_distinct():
    train = np.random.default_rng(0).integers(0, 2, (100, 9))
    bits, unseen = novel_combinations(train, count=50)
    assert bits.shape == (50, 9) and bits.dtype == np.int32
    assert len(rows_of(bits)) == 50
    assert not rows_of(bits) & rows_of(train)
    assert 0 < unseen < 1


def test_bits_keep_their_training_frequency():
    random = np.random.default_rng(0)
    frequency = np.linspace(0.1, 0.9, 40)
    train = (random.random((500, 40)) < frequency).astype(int)
    bits, unseen = novel_combinations(train, count=2_000)
    # A frequency of 2,000 draws has a standard error of at most 0.011.
    np.testing.assert_allclose(bits.mean(0), train.mean(0), atol=0.05)
    assert unseen > 0.99


def test_a_constant_bit_stays_constant():
    train = np.random.default_rng(0).integers(0, 2, (20, 9))
    train[:, 3] = 1
    bits, _ = novel_combinations(train, count=10)
    assert (bits[:, 3] == 1).all()


def test_nothing_is_novel_when_all_was_seen():
    train = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    bits, unseen = novel_combinations(train, count=10)
    assert bits.shape == (0, 2) and unseen == 0


def test_the_seed_decides_the_draw():
    train = np.random.default_rng(0).integers(0, 2, (50, 20))
    first, same, other = (novel_combinations(train, 9, s)[0] for s in (0, 0, 1))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_shuffled_pixels_keep_each_pixels_values():
    x = np.random.default_rng(0).random((30, 5))
    shuffled = shuffled_pixels(x, np.random.default_rng(1))
    assert not np.array_equal(shuffled, x)
    np.testing.assert_array_equal(np.sort(shuffled, 0), np.sort(x, 0))


@pytest.fixture
def repeated(data):
    """The test data with enough training images for the classifier."""
    data.x_train = np.tile(data.x_train, (10, 1, 1, 1))
    data.y_train = np.tile(data.y_train, 10)
    return data


def test_real_images_are_judged_surer_than_noise(repeated, fakes):
    novelty = evaluate_images(fakes.binary(), repeated, floors=False)["novelty"]
    confidence = novelty["confidence"]
    assert novelty["classifier_accuracy"] == 1
    assert confidence["real"] > 0.8
    assert confidence["noise"] < 0.5
    assert novelty["bits"] == 3 and novelty["seen_combinations"] == 3
    # Five of the eight combinations of three bits were not in training.
    assert novelty["novel"] == 5
    assert set(confidence) == set(novelty["class_perplexity"])
    assert novelty["class_perplexity"]["real"] == pytest.approx(3, abs=0.1)


def test_without_a_novel_combination_there_is_no_confidence(data, fakes):
    model = fakes.binary()
    classifier = fit_classifier(data.x_train, data.y_train)
    bits = np.array(list(np.ndindex(2, 2, 2)))
    result = binary_novelty(
        classifier,
        model.decode_index,
        model.reconstruct,
        bits,
        data.x_test,
        data.y_test,
    )
    assert result["novel"] == 0
    assert result["confidence"]["novel"] is None
    assert result["class_perplexity"]["novel"] is None


def test_the_classifier_knows_nothing_as_a_class(data):
    classifier = fit_classifier(data.x_train, data.y_train)
    assert classifier.classes_.tolist() == [-1, 0, 1, 2]


def test_other_codes_are_skipped_with_the_reason(data, fakes):
    result = evaluate_images(fakes.one_hot(), data, floors=False)
    assert result["novelty"] is None
    assert result["skipped"]["novelty"] == "the code is not a row of bits"


def test_values_that_are_not_bits_are_refused():
    with pytest.raises(ValueError, match=r"0 and 1. Received: shape=\(1, 2\)"):
        novel_combinations(np.array([[0, 2]]))
    with pytest.raises(ValueError, match=r"Received: shape=\(2,\)"):
        novel_combinations(np.array([0, 1]))
