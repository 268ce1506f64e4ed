"""Deep InfoMax: an embedding that tells its own features from others'."""

import math

import keras
import tensorflow as tf
from keras import ops

from keras_ae.bottlenecks.replicas import (
    FIXED_SEED,
    gather_over_replicas,
    replica_rows,
    row_noise,
)
from keras_ae.checks import check_choice, check_int, check_number
from keras_ae.layers import ConcatScore, DotScore
from keras_ae.losses import donsker_varadhan, info_nce, jensen_shannon
from keras_ae.models.embedding_model import EmbeddingModel
from keras_ae.models.player import Player
from keras_ae.models.reconstructor import as_layer

_MEASURES = {
    "jensen_shannon": jensen_shannon,
    "info_nce": info_nce,
    "donsker_varadhan": donsker_varadhan,
}
_SCORES = {"dot": DotScore, "concat": ConcatScore}
_PRIORS = {
    "uniform": tf.random.stateless_uniform,  # on [0, 1)
    "normal": tf.random.stateless_normal,
}


@keras.saving.register_keras_serializable("keras_ae")
class DeepInfoMax(EmbeddingModel):
    """Maximise the mutual information of features and embedding.

    `local_loss` pairs the embedding with each position of the feature map,
    averaged over positions; `global_loss` with the whole map; `prior_loss`
    asks the player `critic` to take the embedding for a draw of the prior.
    A term of weight 0 is not computed.

    The negatives of an object are all features of all *other* objects of the
    global batch, over the replicas of a strategy. A batch of one has none.

    Args:
        encoder: Layer with `features(x, training)` that gives a dict with
            `conv`, `(batch, ..., channels)`, and `embedding`,
            `(batch, dim)`, such as `keras_ae.layers.FeatureEncoder`.
        measure: `"jensen_shannon"`, `"info_nce"` or `"donsker_varadhan"`: the
            estimator. Defaults to `"jensen_shannon"`.
        scoring: `"dot"` (encode and dot) or `"concat"`. Defaults to `"dot"`.
        score_units: Int >= 1, size of the scores' hidden layers. Defaults to
            `256`.
        local_weight: Float >= 0, beta in the paper. Defaults to `1.0`.
        global_weight: Float >= 0, alpha in the paper. Defaults to `0.0`.
        prior_weight: Float >= 0, gamma in the paper. Defaults to `0.0`.
        prior: `"uniform"` on [0, 1) or `"normal"`. Defaults to `"uniform"`.
        critic_units: List of ints >= 1, hidden layers of the critic. Defaults
            to `(256, 64)`.
        seed: Int or `None`, of the draws of the prior. Defaults to `None`.

    Call arguments:
        x: `(batch, ...)`.
        training: Bool. Defaults to `False`.

    Returns:
        Dict: `z`, the embedding, and for each weight above 0 the scores of
        each object's own pairs: `local_scores` `(batch, positions)`,
        `global_scores` `(batch, 1)`, `prior_scores` `(batch, 1)`.

    Raises:
        TypeError: If `encoder` has no `features`.
        ValueError: If `local_weight` and `global_weight` are both 0.

    Reference:
        arXiv:1808.06670, equation 8.
    """

    def __init__(
        self,
        encoder,
        measure="jensen_shannon",
        scoring="dot",
        score_units=256,
        local_weight=1.0,
        global_weight=0.0,
        prior_weight=0.0,
        prior="uniform",
        critic_units=(256, 64),
        seed=None,
        **kwargs,
    ):
        encoder = as_layer(encoder)
        if not hasattr(encoder, "features"):
            raise TypeError(
                "`DeepInfoMax` needs an `encoder` with `features`, such as "
                f"`FeatureEncoder`. Received: {encoder!r}"
            )
        check_choice("DeepInfoMax", "measure", measure, _MEASURES)
        check_choice("DeepInfoMax", "scoring", scoring, _SCORES)
        check_choice("DeepInfoMax", "prior", prior, _PRIORS)
        check_int("DeepInfoMax", "score_units", score_units)
        terms = _terms(local_weight, global_weight, prior_weight)
        critic, players = None, None
        if prior_weight:
            critic = _dense_layers(critic_units)
            players = {"critic": Player(tuple(critic), {"critic_loss": 1.0})}
        super().__init__(terms=terms, players=players, **kwargs)
        self.encoder, self.critic = encoder, critic
        self.measure, self.scoring, self._prior = measure, scoring, prior
        self.score_units, self.seed = score_units, seed
        self.critic_units = list(critic_units)
        # Layers inside have names: TensorFlow adds up three gradients or more
        # in the order of names, and those that Keras counts up would give
        # other last bits to a model made later in a process.
        self.local_score = self.global_score = None
        if local_weight:
            self.local_score = _SCORES[scoring](score_units, name="local")
        if global_weight:
            self.global_score = _SCORES[scoring](score_units, name="global")
        self._draws = keras.random.SeedGenerator(seed)

    def _features(self, x, training):
        """Return the embedding, and the sides it is compared with."""
        if not self.encoder.built:
            self.encoder.build(x.shape)
        features = self.encoder.features(x, training=training)
        conv = features["conv"]
        positions, channels = math.prod(conv.shape[1:-1]), conv.shape[-1]
        sides = {
            "local": ops.reshape(conv, (-1, positions, channels)),
            "global": ops.reshape(conv, (-1, 1, positions * channels)),
        }
        return features["embedding"], sides

    def _scorers(self):
        found = {"local": self.local_score, "global": self.global_score}
        return {name: score for name, score in found.items() if score}

    def call(self, x, training=False):
        z, sides = self._features(x, training)
        outputs = {"z": z}
        for name, score in self._scorers().items():
            own = score(z, sides[name], training=training)
            outputs[f"{name}_scores"] = own
        if self.critic:
            outputs["prior_scores"] = self._criticise(z)
        return outputs

    def _criticise(self, z):
        for layer in self.critic:
            z = layer(z)
        return z

    def features(self, x):
        """Return the encoder's features, the same on every call.

        Args:
            x: `(batch, ...)`.

        Returns:
            Dict from name to `(batch, ...)`, float32; `conv` and `embedding`
            among them.
        """
        found = self.encoder.features(x, training=False)
        return {name: ops.cast(v, "float32") for name, v in found.items()}

    def encode(self, x):
        return self.features(x)["embedding"]

    def loss_terms(self, batch, training):
        z, sides = self._features(batch.x, training)
        terms = {}
        for name, score in self._scorers().items():
            coded, side = score.code(z, sides[name], training=training)
            terms[f"{name}_loss"] = self._measure(score, coded, side)
        if self.critic:
            terms["prior_loss"] = ops.softplus(-self._criticise(z))
        return terms

    def _measure(self, score, z, side):
        # Own objects against those of all replicas: each replica has its
        # rows of one matrix of scores, the same however many there are.
        rows = ops.shape(z)[0]
        first, total = replica_rows(rows)
        scores = score.compare(z, gather_over_replicas(side))
        positions = side.shape[1]
        own = ops.equal(
            (first + ops.arange(rows))[:, None], ops.arange(total)[None]
        )
        flat = (rows, total * positions)
        return _MEASURES[self.measure](
            ops.reshape(scores, flat),
            ops.reshape(ops.repeat(own, positions, axis=1), flat),
        )

    def player_terms(self, name, batch, training):
        z, _ = self._features(batch.x, training)
        drawn = self._criticise(self._draw_prior(z, training))
        real = self._criticise(ops.stop_gradient(z))
        return {"critic_loss": ops.softplus(-drawn) + ops.softplus(real)}

    def _draw_prior(self, z, training):
        # Drawn for the global batch, so that replicas change no number; the
        # same draw at each evaluation.
        generator = self._draws if training else FIXED_SEED
        return row_noise(_PRIORS[self._prior], ops.shape(z), generator)

    def get_config(self):
        config = super().get_config()
        weights = self.term_weights
        config.update(
            encoder=keras.saving.serialize_keras_object(self.encoder),
            measure=self.measure,
            scoring=self.scoring,
            score_units=self.score_units,
            local_weight=weights.get("local_loss", 0.0),
            global_weight=weights.get("global_loss", 0.0),
            prior_weight=weights.get("prior_loss", 0.0),
            prior=self._prior,
            critic_units=self.critic_units,
            seed=self.seed,
        )
        return config


def _terms(local_weight, global_weight, prior_weight):
    """Return the terms whose weight is above 0."""
    given = dict(
        local_weight=local_weight,
        global_weight=global_weight,
        prior_weight=prior_weight,
    )
    for name, weight in given.items():
        check_number("DeepInfoMax", name, weight, minimum=0)
    if not local_weight and not global_weight:
        raise ValueError(
            "`DeepInfoMax` needs `local_weight` > 0 or `global_weight` > 0. "
            "Received: 0 for both"
        )
    return {
        name.replace("_weight", "_loss"): float(weight)
        for name, weight in given.items()
        if weight
    }


def _dense_layers(units):
    """Return the critic: hidden layers, and one score in float32."""
    for size in units:
        check_int("DeepInfoMax", "critic_units", size)
    hidden = [
        keras.layers.Dense(size, activation="relu", name=f"critic_{i}")
        for i, size in enumerate(units)
    ]
    return [*hidden, keras.layers.Dense(1, dtype="float32", name="critic")]
