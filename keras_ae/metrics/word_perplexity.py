"""Perplexity of a language model: how many words it hesitates between."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_ae")
class WordPerplexity(keras.metrics.Mean):
    """Return `exp` of the mean nats of a word.

    Args:
        name: Str. Defaults to `"word_perplexity"`.

    Call arguments:
        values: `(...)`, nats of each sentence, say.
        sample_weight: Number of words that each stands for, where `values`
            are means over them.
    """

    def __init__(self, name="word_perplexity", **kwargs):
        super().__init__(name=name, **kwargs)

    def result(self):
        return ops.exp(super().result())
