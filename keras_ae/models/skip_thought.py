"""Skip-Thought: an embedding from which both neighbours can be written."""

import keras
import tensorflow as tf
from keras import ops

from keras_ae.bottlenecks.replicas import gather_over_replicas
from keras_ae.checks import check_int, check_number
from keras_ae.layers.packed_gru import PackedGRU
from keras_ae.layers.sentence_encoder import UNKNOWN, drop_words
from keras_ae.metrics import WordPerplexity
from keras_ae.models.batch import Batch
from keras_ae.models.reconstructor import as_layer
from keras_ae.models.sentence_model import SentenceModel

_SHIFTS = {"previous": -1, "next": 1}


@keras.saving.register_keras_serializable("keras_ae")
class SkipThought(SentenceModel):
    """Write the sentences before and after, word by word, from one embedding.

    Each of two decoders is given the true words so far (teacher forcing) and
    the embedding at every step, and is built on its own GRU; they share the
    output layer. `previous_loss` and `next_loss` are the nats of all words of
    a neighbour and of its end, 0 where it is not in the batch.

    Args:
        vectorizer: `keras.layers.TextVectorization` with its vocabulary.
        encoder: `SentenceEncoder`.
        units: Int >= 1, size of the decoders' states. Defaults to `256`.
        written: Int >= 2, word numbers the decoders tell apart: those from
            there on are written as unknown. `None` is all that the encoder
            knows. Defaults to `None`.
        word_dropout: Float in [0, 1), the share of the true words that the
            decoders read as unknown in training, so that they need the
            embedding (arXiv:1511.06349, section 3.1). Defaults to `0`.
        seed: Int or `None`, of that choice. Defaults to `None`.

    Call arguments:
        x: `(batch,)` strings.
        training: Bool. Defaults to `False`.

    Returns:
        Dict: `z`, `(batch, dim)`; `previous`, `next`: the scores of the
        first word of that neighbour, `(batch, written)`.

    Reference:
        arXiv:1506.06726, section 2.
    """

    def __init__(
        self,
        vectorizer,
        encoder,
        units=256,
        written=None,
        word_dropout=0.0,
        seed=None,
        **kwargs,
    ):
        vectorizer, encoder = as_layer(vectorizer), as_layer(encoder)
        terms = {f"{name}_loss": 1.0 for name in _SHIFTS}
        super().__init__(terms, vectorizer, [encoder], **kwargs)
        self.encoder = encoder
        self.units = check_int("SkipThought", "units", units)
        self.written = encoder.vocabulary_size
        if written is not None:
            written = check_int("SkipThought", "written", written, 2)
            self.written = min(written, self.written)
        self.word_dropout = check_number(
            "SkipThought", "word_dropout", word_dropout, minimum=0, below=1
        )
        self.seed = seed
        if self.word_dropout:
            self._draws = keras.random.SeedGenerator(seed)
        self.first = {}
        self.decoders = {}
        for name in _SHIFTS:
            self.first[name] = keras.layers.Dense(
                units, "tanh", name=f"first_{name}"
            )
            self.decoders[name] = PackedGRU(
                units, return_sequences=True, seed=0, name=f"decode_{name}"
            )
        # Number 0 is the end of a sentence when written, and its start when
        # read: padding is neither.
        self.output_layer = keras.layers.Dense(
            self.written, name="word", dtype="float32"
        )
        self._perplexity = WordPerplexity()

    def _code(self, x, training):
        numbers = self.numbers(x)
        return numbers, self.encoder(numbers, training=training)

    def call(self, x, training=False):
        numbers, z = self._code(x, training)
        outputs = {"z": ops.cast(z, "float32")}
        for name in _SHIFTS:
            states = self._states(name, z, numbers[:, :0])
            outputs[name] = self.output_layer(states[:, 0])
        return outputs

    def encode(self, x):
        return ops.cast(self._code(x, False)[1], "float32")

    def mean_words(self, x):
        means = self.encoder.mean_words(self.numbers(x))
        return ops.cast(means, "float32")

    def _states(self, name, z, target, mask=None, training=False):
        """Return the decoder's state before each word of the target."""
        if training and self.word_dropout:
            target = drop_words(target, self.word_dropout, self._draws)
        read = ops.pad(target, [[0, 0], [1, 0]])  # a start; keeps the end
        vectors = self.encoder.words(read)
        steps = read.shape[1]
        beside = ops.repeat(z[:, None], steps, axis=1)
        x = ops.concatenate([vectors, ops.cast(beside, vectors.dtype)], -1)
        first = self.first[name](z)
        return self.decoders[name](x, initial_state=first, mask=mask)

    def loss_terms(self, batch, training):
        numbers, z = self._code(batch.x, training)
        terms, words = self._write(numbers, z, batch, training)
        per_word = sum(terms.values()) / ops.maximum(words, 1.0)
        self._perplexity.update_state(per_word, words)
        return terms

    def other_message_nats(self, x, y=None):
        """Return what neighbours cost, written from a wrong embedding.

        Less `evaluate`'s, it is what the decoders take from the right one.

        Args:
            x: `(batch,)` strings, at least 2. Each is written from the
                embedding of the one half a batch away.
            y: `(batch,)` places, or `None`, as in training.

        Returns:
            Pair of `(batch,)`: nats of the words of both neighbours and of
            their ends, and how many words those are.
        """
        numbers, z = self._code(x, training=False)
        z = ops.roll(z, ops.shape(z)[0] // 2, axis=0)
        terms, words = self._write(numbers, z, Batch(x, y), training=False)
        return sum(terms.values()), words

    def _write(self, numbers, z, batch, training):
        """Return the nats of each neighbour, and the words of both."""
        every_number = gather_over_replicas(numbers)
        own, every = self.places(batch)
        terms, words = {}, 0.0
        for name, shift in _SHIFTS.items():
            hit = ops.equal(own[:, None] + shift, every[None])
            there = ops.any(hit, axis=1)
            row = ops.argmax(ops.cast(hit, "int32"), axis=1)
            target = ops.take(every_number, row, axis=0)
            loss, count = self._nats(name, z, target, there, training)
            terms[f"{name}_loss"] = loss
            words = words + count
        return terms, words

    def _nats(self, name, z, target, there, training):
        """Return nats and words of each target, its end among them."""
        steps = ops.arange(target.shape[1] + 1)
        length = ops.sum(ops.cast(ops.not_equal(target, 0), "int32"), axis=1)
        asked = ops.logical_and(steps[None] <= length[:, None], there[:, None])
        states = self._states(name, z, target, asked, training)
        # Only words that are there are scored: half of the products saved.
        index = tf.where(asked)
        logits = self.output_layer(tf.gather_nd(states, index))
        words = tf.gather_nd(ops.pad(target, [[0, 0], [0, 1]]), index)
        words = tf.where(words < self.written, words, UNKNOWN)
        nats = tf.nn.sparse_softmax_cross_entropy_with_logits(words, logits)
        rows = ops.shape(target)[0]
        total = tf.math.unsorted_segment_sum(nats, index[:, 0], rows)
        return total, ops.sum(ops.cast(asked, "float32"), axis=1)

    def get_config(self):
        config = super().get_config()
        config.update(
            encoder=keras.saving.serialize_keras_object(self.encoder),
            units=self.units,
            written=self.written,
            word_dropout=self.word_dropout,
            seed=self.seed,
        )
        return config
