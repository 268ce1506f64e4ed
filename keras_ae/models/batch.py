"""What `loss_terms` is given."""

from typing import Any, NamedTuple


class Batch(NamedTuple):
    """One batch, as the data yields it.

    Attributes:
        x: The objects, `(batch, ...)`, or a nest of such tensors.
        y: Labels or targets, or `None`.
        sample_weight: `(batch,)` or `None`: weights of the examples'
            losses. The mean stays over the number of examples.
    """

    x: Any
    y: Any = None
    sample_weight: Any = None
