"""Requests for every signature, and the replies of the model in memory."""

import numpy as np
import tensorflow as tf

from keras_ae.export.endpoints import endpoint

BATCHES = (1, 7, 64)
FILE = "assets.extra/keras_ae_examples.npz"


def object_batches(examples, spec):
    """Return the batches of objects from which requests are made.

    Args:
        examples: Array of objects, list of such arrays (where lengths
            differ), or `None` for uniform noise.
        spec: `tf.TensorSpec` of an object batch.

    Returns:
        List of arrays, one for each batch size and given array.

    Raises:
        ValueError: If examples are needed, missing, empty or of another shape.
    """
    if examples is None:
        free = any(size is None for size in spec.shape[1:])
        if not spec.dtype.is_floating or free:
            raise ValueError(
                "`export_serving` needs `examples` for objects of "
                f"{spec.dtype.name} {spec.shape}: noise is none of them. "
                "Received: examples=None"
            )
        shape = (max(BATCHES), *spec.shape[1:])
        examples = np.random.default_rng(0).random(shape)
    if not isinstance(examples, (list, tuple)):
        examples = [examples]
    arrays = [np.asarray(array) for array in examples]
    for array in arrays:
        _check(array, spec)
    return [
        _as_spec(array[np.arange(size) % len(array)], spec)
        for array in arrays
        for size in BATCHES
    ]


def _check(array, spec):
    if not spec.shape.is_compatible_with(array.shape) or len(array) == 0:
        raise ValueError(
            f"`export_serving` needs `examples` of shape {spec.shape}, at "
            f"least one object. Received: shape={array.shape}"
        )
    numbers = array.dtype.kind in "biuf"
    if numbers == (spec.dtype == tf.string):
        raise ValueError(
            f"`export_serving` needs `examples` of {spec.dtype.name}. "
            f"Received: dtype={array.dtype}"
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(
            "`export_serving` needs finite `examples`. Received: NaN or "
            "infinite values"
        )


def _as_spec(array, spec):
    if spec.dtype == tf.string:
        return np.asarray(array, "S" if array.dtype.kind == "S" else object)
    return array.astype(spec.dtype.as_numpy_dtype)


def record_examples(signatures, batches):
    """Return requests for every signature with the replies in memory.

    Args:
        signatures: Dict from name to `Signature`.
        batches: List of arrays of objects.

    Returns:
        List of triples: signature's name, dict of inputs, dict of outputs.
    """
    found = []
    for name, signature in signatures.items():
        function = endpoint(name, signature)
        for objects in batches:
            inputs = {}
            for key, value in signature.examples(objects).items():
                dtype = signature.inputs[key].dtype
                inputs[key] = tf.convert_to_tensor(value, dtype)
            outputs = function(inputs)
            found.append((name, to_arrays(inputs), to_arrays(outputs)))
    return found


def to_arrays(tensors):
    """Return tensors as arrays that need no pickle.

    Args:
        tensors: Dict of tensors.

    Returns:
        Dict of arrays; strings are fixed-width bytes.
    """
    arrays = {name: np.asarray(value) for name, value in tensors.items()}
    return {
        name: value.astype("S") if value.dtype.kind == "O" else value
        for name, value in arrays.items()
    }


def save_examples(path, records):
    """Write requests and replies into one file of plain arrays.

    Args:
        path: Path of the file, `*.npz`.
        records: As `record_examples` gives them.
    """
    arrays = {}
    for i, (name, inputs, outputs) in enumerate(records):
        for side, values in (("in", inputs), ("out", outputs)):
            for key, value in values.items():
                arrays[f"{name}/{i:04d}/{side}/{key}"] = value
    np.savez_compressed(path, **arrays)
