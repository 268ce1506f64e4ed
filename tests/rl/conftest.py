"""Models and data of the tests of `rl`, skipped without its extra."""

import importlib.util

import keras
import numpy as np
import pytest

collect_ignore = []
if importlib.util.find_spec("tf_agents") is None:
    collect_ignore = [
        "test_agent.py",
        "test_agent_gate.py",
        "test_environment.py",
        "test_layers.py",
        "test_trainer.py",
        "test_sequences.py",
    ]
else:
    import rl  # noqa: F401  before anything touches `tf.keras`

from keras_ae.bottlenecks import BinaryCode, OneHotCode  # noqa: E402
from keras_ae.models import DiscreteAutoencoder  # noqa: E402


@pytest.fixture
def x():
    values = np.random.default_rng(0).normal(size=(64, 7))
    return (2 * values).astype("float32")


@pytest.fixture
def make():
    """A function that makes a model, the same one for the same arguments."""

    def make(kind="one_hot", estimator="gumbel", kl_weight=0.1, **options):
        keras.utils.set_random_seed(1)
        if kind == "binary":
            code = BinaryCode(4, estimator, seed=3)
        else:
            code = OneHotCode(2, 3, estimator, seed=3)
        dense = keras.layers.Dense
        model = DiscreteAutoencoder(
            dense(code.width), code, dense(7), kl_weight=kl_weight
        )
        model(np.zeros((1, 7), "float32"))
        options.setdefault("optimizer", keras.optimizers.Adam(0.01))
        model.compile(jit_compile=False, **options)
        return model

    return make
