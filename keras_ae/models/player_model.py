"""What `compile` decides: the optimisers, and the weights each one moves."""

import keras

from keras_ae.checks import check_int
from keras_ae.models.fit_repairs import ReplicaModel
from keras_ae.models.servable_model import ServableModel


class PlayerModel(ReplicaModel, ServableModel):
    """A Keras model trained by its own optimiser and one for each player.

    Args:
        players: Dict from name to `Player`, or `None`. Defaults to `None`.
    """

    def __init__(self, players=None, **kwargs):
        super().__init__(**kwargs)
        self._players = dict(players or {})
        self.player_optimizers = {}
        self.max_skipped_updates = 10

    def compile(
        self,
        optimizer="adam",
        player_optimizers=None,
        max_skipped_updates=10,
        **kwargs,
    ):
        """Configure training.

        Args:
            optimizer: Keras optimiser, its name or config, for the model's
                own weights. Defaults to `"adam"`.
            player_optimizers: Dict from player name to the same, or `None`
                for Adam each. Defaults to `None`.
            max_skipped_updates: Int >= 1: this many skipped updates in a
                row stop `fit` with an error. Defaults to `10`.
            **kwargs: `steps_per_execution`, `jit_compile`, `run_eagerly`,
                `auto_scale_loss`, as in Keras.

        Raises:
            ValueError: If `loss` or `metrics` are given, or a player that
                the model does not have.
        """
        for name in ("loss", "loss_weights", "metrics", "weighted_metrics"):
            if kwargs.get(name) is not None:
                raise ValueError(
                    f"`{type(self).__name__}.compile` needs no `{name}`: the "
                    f"model defines its own. Received: {name}={kwargs[name]!r}"
                )
        given = dict(player_optimizers or {})
        unknown = sorted(set(given) - set(self._players))
        if unknown:
            raise ValueError(
                f"`{type(self).__name__}.compile` needs `player_optimizers` "
                f"for {sorted(self._players)} only. Received: {unknown}"
            )
        self.max_skipped_updates = check_int(
            "compile", "max_skipped_updates", max_skipped_updates
        )
        super().compile(optimizer=optimizer, **kwargs)
        self.player_optimizers = {
            name: keras.optimizers.get(given.get(name, "adam"))
            for name in self._players
        }

    def get_compile_config(self):
        config = super().get_compile_config()
        if not self.compiled:
            return config
        config["max_skipped_updates"] = self.max_skipped_updates
        config["player_optimizers"] = {
            name: keras.saving.serialize_keras_object(optimizer)
            for name, optimizer in self.player_optimizers.items()
        }
        return config

    def compile_from_config(self, config):
        config = keras.saving.deserialize_keras_object(config)
        names = ("loss", "loss_weights", "metrics", "weighted_metrics")
        self.compile(**{k: v for k, v in config.items() if k not in names})
        if self.built:
            self._build_optimizers()

    def make_train_function(self, force=False):
        self._build_optimizers()
        return super().make_train_function(force=force)

    def _build_optimizers(self):
        with self.distribute_strategy.scope():
            if not self.optimizer.built:
                self.optimizer.build(self.own_weights())
            for name, optimizer in self.player_optimizers.items():
                if not optimizer.built:
                    optimizer.build(self.player_weights(name))

    def player_weights(self, name):
        """Return the trainable weights that only one player moves.

        Args:
            name: Str, the player's name.

        Returns:
            List of variables.
        """
        layers = self._players[name].layers
        return [v for layer in layers for v in layer.trainable_weights]

    def own_weights(self):
        """Return the trainable weights that no player moves.

        Returns:
            List of variables.
        """
        taken = {
            id(v) for name in self._players for v in self.player_weights(name)
        }
        return [v for v in self.trainable_weights if id(v) not in taken]

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        # Without a strategy Keras builds at the first trace: too late for
        # `make_train_function`, which builds the optimisers.
        if all(layer.built for layer in self._flatten_layers()):
            return
        if self._distribute_strategy is None:
            self._symbolic_build(iterator, data_batch)
        else:
            super()._maybe_symbolic_build(iterator, data_batch)

    def _symbolic_build(self, *args, **kwargs):
        # Keras would build the optimiser for all trainable weights; ours
        # moves only those that no player moves (`_build_optimizers`).
        optimizer, self.optimizer = self.optimizer, None
        try:
            super()._symbolic_build(*args, **kwargs)
        finally:
            self.optimizer = optimizer
