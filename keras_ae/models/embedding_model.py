"""The base of every model: it owns the training and evaluation steps."""

import keras
import tensorflow as tf
from keras import ops

from keras_ae.bottlenecks.deferred_updates import DeferredUpdates
from keras_ae.bottlenecks.replicas import replica_count, sum_over_replicas
from keras_ae.losses import sum_over_example
from keras_ae.models.array_checks import check_sample_weight
from keras_ae.models.batch import Batch
from keras_ae.models.guarded_update import (
    all_finite,
    apply_if,
    handles_overflow,
)
from keras_ae.models.player_model import PlayerModel
from keras_ae.models.skip_guard import SkipGuard


class EmbeddingModel(PlayerModel):
    """Train what `loss_terms` says, under any strategy.

    A concrete model gives `call(x, training)`, `encode(x)`,
    `loss_terms(batch, training)` and, where there is one, `decode`. The
    `loss` that is minimised, and reported in training and evaluation alike,
    is the weighted sum of the logged terms, a mean over the global batch.
    State of bottlenecks moves after the gradient step. An update with a
    non-finite loss or gradient is skipped and counted; its loss stays in the
    logs of its epoch, so that nothing is hidden.

    Args:
        terms: Dict from the name of each term of `loss_terms` to its
            weight.
        players: Dict from name to `Player`, or `None`. Defaults to `None`.

    Raises:
        ValueError: If there is no term, or two terms share a name.
    """

    def __init__(self, terms, players=None, **kwargs):
        super().__init__(players, **kwargs)
        self._term_weights = dict(terms)
        self._has_regularization = False
        self._check_terms()
        self._term_metrics = {
            name: keras.metrics.Mean(name=name) for name in self._all_terms()
        }
        self._regularization_metric = keras.metrics.Mean(
            name="regularization_loss"
        )
        self._skipped = self._add_counter("skipped_updates")
        self._in_a_row = self._add_counter("skipped_in_a_row")

    def _add_counter(self, name):
        return self.add_weight(
            name=name,
            shape=(),
            dtype="int32",
            initializer="zeros",
            trainable=False,
        )

    def _all_terms(self):
        names = list(self._term_weights)
        for player in self._players.values():
            names.extend(player.terms)
        return names

    def _check_terms(self):
        names = self._all_terms()
        if not self._term_weights or len(set(names)) < len(names):
            raise ValueError(
                f"`{type(self).__name__}` needs `terms` with distinct names, "
                f"at least one of its own. Received: terms={names}"
            )
        for name, player in self._players.items():
            player.check(name)

    @property
    def term_weights(self):
        """Dict from the name of each of the model's terms to its weight."""
        return dict(self._term_weights)

    @property
    def skipped_updates(self):
        """Int, updates skipped so far because they were not finite."""
        return int(tf.convert_to_tensor(self._skipped.value))

    @property
    def skipped_in_a_row(self):
        """Int, updates skipped since the last step that skipped none."""
        return int(tf.convert_to_tensor(self._in_a_row.value))

    def encode(self, x):
        """Return one embedding per object, the same on every call.

        Args:
            x: `(batch, ...)`.

        Returns:
            `(batch, ...)`, float32.
        """
        raise TypeError(f"`{type(self).__name__}` defines no `encode`.")

    def loss_terms(self, batch, training):
        """Return the loss of every example, term by term.

        Args:
            batch: `Batch`.
            training: Bool.

        Returns:
            Dict from name to `(batch,)`, nats, summed over the example.
        """
        raise TypeError(f"`{type(self).__name__}` defines no `loss_terms`.")

    def player_terms(self, name, batch, training):
        """Return the loss of every example for one player.

        Args:
            name: Str, the player's name.
            batch: `Batch`.
            training: Bool.

        Returns:
            Dict from name to `(batch,)`, nats.
        """
        raise TypeError(f"`{type(self).__name__}` defines no player {name}.")

    def fit(self, *args, callbacks=None, **kwargs):
        """Train, as `keras.Model.fit` does, and stop if it diverges.

        Args:
            *args: As in `keras.Model.fit`.
            callbacks: As in `keras.Model.fit`.
            **kwargs: As in `keras.Model.fit`.

        Returns:
            `History`.

        Raises:
            FloatingPointError: After `max_skipped_updates` updates in a row
                with a non-finite loss or gradient.
            ValueError: If `sample_weight` is given without `y`, or an array
                is empty, not finite, or of another shape.
        """
        self._check_given("fit", args, kwargs)
        guard = SkipGuard(self.max_skipped_updates)
        if isinstance(callbacks, keras.callbacks.CallbackList):
            callbacks.append(guard)
        elif callbacks is None or isinstance(callbacks, (list, tuple)):
            callbacks = [*(callbacks or ()), guard]
        else:
            callbacks = [callbacks, guard]
        return super().fit(*args, callbacks=callbacks, **kwargs)

    def evaluate(self, *args, **kwargs):
        self._check_given("evaluate", args, kwargs)
        return super().evaluate(*args, **kwargs)

    def predict(self, x, *args, **kwargs):
        self.check_objects("predict", x)
        return super().predict(x, *args, **kwargs)

    def _check_given(self, method, args, kwargs):
        x = args[0] if args else kwargs.get("x")
        y = args[1] if len(args) > 1 else kwargs.get("y")
        weight = kwargs.get("sample_weight")
        self.check_objects(method, x)
        owner = f"{type(self).__name__}.{method}"
        check_sample_weight(owner, x, weight)
        held_out = kwargs.get("validation_data")
        if isinstance(held_out, (tuple, list)) and held_out:
            self.check_objects(f"{method}(validation_data)", held_out[0])
        if weight is not None and y is None:
            raise ValueError(
                f"`{type(self).__name__}.{method}` needs `y` beside "
                "`sample_weight`: Keras drops the weights without it. Where "
                "there are no labels, pass `y=x`. Received: y=None"
            )

    def train_step(self, data):
        batch = self._begin_step(data)
        finite = [
            self._update_player(name, player, batch)
            for name, player in self._players.items()
            for _ in range(player.steps)
        ]
        finite.append(self._update_model(batch))
        self._count_skipped(finite)
        return self.get_metrics_result()

    def _count_skipped(self, finite):
        # By step: a model in order must not hide a player that never is.
        skipped = len(finite) - tf.add_n([ops.cast(f, "int32") for f in finite])
        self._skipped.assign(self._skipped + skipped)
        in_a_row = ops.where(skipped > 0, self._in_a_row + skipped, 0)
        self._in_a_row.assign(in_a_row)

    def test_step(self, data):
        batch = self._begin_step(data)
        with DeferredUpdates():
            for name, player in self._players.items():
                terms = self.player_terms(name, batch, training=False)
                self._weigh(terms, player.terms, batch)
            terms = self.loss_terms(batch, training=False)
        loss, examples = self._weigh(terms, self._term_weights, batch)
        self._track_loss(loss, examples)
        return self.get_metrics_result()

    def _begin_step(self, data):
        # Keras clears losses added by layers when the model is called; our
        # steps call the layers one by one.
        self._clear_losses()
        return Batch(*keras.utils.unpack_x_y_sample_weight(data))

    def _update_player(self, name, player, batch):
        optimizer = self.player_optimizers[name]
        variables = self.player_weights(name)
        with tf.GradientTape() as tape, DeferredUpdates():
            terms = self.player_terms(name, batch, training=True)
            loss, examples = self._weigh(terms, player.terms, batch)
            loss = self._global_mean(loss, examples)
            scaled = optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, variables)
        return self._apply(optimizer, gradients, variables, loss)

    def _update_model(self, batch):
        variables = self.own_weights()
        with tf.GradientTape() as tape, DeferredUpdates() as updates:
            terms = self.loss_terms(batch, training=True)
            by_example, examples = self._weigh(
                terms, self._term_weights, batch
            )
            loss = self._global_mean(by_example, examples)
            if self.losses:
                loss += tf.add_n(self.losses) / replica_count()
            scaled = self.optimizer.scale_loss(loss)
        self._track_loss(by_example, examples)
        gradients = tape.gradient(scaled, variables)
        finite = self._apply(self.optimizer, gradients, variables, loss)
        updates.apply(finite)
        return finite

    def _apply(self, optimizer, gradients, variables, loss):
        checked = [loss]
        if not handles_overflow(optimizer):
            checked += [g for g in gradients if g is not None]
        finite = all_finite(checked)
        apply_if(finite, optimizer, gradients, variables)
        return finite

    def _weigh(self, terms, weights, batch):
        """Track the terms; return the weighted loss of every example."""
        if set(terms) != set(weights):
            raise ValueError(
                f"`{type(self).__name__}` needs the terms {sorted(weights)}. "
                f"Received: {sorted(terms)}"
            )
        total = 0.0
        for name, weight in weights.items():
            term = sum_over_example(terms[name])
            if batch.sample_weight is not None:
                term = term * ops.cast(batch.sample_weight, "float32")
            self._term_metrics[name].update_state(term)
            total = total + weight * term
        return total, ops.cast(ops.shape(total)[0], "float32")

    def _global_mean(self, by_example, examples):
        # The optimiser sums gradients over replicas, and replicas may hold
        # different numbers of examples, or none.
        total = sum_over_replicas(examples)
        return ops.sum(by_example) / ops.maximum(total, 1.0)

    def _track_loss(self, by_example, examples):
        extra = 0.0
        if self.losses:
            self._has_regularization = True
            extra = tf.add_n(self.losses)
            self._regularization_metric.update_state(extra, examples)
        self._loss_tracker.update_state(by_example + extra)

    def get_metrics_result(self):
        results = super().get_metrics_result()
        if not self._has_regularization:
            results.pop("regularization_loss", None)
        return results
