"""The packed recurrent layer beside Keras's own: results and gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.layers.packed_gru import PackedGRU

LENGTHS = np.array([4, 7, 3, 1, 5, 7, 2])
MASK = np.arange(7)[None] < LENGTHS[:, None]


def pair(**options):
    """Keras's layer and ours with equal weights, none of them nought."""
    random = np.random.default_rng(0)
    ours = PackedGRU(6, **options)
    ours.build((None, 7, 5))
    theirs = keras.layers.GRU(6, **options)
    theirs.build((None, 7, 5))
    weights = [random.normal(size=w.shape) for w in ours.weights]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    return ours, theirs


def outcome(layer, mask):
    """The outputs where there are some, and the gradients of all inputs."""
    random = np.random.default_rng(1)
    x = tf.constant(random.normal(size=(7, 7, 5)), tf.float32)
    state = tf.constant(random.normal(size=(7, 6)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch([x, state])
        y = layer(x, initial_state=state, mask=mask)
        if layer.return_sequences and mask is not None:
            y = tf.where(mask[..., None], y, 0.0)
        loss = tf.reduce_sum(y**2 * tf.range(1.0, 7.0))
    wanted = [x, state, *layer.trainable_weights]
    gradients = tape.gradient(loss, wanted)
    return [y, *(tf.convert_to_tensor(gradient) for gradient in gradients)]


@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "padded"])
@pytest.mark.parametrize(
    "options",
    [{}, dict(go_backwards=True), dict(return_sequences=True)],
    ids=["forward", "backward", "sequences"],
)
def test_results_and_gradients_are_those_of_keras(options, mask):
    ours, theirs = pair(**options)
    for found, expected in zip(outcome(ours, mask), outcome(theirs, mask)):
        # Sums of up to 49 float32 terms, in another order.
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_padding_may_hold_anything():
    ours, _ = pair()
    x = np.random.default_rng(2).normal(size=(7, 7, 5)).astype("float32")
    other = np.where(MASK[..., None], x, np.float32(1e6))
    np.testing.assert_array_equal(ours(x, mask=MASK), ours(other, mask=MASK))


def test_rows_without_words_keep_their_state():
    ours, _ = pair()
    state = np.ones((3, 6), "float32")
    x = np.ones((3, 7, 5), "float32")
    mask = np.arange(7)[None] < np.array([0, 2, 0])[:, None]
    y = np.array(ours(x, initial_state=state, mask=mask))
    np.testing.assert_array_equal(y[[0, 2]], state[[0, 2]])
    assert not np.allclose(y[1], state[1])


def test_a_gpu_or_long_sequences_take_the_layer_of_keras(monkeypatch):
    ours, theirs = pair()
    monkeypatch.setattr("keras_ae.layers.packed_gru.LONGEST", 6)
    monkeypatch.setattr(PackedGRU, "_steps", None)
    for found, expected in zip(outcome(ours, MASK), outcome(theirs, MASK)):
        np.testing.assert_array_equal(found, expected)
