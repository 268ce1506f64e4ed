"""Global Keras state that the contract's tests set, put back after each."""

import keras
import pytest


@pytest.fixture(autouse=True)
def float32_policy():
    """No policy left over from an earlier test."""
    keras.config.set_dtype_policy("float32")
    yield
    keras.config.set_dtype_policy("float32")
