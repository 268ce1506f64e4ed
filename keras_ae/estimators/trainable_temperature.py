"""A temperature trained with the model."""

import math

import keras
from keras import ops

from keras_ae.checks import check_number
from keras_ae.estimators.temperature import Temperature


@keras.saving.register_keras_serializable("keras_ae")
class TrainableTemperature(Temperature):
    """`minimum + exp(weight)`, with a weight that gradient descent moves.

    Args:
        initial: Float > `minimum`. Defaults to `1.0`.
        minimum: Float > 0, never reached. Defaults to `0.1`.
    """

    def __init__(self, initial=1.0, minimum=0.1):
        owner = "TrainableTemperature"
        self.minimum = check_number(owner, "minimum", minimum, above=0)
        self.initial = check_number(owner, "initial", initial, above=minimum)
        self.log_excess = None

    def build(self, layer):
        self.log_excess = layer.add_weight(
            name="log_temperature",
            shape=(),
            initializer=keras.initializers.Constant(
                math.log(self.initial - self.minimum)
            ),
            autocast=False,
        )

    def __call__(self, step):
        return self.minimum + ops.exp(self.log_excess)

    def get_config(self):
        """Return the constructor's arguments as a dict."""
        return {"initial": self.initial, "minimum": self.minimum}
