"""Negative log-likelihood of pixels under independent Bernoullis."""

from keras import ops

from keras_ae.losses.sum_over_example import sum_over_example


def bernoulli_nll(x, logits):
    """`-sum(x * log(p) + (1 - x) * log(1 - p))`, with `p = sigmoid(logits)`.

    For `x` strictly between 0 and 1 it is a cross-entropy, whose minimum is
    above zero.

    Args:
        x: `(batch, ...)`, values from 0 to 1.
        logits: Shape of `x`.

    Returns:
        `(batch,)`, float32, nats.
    """
    x, logits = ops.cast(x, "float32"), ops.cast(logits, "float32")
    return sum_over_example(ops.softplus(logits) - x * logits)
