import numpy as np
import pytest

from keras_ae.bottlenecks import BinaryCode, OneHotCode

DRAWS = 50_000


def logits(rows, width, seed=0):
    random = np.random.default_rng(seed)
    return (2 * random.normal(size=(rows, width))).astype("float32")


def softmax(x):
    e = np.exp(np.float64(x) - np.max(x, axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-np.float64(x)))


def chi_square(counts, p):
    """Statistic and degrees of freedom of counts `(n, k)`."""
    expected = counts.sum(axis=-1, keepdims=True) * p
    statistic = np.sum((counts - expected) ** 2 / expected)
    return statistic, counts.shape[0] * (counts.shape[1] - 1)


def assert_fits(counts, p):
    # Mean `freedom`, variance 2 `freedom`; five deviations are 1e-6 or so.
    statistic, freedom = chi_square(counts, p)
    assert abs(statistic - freedom) < 5 * np.sqrt(2 * freedom)


@pytest.mark.parametrize(
    "estimator", ["gumbel", "gumbel_st", "straight_through"]
)
def test_one_hot_codes_are_drawn_from_the_softmax(estimator):
    layer = OneHotCode(8, 5, estimator, seed=3)
    x = logits(1, 40)
    index = layer(np.repeat(x, DRAWS, axis=0), training=True).index.numpy()
    counts = np.stack([np.bincount(g, minlength=5) for g in index.T])
    assert_fits(counts, softmax(x.reshape(8, 5)))


@pytest.mark.parametrize(
    "estimator", ["gumbel", "gumbel_st", "straight_through"]
)
def test_bits_are_drawn_from_the_sigmoid(estimator):
    layer = BinaryCode(24, estimator, seed=3)
    x = logits(1, 24)
    index = layer(np.repeat(x, DRAWS, axis=0), training=True).index.numpy()
    ones = index.sum(axis=0)
    p = sigmoid(x[0])
    assert_fits(
        np.stack([ones, DRAWS - ones], axis=1), np.stack([p, 1 - p], axis=1)
    )


def test_groups_are_drawn_independently():
    layer = OneHotCode(2, 2, seed=3)
    index = layer(np.zeros((DRAWS, 4)), training=True).index.numpy()
    pairs = np.bincount(index @ [2, 1], minlength=4)
    assert_fits(pairs[None], np.full((1, 4), 0.25))


@pytest.mark.parametrize("training", [False, True])
def test_log_prob_and_entropy_of_one_hot_codes_equal_numpy(training):
    x = logits(30, 24).reshape(10, 3, 24)
    code = OneHotCode(6, 4, seed=1)(x, training=training)
    p = softmax(x.reshape(10, 3, 6, 4))
    chosen = np.take_along_axis(p, code.index.numpy()[..., None], axis=-1)
    log_prob = np.log(chosen[..., 0]).sum(axis=(1, 2))
    entropy = -np.sum(p * np.log(p), axis=(1, 2, 3))
    np.testing.assert_allclose(code.log_prob, log_prob, rtol=1e-5)
    np.testing.assert_allclose(code.entropy, entropy, rtol=1e-5)


@pytest.mark.parametrize("training", [False, True])
def test_log_prob_and_entropy_of_bits_equal_numpy(training):
    x = logits(30, 8).reshape(10, 3, 8)
    code = BinaryCode(8, seed=1)(x, training=training)
    p = sigmoid(x)
    log_prob = np.log(np.where(code.index.numpy() == 1, p, 1 - p))
    entropy = -p * np.log(p) - (1 - p) * np.log(1 - p)
    np.testing.assert_allclose(code.log_prob, log_prob.sum((1, 2)), rtol=1e-5)
    np.testing.assert_allclose(code.entropy, entropy.sum((1, 2)), rtol=1e-5)


def test_kl_from_the_uniform_prior_equals_numpy():
    x = logits(20, 24)
    layer = OneHotCode(6, 4)
    p = softmax(x.reshape(20, 6, 4))
    expected = np.sum(p * np.log(4 * p), axis=-1)
    kl = layer.compute_kl(layer(x).logits)
    np.testing.assert_allclose(kl, expected, rtol=1e-4, atol=1e-6)
    layer, p = BinaryCode(24), sigmoid(x)
    expected = p * np.log(2 * p) + (1 - p) * np.log(2 * (1 - p))
    kl = layer.compute_kl(layer(x).logits)
    np.testing.assert_allclose(kl, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("layer", [OneHotCode(4, 6), BinaryCode(24)])
def test_far_logits_keep_everything_finite(layer):
    x = np.array([[1e4, -1e4] * 12, [0.0, 80.0] * 12], "float32")
    for training in (False, True):
        code = layer(x, training=training)
        kl = layer.compute_kl(code.logits)
        for part in (code.value, code.log_prob, code.entropy, kl):
            assert np.isfinite(part).all()


def test_inference_gives_the_most_probable_one_hot_code():
    x = logits(50, 24)
    code = OneHotCode(6, 4)(x)
    expected = x.reshape(50, 6, 4).argmax(axis=-1)
    np.testing.assert_array_equal(code.index, expected)
    one_hot = np.eye(4)[expected].reshape(50, 24)
    np.testing.assert_array_equal(code.value, one_hot)
    tied = OneHotCode(1, 3)(np.zeros((1, 3)))
    assert int(tied.index[0, 0]) == 0


def test_inference_gives_the_bits_above_one_half():
    x = logits(50, 8)
    code = BinaryCode(8)(x)
    np.testing.assert_array_equal(code.index, x > 0)
    np.testing.assert_array_equal(code.value, x > 0)


@pytest.mark.parametrize(
    "layer, width", [(OneHotCode(6, 4), 24), (BinaryCode(8), 8)]
)
def test_decode_index_gives_the_hard_code(layer, width):
    code = layer(logits(30, width).reshape(10, 3, width))
    np.testing.assert_array_equal(layer.decode_index(code.index), code.value)


def test_a_relaxed_code_is_that_of_the_drawn_index():
    # The same noise draws the index and relaxes the value.
    code = OneHotCode(6, 4, "gumbel", seed=2)(logits(500, 24), training=True)
    largest = code.value.numpy().reshape(500, 6, 4).argmax(axis=-1)
    np.testing.assert_array_equal(code.index, largest)
    code = BinaryCode(8, "gumbel", seed=2)(logits(500, 8), training=True)
    np.testing.assert_array_equal(code.index, code.value.numpy() > 0.5)


def test_the_same_seed_draws_the_same_codes_and_goes_on():
    x = np.zeros((20, 24), "float32")
    first, second = OneHotCode(6, 4, seed=2), OneHotCode(6, 4, seed=2)
    draws = [first(x, training=True).index.numpy() for _ in range(2)]
    again = [second(x, training=True).index.numpy() for _ in range(2)]
    np.testing.assert_array_equal(draws, again)
    assert np.any(draws[0] != draws[1])
