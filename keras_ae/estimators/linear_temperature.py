"""A temperature that falls linearly, then stays."""

import keras
from keras import ops

from keras_ae.checks import check_int, check_number
from keras_ae.estimators.temperature import Temperature


@keras.saving.register_keras_serializable("keras_ae")
class LinearTemperature(Temperature):
    """Go from `initial` to `final` in `steps` steps, in a straight line.

    Args:
        initial: Float > 0. Defaults to `1.0`.
        final: Float > 0. Defaults to `0.5`.
        steps: Int >= 1. Defaults to `10_000`.
    """

    def __init__(self, initial=1.0, final=0.5, steps=10_000):
        owner = "LinearTemperature"
        self.initial = check_number(owner, "initial", initial, above=0)
        self.final = check_number(owner, "final", final, above=0)
        self.steps = check_int(owner, "steps", steps)

    def __call__(self, step):
        share = ops.cast(step, "float32") / self.steps
        share = ops.clip(share, 0.0, 1.0)
        return self.initial + share * (self.final - self.initial)

    def get_config(self):
        """Return the constructor's arguments as a dict."""
        return {
            "initial": self.initial,
            "final": self.final,
            "steps": self.steps,
        }
