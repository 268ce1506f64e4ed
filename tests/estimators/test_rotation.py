import numpy as np
import pytest
import tensorflow as tf

from keras_ae.bottlenecks import VectorQuantizer
from keras_ae.estimators import Rotation, StraightThrough

SHAPE = (200, 5)


def batch(seed=0, scale=1.0):
    random = np.random.default_rng(seed)
    features = random.normal(size=SHAPE).astype("float32")
    nearest = features + scale * random.normal(size=SHAPE)
    return features, nearest.astype("float32")


def value_and_gradient(estimator, features, nearest, upstream):
    features = tf.constant(features)
    with tf.GradientTape() as tape:
        tape.watch(features)
        value = estimator.estimate_nearest(features, tf.constant(nearest))
        total = tf.reduce_sum(value * upstream)
    return value.numpy(), tape.gradient(total, features).numpy()


def rotation(e, q):
    """`|q| / |e| * (I - 2 r r^T + 2 q_unit e_unit^T)`, arXiv:2410.06424."""
    e_unit, q_unit = e / np.linalg.norm(e), q / np.linalg.norm(q)
    r = (e_unit + q_unit) / np.linalg.norm(e_unit + q_unit)
    matrix = np.eye(len(e)) - 2 * np.outer(r, r) + 2 * np.outer(q_unit, e_unit)
    return matrix * np.linalg.norm(q) / np.linalg.norm(e)


@pytest.mark.parametrize("estimator", [Rotation(), StraightThrough()])
@pytest.mark.parametrize("scale", [0.1, 1.0, 100.0])
def test_the_value_is_the_code_bit_for_bit(estimator, scale):
    features, nearest = batch(scale=scale)
    value, _ = value_and_gradient(estimator, features, nearest, 1.0)
    np.testing.assert_array_equal(value, nearest)


def test_the_map_turns_the_features_onto_the_code():
    features, nearest = batch()
    for e, q in zip(features.astype("float64"), nearest.astype("float64")):
        np.testing.assert_allclose(rotation(e, q) @ e, q, atol=1e-12)


def test_the_gradient_is_turned_by_the_same_map():
    features, nearest = batch()
    upstream = np.random.default_rng(1).normal(size=SHAPE).astype("float32")
    _, actual = value_and_gradient(Rotation(), features, nearest, upstream)
    expected = [
        rotation(e, q).T @ g
        for e, q, g in zip(
            features.astype("float64"), nearest.astype("float64"), upstream
        )
    ]
    # Float32, condition |q| / |e| up to some 10.
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)


def test_it_is_straight_through_where_the_features_are_the_code():
    features, _ = batch()
    upstream = np.random.default_rng(1).normal(size=SHAPE).astype("float32")
    _, actual = value_and_gradient(Rotation(), features, features, upstream)
    np.testing.assert_allclose(actual, upstream, atol=1e-5)


@pytest.mark.parametrize(
    "e, q",
    [([0.0, 0.0], [1.0, 0.0]), ([1.0, 0.0], [0.0, 0.0]), ([1.0, 0.0], [-1, 0])],
)
def test_a_zero_or_opposite_vector_has_a_finite_gradient(e, q):
    e, q = np.array([e], "float32"), np.array([q], "float32")
    value, gradient = value_and_gradient(Rotation(), e, q, 1.0)
    np.testing.assert_array_equal(value, q)
    assert np.all(np.isfinite(gradient))


def test_a_quantiser_with_rotation_passes_the_turned_gradient():
    layer = VectorQuantizer(8, 5, "rotation", commitment_weight=0.0, seed=1)
    features = tf.constant(batch()[0])
    layer.build(SHAPE)
    with tf.GradientTape() as tape:
        tape.watch(features)
        value = layer(features, training=True).value
        total = tf.reduce_sum(value[:, 0])
    actual = tape.gradient(total, features).numpy()
    pairs = zip(features.numpy().astype("float64"), value.numpy())
    expected = [rotation(e, q).T[:, 0] for e, q in pairs]
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)
