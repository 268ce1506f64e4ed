"""REINFORCE with the example's other samples as baseline."""

import keras

from keras_ae.estimators.reinforce import Reinforce


@keras.saving.register_keras_serializable("keras_ae")
class LeaveOneOut(Reinforce):
    """`Reinforce(baseline="leave_one_out", samples=samples)`.

    Args:
        samples: Int >= 2, codes drawn for an example. Defaults to `4`.

    Reference:
        Kool et al. 2019, "Buy 4 REINFORCE samples, get a baseline for free".
    """

    name = "leave_one_out"

    def __init__(self, samples=4):
        super().__init__("leave_one_out", samples)

    def get_config(self):
        return {"samples": self.samples}
