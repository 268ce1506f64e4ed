"""Write a model as a numbered version that TensorFlow Serving can load."""

import importlib.metadata
import json

import keras
import tensorflow as tf

from keras_ae.export import examples as example_files
from keras_ae.export import warm_up as warm_up_files
from keras_ae.export.endpoints import (
    in_order,
    input_specs,
    write_saved_model,
)
from keras_ae.export.publish import check_root, publish, write_settings
from keras_ae.training.files import sha256
from keras_ae.version import __version__

SCHEMA_VERSION = 1
DESCRIPTION = "model.json"


def export_serving(model, path, examples=None, warm_up=True):
    """Export a model's `serving_signatures()` as the next version.

    `path/<number>/` appears whole or not at all. It holds the SavedModel,
    `model.json`, which says in words what each signature takes and gives,
    requests with the replies of the model in memory, for `keras-ae
    serve-check`, and the server's warm-up records. Beside it, where they
    are missing: `models.config`, `batching.config`, `monitoring.config`.

    Args:
        model: Built model that has `serving_signatures()` and
            `serving_input()`.
        path: Path of the model's folder; its last part is the name it is
            served under.
        examples: Array of objects as the model takes them, list of such
            arrays of several lengths, or `None` for noise. Defaults to
            `None`.
        warm_up: Bool, whether to write warm-up records. Defaults to `True`.

    Returns:
        Path of the new version.

    Raises:
        ValueError: If the model is not built, `path` holds other things, or
            `examples` do not fit.
        ImportError: If the extra `serving` is not installed, and
            `warm_up` is true.
    """
    root = check_root(path)
    if warm_up:
        warm_up_files.check_serving_api("export_serving")
    spec = model.serving_input()
    signatures = in_order(model.serving_signatures())
    batches = example_files.object_batches(examples, spec)
    records = example_files.record_examples(signatures, batches)

    def write(folder):
        outputs = write_saved_model(model, signatures, folder)
        (folder / "assets.extra").mkdir()
        example_files.save_examples(folder / example_files.FILE, records)
        if warm_up:
            file = folder / warm_up_files.FILE
            warm_up_files.write_warm_up(file, root.name, records)
        described = _describe(model, signatures, outputs, folder)
        text = json.dumps(described, indent=2) + "\n"
        (folder / DESCRIPTION).write_text(text, encoding="utf-8")

    version = publish(root, write)
    write_settings(root, max(example_files.BATCHES))
    return version


def _describe(model, signatures, outputs, folder):
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {
        "schema_version": SCHEMA_VERSION,
        "model": type(model).__name__,
        "default": next(iter(signatures)),
        "signatures": {
            name: {
                "words": signature.words,
                "inputs": _tensors(
                    input_specs(name, signature), signature.takes
                ),
                "outputs": _tensors(outputs[name], signature.gives),
            }
            for name, signature in signatures.items()
        },
        "versions": {
            "keras_ae": __version__,
            "keras": keras.__version__,
            "tensorflow": importlib.metadata.version("tensorflow"),
        },
        "sha256": {
            path.relative_to(folder).as_posix(): sha256(path) for path in files
        },
    }


def _tensors(specs, words):
    return {
        name: {
            "dtype": tf.as_dtype(spec.dtype).name,
            "shape": list(spec.shape),
            "words": words[name],
        }
        for name, spec in specs.items()
    }
