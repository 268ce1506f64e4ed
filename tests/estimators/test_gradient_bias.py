"""Monte-Carlo gradients of the estimators against exact enumeration.

The loss of a code z is `0.5 * |A z - b|^2`, or `a . z`; features are 100,000
copies of the same logits, so row i of the gradient is one draw. All are
biased but where a test says otherwise: `-s` prints by how much.
"""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from keras_ae.bottlenecks import BinaryCode, OneHotCode
from keras_ae.estimators import Gumbel, GumbelStraightThrough

DRAWS = 100_000
# Largest |z| of some 60 comparisons; a right one passes 4.5 with odds 1e-5.
Z = 4.5
KINDS = ("one_hot", "binary")
THETA = {
    "one_hot": np.array([0.5, -0.3, 0.8, -1.0]),
    "binary": np.array([0.4, -0.7, 1.1]),
}
TARGET = np.array([0.3, -0.8, 0.5, 0.2, 0.9])


def mixing(kind):
    return np.random.default_rng(5).normal(size=(5, THETA[kind].size))


def bottleneck(kind, estimator, seed=0):
    if kind == "one_hot":
        return OneHotCode(1, 4, estimator=estimator, seed=seed)
    return BinaryCode(3, estimator=estimator, seed=seed)


def loss(z, a, b):
    return 0.5 * np.sum(np.square(z @ a.T - b), axis=-1)


def loss_gradient(z, a, b):
    return (z @ a.T - b) @ a


def all_codes(kind, theta=None):
    """Every code and its probability, float64."""
    theta = THETA[kind] if theta is None else theta
    if kind == "one_hot":
        return np.eye(4), np.exp(theta) / np.exp(theta).sum()
    codes = np.array(list(itertools.product([0.0, 1.0], repeat=3)))
    p = 1 / (1 + np.exp(-theta))
    return codes, np.prod(np.where(codes > 0, p, 1 - p), axis=1)


def jacobian_product(kind, y, v):
    """`J^T v` of softmax or sigmoid, where its value is `y`."""
    if kind == "binary":
        return y * (1 - y) * v
    return y * (v - np.sum(y * v, axis=-1, keepdims=True))


def exact_gradient(kind, losses):
    codes, p = all_codes(kind)
    mean = p @ codes
    # d log p(code) / d theta is code - mean for both kinds.
    return (p * losses) @ (codes - mean)


def relaxed(kind, theta, noise, temperature):
    y = (theta + noise) / temperature
    if kind == "binary":
        return 1 / (1 + np.exp(-y))
    y = np.exp(y - y.max(axis=-1, keepdims=True))
    return y / y.sum(axis=-1, keepdims=True)


def numpy_noise(kind):
    random = np.random.default_rng(11)
    draw = random.gumbel if kind == "one_hot" else random.logistic
    return draw(size=(DRAWS, THETA[kind].size))


def draw_gradients(kind, estimator):
    """Gradient of the quadratic loss for every draw, `(DRAWS, width)`."""
    a, b = ops.cast(mixing(kind), "float32"), ops.cast(TARGET, "float32")
    theta = np.tile(THETA[kind], (DRAWS, 1)).astype("float32")
    features, layer = tf.constant(theta), bottleneck(kind, estimator)
    with tf.GradientTape() as tape:
        tape.watch(features)
        z = layer(features, training=True).value
        total = 0.5 * tf.reduce_sum(tf.square(z @ tf.transpose(a) - b))
    return tape.gradient(total, features).numpy().astype("float64")


def assert_equal_means(draws, expected, spread=0.0):
    error = draws.mean(axis=0) - expected
    standard_error = np.sqrt((draws.var(axis=0) + spread) / len(draws))
    assert np.all(np.abs(error) < Z * standard_error + 1e-6), (
        error / standard_error
    )


def hard_gradient(kind):
    codes, _ = all_codes(kind)
    return exact_gradient(kind, loss(codes, mixing(kind), TARGET))


def bias_and_variance(kind, estimator):
    draws = draw_gradients(kind, estimator)
    bias = np.linalg.norm(draws.mean(axis=0) - hard_gradient(kind))
    return bias, draws.var(axis=0).sum()


