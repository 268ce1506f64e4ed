"""Small models of vectors of six numbers, one for each class of models."""

import keras
import numpy as np

from keras_ae import bottlenecks, layers, models
from tests.contract import sentence_cases

Dense = keras.layers.Dense


def vqvae(quantizer):
    return models.VQVAE(Dense(3), quantizer, Dense(6))


def one_hot():
    code = bottlenecks.OneHotCode(2, 4, seed=3)
    return models.DiscreteAutoencoder(Dense(8), code, Dense(6), kl_weight=0.1)


def gaussian():
    return models.VariationalAutoencoder(
        Dense(6), Dense(6), likelihood="squared_error"
    )


def bits(estimator):
    code = bottlenecks.BinaryCode(4, estimator, seed=3)
    return models.DiscreteAutoencoder(Dense(4), code, Dense(6), kl_weight=0.1)


def code_layers():
    return models.BeliefNetwork(
        Dense(4),
        bottlenecks.BinaryCode(4, "leave_one_out", seed=3),
        Dense(3),
        given_rows=3,
        deeper_encoders=[Dense(4)],
        deeper_bottlenecks=[bottlenecks.BinaryCode(4, "disarm", seed=4)],
        likelihood="squared_error",
    )


@keras.saving.register_keras_serializable("tests")
class Halves(keras.layers.Layer):
    """Two positions of four channels, normalised over the batch."""

    def __init__(self):
        super().__init__()
        # A bias would have no gradient but rounding, which Adam scales up.
        self.dense = Dense(8, use_bias=False)
        self.norm = layers.BatchNorm()
        self.linear = Dense(3)

    def features(self, x, training=False):
        h = self.norm(self.dense(x), training=training)
        conv = keras.ops.reshape(h, (-1, 2, 4))
        return {"conv": conv, "embedding": self.linear(h)}


def deep_infomax(measure):
    weights = dict(global_weight=0.5, prior_weight=0.1)
    return models.DeepInfoMax(
        Halves(), measure, score_units=5, critic_units=[4], seed=3, **weights
    )


def predictive():
    encoder = layers.WaveEncoder(4, [2], [2])
    return models.ContrastivePredictiveCoding(
        encoder, 4, steps=1, negatives="mixed", num_negatives=5, seed=3
    )


def prior():
    return models.CodePrior(4, 6, width=8, blocks=1, heads=2)


def codes(rows):
    return np.random.default_rng(0).integers(0, 4, (rows, 6), "int32")


def quick_thought():
    encoder = layers.GRUSentenceEncoder(12, 5, 6, word_dropout=0.25, seed=3)
    given = dict(encoder=encoder, negatives=True)
    return models.QuickThought(**{**sentence_cases.quick_thought(), **given})


def skip_thought():
    return models.SkipThought(**sentence_cases.skip_thought())
