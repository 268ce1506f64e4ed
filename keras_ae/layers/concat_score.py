"""Score a pair by a network that sees its two sides side by side."""

import keras
from keras import ops

from keras_ae.checks import check_int


@keras.saving.register_keras_serializable("keras_ae")
class ConcatScore(keras.layers.Layer):
    """`dense(relu(dense(relu(dense([z, local])))))`, "concatenate".

    The first layer's product is computed for each side once and added for
    each pair, which is the same. Still, every pair passes through the second:
    it costs far more than `DotScore`. Training and inference are the same.

    Args:
        units: Int >= 1, size of both hidden layers. Defaults to `256`.

    Call arguments:
        z: `(batch, dim)`.
        local: `(batch, positions, channels)`.
        training: Bool. Defaults to `False`.

    Returns:
        `(batch, positions)`, float32, the scores of each object's own pairs.
        `compare` gives those of all pairs.

    Reference:
        arXiv:1808.06670, figure 6 (appendix A.2).
    """

    def __init__(self, units=256, **kwargs):
        super().__init__(**kwargs)
        self.units = check_int("ConcatScore", "units", units)
        policy = dict(dtype=self.dtype_policy)
        Dense = keras.layers.Dense
        self.global_part = Dense(units, name="global_part", **policy)
        self.local_part = Dense(
            units, use_bias=False, name="local_part", **policy
        )
        self.hidden = Dense(units, "relu", name="hidden", **policy)
        self.out = Dense(1, dtype="float32", name="out")

    def build(self, z_shape, local_shape):
        self.global_part.build(z_shape)
        self.local_part.build(local_shape)
        self.hidden.build((None, self.units))
        self.out.build((None, self.units))

    def code(self, z, local, training=False):
        """Compute each side's share of the first layer.

        Args:
            z: `(batch, dim)`.
            local: `(batch, positions, channels)`.
            training: Bool. Defaults to `False`.

        Returns:
            Pair: `(batch, units)` and `(batch, positions, units)`.
        """
        return self.global_part(z), self.local_part(local)

    def compare(self, z, local):
        """Score every coded `z` with every coded `local`.

        Args:
            z: `(n, units)`.
            local: `(m, positions, units)`.

        Returns:
            `(n, m, positions)`, float32.
        """
        return self._score(z[:, None, None] + local[None])

    def call(self, z, local, training=False):
        z, local = self.code(z, local)
        return self._score(z[:, None] + local)

    def _score(self, first):
        return self.out(self.hidden(ops.relu(first)))[..., 0]

    def get_config(self):
        config = super().get_config()
        config["units"] = self.units
        return config
