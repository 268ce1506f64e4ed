"""A tiny recipe on tiny images, so that a run takes a second or two."""

import sys
import types

import keras
import numpy as np
import pytest

import zoo.data
from keras_ae.bottlenecks import VectorQuantizer
from keras_ae.models import VQVAE, Autoencoder, CodePrior
from zoo.data import ImageData
from zoo.recipe import Recipe


def build(image_shape, *, filters=4, num_codes=8, dropout=0.0, prior=False):
    """Build a tiny VQ-VAE.

    Args:
        image_shape: Tuple.
        filters: Int, channels of the map of codes.
        num_codes: Int, size of the codebook,
            on a second line.
        dropout: Float, so that a seed has a state.
        prior: Bool, whether there is a prior.
    """
    height, width, channels = image_shape
    encoder = keras.Sequential(
        [
            keras.layers.Conv2D(filters, 3, 2, "same", activation="relu"),
            keras.layers.Dropout(dropout, seed=3),
            keras.layers.Conv2D(filters, 3, 2, "same"),
        ]
    )
    decoder = keras.Sequential(
        [
            keras.layers.Conv2DTranspose(filters, 4, 2, "same"),
            keras.layers.Conv2DTranspose(channels, 4, 2, "same"),
        ]
    )
    length = (height // 4) * (width // 4)
    sizes = dict(width=8, blocks=1, heads=2)
    return VQVAE(
        encoder,
        VectorQuantizer(num_codes, filters),
        decoder,
        prior=CodePrior(num_codes, length, **sizes) if prior else None,
    )


def build_plain(image_shape, *, size=3):
    """Build a tiny auto-encoder.

    Args:
        image_shape: Tuple.
        size: Int, numbers in an embedding.
    """
    layers = keras.layers
    encoder = keras.Sequential([layers.Flatten(), layers.Dense(size)])
    decoder = keras.Sequential(
        [layers.Dense(int(np.prod(image_shape))), layers.Reshape(image_shape)]
    )
    return Autoencoder(encoder, decoder)


def make_images(name="digits", labels=True):
    random = np.random.default_rng(0)
    arrays = {}
    for split, count in (("train", 48), ("valid", 16), ("test", 20)):
        x = random.integers(0, 256, (count, 8, 8, 1), dtype=np.uint8)
        y = np.arange(count, dtype=np.int64) % 2
        x[y == 1, :4] //= 8  # something to learn
        arrays[f"x_{split}"] = x
        arrays[f"y_{split}"] = y if labels else None
    names = ("light", "dark") if labels else ()
    return ImageData(name, **arrays, class_names=names)


@pytest.fixture
def tiny(monkeypatch):
    """Recipes `tiny` and `plain`, on images without a file."""
    train = dict(batch_size=16, epochs=2, prior_epochs=1)
    for name, function in (("tiny", build), ("plain", build_plain)):
        module = types.ModuleType(f"zoo.{name}", f"The {name} recipe.\n\nMore.")
        module.RECIPE = Recipe(
            build=function,
            train=train,
            per_data={"folder": dict(train=dict(epochs=5))},
        )
        monkeypatch.setitem(sys.modules, f"zoo.{name}", module)

    def load(name, **settings):
        return make_images(name, labels=name != "folder:bare")

    monkeypatch.setattr(zoo.data, "load", load)
    return "tiny"
