"""The folded transposed convolution is Keras's, forward and backward."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.layers.folded_conv_transpose import FoldedConvTranspose


@pytest.mark.parametrize("filters", [1, 3])
def test_value_and_gradients_equal_keras(filters):
    rng = np.random.default_rng(0)
    theirs = keras.layers.Conv2DTranspose(filters, 4, 2, padding="same")
    ours = FoldedConvTranspose(filters)
    x = tf.constant(rng.normal(size=(2, 5, 6, 8)).astype("float32"))
    found = []
    for layer in (theirs, ours):
        layer.build(x.shape)
        layer.set_weights(theirs.get_weights())
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
            loss = tf.reduce_sum(tf.sin(y))
        weights = [weight.value for weight in layer.trainable_weights]
        found.append([y, *tape.gradient(loss, [x, *weights])])
    for one, two in zip(*found):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)
