"""Jensen-Shannon estimator: a classifier of positive and negative pairs."""

from keras import ops

from keras_ae.losses.pairs import masked_mean, pair_scores


def jensen_shannon(scores, positives=None):
    """`mean(softplus(-positives)) + mean(softplus(negatives))`.

    `log(2)` minus half its mean is a lower bound of the Jensen-Shannon
    divergence between pairs drawn together and pairs drawn apart. That is no
    bound of the mutual information, but it rises with it.

    Args:
        scores: `(batch, candidates)`, of each object with each candidate.
        positives: `(batch, candidates)`, true for the pairs drawn together;
            all others are negatives. Defaults to `None`, the diagonal.

    Returns:
        `(batch,)`, float32, nats: `2 * log(2)` for scores of zero.

    Reference:
        arXiv:1808.06670, equation 4.
    """
    scores, positives = pair_scores(scores, positives)
    together = masked_mean(ops.softplus(-scores), positives)
    apart = masked_mean(ops.softplus(scores), ops.logical_not(positives))
    return together + apart
