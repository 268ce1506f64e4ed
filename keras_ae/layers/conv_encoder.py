"""The convolutional encoder of the image recipes."""

import keras

from keras_ae.checks import check_int
from keras_ae.layers.residual_stack import ResidualStack


@keras.saving.register_keras_serializable("keras_ae")
class ConvEncoder(keras.layers.Layer):
    """Halve the image `downsamples` times, then code every position.

    Strided 4x4 convolutions with relu, a 3x3 convolution, a
    `ResidualStack` and a 1x1 convolution. The same at training and
    inference.

    Args:
        filters: Int >= 1, channels of every convolution. Defaults to `64`.
        channels: Int >= 1, output channels. Defaults to `64`.
        downsamples: Int >= 0, halvings of height and width. Defaults to `2`.
        residual_filters: Int >= 1. Defaults to `32`.
        blocks: Int >= 0, residual blocks. Defaults to `2`.

    Call arguments:
        x: `(batch, height, width, image_channels)`; height and width are
            multiples of `2**downsamples`.

    Returns:
        `(batch, height / 2**downsamples, width / 2**downsamples, channels)`.

    Raises:
        ValueError: If height or width are no such multiples.

    Reference:
        arXiv:1711.00937, section 4.1.
    """

    def __init__(
        self,
        filters=64,
        channels=64,
        downsamples=2,
        residual_filters=32,
        blocks=2,
        **kwargs,
    ):
        super().__init__(**kwargs)
        owner = "ConvEncoder"
        self.filters = check_int(owner, "filters", filters)
        self.channels = check_int(owner, "channels", channels)
        self.downsamples = check_int(owner, "downsamples", downsamples, 0)
        self.residual_filters = residual_filters
        self.blocks = blocks
        policy = dict(padding="same", dtype=self.dtype_policy)
        self.steps = [
            keras.layers.Conv2D(
                filters, 4, strides=2, activation="relu", **policy
            )
            for _ in range(self.downsamples)
        ]
        self.steps += [
            keras.layers.Conv2D(filters, 3, **policy),
            ResidualStack(
                filters, residual_filters, blocks, dtype=self.dtype_policy
            ),
            keras.layers.Conv2D(channels, 1, **policy),
        ]

    def build(self, input_shape):
        check_divisible("ConvEncoder", input_shape, 2**self.downsamples)
        for step in self.steps:
            step.build(input_shape)
            input_shape = step.compute_output_shape(input_shape)

    def call(self, x):
        for step in self.steps:
            x = step(x)
        return x

    def get_config(self):
        config = super().get_config()
        config.update(
            filters=self.filters,
            channels=self.channels,
            downsamples=self.downsamples,
            residual_filters=self.residual_filters,
            blocks=self.blocks,
        )
        return config


def check_divisible(owner, shape, factor):
    """Refuse images whose sides are not multiples of `factor`.

    Args:
        owner: Str, the layer that asks.
        shape: Tuple `(batch, height, width, channels)`.
        factor: Int.

    Raises:
        ValueError: If the rank is not 4 or a side is no multiple.
    """
    if len(shape) != 4 or any(
        side is not None and side % factor for side in shape[1:3]
    ):
        raise ValueError(
            f"`{owner}` needs images (batch, height, width, channels) with "
            f"height and width multiples of {factor}, 2 to the power of "
            f"`downsamples`. Received: shape={tuple(shape)}"
        )
