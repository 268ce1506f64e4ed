"""The part of a score that sees one side of the pair."""

import keras
from keras import ops

from keras_ae.layers.batch_norm import BatchNorm


def near_identity():
    """Make the initialiser of the shortcut.

    Returns:
        Function from a shape `(rows, columns)` to ones on the diagonal and
        small numbers off it.
    """
    # With a seed of its own, not the global generator's.
    small = keras.initializers.RandomUniform(-0.01, 0.01)

    def initialise(shape, dtype=None):
        eye = ops.eye(*shape, dtype=dtype)
        return small(shape, dtype) * (1 - eye) + eye

    return initialise


class ScoreHead(keras.layers.Layer):
    """A hidden layer with batch normalisation, and a shortcut around it.

    Args:
        units: Int >= 1, output channels.
        layer_norm: Bool, whether the output is normalised by layer.

    Call arguments:
        x: `(batch, ..., channels)`.
        training: Bool. Defaults to `False`.

    Returns:
        `(batch, ..., units)`.

    Reference:
        rdevon/DIM, cortex_DIM/nn_modules/mi_networks.py.
    """

    def __init__(self, units, layer_norm, **kwargs):
        super().__init__(**kwargs)
        policy = dict(dtype=self.dtype_policy)
        Dense = keras.layers.Dense
        self.units = units
        self.hidden = Dense(units, use_bias=False, name="hidden", **policy)
        self.norm = BatchNorm(name="norm", **policy)
        self.out = Dense(units, name="out", **policy)
        self.shortcut = Dense(
            units,
            use_bias=False,
            kernel_initializer=near_identity(),
            name="shortcut",
            **policy,
        )
        self.layer_norm = None
        if layer_norm:
            self.layer_norm = keras.layers.LayerNormalization(
                name="layer_norm", **policy
            )

    def build(self, input_shape):
        hidden = tuple(input_shape[:-1]) + (self.units,)
        self.hidden.build(input_shape)
        self.shortcut.build(input_shape)
        for layer in (self.norm, self.out, self.layer_norm):
            if layer is not None:
                layer.build(hidden)

    def call(self, x, training=False):
        hidden = self.norm(self.hidden(x), training=training)
        output = self.out(ops.relu(hidden)) + self.shortcut(x)
        return output if self.layer_norm is None else self.layer_norm(output)
