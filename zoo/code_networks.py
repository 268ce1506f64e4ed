"""Codes with their estimators, and linear layers around them, for recipes."""

import math

import keras

from keras_ae.bottlenecks import BinaryCode, OneHotCode
from keras_ae.checks import check_choice
from keras_ae.estimators import ExponentialTemperature, Gumbel, get
from keras_ae.estimators.get import parse

CODES = ("one_hot", "binary")
# What the recipes of the table share: pixels black and white, SGD with
# momentum; 550 steps an epoch of the larger sets, 50,050 in all.
_LARGE = dict(train=dict(epochs=91, steps_per_execution=50))
PROTOCOL = dict(
    data_settings=dict(binarise="static"),
    optimizer=dict(name="sgd", momentum=0.9, learning_rate=1e-3),
    train=dict(batch_size=100, epochs=40, bound_samples=1000),
    per_data={"mnist": _LARGE, "fashion_mnist": _LARGE},
)


def make_estimator(estimator, kind, temperature):
    """Return the estimator that a setting names.

    Args:
        estimator: Str, as in `keras-ae list --estimators`.
        kind: Str, the kind of code it must support.
        temperature: Dict of the arguments of `ExponentialTemperature`, for
            the Gumbel estimators, where `estimator` gives no `temperature`.

    Returns:
        `Estimator`.
    """
    chosen = get(estimator, kind=kind, owner="Recipe")
    _, arguments = parse("Recipe", estimator)
    if isinstance(chosen, Gumbel) and "temperature" not in arguments:
        chosen = type(chosen)(ExponentialTemperature(**temperature))
    return chosen


def make_code(code, groups, classes, bits, estimator, temperature):
    """Return a bottleneck of the kind that a setting names.

    Args:
        code: Str, `one_hot` or `binary`.
        groups: Int, categorical variables of a one-hot code.
        classes: Int, values each can take.
        bits: Int, bits of a binary code.
        estimator: Str, as in `keras-ae list --estimators`.
        temperature: Dict, as of `make_estimator`.

    Returns:
        `OneHotCode` or `BinaryCode`.
    """
    check_choice("Recipe", "model.code", code, CODES)
    chosen = make_estimator(estimator, code, temperature)
    if code == "binary":
        return BinaryCode(bits, chosen)
    return OneHotCode(groups, classes, chosen)


def linear_encoder(shape, width, name="encoder"):
    """Return a linear layer from objects to vectors.

    Args:
        shape: Tuple, the shape of an object.
        width: Int, size of the vector.
        name: Str.

    Returns:
        A built `keras.Sequential`.
    """
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Flatten(),
            keras.layers.Dense(width),
        ],
        name=name,
    )


def linear_decoder(shape, width):
    """Return a linear layer from vectors to objects.

    Args:
        shape: Tuple, the shape of an object.
        width: Int, size of the vector.

    Returns:
        A built `keras.Sequential`.
    """
    return keras.Sequential(
        [
            keras.Input((width,)),
            keras.layers.Dense(math.prod(shape)),
            keras.layers.Reshape(shape),
        ],
        name="decoder",
    )
