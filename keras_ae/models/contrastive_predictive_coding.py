"""Contrastive predictive coding: tell what comes next from what does not."""

import keras
import tensorflow as tf
from keras import ops

from keras_ae.bottlenecks.replicas import (
    FIXED_SEED,
    gather_over_replicas,
    replica_rows,
    row_noise,
)
from keras_ae.checks import check_choice, check_int
from keras_ae.layers.packed_gru import PackedGRU
from keras_ae.losses.pairs import MASKED
from keras_ae.models.embedding_model import EmbeddingModel
from keras_ae.models.reconstructor import as_layer

NEGATIVES = ("utterance", "speaker", "mixed", "none")


@keras.saving.register_keras_serializable("keras_ae")
class ContrastivePredictiveCoding(EmbeddingModel):
    """Predict frames ahead, well enough to pick them among others.

    A context network (GRU) reads the encoder's frames; for each of `steps`
    frames ahead a linear map of the context predicts the frame, and
    `info_loss` is the cross-entropy of the true one among `num_negatives`
    others, scored by inner product: a mean over steps and times, in nats,
    about `log(1 + num_negatives)` where nothing is known. The frame that is
    asked for is never among its own negatives; where it was the only one
    drawn, the accuracy leaves it out. Negatives are drawn for each
    utterance, in evaluation always the same: from the utterance itself
    (nothing but what changes in time helps), from those of its speaker in
    the global batch, or from any ("mixed": the speaker's voice helps too).
    A recording that is repeated to fill a window has near copies of the true
    frame among them.
    With "none" the loss is the squared distance of predictions and frames
    and nothing pushes apart: **it collapses**, and is here to show that.

    Args:
        encoder: Layer, objects to frames `(batch, frames, channels)`, such
            as `WaveEncoder`.
        context_units: Int >= 1. Defaults to `256`.
        steps: Int >= 1, how many frames ahead. Defaults to `12`.
        negatives: `"utterance"`, `"speaker"`, which needs labels of the
            speakers, `"mixed"` or `"none"`. Defaults to `"utterance"`.
        num_negatives: Int >= 1, negatives of an utterance. Defaults to
            `64`.
        seed: Int or `None`, for the negatives. Defaults to `None`.

    Raises:
        ValueError: In `fit`, if objects have no more than `steps` frames, or
            `negatives="speaker"` is given no labels.

    Reference:
        arXiv:1807.03748, section 2 and equation 4; table 2 for negatives.
    """

    def __init__(
        self,
        encoder,
        context_units=256,
        steps=12,
        negatives="utterance",
        num_negatives=64,
        seed=None,
        **kwargs,
    ):
        owner = "ContrastivePredictiveCoding"
        super().__init__(terms={"info_loss": 1.0}, **kwargs)
        self.encoder = as_layer(encoder)
        self.context_units = check_int(owner, "context_units", context_units)
        self.steps = check_int(owner, "steps", steps)
        self.negatives = check_choice(owner, "negatives", negatives, NEGATIVES)
        self.num_negatives = check_int(owner, "num_negatives", num_negatives)
        self.seed = seed
        self.context = PackedGRU(
            context_units, return_sequences=True, seed=seed, name="context"
        )
        self.predict_ahead = None
        self.step_accuracy = [
            keras.metrics.Mean(name=f"accuracy_{k}_ahead")
            for k in range(1, steps + 1)
            if negatives != "none"
        ]
        self._draws = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        if not self.encoder.built:
            self.encoder.build(input_shape)
        *_, channels = self.encoder.compute_output_shape(input_shape)
        self.context.build((None, None, channels))
        self.predict_ahead = keras.layers.Dense(
            self.steps * channels, use_bias=False, name="predict_ahead"
        )
        self.predict_ahead.build((None, None, self.context_units))

    def call(self, x, training=False):
        frames = self.encoder(x, training=training)
        context = self.context(frames, training=training)
        return {"frames": frames, "context": context}

    def encode_frames(self, x):
        """Return one embedding for each frame, of all up to it.

        Args:
            x: `(batch, ...)`.

        Returns:
            `(batch, frames, context_units)`, float32.
        """
        return ops.cast(self(x)["context"], "float32")

    def encode(self, x):
        return ops.mean(self.encode_frames(x), axis=1)

    def loss_terms(self, batch, training):
        found = self(batch.x, training=training)
        frames = ops.cast(found["frames"], "float32")
        ahead = ops.cast(self.predict_ahead(found["context"]), "float32")
        rows, times, channels = ops.shape(frames)
        if isinstance(times, int) and times <= self.steps:
            raise ValueError(
                "`ContrastivePredictiveCoding.fit` needs objects of more than "
                f"`steps` frames. Received: steps={self.steps}, {times} frames"
            )
        ahead = ops.reshape(ahead, (rows, times, self.steps, channels))
        true = _frames_ahead(frames, self.steps)
        if self.negatives == "none":
            apart = ops.mean(ops.square(ahead - true), axis=-1)
            return {"info_loss": _mean_of_known(apart)}
        first, total = replica_rows(rows)
        own = first + ops.arange(rows)
        where = self._draw(batch.y, own, total, times, training)
        pool = ops.reshape(gather_over_replicas(frames), (-1, channels))
        drawn = ops.take(pool, where, axis=0)
        same = _asked_for(where, own, times, self.steps)
        others = ops.einsum("btkc,bnc->btkn", ahead, drawn)
        right = ops.sum(ahead * true, axis=-1)
        loss, correct = _tell(right, ops.where(same, MASKED, others))
        # Where no negative is left there is nothing to succeed at.
        told = ops.logical_not(ops.all(same, axis=-1))
        for k, metric in enumerate(self.step_accuracy, 1):
            metric.update_state(correct[:, :-k, k - 1], told[:, :-k, k - 1])
        return {"info_loss": _mean_of_known(loss)}

    def count_negatives(self, batch):
        """Count what `evaluate` tells each true frame of a batch from.

        Args:
            batch: `Batch`.

        Returns:
            List of pairs, one a step ahead, `(batch, times)` int32: the
            negatives that are left, and how many different frames they are.
        """
        rows, times, _ = self.encoder.compute_output_shape(batch.x.shape)
        first, total = replica_rows(rows)
        own = first + ops.arange(rows)
        where = self._draw(batch.y, own, total, times, training=False)
        new = ops.diff(ops.sort(where, axis=1), axis=1) != 0
        different = 1 + ops.sum(ops.cast(new, "int32"), axis=1, keepdims=True)
        same = ops.cast(_asked_for(where, own, times, self.steps), "int32")
        left = self.num_negatives - ops.sum(same, axis=-1)
        different = different[..., None] - ops.max(same, axis=-1)
        return [
            (left[:, :-k, k - 1], different[:, :-k, k - 1])
            for k in range(1, self.steps + 1)
        ]

    def _draw(self, speakers, own, total, times, training):
        """Draw the negatives' places among all frames of the global batch.

        Returns `(batch, num_negatives)`, int32.
        """
        everyone = ops.arange(total)[None]
        allowed = ops.equal(own[:, None], everyone)
        if self.negatives == "mixed":
            allowed = ops.ones_like(allowed)
        if self.negatives == "speaker":
            if speakers is None:
                raise ValueError(
                    "`ContrastivePredictiveCoding.fit` needs `y`, the "
                    "speakers, with negatives='speaker'. Received: y=None"
                )
            speakers = ops.reshape(ops.cast(speakers, "int32"), (-1,))
            known = gather_over_replicas(speakers)
            allowed = ops.equal(speakers[:, None], known[None])
        # The allowed ones first, in order: the j-th of them is at place j.
        key = ops.where(allowed, everyone, everyone + total)
        order = ops.argsort(key, axis=1)
        count = ops.sum(ops.cast(allowed, "float32"), axis=1, keepdims=True)
        shape = (ops.shape(own)[0], 2 * self.num_negatives)
        generator = self._draws if training else FIXED_SEED
        uniform = row_noise(tf.random.stateless_uniform, shape, generator)
        for_row, for_time = ops.split(uniform, 2, axis=1)
        row = ops.cast(ops.floor(for_row * count), "int32")
        row = ops.take_along_axis(order, row, axis=1)
        length = ops.cast(times, "float32")
        time = ops.cast(ops.floor(for_time * length), "int32")
        return ops.cast(row, "int32") * times + time

    def serving_input(self):
        return tf.TensorSpec((None, None), tf.float32, name="x")

    def serving_signatures(self):
        signatures = super().serving_signatures()
        signatures["frames"] = self.object_signature(
            "Give one embedding for each frame of each object.",
            self.encode_frames,
            embedding="one embedding a frame, of all up to it",
        )
        return signatures

    def get_config(self):
        config = super().get_config()
        config.update(
            encoder=keras.saving.serialize_keras_object(self.encoder),
            context_units=self.context_units,
            steps=self.steps,
            negatives=self.negatives,
            num_negatives=self.num_negatives,
            seed=self.seed,
        )
        return config


