"""Donsker-Varadhan: the bound of the divergence from pairs drawn apart."""

from keras import ops

from keras_ae.bottlenecks.replicas import gather_over_replicas
from keras_ae.losses.pairs import MASKED, masked_mean, pair_scores


def donsker_varadhan(scores, positives=None):
    """`log(mean(e^negatives)) - mean(positives)`.

    The first term is over the negatives of all rows, of all replicas, and is
    the same for every row. Minus the mean of the loss estimates a lower bound
    of the mutual information; with few negatives the estimate is too high,
    since the logarithm of a sample's mean is too low.

    Args:
        scores: `(batch, candidates)`, of each object with each candidate.
        positives: `(batch, candidates)`, true for the pairs drawn together;
            all others are negatives. Defaults to `None`, the diagonal.

    Returns:
        `(batch,)`, float32, nats. Without negatives the first term is 0.

    Reference:
        arXiv:1808.06670, equation 2; arXiv:1801.04062, equation 10.
    """
    scores, positives = pair_scores(scores, positives)
    negatives = ops.logical_not(positives)
    # A row for the logarithm, one for the count: replicas may hold different
    # numbers of rows.
    total = ops.logsumexp(
        ops.concatenate(
            [
                ops.full((1,), MASKED, "float32"),
                ops.reshape(ops.where(negatives, scores, MASKED), (-1,)),
            ]
        )
    )
    count = ops.sum(ops.cast(negatives, "float32"))
    totals = gather_over_replicas(total[None])
    counts = gather_over_replicas(count[None])
    count = ops.sum(counts)
    apart = ops.logsumexp(totals) - ops.log(ops.maximum(count, 1.0))
    apart = ops.where(count > 0, apart, 0.0)
    return apart - masked_mean(scores, positives)
