"""Signatures as functions from dict to dict, in types that servers know."""

import keras
import tensorflow as tf

# The first is what requests that name no signature get.
ORDER = ("encode", "decode", "codes", "reconstruct", "sample")


def in_order(signatures):
    """Return signatures, those with a place in `ORDER` first.

    Args:
        signatures: Dict from name to `Signature`.

    Returns:
        Dict.
    """
    names = [name for name in ORDER if name in signatures]
    names += [name for name in signatures if name not in ORDER]
    return {name: signatures[name] for name in names}


def endpoint(name, signature):
    """Return the function that is exported for a signature.

    Args:
        name: Str, the signature's name.
        signature: `Signature`.

    Returns:
        Function from a dict of tensors to a dict of float32, integer or
        string tensors.
    """

    def serve(inputs):
        outputs = signature.function(**inputs)
        if set(outputs) != set(signature.gives):
            raise ValueError(
                f"Signature `{name}` needs the outputs "
                f"{sorted(signature.gives)}. Received: {sorted(outputs)}"
            )
        return {key: _plain(name, outputs[key]) for key in signature.gives}

    return serve


def input_specs(name, signature):
    """Return the named specs of a signature's inputs.

    Args:
        name: Str, the signature's name.
        signature: `Signature`.

    Returns:
        Dict from name to `tf.TensorSpec`.

    Raises:
        ValueError: If an input's first dimension is not free.
    """
    specs = {}
    for key, spec in signature.inputs.items():
        if spec.shape.rank is None or spec.shape.rank < 1 or spec.shape[0]:
            raise ValueError(
                f"Signature `{name}` needs `{key}` of shape (None, ...), the "
                f"batch first. Received: shape={spec.shape}"
            )
        specs[key] = tf.TensorSpec(spec.shape, spec.dtype, name=key)
    return specs


def write_saved_model(model, signatures, folder):
    """Write a SavedModel with one endpoint a signature.

    Args:
        model: Built Keras model, which holds all that the signatures use.
        signatures: Dict from name to `Signature`, the default first.
        folder: Path of the new folder.

    Returns:
        Dict from name to a dict of the outputs' `tf.TensorSpec`.
    """
    archive = keras.export.ExportArchive()
    # Endpoints bring their variables; a layer tracked here would bring all of
    # its own a second time. What is missing is tables of strings.
    tables = tf.Module()
    tables.model = model
    archive.track(tables)
    outputs = {}
    for name, signature in signatures.items():
        function = archive.add_endpoint(
            name,
            endpoint(name, signature),
            input_signature=[input_specs(name, signature)],
        )
        outputs[name] = function.get_concrete_function().structured_outputs
    archive.write_out(folder, verbose=False)
    return outputs


def _plain(name, tensor):
    # What JSON replies can hold; bfloat16 and float16 are not among it.
    tensor = tf.convert_to_tensor(tensor)
    dtype = tensor.dtype
    if dtype.is_floating:
        return tf.cast(tensor, tf.float32)
    if dtype in (tf.int32, tf.int64, tf.string):
        return tensor
    if dtype.is_integer or dtype.is_bool:
        return tf.cast(tensor, tf.int32)
    raise TypeError(
        f"Signature `{name}` needs outputs of numbers or strings. "
        f"Received: dtype={dtype.name}"
    )
