"""The reduction every loss here ends in."""

from keras import ops


def sum_over_example(values):
    """Sum over all dimensions but the first.

    Args:
        values: `(batch, ...)`.

    Returns:
        `(batch,)`, float32.
    """
    values = ops.cast(values, "float32")
    if len(values.shape) == 1:
        return values
    return ops.sum(values, axis=tuple(range(1, len(values.shape))))
