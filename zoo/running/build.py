"""A model from a configuration: the same one for the same seed."""

import contextlib

import keras
import numpy as np

from zoo.recipe import find, nearest
from zoo.running.config import RunConfig

_OPTIMIZERS = {
    name.lower(): getattr(keras.optimizers, name)
    for name in (
        "Adadelta",
        "Adafactor",
        "Adagrad",
        "Adam",
        "Adamax",
        "AdamW",
        "Ftrl",
        "Lamb",
        "Lion",
        "Muon",
        "Nadam",
        "RMSprop",
        "SGD",
    )
    if hasattr(keras.optimizers, name)
}
_POLICIES = ("float32", "mixed_bfloat16", "mixed_float16", "bfloat16")


@contextlib.contextmanager
def dtype_policy(config: RunConfig):
    """Set the dtype policy of `train.mixed_precision` for a `with` block."""
    name = config.settings["train"]["mixed_precision"]
    if name not in _POLICIES:
        raise ValueError(
            "`train.mixed_precision` needs to be one of "
            f"{', '.join(_POLICIES)}.{nearest(name, _POLICIES)} "
            f"Received: train.mixed_precision={name}"
        )
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def build_optimizer(settings):
    """Return the Keras optimizer of the settings `optimizer.*`."""
    name = settings["name"].lower()
    if name not in _OPTIMIZERS:
        raise ValueError(
            "`optimizer.name` needs to be one of "
            f"{', '.join(_OPTIMIZERS)}.{nearest(name, _OPTIMIZERS)} "
            f"Received: optimizer.name={settings['name']}"
        )
    return _OPTIMIZERS[name](
        learning_rate=settings["learning_rate"],
        global_clipnorm=settings["clip_norm"],
    )


def build_model(config: RunConfig, image_shape):
    """Return the model of a run, built and compiled, its weights fresh.

    Sets every random seed first, so that equal configurations give equal
    weights.

    Args:
        config: `RunConfig`.
        image_shape: Tuple `(height, width, channels)`.
    """
    recipe = find(config.recipe)
    keras.utils.set_random_seed(config.seed)
    train = config.settings["train"]
    with dtype_policy(config):
        optimizer = build_optimizer(config.settings["optimizer"])
        model = recipe.build(image_shape, **config.settings["model"])
        model(np.zeros((1, *image_shape), "float32"), training=False)
        model.compile(
            optimizer=optimizer,
            jit_compile=train["jit_compile"],
            steps_per_execution=train["steps_per_execution"],
        )
    return model


def load_data(config: RunConfig):
    """Return the `zoo.data.ImageData` of a run."""
    from zoo import data

    return data.load(
        config.data, seed=config.seed, **config.settings["data"]
    )


def to_unit(images) -> np.ndarray:
    """Return uint8 images as float32 in [0, 1], as training sees them."""
    return np.asarray(images, np.float32) / np.float32(255)