def _frames_ahead(frames, steps):
    """Return the frames that are 1 to `steps` ahead, zeros after the last.

    Args:
        frames: `(batch, times, channels)`.
        steps: Int >= 1.

    Returns:
        `(batch, times, steps, channels)`.
    """
    times = ops.shape(frames)[1]
    padded = ops.pad(frames, [[0, 0], [0, steps], [0, 0]])
    ahead = [padded[:, k : k + times] for k in range(1, steps + 1)]
    return ops.stack(ahead, axis=2)


def _asked_for(where, own, times, steps):
    """Return which negatives are the frame asked for.

    Args:
        where: `(batch, num_negatives)` places in the pool.
        own: `(batch,)` rows in the pool.
        times: Int, frames of a row.
        steps: Int >= 1, how many frames ahead are asked for.

    Returns:
        `(batch, times, steps, num_negatives)`, bool. At the last times,
        places after the row are those of the next one.
    """
    ahead = ops.arange(times)[:, None] + ops.arange(1, steps + 1)
    place = own[:, None, None] * times + ahead
    return ops.equal(where[:, None, None], place[..., None])


def _mean_of_known(values):
    """Return the mean over steps of the means over times that have a frame.

    Args:
        values: `(batch, times, steps)`.

    Returns:
        `(batch,)`.
    """
    _, times, steps = ops.shape(values)
    left = times - ops.arange(1, steps + 1)
    known = ops.cast(ops.arange(times)[:, None] < left, values.dtype)
    weights = known / ops.cast(left * steps, values.dtype)
    return ops.sum(values * weights, axis=(1, 2))


def _tell(right, others):
    """Return the loss and the success of telling the right one from others.

    Args:
        right: `(...)`, scores.
        others: `(..., candidates)`, scores, some of them masked.

    Returns:
        Two tensors of the shape of `right`.
    """
    loss = ops.softplus(ops.logsumexp(others, axis=-1) - right)
    correct = right > ops.max(others, axis=-1)
    return loss, ops.cast(correct, "float32")
