"""What every bottleneck returns."""

from typing import Any, NamedTuple


class Code(NamedTuple):
    """One batch of codes, as a bottleneck gives them.

    Attributes:
        value: Shape of the features, float32: what the decoder sees.
            Training gives the estimator's value (relaxed, or hard with a
            gradient); inference gives hard codes.
        index: Int32, `(batch, ..., groups)`, or `(batch, ...)` where there
            is one group: the drawn code at training, the most probable or
            nearest one at inference.
        logits: Float32, unnormalised log-probability of each code: `(batch,
            ..., groups, classes)` one-hot, `(batch, ..., bits)` binary (of
            bit 1), `(batch, ..., num_codes)` minus the squared distance for
            codebooks; `(batch, ..., width, max(levels))` for finite scalars.
        log_prob: `(batch,)`, float32, nats: log-probability of `index`,
            summed over the example. Zero where the code is a function of
            the features.
        entropy: `(batch,)`, float32, nats: entropy of the code given the
            features, summed over the example. Zero likewise.
        terms: Dict from name to `(batch,)`: losses of the bottleneck's own,
            such as `commitment_loss`, unweighted, the same at training and
            inference. Their weights are `Bottleneck.term_weights`.
        draws: `Draws`, in training with a `ScoreEstimator`: the codes whose
            losses `Bottleneck.expected_loss` turns into a gradient. Else
            empty.
    """

    value: Any
    index: Any
    logits: Any
    log_prob: Any
    entropy: Any
    terms: dict
    draws: Any = ()

    @property
    def rows(self):
        """Int, codes of each example whose losses are wanted."""
        return int(self.draws.log_prob.shape[0]) if self.draws else 1
