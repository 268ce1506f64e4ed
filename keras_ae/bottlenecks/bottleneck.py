"""The base layer of every bottleneck."""

import contextlib
import threading

import keras
from keras import ops

from keras_ae import estimators
from keras_ae.bottlenecks.deferred_updates import DeferredUpdates
from keras_ae.bottlenecks.replicas import replica_count


class Bottleneck(keras.layers.Layer):
    """Turn features into a `Code`.

    A subclass gives `kind`, `num_codes`, `groups`, `make_code(features,
    training) -> (Code, statistics)`, `decode_index` and, if it keeps state,
    `update_state`. Features and codes are float32 under every policy.

    Training calls may keep state (a step counter, a codebook); inside a
    `DeferredUpdates` block the change waits for the block's `apply`, outside
    it happens in the call and the weighted terms go to `add_loss`. Inference
    changes nothing.

    Args:
        estimator: Str, `Estimator` or its serialised dict.
        seed: Int or `None`, for the code's noise. Defaults to `None`.

    Call arguments:
        features: `(batch, ..., width)`.
        training: Bool. Defaults to `False`.

    Returns:
        `Code`.
    """

    kind = ""

    def __init__(self, estimator, seed=None, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.estimator = estimators.get(
            estimator, kind=self.kind, owner=type(self).__name__
        )
        self.seed = seed
        self.step = None
        self._stand_in = None

    @property
    def training_estimator(self):
        """The estimator of training steps: a stand-in, or `estimator`."""
        return self._stand_in or self.estimator

    @contextlib.contextmanager
    def trained_by(self, estimator):
        """Let another estimator train the code, for a `with` block.

        The config stays that of `estimator`, and so do the weights.

        Args:
            estimator: `Estimator`, with whatever state it needs.
        """
        before, self._stand_in = self._stand_in, estimator
        try:
            yield
        finally:
            self._stand_in = before

    @property
    def num_codes(self):
        """Int, the values one index can take."""
        raise TypeError(f"`{type(self).__name__}` defines no `num_codes`.")

    @property
    def groups(self):
        """Int, the size of the index's last axis; 1 if it has none."""
        return 1

    @property
    def term_weights(self):
        """Dict from the name of each of the code's terms to its weight."""
        return {}

    def build(self, input_shape):
        self.step = self.add_weight(
            name="step",
            shape=(),
            dtype="int32",
            initializer="zeros",
            trainable=False,
        )
        self.estimator.build(self)

    def call(self, features, training=False):
        features = ops.cast(features, "float32")
        code, statistics = self.make_code(features, bool(training))
        block = DeferredUpdates.current()
        if block is not None:
            if training:
                block.add(self, statistics)
            return code
        if training:
            self.update_state(statistics, True)
        # After the update: an all-reduce hands over to the next replica,
        # whose model clears the losses.
        for name, weight in self.term_weights.items():
            self.add_loss(weight * ops.mean(code.terms[name]))
        return code

    def add_loss(self, loss):
        super().add_loss(loss)
        if replica_count() > 1:
            for part in keras.tree.flatten(loss):
                part.of_thread = threading.get_ident()

    def _get_own_losses(self):
        # Replicas are threads, and Keras keeps one list of losses for all.
        losses = super()._get_own_losses()
        if replica_count() == 1:
            return losses
        thread = threading.get_ident()
        return [x for x in losses if getattr(x, "of_thread", 0) == thread]

    def make_code(self, features, training):
        """Give the code of a batch, without changing any state.

        Args:
            features: `(batch, ..., width)`, float32.
            training: Bool.

        Returns:
            `Code`, and the statistics `update_state` needs.
        """
        raise TypeError(f"`{type(self).__name__}` defines no `make_code`.")

    def expected_loss(self, x, code, loss_of, observed=None):
        """Return a loss that depends on the code, with its gradient.

        A score-function estimator asks for the loss of several codes of each
        example and returns their expectation, whose gradient with respect to
        the features is the score term's estimate; every other estimator
        gives `loss_of(x, code.value)` as it is.

        Args:
            x: Nest of `(batch, ...)`, what `loss_of` needs of each example.
            code: `Code` of these examples.
            loss_of: Function of `x` and of code values, repeated alike to
                `(rows * batch, ...)`, that gives the loss of each row.
            observed: Nest of `(batch, ...)`, what the code was written for,
                or `None` where that is `x`. Defaults to `None`.

        Returns:
            `(batch,)`, float32.

        Raises:
            ValueError: If the loss is not one number for each row.
        """
        draws = code.draws
        if not draws:
            return _by_example(self, loss_of(x, code.value), code.value)
        rows = ops.shape(draws.log_prob)[0]
        losses = loss_of(_repeat(x, rows), draws.value)
        losses = _by_example(self, losses, draws.value)
        losses = ops.reshape(losses, ops.shape(draws.log_prob))
        draws = draws._replace(x=x if observed is None else observed)
        estimator = self.training_estimator
        loss, statistics = estimator.expected_loss(draws, losses)
        block = DeferredUpdates.current()
        if block is None:
            estimator.update_state(statistics, True)
        else:
            block.add(estimator, statistics)
        return loss

    def update_state(self, statistics, finite):
        """Move the state by one training step.

        Args:
            statistics: What `make_code` returned.
            finite: Bool, or bool tensor; where false nothing changes.
        """
        self.step.assign(self.step + ops.cast(finite, "int32"))

    def decode_index(self, index):
        """Return the value that the decoder sees for given codes.

        Args:
            index: Int, shape of `Code.index`.

        Returns:
            Shape of `Code.value`, float32.
        """
        raise TypeError(f"`{type(self).__name__}` defines no `decode_index`.")

    def get_config(self):
        config = super().get_config()
        config["estimator"] = keras.saving.serialize_keras_object(
            self.estimator
        )
        config["seed"] = self.seed
        return config


def _repeat(x, rows):
    if isinstance(rows, int) and rows == 1:
        return x
    return keras.tree.map_structure(
        lambda part: ops.tile(part, (rows,) + (1,) * (len(part.shape) - 1)), x
    )


def _by_example(bottleneck, losses, value):
    losses = ops.cast(losses, "float32")
    if len(losses.shape) != 1:
        raise ValueError(
            f"`{type(bottleneck).__name__}.expected_loss` needs `loss_of` to "
            "give one loss for each code, without summing over the batch. "
            f"Received: losses.shape={tuple(losses.shape)} for codes of "
            f"shape {tuple(value.shape)}"
        )
    return losses
