"""A gated recurrent unit that is fast on a CPU."""

import keras
from keras import ops

from keras_ae.checks import check_int


@keras.saving.register_keras_serializable("keras_ae")
class MaskedGRU(keras.layers.Layer):
    """Read right-padded sequences, one matrix product for all inputs.

    The inputs of all steps are projected at once and the steps are unrolled,
    where `keras.layers.GRU` runs both products step by step in a loop. Steps
    of mask `False` leave the state as it is.

    Args:
        units: Int >= 1, size of the state.
        backwards: Bool, read from the last step to the first. Defaults to
            `False`.

    Call arguments:
        x: `(batch, time, features)`; `time` is static.
        mask: `(batch, time)` bool, or `None`.
        state: `(batch, units)`, the first state, or `None` for zeros.

    Returns:
        `(batch, time, units)`, the state after each step, in the layer's
        compute dtype.

    Reference:
        arXiv:1406.1078; the reset gate after the product, as cuDNN has it.
    """

    def __init__(self, units, backwards=False, **kwargs):
        super().__init__(**kwargs)
        self.units = check_int("MaskedGRU", "units", units)
        self.backwards = bool(backwards)

    def build(self, input_shape):
        sizes = dict(kernel=input_shape[-1], recurrent_kernel=self.units)
        for name, size in sizes.items():
            orthogonal = name == "recurrent_kernel"
            weight = self.add_weight(
                name=name,
                shape=(size, 3 * self.units),
                initializer="orthogonal" if orthogonal else "glorot_uniform",
            )
            setattr(self, name, weight)
        self.bias = self.add_weight(
            name="bias", shape=(2, 3 * self.units), initializer="zeros"
        )

    def call(self, x, mask=None, state=None):
        if x.shape[1] is None:
            raise ValueError(
                "`MaskedGRU` needs a static number of steps. "
                f"Received: shape={tuple(x.shape)}"
            )
        projected = ops.matmul(x, self.kernel) + self.bias[0]
        if state is None:
            state = ops.zeros((ops.shape(x)[0], self.units), projected.dtype)
        steps = list(range(x.shape[1]))
        states = [None] * len(steps)
        for step in reversed(steps) if self.backwards else steps:
            new = self._step(projected[:, step], state)
            if mask is not None:
                new = ops.where(mask[:, step, None], new, state)
            states[step] = state = new
        return ops.stack(states, axis=1)

    def _step(self, projected, state):
        recurrent = ops.matmul(state, self.recurrent_kernel) + self.bias[1]
        gates = 2 * self.units
        both = ops.sigmoid(projected[:, :gates] + recurrent[:, :gates])
        update, reset = both[:, : self.units], both[:, self.units :]
        fresh = ops.tanh(projected[:, gates:] + reset * recurrent[:, gates:])
        return fresh + update * (state - fresh)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:2], self.units)

    def get_config(self):
        config = super().get_config()
        config.update(units=self.units, backwards=self.backwards)
        return config
