"""Straight-through Gumbel-Softmax (arXiv:1611.01144, section 2.2)."""

import keras
from keras import ops

from keras_ae.estimators.gumbel import Gumbel


@keras.saving.register_keras_serializable("keras_ae")
class GumbelStraightThrough(Gumbel):
    """Pass the hard sample forward and the relaxed sample's gradient back.

    The decoder sees hard codes in training too; biased at any temperature
    above zero.

    Args:
        temperature: Float > 0 or a `Temperature`. Defaults to `1.0`.

    Reference:
        arXiv:1611.01144, section 2.2.
    """

    name = "gumbel_st"

    def estimate(self, bottleneck, logits, drawn):
        relaxed = self.relaxed(bottleneck, drawn)
        hard = bottleneck.hard(drawn)
        return relaxed + ops.stop_gradient(hard - relaxed)
