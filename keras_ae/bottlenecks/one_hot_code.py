"""One-hot codes: groups of categorical variables."""

import functools

import keras
import tensorflow as tf
from keras import ops

from keras_ae.bottlenecks.logit_code import LogitCode
from keras_ae.bottlenecks.replicas import row_noise
from keras_ae.checks import check_int, check_last_dimension

# Smallest uniform draw: -log(-log(u)) stays finite in float32.
MIN_UNIFORM = 1e-20


@keras.saving.register_keras_serializable("keras_ae")
class OneHotCode(LogitCode):
    """Draw `groups` one-hot vectors of `classes` entries from logits.

    Training draws the code (Gumbel-max, an exact sample of the softmax) and
    gives the estimator's value; inference gives the one-hot vector of the
    largest logit (the first, on ties) and repeats exactly.

    Args:
        groups: Int >= 1, independent categorical variables.
        classes: Int >= 2, values each can take.
        estimator: `"gumbel"`, `"gumbel_st"`, `"straight_through"` or an
            `Estimator`. Defaults to `"gumbel"`.
        seed: Int or `None`, for the noise. Defaults to `None`.

    Call arguments:
        features: `(batch, ..., groups * classes)`, logits.
        training: Bool. Defaults to `False`.

    Returns:
        `Code`: `value` in the shape of `features`, `index` `(batch, ...,
        groups)`, `logits` `(batch, ..., groups, classes)`, `log_prob` and
        `entropy` `(batch,)` in nats, no terms.

    Raises:
        ValueError: If the last dimension is not `groups * classes`.

    Example:

    ```python
    code = OneHotCode(groups=20, classes=10)(np.zeros((8, 200)))
    code.index.shape  # (8, 20)
    ```

    Reference:
        arXiv:1611.01144.
    """

    kind = "one_hot"

    def __init__(
        self, groups, classes, estimator="gumbel", seed=None, **kwargs
    ):
        self._groups = check_int("OneHotCode", "groups", groups)
        self._classes = check_int("OneHotCode", "classes", classes, 2)
        super().__init__(estimator, seed=seed, **kwargs)

    @property
    def num_codes(self):
        return self._classes

    @property
    def groups(self):
        return self._groups

    @property
    def width(self):
        return self._groups * self._classes

    def build(self, input_shape):
        check_last_dimension(
            "OneHotCode",
            input_shape,
            self._groups * self._classes,
            "groups * classes",
        )
        super().build(input_shape)

    def noise(self, shape, copies=1):
        """Return standard Gumbel noise.

        Args:
            shape: Shape of the logits.
            copies: Int >= 1: their rows are this many copies of the batch,
                one after the other. Defaults to `1`.

        Returns:
            Float32 tensor of that shape.
        """
        draw = functools.partial(
            tf.random.stateless_uniform, minval=MIN_UNIFORM
        )
        copies = copies * self._copies
        uniform = row_noise(draw, shape, self.seed_generator, copies)
        return -ops.log(-ops.log(uniform))

    def split_logits(self, logits):
        """Give each group its own axis.

        Args:
            logits: `(batch, ..., groups * classes)`.

        Returns:
            `(batch, ..., groups, classes)`.
        """
        shape = ops.shape(logits)
        return ops.reshape(
            logits, tuple(shape[:-1]) + (self._groups, self._classes)
        )

    def _join(self, values):
        shape = ops.shape(values)
        width = self._groups * self._classes
        return ops.reshape(values, tuple(shape[:-2]) + (width,))

    def to_index(self, scores):
        """Return the index of the largest score of each group.

        Args:
            scores: `(batch, ..., groups * classes)`.

        Returns:
            `(batch, ..., groups)`, int32.
        """
        return ops.cast(ops.argmax(self.split_logits(scores), axis=-1), "int32")

    def hard(self, scores):
        """Return the one-hot vectors of the largest scores.

        Args:
            scores: `(batch, ..., groups * classes)`.

        Returns:
            Shape of `scores`, float32.
        """
        return self.decode_index(self.to_index(scores))

    def relax(self, scores):
        """Return each group's softmax.

        Args:
            scores: `(batch, ..., groups * classes)`.

        Returns:
            Shape of `scores`, float32.
        """
        return self._join(ops.softmax(self.split_logits(scores), axis=-1))

    mean = relax

    def log_prob_and_entropy(self, logits, index):
        """Return log-probability and entropy of every group.

        Args:
            logits: `(batch, ..., groups * classes)`.
            index: `(batch, ..., groups)`.

        Returns:
            Two tensors of `index`' shape, nats.
        """
        log_probs = ops.log_softmax(self.split_logits(logits), axis=-1)
        chosen = ops.take_along_axis(log_probs, index[..., None], axis=-1)
        entropy = -ops.sum(ops.exp(log_probs) * log_probs, axis=-1)
        return chosen[..., 0], entropy

    def decode_index(self, index):
        return self._join(ops.one_hot(index, self._classes, dtype="float32"))

    def compute_kl(self, logits):
        """Return the divergence of the code from the uniform prior.

        Args:
            logits: `(batch, ..., groups, classes)`, as in `Code.logits`.

        Returns:
            `(batch, ..., groups)`, nats.
        """
        log_probs = ops.log_softmax(logits, axis=-1)
        uniform = -ops.log(float(self._classes))
        return ops.sum(ops.exp(log_probs) * (log_probs - uniform), axis=-1)

    def get_config(self):
        config = super().get_config()
        config.update(groups=self._groups, classes=self._classes)
        return config
