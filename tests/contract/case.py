"""What a case of the contract's table is, and arguments that cases share."""

import dataclasses
from typing import Any, Callable

import keras
import numpy as np

from keras_ae import bottlenecks, estimators, layers, models

from .sentence_cases import sentences

CODE = 6  # two groups of three classes


@dataclasses.dataclass(frozen=True)
class Case:
    """How to make one public object, and what to call it on.

    Attributes:
        target: The class or, for losses, the function.
        arguments: Function that gives fresh constructor arguments.
        shapes: Shapes of the inputs, without the batch.
        kind: `"layer"`, `"bottleneck"`, `"estimator"`, `"temperature"`,
            `"loss"`, `"metric"` or `"model"`.
        full: Whether every argument is there, none at its default.
        words: Whether inputs are strings, sentences.
        limit: Inputs are integers below it; `None` for floats in [0, 1).
        float32: Whether outputs are float32 under every policy.
        layer: Turns the object into the layer that is run.
    """

    target: Any
    arguments: Callable
    shapes: tuple
    kind: str = "layer"
    full: bool = True
    limit: int | None = None
    words: bool = False
    float32: bool = True
    layer: Callable = lambda made: made

    def make(self):
        """Construct the object."""
        return self.target(**self.arguments())

    def make_layer(self):
        """Construct the layer or model that is run."""
        return self.layer(self.make())

    def inputs(self, count=4):
        """Return a tuple of arrays of `count` examples."""
        if self.words:
            return (sentences(count),)
        random = np.random.default_rng(0)
        if self.limit is not None:
            return tuple(
                random.integers(0, self.limit, (count, *shape), "int32")
                for shape in self.shapes
            )
        return tuple(
            random.uniform(0.01, 0.99, (count, *shape)).astype("float32")
            for shape in self.shapes
        )


def given(**arguments):
    """Arguments that are plain values or stateless."""
    return lambda: dict(arguments)


def dense(*sizes):
    """An unbuilt stack of dense layers."""
    hidden = [keras.layers.Dense(n, activation="tanh") for n in sizes[:-1]]
    return keras.Sequential([*hidden, keras.layers.Dense(sizes[-1])])


def one_hot_with(estimator):
    """The bottleneck that runs an estimator with logits."""
    return bottlenecks.OneHotCode(2, 3, estimator=estimator, seed=3)


def binary_with(estimator):
    """The bottleneck that runs an estimator for binary codes."""
    return bottlenecks.BinaryCode(CODE, estimator=estimator, seed=3)


def codebook_with(estimator):
    """The bottleneck that runs an estimator for codebooks."""
    return bottlenecks.VectorQuantizer(4, 3, estimator=estimator, seed=3)


def one_hot_at(temperature):
    """The bottleneck that runs a temperature."""
    return one_hot_with(estimators.Gumbel(temperature))


def autoencoder():
    return dict(
        encoder=dense(8, 3), decoder=dense(8, 7), likelihood="bernoulli"
    )


def variational():
    return dict(
        encoder=dense(8, 6),
        decoder=dense(8, 7),
        likelihood="squared_error",
        kl_weight=0.5,
        seed=3,
    )


def discrete(bottleneck):
    return lambda: dict(
        encoder=dense(8, CODE),
        bottleneck=bottleneck(),
        decoder=dense(8, 7),
        likelihood="bernoulli",
        kl_weight=0.5,
    )


def predictive():
    return dict(
        encoder=layers.WaveEncoder(3, [3, 1], [4, 2]),
        context_units=4,
        steps=2,
        negatives="mixed",
        num_negatives=5,
        seed=3,
    )


def belief(first, second):
    return lambda: dict(
        encoder=dense(8, CODE),
        bottleneck=first(),
        decoder=dense(8, 4),
        given_rows=3,
        deeper_encoders=[dense(8, CODE)],
        deeper_bottlenecks=[second()],
        likelihood="squared_error",
    )


def deep_infomax():
    return dict(
        encoder=layers.FeatureEncoder(3, [4], 5, 3),
        measure="donsker_varadhan",
        scoring="concat",
        score_units=6,
        local_weight=0.7,
        global_weight=0.5,
        prior_weight=0.1,
        prior="normal",
        critic_units=[4],
        seed=3,
    )


def vq(bottleneck, prior=True):
    def arguments():
        return dict(
            encoder=dense(8, 3),
            bottleneck=bottleneck(),
            decoder=dense(8, 5),
            likelihood="bernoulli",
            **({"prior": small_prior()} if prior else {}),
        )

    return arguments


def small_prior():
    return models.CodePrior(4, 4, width=8, blocks=1, heads=2)
