"""REINFORCE, the score-function estimator, with baselines."""

import keras
from keras import ops

from keras_ae.checks import check_choice, check_int, check_number
from keras_ae.estimators.baselines import (
    batch_baseline,
    leave_one_out_baseline,
)
from keras_ae.estimators.loss_average import LossAverage
from keras_ae.estimators.score_estimator import (
    ScoreEstimator,
    zero_with_gradient,
)
from keras_ae.estimators.value_head import ValueHead

BASELINES = ("none", "ema", "batch", "leave_one_out", "greedy", "value")


@keras.saving.register_keras_serializable("keras_ae")
class Reinforce(ScoreEstimator):
    """Weigh the gradient of a drawn code's log-probability by its loss.

    `mean over samples of (loss - baseline) * d log p(code)`. No baseline
    here depends on the code it is subtracted for, so each leaves the
    gradient without bias:

    - `"none"`: 0.
    - `"ema"`: moving average of the losses of earlier steps; in the first
      step, which has none, as `"batch"`.
    - `"batch"`: mean of all other losses of the global batch.
    - `"leave_one_out"`: mean of the losses of the example's other samples.
    - `"greedy"`: loss of the example's most probable code, one more decoder
      evaluation ("self-critic").
    - `"value"`: a small network's prediction from the logits, which gets no
      gradient from the weighted term, only from its own squared error.

    Averages move after the gradient step, never by a skipped one, see all
    replicas, and are weights of the bottleneck, saved with the model. Losses
    are not whitened within a batch: that would bias the gradient.

    Args:
        baseline: Str, as above. Defaults to `"ema"`.
        samples: Int >= 1, codes drawn for an example. Defaults to `1`.
        normalize: Bool, divide by `max(1, deviation of earlier losses)` all
            that the encoder follows, the direct term too: its gradient's
            expectation is the true one divided by that number, and the
            decoder's is the true one. The first step has no deviation and
            leaves the encoder as it is. Defaults to `False`.
        decay: Float in [0, 1), of the moving averages. An average that lags
            behind a falling loss rewards whatever was drawn, and codes
            harden before they mean anything. Defaults to `0.8`.

    Raises:
        ValueError: If `"leave_one_out"` is given fewer than two samples.

    Reference:
        Williams 1992; arXiv:1402.0030, sections 2.3 to 2.5 (value,
        normalisation); arXiv:1612.00563, equation 9 (greedy).
    """

    name = "reinforce"

    def __init__(
        self, baseline="ema", samples=1, normalize=False, decay=0.8
    ):
        owner = type(self).__name__
        self.baseline = check_choice(owner, "baseline", baseline, BASELINES)
        smallest = 2 if baseline == "leave_one_out" else 1
        self.samples = check_int(owner, "samples", samples, smallest)
        self.normalize = bool(normalize)
        self.decay = check_number(owner, "decay", decay, minimum=0, below=1)
        self.unbiased = not self.normalize
        self.decoder_evaluations = self.samples + (baseline == "greedy")
        averaged = self.normalize or baseline in ("ema", "value")
        self.average = LossAverage(self.decay) if averaged else None
        self.value = ValueHead() if baseline == "value" else None

    def build(self, layer):
        for part in (self.average, self.value):
            if part is not None:
                part.build(layer)

    def draw_index(self, bottleneck, logits, drawn):
        scores = [drawn[None]]
        if self.samples > 1:
            copies = self.samples - 1
            more = repeat(logits, copies)
            more = more + bottleneck.noise(ops.shape(more), copies)
            shape = (copies, *ops.shape(logits))
            scores.append(ops.reshape(more, shape))
        if self.baseline == "greedy":
            scores.append(logits[None])
        return bottleneck.to_index(ops.concatenate(scores, axis=0))

    def expected_loss(self, draws, losses):
        fixed = ops.stop_gradient(losses)
        sampled = fixed[: self.samples]
        advantage = sampled - self.subtracted(draws, fixed)
        if self.normalize:
            advantage = advantage * self.average.weight()
        score = self.score(draws, ops.stop_gradient(advantage))
        loss = ops.mean(losses[: self.samples], axis=0) + score
        if self.value is not None:
            loss = loss + self._value_error(draws, sampled)
        if self.average is None:
            return loss, ()
        return loss, self.average.statistics(sampled)

    def direct_term(self, term):
        if not self.normalize:
            return term
        change = zero_with_gradient(term * self.average.weight())
        return ops.stop_gradient(term) + change

    def score(self, draws, advantage):
        """Return zeros whose gradient is the score term's estimate.

        Args:
            draws: `Draws`.
            advantage: `(samples, batch)`, losses less their baseline.

        Returns:
            `(batch,)`.
        """
        log_prob = draws.log_prob[: self.samples]
        return zero_with_gradient(ops.mean(advantage * log_prob, axis=0))

    def subtracted(self, draws, losses):
        """Return the baseline of every sample.

        Args:
            draws: `Draws`.
            losses: `(rows, batch)`, without gradient.

        Returns:
            Tensor that `(samples, batch)` broadcasts with.
        """
        sampled = losses[: self.samples]
        if self.baseline == "ema":
            first = batch_baseline(sampled)
            return ops.where(self.average.steps > 0, self.average.mean, first)
        if self.baseline == "batch":
            return batch_baseline(sampled)
        if self.baseline == "leave_one_out":
            return leave_one_out_baseline(sampled)
        if self.baseline == "greedy":
            return losses[self.samples :]
        if self.baseline == "value":
            ahead = self.value(draws.logits) * self.average.scale()
            return (self.average.mean + ahead)[None]
        return ops.zeros_like(sampled)

    def _value_error(self, draws, sampled):
        # In deviations about the mean, so that any optimiser can follow;
        # the first step has neither.
        target = (sampled - self.average.mean) / self.average.scale()
        apart = ops.mean(target, axis=0) - self.value(draws.logits)
        known = ops.cast(self.average.steps > 0, "float32")
        return known * zero_with_gradient(0.5 * ops.square(apart))

    def update_state(self, statistics, finite):
        if self.average is not None:
            self.average.update_state(statistics, finite)

    def get_config(self):
        return {
            "baseline": self.baseline,
            "samples": self.samples,
            "normalize": self.normalize,
            "decay": self.decay,
        }


def repeat(values, times):
    """Repeat a batch as a whole, one copy after the other.

    Args:
        values: `(batch, ...)`.
        times: Int >= 1.

    Returns:
        `(times * batch, ...)`.
    """
    return ops.concatenate([values] * times, axis=0)
