"""The codes that a score-function estimator wants the loss of."""

from typing import Any, NamedTuple


class Draws(NamedTuple):
    """Several codes of each example, one after the other.

    Row `r * batch + i` is the `r`-th code of example `i`.

    Attributes:
        value: `(rows * batch, ...)`, float32: hard codes, without gradient.
        index: `(rows * batch, ...)`, int32, the same codes.
        log_prob: `(rows, batch)`, float32, nats, with gradient.
        logits: Shape of the features: what the codes were drawn from.
        x: Nest of `(batch, ...)`, the examples, where they are known.
    """

    value: Any
    index: Any
    log_prob: Any
    logits: Any
    x: Any = ()
