"""A transposed convolution that is fast for few output channels."""

import keras
import tensorflow as tf
from keras import ops


class FoldedConvTranspose(keras.layers.Conv2DTranspose):
    """`Conv2DTranspose(filters, 4, strides=2, padding="same")`, folded.

    The same weights and result by one matrix product and an overlap-add.
    With one or three output channels it takes a fifth of the time on a CPU,
    with 64 twice as long; the gradients are Keras's own.

    Args:
        filters: Int >= 1, output channels.

    Call arguments:
        x: `(batch, height, width, channels)`.

    Returns:
        `(batch, 2 * height, 2 * width, filters)`.
    """

    def __init__(self, filters, **kwargs):
        super().__init__(filters, 4, strides=2, padding="same", **kwargs)

    def call(self, x):
        # custom_gradient takes tensors, not variables.
        kernel = tf.identity(ops.convert_to_tensor(self.kernel))
        y = ops.add(_folded(x, kernel), self.bias)
        return y if self.activation is None else self.activation(y)


@tf.custom_gradient
def _folded(x, kernel):
    shape = tf.shape(x)
    batch, height, width = shape[0], shape[1], shape[2]
    out, channels = kernel.shape[2:]
    taps = tf.reshape(tf.transpose(kernel, (3, 0, 1, 2)), (channels, -1))
    y = tf.matmul(tf.reshape(x, (-1, channels)), taps)
    y = tf.reshape(y, (batch, height, width, 4, 4 * out))
    # (batch, height, 4, width, 4 * out): rows first, then columns.
    y = tf.transpose(y, (0, 1, 3, 2, 4))
    y = _overlap_add(tf.reshape(y, (-1, height, 4, width * 4 * out)))
    y = _overlap_add(tf.reshape(y, (-1, width, 4, out)))
    y = tf.reshape(y, (batch, 2 * height, 2 * width, out))

    def gradient(upstream):
        return (
            tf.nn.conv2d(upstream, kernel, 2, "SAME"),
            tf.raw_ops.Conv2DBackpropFilter(
                input=upstream,
                filter_sizes=tf.shape(kernel),
                out_backprop=x,
                strides=[1, 2, 2, 1],
                padding="SAME",
            ),
        )

    return y, gradient


def _overlap_add(taps):
    """`(n, side, 4, channels)`, 4 taps at stride 2, to `(n, 2 * side, ...)`."""
    shape = tf.shape(taps)
    first, second, third, fourth = tf.unstack(taps, axis=2)
    before = tf.pad(fourth[:, :-1], ((0, 0), (1, 0), (0, 0)))
    after = tf.pad(first[:, 1:], ((0, 0), (0, 1), (0, 0)))
    pairs = tf.stack([second + before, third + after], axis=2)
    return tf.reshape(pairs, (shape[0], 2 * shape[1], shape[3]))
