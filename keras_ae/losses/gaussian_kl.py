"""Kullback-Leibler divergence of a diagonal Gaussian from the standard one."""

from keras import ops

from keras_ae.losses.sum_over_example import sum_over_example

# exp(20) is 4.9e8: any larger variance is a diverged model, and
# exp(89) overflows float32.
MAX_LOG_VAR = 20.0


def gaussian_kl(mean, log_var):
    """`KL(N(mean, exp(log_var)) || N(0, 1))`, in closed form.

    `log_var` is clipped to `[-MAX_LOG_VAR, MAX_LOG_VAR]`.

    Args:
        mean: `(batch, ...)`.
        log_var: Shape of `mean`, natural logarithm of the variance.

    Returns:
        `(batch,)`, float32, nats.

    Reference:
        arXiv:1312.6114, appendix B.
    """
    mean = ops.cast(mean, "float32")
    log_var = ops.cast(log_var, "float32")
    log_var = ops.clip(log_var, -MAX_LOG_VAR, MAX_LOG_VAR)
    kl = 0.5 * (ops.square(mean) + ops.exp(log_var) - log_var - 1.0)
    return sum_over_example(kl)