def test_enumeration_matches_a_published_gradient():
    # E[(b - t)^2] at theta = 0: (1 - 2 t) / 4, .025 for t = .45 (REBAR).
    codes, p = np.array([[0.0], [1.0]]), np.array([0.5, 0.5])
    losses = (codes[:, 0] - 0.45) ** 2
    assert (p * losses) @ (codes - p @ codes) == pytest.approx(0.025)


@pytest.mark.parametrize("kind", KINDS)
def test_enumeration_matches_central_differences(kind):
    losses = loss(all_codes(kind)[0], mixing(kind), TARGET)
    expected = hard_gradient(kind)
    for i, step in enumerate(1e-5 * np.eye(len(expected))):
        _, up = all_codes(kind, THETA[kind] + step)
        _, down = all_codes(kind, THETA[kind] - step)
        slope = (up - down) @ losses / 2e-5
        assert slope == pytest.approx(expected[i], abs=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_straight_through_has_the_mean_of_its_closed_form(kind):
    codes, p = all_codes(kind)
    slopes = p @ loss_gradient(codes, mixing(kind), TARGET)
    expected = jacobian_product(kind, p @ codes, slopes)
    assert_equal_means(draw_gradients(kind, "straight_through"), expected)
    assert np.linalg.norm(expected - hard_gradient(kind)) > 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_straight_through_is_exact_for_a_linear_loss(kind):
    slope = np.arange(1.0, THETA[kind].size + 1)
    expected = exact_gradient(kind, all_codes(kind)[0] @ slope)
    features = tf.constant(np.tile(THETA[kind], (7, 1)), "float32")
    with tf.GradientTape() as tape:
        tape.watch(features)
        z = bottleneck(kind, "straight_through")(features, training=True).value
        total = tf.reduce_sum(z * tf.constant(slope, "float32"))
    actual = tape.gradient(total, features).numpy()
    np.testing.assert_allclose(actual, np.tile(expected, (7, 1)), atol=1e-6)


@pytest.mark.parametrize("temperature", [1.0, 0.5])
@pytest.mark.parametrize("kind", KINDS)
def test_gumbel_is_unbiased_for_the_relaxed_loss(kind, temperature):
    noise, theta = numpy_noise(kind), THETA[kind]
    slopes = []
    for step in 1e-4 * np.eye(theta.size):  # the same noise on both sides
        up, down = (
            loss(relaxed(kind, t, noise, temperature), mixing(kind), TARGET)
            for t in (theta + step, theta - step)
        )
        slopes.append((up - down) / 2e-4)
    slopes = np.stack(slopes, axis=1)
    draws = draw_gradients(kind, Gumbel(temperature))
    assert_equal_means(draws, slopes.mean(axis=0), slopes.var(axis=0))


@pytest.mark.parametrize("kind", KINDS)
def test_gumbel_st_is_the_relaxed_jacobian_at_the_hard_code(kind):
    noise, theta = numpy_noise(kind), THETA[kind]
    y = relaxed(kind, theta, noise, 0.7)
    hard = y > 0.5
    if kind == "one_hot":
        hard = np.eye(4)[y.argmax(axis=1)]
    slopes = loss_gradient(1.0 * hard, mixing(kind), TARGET)
    expected = jacobian_product(kind, y, slopes) / 0.7
    draws = draw_gradients(kind, GumbelStraightThrough(0.7))
    assert_equal_means(draws, expected.mean(axis=0), expected.var(axis=0))


@pytest.mark.parametrize("kind", KINDS)
def test_bias_falls_and_variance_grows_with_falling_temperature(kind):
    size = np.linalg.norm(hard_gradient(kind))
    print(f"\n{kind}: norm of the exact gradient {size:.4f}")
    print(f"{'estimator':<18}{'temperature':>12}{'bias':>10}{'variance':>10}")
    found = {
        (name.name, temperature): bias_and_variance(kind, name(temperature))
        for name in (Gumbel, GumbelStraightThrough)
        for temperature in (1.0, 0.5, 0.1)
    }
    found["straight_through", ""] = bias_and_variance(kind, "straight_through")
    for (name, temperature), (bias, variance) in found.items():
        print(f"{name:<18}{temperature:>12}{bias:>10.4f}{variance:>10.4f}")
    warm, mild, cold = (found["gumbel", t] for t in (1.0, 0.5, 0.1))
    assert warm[0] > mild[0] > cold[0]
    assert warm[1] < mild[1] < cold[1]
