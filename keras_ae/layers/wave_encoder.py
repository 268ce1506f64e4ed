"""Strided convolutions over a waveform, one vector a frame."""

import math

import keras
import tensorflow as tf
from keras import ops

from keras_ae.checks import check_int


@keras.saving.register_keras_serializable("keras_ae")
class WaveEncoder(keras.layers.Layer):
    """Turn samples into frames, none of which has heard what comes after it.

    Frame `t` depends on samples before `(t + 1) * hop` only, where `hop` is
    the product of the strides: 80 by default, 10 ms at 8 kHz; strides of
    `(5, 4, 2, 2, 2)` with kernels of `(10, 8, 4, 4, 4)` give 10 ms at 16 kHz.
    So what is appended to a waveform changes no frame before it. Samples
    after the last whole frame are left out. Each convolution has layer
    normalisation over its channels and relu.

    Args:
        filters: Int >= 1, channels of every convolution. Defaults to `128`.
        strides: List of ints >= 1. Defaults to `(5, 4, 2, 2)`.
        kernels: List of ints, none below its stride. Defaults to
            `(10, 8, 4, 4)`.

    Call arguments:
        x: `(batch, samples)`, in [-1, 1].

    Returns:
        `(batch, samples // hop, filters)`, in the layer's compute dtype.

    Raises:
        ValueError: If strides and kernels do not fit, or a waveform is shorter
            than one frame.

    Reference:
        arXiv:1807.03748, section 3.1; its convolutions are not causal.
    """

    def __init__(
        self,
        filters=128,
        strides=(5, 4, 2, 2),
        kernels=(10, 8, 4, 4),
        **kwargs,
    ):
        super().__init__(**kwargs)
        owner, policy = "WaveEncoder", dict(dtype=self.dtype_policy)
        self.filters = check_int(owner, "filters", filters)
        self.strides = [check_int(owner, "strides", n) for n in strides]
        self.kernels = [check_int(owner, "kernels", n) for n in kernels]
        pairs = list(zip(self.kernels, self.strides))
        if not len(pairs) == len(self.strides) == len(self.kernels) > 0 or any(
            kernel < stride for kernel, stride in pairs
        ):
            raise ValueError(
                "`WaveEncoder` needs one of `kernels` for each of `strides`, "
                f"none below it. Received: kernels={self.kernels}, "
                f"strides={self.strides}"
            )
        self.convolutions = [
            keras.layers.Conv1D(
                filters, kernel, stride, name=f"conv_{i}", **policy
            )
            for i, (kernel, stride) in enumerate(pairs)
        ]
        self.norms = [
            keras.layers.LayerNormalization(name=f"norm_{i}", **policy)
            for i in range(len(pairs))
        ]

    @property
    def hop(self):
        """Int, samples a frame."""
        return math.prod(self.strides)

    def build(self, input_shape):
        if len(input_shape) != 2:
            raise ValueError(
                "`WaveEncoder` needs waveforms (batch, samples). Received: "
                f"shape={tuple(input_shape)}"
            )
        self._check_length(input_shape[1])
        channels = 1
        for convolution, norm in zip(self.convolutions, self.norms):
            convolution.build((None, None, channels))
            norm.build((None, None, self.filters))
            channels = self.filters

    def _check_length(self, samples):
        if samples is not None and samples < self.hop:
            raise ValueError(f"{_rule(self.hop)} {samples} samples")

    def call(self, x):
        self._check_length(x.shape[1])
        if x.shape[1] is None:  # Known when the graph runs, as in an export
            samples = tf.shape(x)[1]
            tf.debugging.Assert(samples >= self.hop, [_rule(self.hop), samples])
        x = ops.expand_dims(x, -1)
        for convolution, norm in zip(self.convolutions, self.norms):
            before = convolution.kernel_size[0] - convolution.strides[0]
            x = ops.pad(x, ((0, 0), (before, 0), (0, 0)))
            x = ops.relu(norm(convolution(x)))
        return x

    def compute_output_shape(self, input_shape):
        batch, samples = input_shape
        frames = None if samples is None else samples // self.hop
        return (batch, frames, self.filters)

    def get_config(self):
        config = super().get_config()
        config.update(
            filters=self.filters, strides=self.strides, kernels=self.kernels
        )
        return config


def _rule(hop):
    return (
        f"`WaveEncoder` needs waveforms of {hop} samples, one frame, or more. "
        "Received:"
    )
