"""DisARM, antithetic pairs of binary codes (arXiv:2006.10680)."""

import keras
from keras import ops

from keras_ae.estimators.score_estimator import (
    ScoreEstimator,
    zero_with_gradient,
)


@keras.saving.register_keras_serializable("keras_ae")
class DisARM(ScoreEstimator):
    """Compare the losses of two codes drawn with opposite noise.

    Unbiased, without a baseline or state. Bits on which the pair agrees get
    no gradient; the others `(loss difference) / 2 * sigmoid(|logit|)`.

    Reference:
        arXiv:2006.10680, equation 6.
    """

    name = "disarm"
    code_kinds = frozenset({"binary"})
    decoder_evaluations = 2

    def draw_index(self, bottleneck, logits, drawn):
        # Logistic noise is symmetric: less the noise is one minus the
        # uniform draw.
        pair = ops.stack([drawn, 2.0 * logits - drawn])
        return bottleneck.to_index(pair)

    def expected_loss(self, draws, losses):
        first, second = ops.split(ops.cast(draws.index, "float32"), 2, axis=0)
        fixed = ops.stop_gradient(losses)
        logits = draws.logits
        shape = (-1,) + (1,) * (len(logits.shape) - 1)
        apart = ops.reshape(0.5 * (fixed[0] - fixed[1]), shape)
        # 1 where only the first bit is set, -1 where only the second is.
        gradient = apart * (first - second) * ops.sigmoid(ops.abs(logits))
        score = ops.stop_gradient(gradient) * logits
        score = ops.sum(score, axis=tuple(range(1, len(score.shape))))
        return ops.mean(losses, axis=0) + zero_with_gradient(score), ()
