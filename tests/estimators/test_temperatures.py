import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.bottlenecks import BinaryCode, OneHotCode
from keras_ae.estimators import (
    ConstantTemperature,
    ExponentialTemperature,
    Gumbel,
    LinearTemperature,
    Temperature,
    TrainableTemperature,
)


def at(temperature, *steps):
    return [float(temperature(tf.constant(step))) for step in steps]


def test_exponential_temperature_falls_in_stairs_to_its_minimum():
    schedule = ExponentialTemperature(2.0, 0.5, rate=1e-3, every=500)
    expected = [2.0, 2.0, 2 * math.exp(-0.5), 2 * math.exp(-1.0), 0.5]
    actual = at(schedule, 0, 499, 500, 1_400, 5_000)
    np.testing.assert_allclose(actual, expected, rtol=1e-6)


def test_linear_temperature_is_a_line_and_then_stays():
    schedule = LinearTemperature(2.0, 0.4, steps=8)
    actual = at(schedule, 0, 2, 8, 100)
    np.testing.assert_allclose(actual, [2.0, 1.6, 0.4, 0.4], rtol=1e-6)


def test_constant_temperature_stays():
    assert at(ConstantTemperature(0.25), 0, 10**6) == [0.25, 0.25]


def test_trainable_temperature_starts_at_initial_above_its_minimum():
    schedule = TrainableTemperature(0.7, minimum=0.2)
    schedule.build(OneHotCode(1, 2))
    np.testing.assert_allclose(at(schedule, 0), 0.7, rtol=1e-6)
    schedule.log_excess.assign(-50.0)
    np.testing.assert_allclose(at(schedule, 0), 0.2, rtol=1e-6)


def test_the_schedule_follows_the_steps_of_the_bottleneck():
    # Without noise, relax(logits / t): the value shows the temperature.
    layer = BinaryCode(1, Gumbel(LinearTemperature(1.0, 0.25, steps=3)))
    layer.noise = tf.zeros
    values = [layer(np.ones((1, 1)), training=True).value for _ in range(5)]
    expected = [1 / (1 + math.exp(-1 / t)) for t in (1, 0.75, 0.5, 0.25, 0.25)]
    np.testing.assert_allclose(np.ravel(values), expected, rtol=1e-6)


def test_steps_are_counted_in_training_only():
    layer = OneHotCode(1, 3)
    for _ in range(3):
        layer(np.zeros((2, 3)), training=True)
        layer(np.zeros((2, 3)), training=False)
        layer(np.zeros((2, 3)))
    assert int(layer.step) == 3


@pytest.mark.parametrize("kind", [OneHotCode, BinaryCode])
def test_the_gradient_of_a_trained_temperature_is_its_slope(kind):
    sizes = (2, 3) if kind is OneHotCode else (6,)
    logits = np.random.default_rng(0).normal(size=(50, 6)).astype("float32")

    def value(log_excess):
        # The same seed, hence the same noise, on each side of the slope.
        layer = kind(*sizes, Gumbel(TrainableTemperature()), seed=4)
        layer.build(logits.shape)
        (weight,) = layer.trainable_weights
        weight.assign(log_excess)
        with tf.GradientTape() as tape:
            z = layer(logits, training=True).value
            total = tf.reduce_mean(tf.square(z - 0.3)) * 100
        return float(total), float(tape.gradient(total, weight.value))

    slope = (value(0.01)[0] - value(-0.01)[0]) / 0.02
    assert abs(slope) > 1
    # Float32 differences: 1e-6 * 20 / 0.02 = 1e-3.
    np.testing.assert_allclose(value(0.0)[1], slope, atol=5e-3)


def test_every_bottleneck_has_a_temperature_of_its_own():
    estimator = Gumbel(TrainableTemperature(0.7))
    first, second = OneHotCode(1, 2, estimator), OneHotCode(1, 2, estimator)
    first.build((None, 2)), second.build((None, 2))
    assert len(first.trainable_weights) == len(second.trainable_weights) == 1
    assert first.trainable_weights[0] is not second.trainable_weights[0]


def test_a_user_may_write_a_temperature():
    @keras.saving.register_keras_serializable("tests")
    class Halving(Temperature):
        def __call__(self, step):
            return 0.5 ** keras.ops.cast(step, "float32")

        def get_config(self):
            return {}

    layer = BinaryCode(1, Gumbel(Halving()))
    layer.noise = tf.zeros
    values = [layer(np.ones((1, 1)), training=True).value for _ in range(3)]
    expected = [1 / (1 + math.exp(-(2.0**step))) for step in range(3)]
    np.testing.assert_allclose(np.ravel(values), expected, rtol=1e-6)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Gumbel(0), "`Gumbel` needs `temperature` > 0. Received: "),
        (lambda: Gumbel("hot"), "needs `temperature` to be a number"),
        (lambda: LinearTemperature(steps=0), "needs `steps` >= 1"),
        (lambda: ExponentialTemperature(minimum=0), "needs `minimum` > 0"),
        (lambda: ExponentialTemperature(rate=-1), "needs `rate` >= 0"),
        (lambda: TrainableTemperature(0.1, 0.1), "needs `initial` > 0.1"),
    ],
)
def test_a_temperature_out_of_range_is_refused(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()
