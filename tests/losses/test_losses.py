import numpy as np
import pytest
import tensorflow as tf

from keras_ae.losses import (
    bernoulli_nll,
    gaussian_kl,
    squared_error,
    sum_over_example,
)
from keras_ae.losses.gaussian_kl import MAX_LOG_VAR

SHAPE = (6, 3, 4)


def normal(seed=0, scale=1.0):
    random = np.random.default_rng(seed)
    return (scale * random.normal(size=SHAPE)).astype("float32")


def gradient(loss, value):
    value = tf.constant(value, "float32")
    with tf.GradientTape() as tape:
        tape.watch(value)
        total = tf.reduce_sum(loss(value))
    return tape.gradient(total, value).numpy()


def test_sum_over_example_keeps_the_batch():
    x = normal()
    np.testing.assert_allclose(sum_over_example(x), x.sum((1, 2)), rtol=1e-5)
    np.testing.assert_array_equal(sum_over_example(x[:, 0, 0]), x[:, 0, 0])
    half = tf.cast(x, "bfloat16")
    assert sum_over_example(half).dtype == "float32"


def test_squared_error_is_half_the_squared_distance():
    x, x_hat = normal(0).astype("float64"), normal(1).astype("float64")
    expected = 0.5 * np.sum((x - x_hat) ** 2, axis=(1, 2))
    np.testing.assert_allclose(squared_error(x, x_hat), expected, rtol=1e-6)


def test_squared_error_is_a_gaussian_likelihood_less_its_constant():
    x, x_hat = normal(0).astype("float64"), normal(1).astype("float64")
    density = np.exp(-((x - x_hat) ** 2) / 2) / np.sqrt(2 * np.pi)
    expected = -np.log(density).sum((1, 2)) - 12 * 0.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(squared_error(x, x_hat), expected, rtol=1e-5)


def test_bernoulli_nll_matches_the_log_likelihood():
    logits = normal(scale=3.0).astype("float64")
    x = np.random.default_rng(2).uniform(size=SHAPE)
    p = 1 / (1 + np.exp(-logits))
    expected = -np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=(1, 2))
    np.testing.assert_allclose(bernoulli_nll(x, logits), expected, rtol=1e-5)


def test_bernoulli_nll_of_even_odds_is_log_two_a_pixel():
    x = np.ones(SHAPE)
    nll = bernoulli_nll(x, np.zeros(SHAPE))
    np.testing.assert_allclose(nll, 12 * np.log(2.0), rtol=1e-6)


@pytest.mark.parametrize("logit", [-1e4, 1e4])
def test_bernoulli_nll_stays_finite_for_far_logits(logit):
    logits = np.full(SHAPE, logit)
    right, wrong = (bernoulli_nll(x * np.ones(SHAPE), logits) for x in (0, 1))
    if logit > 0:
        right, wrong = wrong, right
    np.testing.assert_allclose(right, 0.0, atol=1e-6)
    np.testing.assert_allclose(wrong, 12e4, rtol=1e-6)


def test_the_gradient_of_bernoulli_nll_is_probability_less_pixel():
    logits, x = normal(scale=3.0), np.random.default_rng(2).uniform(size=SHAPE)
    actual = gradient(lambda value: bernoulli_nll(x, value), logits)
    expected = 1 / (1 + np.exp(-np.float64(logits))) - x
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-6)


def test_gaussian_kl_matches_closed_form():
    mean, log_var = normal(0).astype("float64"), normal(1).astype("float64")
    kl = 0.5 * (mean**2 + np.exp(log_var) - log_var - 1)
    actual = gaussian_kl(mean, log_var)
    np.testing.assert_allclose(actual, kl.sum((1, 2)), rtol=1e-5)


def test_gaussian_kl_matches_numerical_integration():
    mean, log_var = 0.7, -0.4
    z = np.linspace(-12, 12, 200_001)
    log_q = -0.5 * ((z - mean) ** 2 / np.exp(log_var) + log_var)
    integrand = np.exp(log_q) / np.sqrt(2 * np.pi) * (log_q + z**2 / 2)
    expected = np.sum(integrand) * (z[1] - z[0])
    actual = gaussian_kl(np.full((1, 1), mean), np.full((1, 1), log_var))
    np.testing.assert_allclose(actual, expected, rtol=1e-5)


def test_gaussian_kl_of_the_prior_is_zero():
    zeros = np.zeros(SHAPE)
    np.testing.assert_array_equal(gaussian_kl(zeros, zeros), np.zeros(6))


@pytest.mark.parametrize("log_var", [-1e4, 1e4])
def test_gaussian_kl_clips_a_diverged_variance(log_var):
    zeros, far = np.zeros(SHAPE), np.full(SHAPE, log_var)
    limit = np.full(SHAPE, np.sign(log_var) * MAX_LOG_VAR)
    actual = gaussian_kl(zeros, far)
    np.testing.assert_array_equal(actual, gaussian_kl(zeros, limit))
    assert np.isfinite(gradient(lambda v: gaussian_kl(zeros, v), far)).all()
