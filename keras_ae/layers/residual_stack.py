"""The residual blocks of the VQ-VAE's encoder and decoder."""

import keras
from keras import ops

from keras_ae.checks import check_int


@keras.saving.register_keras_serializable("keras_ae")
class ResidualStack(keras.layers.Layer):
    """Add `conv1x1(relu(conv3x3(relu(x))))` to `x`, `blocks` times, then relu.

    The same at training and inference.

    Args:
        filters: Int >= 1, channels of the input and the output.
        residual_filters: Int >= 1, channels inside a block.
        blocks: Int >= 0. Defaults to `2`.

    Call arguments:
        x: `(batch, height, width, filters)`.

    Returns:
        Shape of `x`, in the layer's compute dtype.

    Reference:
        arXiv:1711.00937, section 4.1.
    """

    def __init__(self, filters, residual_filters, blocks=2, **kwargs):
        super().__init__(**kwargs)
        self.filters = check_int("ResidualStack", "filters", filters)
        self.residual_filters = check_int(
            "ResidualStack", "residual_filters", residual_filters
        )
        self.blocks = check_int("ResidualStack", "blocks", blocks, 0)
        self.inner, self.outer = [], []
        for _ in range(self.blocks):
            self.inner.append(
                keras.layers.Conv2D(
                    residual_filters,
                    3,
                    padding="same",
                    activation="relu",
                    dtype=self.dtype_policy,
                )
            )
            self.outer.append(
                keras.layers.Conv2D(filters, 1, dtype=self.dtype_policy)
            )

    def build(self, input_shape):
        for inner, outer in zip(self.inner, self.outer):
            inner.build(input_shape)
            outer.build(tuple(input_shape[:-1]) + (self.residual_filters,))

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)

    def call(self, x):
        for inner, outer in zip(self.inner, self.outer):
            x = x + outer(inner(ops.relu(x)))
        return ops.relu(x)

    def get_config(self):
        config = super().get_config()
        config.update(
            filters=self.filters,
            residual_filters=self.residual_filters,
            blocks=self.blocks,
        )
        return config
