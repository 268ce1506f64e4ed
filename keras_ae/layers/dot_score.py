"""Score a pair by the dot product of its two sides, each coded alone."""

import keras
from keras import ops

from keras_ae.checks import check_int
from keras_ae.layers.score_head import ScoreHead


@keras.saving.register_keras_serializable("keras_ae")
class DotScore(keras.layers.Layer):
    """`head(z) . head(local) / sqrt(units)`, "encode and dot".

    Each head is a hidden layer with batch normalisation and a shortcut; that
    of `local` ends in layer normalisation. The division keeps the first
    scores of the order of one, whatever `units` is.

    Args:
        units: Int >= 1, size of the coded sides. Defaults to `256`.

    Call arguments:
        z: `(batch, dim)`.
        local: `(batch, positions, channels)`.
        training: Bool. Defaults to `False`.

    Returns:
        `(batch, positions)`, float32, the scores of each object's own pairs.
        `compare` gives those of all pairs.

    Reference:
        arXiv:1808.06670, figure 7 (appendix A.2).
    """

    def __init__(self, units=256, **kwargs):
        super().__init__(**kwargs)
        self.units = check_int("DotScore", "units", units)
        policy = self.dtype_policy
        self.global_head = ScoreHead(
            units, layer_norm=False, name="global_head", dtype=policy
        )
        self.local_head = ScoreHead(
            units, layer_norm=True, name="local_head", dtype=policy
        )

    def build(self, z_shape, local_shape):
        self.global_head.build(z_shape)
        self.local_head.build(local_shape)

    def code(self, z, local, training=False):
        """Code both sides, each alone.

        Args:
            z: `(batch, dim)`.
            local: `(batch, positions, channels)`.
            training: Bool. Defaults to `False`.

        Returns:
            Pair: `(batch, units)` and `(batch, positions, units)`.
        """
        z = self.global_head(z, training=training)
        return z, self.local_head(local, training=training)

    def compare(self, z, local):
        """Score every coded `z` with every coded `local`.

        Args:
            z: `(n, units)`.
            local: `(m, positions, units)`.

        Returns:
            `(n, m, positions)`, float32.
        """
        scores = ops.einsum("nu,mlu->nml", z, local)
        return ops.cast(scores, "float32") / self.units**0.5

    def call(self, z, local, training=False):
        z, local = self.code(z, local, training=training)
        scores = ops.einsum("nu,nlu->nl", z, local)
        return ops.cast(scores, "float32") / self.units**0.5

    def get_config(self):
        config = super().get_config()
        config["units"] = self.units
        return config
