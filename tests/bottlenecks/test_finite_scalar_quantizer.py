import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.bottlenecks import FiniteScalarQuantizer

LEVELS = [[2], [3], [8, 5, 5], [4, 2, 3, 7], [16, 15]]


def grid(levels, points=41, width=4.0):
    axis = np.linspace(-width, width, points)
    if len(levels) > 3:
        axis = axis[:: points // 15]
    return np.array(list(itertools.product(axis, repeat=len(levels))))


def reference(x, levels):
    """Equation of arXiv:2309.15505, section 3.1 and appendix A.1."""
    value, index, radix = np.empty(x.shape), np.zeros(len(x), int), 1
    for i, level in enumerate(levels):
        half = (level - 1) * (1 + 1e-3) / 2
        offset = 0.5 if level % 2 == 0 else 0.0
        bounded = np.tanh(x[:, i] + np.arctanh(offset / half)) * half - offset
        digit = np.round(bounded)
        value[:, i] = digit / (level // 2)
        index += radix * (digit + level // 2).astype(int)
        radix *= level
    return value, index


@pytest.mark.parametrize("levels", LEVELS)
def test_values_and_codes_equal_numpy(levels):
    x = grid(levels) + 0.0123  # off the borders between levels
    code = FiniteScalarQuantizer(levels)(x.astype("float32"))
    value, index = reference(x.astype("float32").astype("float64"), levels)
    np.testing.assert_array_equal(code.index, index)
    np.testing.assert_allclose(code.value, value, rtol=1e-6)
    assert np.abs(value).max() <= 1


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "bfloat16"])
@pytest.mark.parametrize("levels", LEVELS)
def test_every_code_is_reached(levels, policy):
    dtype = keras.DTypePolicy(policy).compute_dtype
    features = keras.ops.cast(grid(levels, 81), dtype)
    layer = FiniteScalarQuantizer(levels, dtype=policy)
    reached = np.unique(layer(features).index)
    np.testing.assert_array_equal(reached, np.arange(np.prod(levels)))


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("levels", LEVELS)
def test_decode_index_and_index_are_inverse(levels, policy):
    layer = FiniteScalarQuantizer(levels, dtype=policy)
    features = keras.ops.cast(grid(levels), layer.compute_dtype)
    code = layer(features)
    np.testing.assert_allclose(
        layer.decode_index(code.index), code.value, atol=1e-6
    )
    every = np.arange(layer.num_codes)
    values = np.array(layer.decode_index(every))
    assert len(np.unique(values, axis=0)) == layer.num_codes
    # Back through the bound: the features in the middle of every level.
    sizes = np.array(levels)
    half, offset = (sizes - 1) * 1.001 / 2, np.where(sizes % 2, 0.0, 0.5)
    middle = np.arctanh((values * (sizes // 2) + offset) / half)
    middle = middle - np.arctanh(offset / half)
    np.testing.assert_array_equal(layer(middle.astype("float32")).index, every)


def test_the_gradient_passes_through_the_rounding():
    levels, x = [8, 5], np.array([[0.3, -0.7], [2.0, 0.1]])
    layer, features = FiniteScalarQuantizer(levels), tf.constant(x, "float32")
    with tf.GradientTape() as tape:
        tape.watch(features)
        total = tf.reduce_sum(layer(features, training=True).value)
    sizes = np.array(levels)
    half, offset = (sizes - 1) * 1.001 / 2, np.where(sizes % 2, 0.0, 0.5)
    slope = 1 - np.tanh(x + np.arctanh(offset / half)) ** 2
    expected = slope * half / (sizes // 2)
    np.testing.assert_allclose(
        tape.gradient(total, features), expected, rtol=1e-5
    )


def test_training_and_inference_give_the_same_code():
    layer, x = FiniteScalarQuantizer([8, 5, 5]), grid([8, 5, 5], 15)
    inference, training = layer(x), layer(x, training=True)
    np.testing.assert_array_equal(inference.index, training.index)
    np.testing.assert_array_equal(inference.value, training.value)
    assert inference.terms == training.terms == {}


def test_the_nearest_level_has_the_largest_logit():
    layer, x = FiniteScalarQuantizer([4, 3]), grid([4, 3])
    code = layer(x)
    digits = np.array(code.logits).argmax(axis=-1)
    np.testing.assert_array_equal(digits @ [1, 4], code.index)
    assert np.array(code.logits)[:, 1, 3].max() < -1e8


@pytest.mark.parametrize(
    "levels, message",
    [([], r"`len\(levels\)` >= 1"), ([5, 1], "`levels` >= 2. .*levels=1")],
)
def test_too_few_levels_are_refused(levels, message):
    with pytest.raises(ValueError, match=message):
        FiniteScalarQuantizer(levels)
