"""A tiny recipe with a code, on tiny images, for comparisons."""

import importlib.util
import shutil
import sys
import types

import keras
import numpy as np
import pytest

if importlib.util.find_spec("tf_agents") is not None:
    import rl  # noqa: F401  before anything touches `tf.keras`

import zoo.data  # noqa: E402
from keras_ae.bottlenecks import BinaryCode  # noqa: E402
from keras_ae.models import Autoencoder, DiscreteAutoencoder  # noqa: E402
from zoo.comparing import published  # noqa: E402
from zoo.comparing.published import Entry  # noqa: E402
from zoo.comparing.toys import toy_rows  # noqa: E402
from zoo.data import ImageData  # noqa: E402
from zoo.recipe import Recipe  # noqa: E402

from .helpers import RATES, plan_of, run_quietly  # noqa: E402

Dense = keras.layers.Dense


def build(image_shape, *, bits=3, estimator="gumbel"):
    """Build a tiny binary auto-encoder.

    Args:
        image_shape: Tuple.
        bits: Int.
        estimator: Str.
    """
    size = int(np.prod(image_shape))
    return DiscreteAutoencoder(
        keras.Sequential(
            [keras.Input(image_shape), keras.layers.Flatten(), Dense(bits)]
        ),
        BinaryCode(bits, estimator, seed=0),
        keras.Sequential([Dense(size), keras.layers.Reshape(image_shape)]),
        kl_weight=0.1,
    )


def build_plain(image_shape, *, size=2):
    """Build a model without a code.

    Args:
        image_shape: Tuple.
        size: Int.
    """
    return Autoencoder(Dense(size), Dense(image_shape[-1]))


def make_images(name, **settings):
    random = np.random.default_rng(0)
    arrays = {}
    for split, count in (("train", 64), ("valid", 16), ("test", 20)):
        x = random.integers(0, 256, (count, 2, 2, 1), dtype=np.uint8)
        arrays[f"x_{split}"] = x
        arrays[f"y_{split}"] = np.zeros(count, np.int64)
    return ImageData(name, **arrays, class_names=("all",))


@pytest.fixture(scope="module")
def coded():
    """Recipes `coded` and `uncoded`."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        install(monkeypatch)
        yield "coded"


def install(monkeypatch):
    for name, function in (("coded", build), ("uncoded", build_plain)):
        module = types.ModuleType(f"zoo.{name}", f"The {name} recipe.")
        module.RECIPE = Recipe(build=function, train=dict(batch_size=16))
        monkeypatch.setitem(sys.modules, f"zoo.{name}", module)
    row = {
        "value": "58.5",
        "source": "arXiv:1611.01144",
        "differences": ["They train on pictures of digits."],
    }
    entry = Entry("coded", "digits", {"model.bits": 3}, {"gumbel": row})
    monkeypatch.setattr(published, "ENTRIES", [entry])
    monkeypatch.setattr(zoo.data, "load", make_images)


@pytest.fixture(scope="module")
def finished(coded, tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    plan = plan_of(**RATES, screen_budget=4.0)
    said = run_quietly(folder, plan)
    toy_rows(folder, plan.estimators)  # once for all tests
    return folder, plan, said


@pytest.fixture
def done(finished, tmp_path):
    """A finished comparison in a folder of the test's own."""
    shutil.copytree(finished[0], tmp_path / "c")
    return tmp_path / "c", *finished[1:]
