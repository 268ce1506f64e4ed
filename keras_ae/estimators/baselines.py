"""Baselines that are functions of the losses of one step."""

from keras import ops

from keras_ae.bottlenecks.replicas import sum_over_replicas


def batch_baseline(losses):
    """Return, for each loss, the mean of all others of the global batch.

    Independent of the code it is subtracted for, hence without bias; losses
    that differ between examples stay in the variance.

    Args:
        losses: `(samples, batch)`.

    Returns:
        Shape of `losses`.
    """
    count = ops.cast(ops.size(losses), "float32")
    total, count = sum_over_replicas([ops.sum(losses), count])
    return (total - losses) / ops.maximum(count - 1.0, 1.0)


def leave_one_out_baseline(losses):
    """Return, for each loss, the mean of the example's other losses.

    Args:
        losses: `(samples, batch)`, at least two samples.

    Returns:
        Shape of `losses`.

    Reference:
        Kool et al. 2019, "Buy 4 REINFORCE samples, get a baseline for free".
    """
    others = ops.cast(ops.shape(losses)[0] - 1, "float32")
    return (ops.sum(losses, axis=0, keepdims=True) - losses) / others
