"""What the losses over pairs share: which are positive, and means of them."""

from keras import ops

# Added to no score: it takes the place of one. `exp(MASKED - s)` is exactly
# zero in float32 for every finite score a model gives, unlike the -10 or -100
# of published code, which leak once scores fall below them.
MASKED = -1e30


def pair_scores(scores, positives=None):
    """Return scores in float32 and which of them are of positive pairs.

    Args:
        scores: `(batch, candidates)`.
        positives: `(batch, candidates)`, true where the pair is positive, or
            `None` for the diagonal. Defaults to `None`.

    Returns:
        Pair: float32 scores; bool mask of their shape.
    """
    scores = ops.cast(scores, "float32")
    if positives is None:
        rows, columns = ops.shape(scores)
        row, column = ops.arange(rows), ops.arange(columns)
        positives = ops.equal(row[:, None], column[None, :])
    return scores, ops.cast(positives, "bool")


def masked_mean(values, mask):
    """Return the mean over each row's entries in `mask`, 0 where it has none.

    Args:
        values: `(batch, candidates)`, float32.
        mask: `(batch, candidates)`, bool.

    Returns:
        `(batch,)`, float32.
    """
    count = ops.sum(ops.cast(mask, "float32"), axis=1)
    total = ops.sum(ops.where(mask, values, 0.0), axis=1)
    return total / ops.maximum(count, 1.0)
