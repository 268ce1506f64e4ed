"""An adversary: part of a model with its own loss and optimiser."""

from typing import NamedTuple

from keras_ae.checks import check_int


class Player(NamedTuple):
    """Declare a part of a model that is trained against, or beside, it.

    The player's layers leave the model's own trainable weights; each
    training step first updates every player `steps` times by
    `EmbeddingModel.player_terms(name, batch, training)`, then the model.

    Attributes:
        layers: Tuple of layers that only the player's loss trains.
        terms: Dict from the name of each of its terms to its weight.
        steps: Int >= 1, updates a training step. Defaults to `1`.
    """

    layers: tuple
    terms: dict
    steps: int = 1

    def check(self, name):
        """Refuse a player without layers, terms or steps.

        Args:
            name: Str, the player's name.

        Raises:
            ValueError: If a rule is broken.
        """
        check_int(f"Player {name}", "steps", self.steps)
        if not self.layers or not self.terms:
            raise ValueError(
                f"`Player {name}` needs at least one layer and one term. "
                f"Received: layers={self.layers}, terms={self.terms}"
            )
