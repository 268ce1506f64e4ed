"""A temperature that stays."""

import keras
from keras import ops

from keras_ae.checks import check_number
from keras_ae.estimators.temperature import Temperature


@keras.saving.register_keras_serializable("keras_ae")
class ConstantTemperature(Temperature):
    """Keep one temperature.

    Args:
        value: Float > 0. Defaults to `1.0`.
    """

    def __init__(self, value=1.0):
        owner = "ConstantTemperature"
        self.value = check_number(owner, "value", value, above=0)

    def __call__(self, step):
        return ops.convert_to_tensor(self.value, "float32")

    def get_config(self):
        """Return the constructor's arguments as a dict."""
        return {"value": self.value}
