"""Binary codes: independent bits."""

import functools

import keras
import tensorflow as tf
from keras import ops

from keras_ae.bottlenecks.logit_code import LogitCode
from keras_ae.bottlenecks.replicas import row_noise
from keras_ae.checks import check_int, check_last_dimension

# Keeps log(u) and log(1 - u) finite in float32.
MIN_UNIFORM = 1e-7


@keras.saving.register_keras_serializable("keras_ae")
class BinaryCode(LogitCode):
    """Draw `bits` independent bits, 0 or 1, from logits.

    Training draws each bit (an exact Bernoulli sample of the sigmoid) and
    gives the estimator's value; inference gives 1 where the logit is above
    zero and repeats exactly.

    Args:
        bits: Int >= 1.
        estimator: `"gumbel"`, `"gumbel_st"`, `"straight_through"` or an
            `Estimator`. Defaults to `"gumbel_st"`.
        seed: Int or `None`, for the noise. Defaults to `None`.

    Call arguments:
        features: `(batch, ..., bits)`, logits of bit 1.
        training: Bool. Defaults to `False`.

    Returns:
        `Code`: `value`, `index` and `logits` in the shape of `features`,
        `log_prob` and `entropy` `(batch,)` in nats, no terms.

    Raises:
        ValueError: If the last dimension is not `bits`.

    Example:

    ```python
    code = BinaryCode(bits=16)(np.ones((8, 16)))
    code.index[0, 0]  # 1
    ```

    Reference:
        arXiv:1611.00712, section 3.2 (binary Concrete).
    """

    kind = "binary"

    def __init__(self, bits, estimator="gumbel_st", seed=None, **kwargs):
        self.bits = check_int("BinaryCode", "bits", bits)
        super().__init__(estimator, seed=seed, **kwargs)

    @property
    def num_codes(self):
        return 2

    @property
    def groups(self):
        return self.bits

    @property
    def width(self):
        return self.bits

    def build(self, input_shape):
        check_last_dimension("BinaryCode", input_shape, self.bits, "bits")
        super().build(input_shape)

    def noise(self, shape, copies=1):
        """Return standard logistic noise.

        Args:
            shape: Shape of the logits.
            copies: Int >= 1: their rows are this many copies of the batch,
                one after the other. Defaults to `1`.

        Returns:
            Float32 tensor of that shape.
        """
        draw = functools.partial(
            tf.random.stateless_uniform,
            minval=MIN_UNIFORM,
            maxval=1.0 - MIN_UNIFORM,
        )
        copies = copies * self._copies
        uniform = row_noise(draw, shape, self.seed_generator, copies)
        return ops.log(uniform) - ops.log1p(-uniform)

    def split_logits(self, logits):
        """Return the logits: every bit is a group of its own.

        Args:
            logits: `(batch, ..., bits)`.

        Returns:
            `logits`.
        """
        return logits

    def to_index(self, scores):
        """Return 1 where the score is above zero.

        Args:
            scores: `(batch, ..., bits)`.

        Returns:
            Shape of `scores`, int32.
        """
        return ops.cast(scores > 0, "int32")

    def hard(self, scores):
        """Return 1.0 where the score is above zero.

        Args:
            scores: `(batch, ..., bits)`.

        Returns:
            Shape of `scores`, float32.
        """
        return ops.cast(scores > 0, "float32")

    def relax(self, scores):
        """Return the sigmoid of the scores.

        Args:
            scores: `(batch, ..., bits)`.

        Returns:
            Shape of `scores`, float32.
        """
        return ops.sigmoid(scores)

    mean = relax

    def log_prob_and_entropy(self, logits, index):
        """Return log-probability and entropy of every bit.

        Args:
            logits: `(batch, ..., bits)`.
            index: `(batch, ..., bits)`.

        Returns:
            Two tensors of `index`' shape, nats.
        """
        bit = ops.cast(index, "float32")
        log_prob = bit * logits - ops.softplus(logits)
        entropy = ops.softplus(logits) - ops.sigmoid(logits) * logits
        return log_prob, entropy

    def decode_index(self, index):
        return ops.cast(index, "float32")

    def compute_kl(self, logits):
        """Return the divergence of each bit from a fair coin.

        Args:
            logits: `(batch, ..., bits)`, as in `Code.logits`.

        Returns:
            `(batch, ..., bits)`, nats.
        """
        _, entropy = self.log_prob_and_entropy(logits, ops.zeros_like(logits))
        return ops.log(2.0) - entropy

    def get_config(self):
        config = super().get_config()
        config["bits"] = self.bits
        return config
