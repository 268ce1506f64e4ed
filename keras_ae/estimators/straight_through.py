"""Straight-through estimator (arXiv:1308.3432, section 3.1)."""

import keras
from keras import ops

from keras_ae.estimators.estimator import Estimator


@keras.saving.register_keras_serializable("keras_ae")
class StraightThrough(Estimator):
    """Pass the hard code forward and the gradient straight back.

    For codes with logits the gradient is that of the mean code (softmax or
    sigmoid of the logits); for codebooks and finite scalars it is the
    identity. Biased unless the loss is linear in the code.

    Args:
        stochastic: Bool, whether training draws the code from its
            distribution rather than taking its mode. Codebooks and finite
            scalars have no noise and ignore it. Defaults to `True`.

    Reference:
        arXiv:1308.3432, section 3.1; for codebooks arXiv:1711.00937,
        equation 3.
    """

    name = "straight_through"
    code_kinds = frozenset(
        {"one_hot", "binary", "vector_quantized", "finite_scalar"}
    )

    def __init__(self, stochastic=True):
        self.stochastic = bool(stochastic)

    def estimate(self, bottleneck, logits, drawn):
        mean = bottleneck.mean(logits)
        return mean + ops.stop_gradient(bottleneck.hard(drawn) - mean)

    def estimate_nearest(self, features, nearest):
        # Adds an exact zero: the value is the code, without rounding.
        return ops.stop_gradient(nearest) + (
            features - ops.stop_gradient(features)
        )

    def get_config(self):
        return {"stochastic": self.stochastic}
