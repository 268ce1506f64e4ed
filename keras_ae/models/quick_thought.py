"""Quick-Thought: an embedding that tells its neighbours from others."""

import keras
from keras import ops

from keras_ae.bottlenecks.replicas import gather_over_replicas
from keras_ae.checks import check_int
from keras_ae.models.reconstructor import as_layer
from keras_ae.models.sentence_model import SentenceModel

# Added to a score it leaves a probability of exactly 0 in float32, and as
# exactly no gradient; minus infinity would give NaN in a row of its own.
MASKED = -1e30


@keras.saving.register_keras_serializable("keras_ae")
class QuickThought(SentenceModel):
    """Classify which sentences of a batch are a sentence's neighbours.

    Two encoders, f of the sentence and g of the candidates; the score is
    their inner product. `neighbour_loss` is the cross-entropy of the softmax
    over all other sentences of the global batch with even shares for the
    neighbours within `context`; a sentence's own score is left out, exactly.
    A sentence without neighbours in the batch has loss 0. The embedding is f
    and g side by side.

    Args:
        vectorizer: `keras.layers.TextVectorization` with its vocabulary.
        encoder: `SentenceEncoder`, f.
        candidate_encoder: `SentenceEncoder`, g, of the same size.
        context: Int >= 1, sentences to each side that are neighbours.
            Defaults to `1`.
        negatives: Bool. Without, the loss is 1 less the cosine of f and its
            neighbours' g and nothing pushes apart: **it collapses**, and is
            here to show that. Defaults to `True`.

    Call arguments:
        x: `(batch,)` strings.
        training: Bool. Defaults to `False`.

    Returns:
        Dict: `z`, `(batch, 2 * dim)`.

    Reference:
        arXiv:1803.02893, equations 1 and 2. There the own score is set to 0
        rather than left out.
    """

    def __init__(
        self,
        vectorizer,
        encoder,
        candidate_encoder,
        context=1,
        negatives=True,
        **kwargs,
    ):
        vectorizer, encoder = as_layer(vectorizer), as_layer(encoder)
        candidate_encoder = as_layer(candidate_encoder)
        super().__init__(
            {"neighbour_loss": 1.0},
            vectorizer,
            [encoder, candidate_encoder],
            **kwargs,
        )
        self.encoder, self.candidate_encoder = encoder, candidate_encoder
        self.context = check_int("QuickThought", "context", context)
        self.negatives = bool(negatives)
        self._accuracy = keras.metrics.Mean(name="neighbour_accuracy")

    def _codes(self, x, training):
        numbers = self.numbers(x)
        f, g = (
            ops.cast(encoder(numbers, training=training), "float32")
            for encoder in (self.encoder, self.candidate_encoder)
        )
        if f.shape[1] != g.shape[1]:
            raise ValueError(
                "`QuickThought` needs embeddings of one size from `encoder` "
                f"and `candidate_encoder`. Received: {f.shape[1]} and "
                f"{g.shape[1]}"
            )
        return f, g

    def call(self, x, training=False):
        return {"z": ops.concatenate(self._codes(x, training), axis=-1)}

    def encode(self, x):
        return ops.concatenate(self._codes(x, False), axis=-1)

    def pair_codes(self, x):
        """Return what is scored: f as the sentence, g as the candidate.

        Args:
            x: `(batch,)` strings.

        Returns:
            Pair of `(batch, dim)`, float32.
        """
        return self._codes(x, False)

    def mean_words(self, x):
        numbers = self.numbers(x)
        encoders = (self.encoder, self.candidate_encoder)
        means = [encoder.mean_words(numbers) for encoder in encoders]
        return ops.cast(ops.concatenate(means, axis=-1), "float32")

    def loss_terms(self, batch, training):
        f, g = self._codes(batch.x, training)
        g = gather_over_replicas(g)
        own, every = self.places(batch)
        apart = ops.abs(own[:, None] - every[None])
        near = ops.logical_and(apart > 0, apart <= self.context)
        shares = ops.cast(near, "float32")
        count = ops.sum(shares, axis=1)
        shares = shares / ops.maximum(count, 1.0)[:, None]
        scores = ops.matmul(f, ops.transpose(g))
        masked = ops.where(ops.equal(apart, 0), MASKED, scores)
        self._track(masked, near, count)
        if self.negatives:
            found = ops.logsumexp(masked, axis=1)
            loss = found - ops.sum(shares * scores, axis=1)
        else:
            f, g = (ops.normalize(code, axis=1) for code in (f, g))
            cosines = ops.matmul(f, ops.transpose(g))
            loss = ops.sum(shares * (1 - cosines), axis=1)
        return {"neighbour_loss": ops.where(count > 0, loss, 0.0)}

    def _track(self, scores, near, count):
        best = ops.one_hot(ops.argmax(scores, axis=1), ops.shape(scores)[1])
        hit = ops.sum(best * ops.cast(near, "float32"), axis=1)
        self._accuracy.update_state(hit, ops.cast(count > 0, "float32"))

    def get_config(self):
        config = super().get_config()
        serialize = keras.saving.serialize_keras_object
        config.update(
            encoder=serialize(self.encoder),
            candidate_encoder=serialize(self.candidate_encoder),
            context=self.context,
            negatives=self.negatives,
        )
        return config
