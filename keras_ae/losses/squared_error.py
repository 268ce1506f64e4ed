"""Squared error: a unit-variance Gaussian's negative log-likelihood."""

from keras import ops

from keras_ae.losses.sum_over_example import sum_over_example


def squared_error(x, x_hat):
    """Half the squared error, `0.5 * sum((x - x_hat)^2)`.

    That is the negative log-likelihood, in nats, of a Gaussian of unit
    variance, less its constant `0.5 * log(2 * pi)` a dimension.

    Args:
        x: `(batch, ...)`.
        x_hat: Shape of `x`.

    Returns:
        `(batch,)`, float32, nats.
    """
    difference = ops.cast(x, "float32") - ops.cast(x_hat, "float32")
    return sum_over_example(0.5 * ops.square(difference))
