"""What every encoder of sentences has: words as vectors, and their mean."""

import keras
import tensorflow as tf
from keras import ops

from keras_ae.bottlenecks.replicas import row_noise
from keras_ae.checks import check_int, check_number

UNKNOWN = 1  # The number that `TextVectorization` gives to other words


@keras.saving.register_keras_serializable("keras_ae")
class SentenceEncoder(keras.layers.Layer):
    """Turn sentences of word numbers into the mean of their words' vectors.

    Subclasses read the vectors in order: they give `read(x, mask, training)`.

    Args:
        vocabulary_size: Int >= 2, word numbers; 0 is padding.
        word_dim: Int >= 1, size of a word's vector.
        word_scale: Float > 0: words' vectors begin uniform in plus or minus
            this. Defaults to `0.1`, as in arXiv:1803.02893's code.
        word_dropout: Float in [0, 1), the share of words that are read as
            unknown in training, others each time. Defaults to `0`.
        seed: Int or `None`, of that choice. Defaults to `None`.

    Call arguments:
        numbers: `(batch, time)` ints, padded with 0 on the right.
        training: Bool. Defaults to `False`.

    Returns:
        `(batch, dim)`, in the layer's compute dtype. A sentence without words
        gives zeros.
    """

    def __init__(
        self,
        vocabulary_size,
        word_dim,
        word_scale=0.1,
        word_dropout=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        owner = type(self).__name__
        self.vocabulary_size = check_int(
            owner, "vocabulary_size", vocabulary_size, 2
        )
        self.word_dim = check_int(owner, "word_dim", word_dim)
        self.word_scale = check_number(
            owner, "word_scale", word_scale, above=0
        )
        self.word_dropout = check_number(
            owner, "word_dropout", word_dropout, minimum=0, below=1
        )
        self.seed = seed
        if self.word_dropout:
            self._draws = keras.random.SeedGenerator(seed)
        self.words = keras.layers.Embedding(
            vocabulary_size,
            word_dim,
            embeddings_initializer=keras.initializers.RandomUniform(
                -self.word_scale, self.word_scale
            ),
            name="words",
            dtype=self.dtype_policy,
        )

    def build(self, input_shape):
        self.words.build(input_shape)
        self.build_reader((*input_shape, self.word_dim))

    def build_reader(self, shape):
        """Build what reads the words' vectors.

        Args:
            shape: Tuple `(batch, time, word_dim)`.
        """

    def read(self, x, mask, training):
        """Turn the words' vectors into the embedding.

        Args:
            x: `(batch, time, word_dim)`.
            mask: `(batch, time)` bool, where words are.
            training: Bool.

        Returns:
            `(batch, dim)`.
        """
        return _mean(x, mask)

    def mean_words(self, numbers):
        """Return the mean of the words' vectors.

        Args:
            numbers: `(batch, time)` ints, padded with 0 on the right.

        Returns:
            `(batch, word_dim)`.
        """
        return _mean(self.words(numbers), ops.not_equal(numbers, 0))

    def call(self, numbers, training=False):
        mask = ops.not_equal(numbers, 0)
        if training and self.word_dropout:
            numbers = drop_words(numbers, self.word_dropout, self._draws)
        return self.read(self.words(numbers), mask, training)

    def get_config(self):
        config = super().get_config()
        config.update(
            vocabulary_size=self.vocabulary_size,
            word_dim=self.word_dim,
            word_scale=self.word_scale,
            word_dropout=self.word_dropout,
            seed=self.seed,
        )
        return config


def drop_words(numbers, share, generator):
    """Make some of the words unknown.

    Args:
        numbers: `(batch, time)` ints, padded with 0.
        share: Float in [0, 1), how many of the words.
        generator: `keras.random.SeedGenerator`.

    Returns:
        Shape of `numbers`.
    """
    shape = ops.shape(numbers)
    draw = row_noise(tf.random.stateless_uniform, shape, generator)
    dropped = ops.logical_and(ops.not_equal(numbers, 0), draw < share)
    return ops.where(dropped, UNKNOWN, numbers)


def _mean(x, mask):
    weights = ops.cast(mask, x.dtype)[..., None]
    count = ops.maximum(ops.sum(weights, axis=1), 1)
    return ops.sum(x * weights, axis=1) / count
