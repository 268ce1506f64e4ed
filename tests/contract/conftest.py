"""Global Keras state that the contract's tests set, put back after each."""

import importlib.util

import keras
import pytest

if importlib.util.find_spec("tf_agents") is not None:
    import rl  # noqa: F401  before anything touches `tf.keras`


@pytest.fixture(autouse=True)
def float32_policy():
    """No policy left over from an earlier test."""
    keras.config.set_dtype_policy("float32")
    yield
    keras.config.set_dtype_policy("float32")
