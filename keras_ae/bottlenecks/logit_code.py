"""The part that one-hot and binary codes share."""

import contextlib

import keras
from keras import ops

from keras_ae.bottlenecks.bottleneck import Bottleneck
from keras_ae.bottlenecks.code import Code
from keras_ae.estimators.draws import Draws
from keras_ae.estimators.score_estimator import ScoreEstimator
from keras_ae.losses import sum_over_example


class LogitCode(Bottleneck):
    """Base of codes drawn from logits.

    A subclass gives the noise whose hard value is an exact sample, and
    `hard`, `relax`, `mean`, `to_index`, `log_prob_and_entropy`, `width`.

    Args:
        estimator: Str, `Estimator` or its serialised dict.
        seed: Int or `None`, for the noise. Defaults to `None`.
    """

    def __init__(self, estimator, seed=None, **kwargs):
        super().__init__(estimator, seed=seed, **kwargs)
        self.seed_generator = keras.random.SeedGenerator(seed)
        self._copies = 1

    @contextlib.contextmanager
    def for_copies(self, copies):
        """Say that batches are copies of one, for a `with` block.

        Replicas then draw together what one would draw.

        Args:
            copies: Int >= 1: rows are this many copies of a batch, one after
                the other.
        """
        before, self._copies = self._copies, copies
        try:
            yield
        finally:
            self._copies = before

    def sample_index(self, features):
        """Draw codes, with fresh noise.

        Args:
            features: `(batch, ..., width)`.

        Returns:
            Int32, shape of `Code.index`: exact samples.
        """
        features = ops.cast(features, "float32")
        return self.to_index(features + self.noise(ops.shape(features)))

    def prior_log_prob(self, index):
        """Return the log-probability of codes under the uniform prior.

        Args:
            index: Int, shape of `Code.index`.

        Returns:
            `(batch,)`, float32, nats.
        """
        each = ops.full_like(ops.cast(index, "float32"), self.num_codes)
        return -sum_over_example(ops.log(each))

    @property
    def width(self):
        """Int, the size of the features' last axis."""
        raise TypeError(f"`{type(self).__name__}` defines no `width`.")

    def make_code(self, features, training):
        if training:
            drawn = features
            estimator = self.training_estimator
            if estimator.stochastic:
                drawn = features + self.noise(ops.shape(features))
            value = estimator.estimate(self, features, drawn)
        else:
            drawn = features
            value = self.hard(features)
        index = self.to_index(drawn)
        log_prob, entropy = self.log_prob_and_entropy(features, index)
        code = Code(
            value=value,
            index=index,
            logits=self.split_logits(features),
            log_prob=sum_over_example(log_prob),
            entropy=sum_over_example(entropy),
            terms={},
            draws=self._draws(features, drawn) if training else (),
        )
        return code, ()

    def _draws(self, features, drawn):
        estimator = self.training_estimator
        if not isinstance(estimator, ScoreEstimator):
            return ()
        index = estimator.draw_index(self, features, drawn)
        log_prob, _ = self.log_prob_and_entropy(features[None], index)
        index = ops.reshape(index, (-1, *ops.shape(index)[2:]))
        axes = tuple(range(2, len(log_prob.shape)))
        return Draws(
            value=self.decode_index(index),
            index=index,
            log_prob=ops.sum(log_prob, axis=axes),
            logits=features,
        )
