"""What models of sentences share: strings in, and who follows whom."""

import keras
import tensorflow as tf
from keras import ops

from keras_ae.bottlenecks.replicas import gather_over_replicas, replica_rows
from keras_ae.layers import SentenceEncoder
from keras_ae.models.embedding_model import EmbeddingModel


class SentenceModel(EmbeddingModel):
    """A model that takes strings, one sentence an object.

    The labels `y` are places in the running text: whole numbers that differ
    by 1 where one sentence follows another, and by more than any context
    across the end of a document. Without `y` a batch is one running text.

    Args:
        terms: As in `EmbeddingModel`.
        vectorizer: `keras.layers.TextVectorization` that has its vocabulary,
            with `output_mode="int"` and an `output_sequence_length`. It is
            saved and exported with the model.
        encoders: List of `SentenceEncoder`.

    Raises:
        TypeError: If one of them is something else.
        ValueError: If the vectorizer has no vocabulary or length, or more
            words than an encoder knows.
    """

    def __init__(self, terms, vectorizer, encoders, **kwargs):
        _check_vectorizer(type(self).__name__, vectorizer, encoders)
        super().__init__(terms=terms, **kwargs)
        for lookup in vectorizer._flatten_layers(include_self=False):
            lookup.build((None,))  # Keras never does; it needs no batch.
        self.vectorizer = vectorizer
        self.max_words = vectorizer.get_config()["output_sequence_length"]

    def numbers(self, x):
        """Return the word numbers of strings.

        Args:
            x: `(batch,)` strings.

        Returns:
            `(batch, time)` int32, 0 is padding, 1 any unknown word.
        """
        found = ops.cast(self.vectorizer(x), "int32")
        # Cutting strings loses how many there are.
        return tf.ensure_shape(found, (x.shape[0], self.max_words))

    def mean_words(self, x):
        """Return the mean of the vectors of each sentence's words.

        Args:
            x: `(batch,)` strings.

        Returns:
            `(batch, dim)`, float32.
        """
        raise TypeError(f"`{type(self).__name__}` defines no `mean_words`.")

    def places(self, batch):
        """Return the places of a batch's sentences.

        Args:
            batch: `Batch`.

        Returns:
            Pair of int64: this replica's, `(batch,)`, and all replicas'.
        """
        rows = ops.shape(batch.x)[0]
        first, total = replica_rows(rows)
        if batch.y is None:
            every = tf.range(total, dtype="int64")
            return every[first : first + rows], every
        own = tf.cast(tf.reshape(batch.y, (-1,)), "int64")
        return own, gather_over_replicas(own)

    def serving_input(self):
        return tf.TensorSpec((None,), tf.string, name="text")

    def get_config(self):
        config = super().get_config()
        config["vectorizer"] = keras.saving.serialize_keras_object(
            self.vectorizer
        )
        return config


def _check_vectorizer(owner, vectorizer, encoders):
    if not isinstance(vectorizer, keras.layers.TextVectorization):
        raise TypeError(
            f"`{owner}` needs `vectorizer` to be a `TextVectorization`. "
            f"Received: {vectorizer!r}"
        )
    config = vectorizer.get_config()
    length, size = config["output_sequence_length"], None
    if config["output_mode"] == "int" and length is not None:
        size = vectorizer.vocabulary_size()
    if size is None or size <= 2:
        raise ValueError(
            f"`{owner}` needs a `vectorizer` with a vocabulary, "
            "`output_mode='int'` and an `output_sequence_length`. Received: "
            f"output_mode={config['output_mode']!r}, "
            f"output_sequence_length={length}, vocabulary={size}"
        )
    for encoder in encoders:
        if not isinstance(encoder, SentenceEncoder):
            raise TypeError(
                f"`{owner}` needs encoders that are `SentenceEncoder`s. "
                f"Received: {encoder!r}"
            )
        if encoder.vocabulary_size < size:
            raise ValueError(
                f"`{owner}` needs encoders with `vocabulary_size` >= {size}, "
                "the vectorizer's words. Received: "
                f"vocabulary_size={encoder.vocabulary_size}"
            )
