"""InfoNCE: the cross-entropy of telling a positive from the negatives."""

from keras import ops

from keras_ae.losses.pairs import MASKED, masked_mean, pair_scores


def info_nce(scores, positives=None):
    """Mean over positives of `-log(e^s / (e^s + sum of e^negatives))`.

    Each positive competes with the negatives of its row, not with the other
    positives of the row; those are masked out exactly. `log(1 + negatives)`
    minus the mean of the loss is a lower bound of the mutual information,
    and never above `log(1 + negatives)`.

    Args:
        scores: `(batch, candidates)`, of each object with each candidate.
        positives: `(batch, candidates)`, true for the pairs drawn together;
            all others are negatives. Defaults to `None`, the diagonal.

    Returns:
        `(batch,)`, float32, nats; 0 for a row without negatives.

    Reference:
        arXiv:1807.03748, equation 4; arXiv:1808.06670, equation 6.
    """
    scores, positives = pair_scores(scores, positives)
    negatives = ops.logsumexp(
        ops.where(positives, MASKED, scores), axis=1, keepdims=True
    )
    return masked_mean(ops.softplus(negatives - scores), positives)
