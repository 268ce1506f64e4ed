"""Find a temperature by value, object or config."""

import keras

from keras_ae.checks import check_number
from keras_ae.estimators.constant_temperature import ConstantTemperature
from keras_ae.estimators.temperature import Temperature


def get_temperature(owner, identifier):
    """Return a fresh `Temperature` from a float, an object or a dict.

    Args:
        owner: Str, named in errors.
        identifier: Float > 0, `Temperature` (copied) or its serialised dict.

    Returns:
        A `Temperature`.

    Raises:
        TypeError: If `identifier` is none of the three.
        ValueError: If the float is not above 0.
    """
    if isinstance(identifier, Temperature):
        return type(identifier).from_config(identifier.get_config())
    if isinstance(identifier, dict):
        return keras.saving.deserialize_keras_object(identifier)
    value = check_number(owner, "temperature", identifier, above=0)
    return ConstantTemperature(value)
