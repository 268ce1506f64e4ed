"""A temperature that decays exponentially to a minimum."""

import keras
from keras import ops

from keras_ae.checks import check_int, check_number
from keras_ae.estimators.temperature import Temperature


@keras.saving.register_keras_serializable("keras_ae")
class ExponentialTemperature(Temperature):
    """`max(minimum, initial * exp(-rate * step))`, updated in stairs.

    Args:
        initial: Float > 0. Defaults to `1.0`.
        minimum: Float > 0. Defaults to `0.5`.
        rate: Float >= 0, a step. Defaults to `3e-5`.
        every: Int >= 1, steps between updates. Defaults to `1`.

    Reference:
        arXiv:1611.01144, section 4.2: rate 1e-5 or 1e-4, minimum 0.5,
        updated every 500 or 1000 steps.
    """

    def __init__(self, initial=1.0, minimum=0.5, rate=3e-5, every=1):
        owner = "ExponentialTemperature"
        self.initial = check_number(owner, "initial", initial, above=0)
        self.minimum = check_number(owner, "minimum", minimum, above=0)
        self.rate = check_number(owner, "rate", rate, minimum=0)
        self.every = check_int(owner, "every", every)

    def __call__(self, step):
        step = ops.cast(step // self.every * self.every, "float32")
        return ops.maximum(
            self.minimum, self.initial * ops.exp(-self.rate * step)
        )

    def get_config(self):
        """Return the constructor's arguments as a dict."""
        return {
            "initial": self.initial,
            "minimum": self.minimum,
            "rate": self.rate,
            "every": self.every,
        }
