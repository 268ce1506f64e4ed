"""The convolutional decoder of the image recipes."""

import keras

from keras_ae.checks import check_int
from keras_ae.layers.folded_conv_transpose import FoldedConvTranspose
from keras_ae.layers.residual_stack import ResidualStack


@keras.saving.register_keras_serializable("keras_ae")
class ConvDecoder(keras.layers.Layer):
    """Mirror `ConvEncoder`: double the map `upsamples` times.

    A 3x3 convolution, a `ResidualStack` and 4x4 transposed convolutions,
    the last one linear. The same at training and inference.

    Args:
        channels: Int >= 1, channels of the image. Defaults to `1`.
        filters: Int >= 1, channels of every convolution. Defaults to `64`.
        upsamples: Int >= 1, doublings of height and width. Defaults to `2`.
        residual_filters: Int >= 1. Defaults to `32`.
        blocks: Int >= 0, residual blocks. Defaults to `2`.

    Call arguments:
        z: `(batch, height, width, code_channels)`.

    Returns:
        `(batch, height * 2**upsamples, width * 2**upsamples, channels)`.

    Reference:
        arXiv:1711.00937, section 4.1.
    """

    def __init__(
        self,
        channels=1,
        filters=64,
        upsamples=2,
        residual_filters=32,
        blocks=2,
        **kwargs,
    ):
        super().__init__(**kwargs)
        owner = "ConvDecoder"
        self.channels = check_int(owner, "channels", channels)
        self.filters = check_int(owner, "filters", filters)
        self.upsamples = check_int(owner, "upsamples", upsamples)
        self.residual_filters = residual_filters
        self.blocks = blocks
        policy = dict(padding="same", dtype=self.dtype_policy)
        self.steps = [
            keras.layers.Conv2D(filters, 3, **policy),
            ResidualStack(
                filters, residual_filters, blocks, dtype=self.dtype_policy
            ),
        ]
        self.steps += [
            keras.layers.Conv2DTranspose(
                filters, 4, strides=2, activation="relu", **policy
            )
            for _ in range(self.upsamples - 1)
        ]
        # An image has few channels, which oneDNN's transposed convolution
        # is slow for.
        last = (
            FoldedConvTranspose(channels, dtype=self.dtype_policy)
            if channels < 16
            else keras.layers.Conv2DTranspose(channels, 4, strides=2, **policy)
        )
        self.steps.append(last)

    def build(self, input_shape):
        for step in self.steps:
            step.build(input_shape)
            input_shape = step.compute_output_shape(input_shape)

    def call(self, z):
        for step in self.steps:
            z = step(z)
        return z

    def get_config(self):
        config = super().get_config()
        config.update(
            channels=self.channels,
            filters=self.filters,
            upsamples=self.upsamples,
            residual_filters=self.residual_filters,
            blocks=self.blocks,
        )
        return config
