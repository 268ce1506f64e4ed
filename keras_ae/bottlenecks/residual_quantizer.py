"""Residual quantiser: each stage codes what the ones before left."""

import keras
from keras import ops

from keras_ae.bottlenecks.bottleneck import Bottleneck
from keras_ae.bottlenecks.code import Code
from keras_ae.bottlenecks.vector_quantizer import VectorQuantizer
from keras_ae.checks import check_int, check_last_dimension


@keras.saving.register_keras_serializable("keras_ae")
class ResidualQuantizer(Bottleneck):
    """Add up the codes of several quantisers, each coding the last's residual.

    Every stage's commitment pulls the features: the residual is the features
    less the codes held constant. Training and inference differ as in
    `VectorQuantizer`.

    Args:
        num_quantizers: Int >= 1, stages.
        num_codes: Int >= 2, codes a stage.
        dim: Int >= 1, size of a feature vector.
        estimator: `"straight_through"`, `"rotation"` or an `Estimator`,
            applied once, to the sum. Defaults to `"straight_through"`.
        update: `"ema"` or `"gradient"`. Defaults to `"ema"`.
        decay: Float in [0, 1), of the moving averages. Defaults to `0.99`.
        commitment_weight: Float >= 0. Defaults to `0.25`.
        k_means: Bool, whether the first training batch fits the codebooks.
            Defaults to `True`.
        restart_below: Float in [0, 1), see `VectorQuantizer`. Defaults to
            `0.1`.
        seed: Int or `None`, for restarts. Defaults to `None`.

    Call arguments:
        features: `(batch, ..., dim)`.
        training: Bool. Defaults to `False`.

    Returns:
        `Code`: `value` in the shape of `features`, `index` `(batch, ...,
        num_quantizers)`, `logits` `(batch, ..., num_quantizers,
        num_codes)`; terms as in `VectorQuantizer`, summed over stages.

    Raises:
        ValueError: If the last dimension is not `dim`.

    Reference:
        arXiv:2107.03312, section III.C.
    """

    kind = "vector_quantized"

    def __init__(
        self,
        num_quantizers,
        num_codes,
        dim,
        estimator="straight_through",
        update="ema",
        decay=0.99,
        commitment_weight=0.25,
        k_means=True,
        restart_below=0.1,
        seed=None,
        **kwargs,
    ):
        owner = "ResidualQuantizer"
        self.num_quantizers = check_int(owner, "num_quantizers", num_quantizers)
        self.dim = check_int(owner, "dim", dim)
        self._options = dict(
            num_codes=num_codes,
            update=update,
            decay=decay,
            commitment_weight=commitment_weight,
            k_means=k_means,
            restart_below=restart_below,
        )
        super().__init__(estimator, seed=seed, **kwargs)
        self.stages = [
            VectorQuantizer(
                dim=dim,
                seed=(seed or 0) + stage,
                name=f"stage_{stage}",
                **self._options,
            )
            for stage in range(self.num_quantizers)
        ]

    @property
    def num_codes(self):
        return self.stages[0].num_codes

    @property
    def groups(self):
        return self.num_quantizers

    @property
    def term_weights(self):
        return self.stages[0].term_weights

    def build(self, input_shape):
        check_last_dimension("ResidualQuantizer", input_shape, self.dim, "dim")
        super().build(input_shape)
        for stage in self.stages:
            stage.build(input_shape)

    def make_code(self, features, training):
        shape = ops.shape(features)
        flat = ops.reshape(features, (-1, self.dim))
        residual, total = flat, ops.zeros_like(flat)
        terms = dict.fromkeys(self.term_weights, 0.0)
        found, statistics = [], []
        for stage in self.stages:
            nearest, index, logits, statistic = stage.lookup(residual, training)
            for name, term in stage.distance_terms(
                residual, nearest, shape[0]
            ).items():
                terms[name] = terms[name] + term
            # Held constant: else the residual's gradient is exactly zero.
            fixed = ops.stop_gradient(nearest)
            residual, total = residual - fixed, total + fixed
            found.append((index, logits))
            statistics.append(statistic)
        if training:
            value = self.estimator.estimate_nearest(flat, total)
        else:
            value = total
        index, logits = (ops.stack(part, axis=1) for part in zip(*found))
        zero = ops.zeros((shape[0],), "float32")
        positions = tuple(shape[:-1]) + (self.num_quantizers,)
        code = Code(
            value=ops.reshape(value, shape),
            index=ops.reshape(index, positions),
            logits=ops.reshape(logits, positions + (self.num_codes,)),
            log_prob=zero,
            entropy=zero,
            terms=terms,
        )
        return code, statistics

    def update_state(self, statistics, finite):
        super().update_state(statistics, finite)
        for stage, statistic in zip(self.stages, statistics):
            stage.update_state(statistic, finite)

    def decode_index(self, index):
        index = ops.convert_to_tensor(index)
        return sum(
            stage.decode_index(index[..., position])
            for position, stage in enumerate(self.stages)
        )

    def get_config(self):
        config = super().get_config()
        config.update(
            num_quantizers=self.num_quantizers, dim=self.dim, **self._options
        )
        return config
