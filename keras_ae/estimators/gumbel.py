"""Gumbel-Softmax, the relaxed sample (arXiv:1611.01144)."""

import keras

from keras_ae.estimators.estimator import Estimator
from keras_ae.estimators.get_temperature import get_temperature


@keras.saving.register_keras_serializable("keras_ae")
class Gumbel(Estimator):
    """Train on the relaxed sample `softmax((logits + noise) / temperature)`.

    For binary codes it is `sigmoid((logits + noise) / temperature)` with
    logistic noise (the Concrete relaxation). Unbiased for the relaxed loss,
    biased for the loss with hard codes; the bias shrinks, and the variance
    grows, as the temperature falls. Inference uses hard codes.

    Args:
        temperature: Float > 0 or a `Temperature`. Defaults to `1.0`.

    Reference:
        arXiv:1611.01144, equation 2; arXiv:1611.00712, section 3.
    """

    name = "gumbel"
    code_kinds = frozenset({"one_hot", "binary"})

    def __init__(self, temperature=1.0):
        self.temperature = get_temperature(type(self).__name__, temperature)

    def build(self, layer):
        self.temperature.build(layer)

    def relaxed(self, bottleneck, drawn):
        """Return the relaxed sample at the bottleneck's step.

        Args:
            bottleneck: The bottleneck that owns the estimator.
            drawn: `(batch, ..., width)`, logits plus noise.

        Returns:
            Shape of `drawn`, float32.
        """
        temperature = self.temperature(bottleneck.step)
        return bottleneck.relax(drawn / temperature)

    def estimate(self, bottleneck, logits, drawn):
        return self.relaxed(bottleneck, drawn)

    def get_config(self):
        return {
            "temperature": keras.saving.serialize_keras_object(self.temperature)
        }
