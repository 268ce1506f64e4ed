"""Check an export the way a model server would use it."""

import tensorflow as tf

from keras_ae.export import warm_up as warm_up_files
from keras_ae.export.export_serving import DESCRIPTION
from tools.serving.check import Check
from tools.serving.export import open_export
from tools.serving.graph import operations, stateful
from tools.serving.processes import check_cli, check_loader
from tools.serving.services import check_services

DEFAULT = "serving_default"


def check_exports(folders) -> list:
    """Run every check and return the lines of a table for each export.

    Args:
        folders: List of paths of versions, or of models' folders.
    """
    exports = [open_export(folder) for folder in folders]
    loader, cli = check_loader(exports), check_cli(exports)
    return [
        [
            *_check_interface(export),
            *_check_state(export),
            *loader[i],
            *cli[i],
            *_check_warm_up(export),
            *check_services(export),
        ]
        for i, export in enumerate(exports)
    ]


def _check_interface(export) -> list:
    count = len(export.described["sha256"])
    text = f"{count} match their SHA-256"
    rows = [Check("files", "-", text, True)]  # or it would not have opened
    signatures = export.model.signatures
    default = export.described["default"]
    same = DEFAULT in signatures and all(
        getattr(signatures[DEFAULT], side).keys()
        == getattr(signatures[default], side).keys()
        for side in ("inputs", "outputs")
    )
    rows.append(Check("default", default, f"also as {DEFAULT}", same))
    named = set(signatures) - {DEFAULT}
    passed = named == set(export.described["signatures"])
    text = f"{', '.join(sorted(named))}: as {DESCRIPTION} says"
    rows.append(Check("signatures", "-", text, passed))
    for name in export.described["signatures"]:
        if name not in signatures:
            continue
        infos = [
            *signatures[name].inputs.items(),
            *signatures[name].outputs.items(),
        ]
        passed, words = True, []
        for key, info in infos:
            sizes = [d.size for d in info.tensor_shape.dim]
            dtype = tf.as_dtype(info.dtype)
            known = dtype in (tf.float32, tf.int32, tf.int64, tf.string)
            passed &= known and len(sizes) > 0 and sizes[0] == -1
            shape = ["?" if size < 0 else size for size in sizes]
            words.append(f"{key} {dtype.name}({', '.join(map(str, shape))})")
        rows.append(Check("types", name, "; ".join(words), bool(passed)))
    return rows


def _check_state(export) -> list:
    rows = []
    for name in export.described["signatures"]:
        signature = export.model.signatures[name]
        names = operations(export.model.meta_graph, signature)
        bad = stateful(names)
        text = f"{len(names)} kinds of operation, none writes or is unseeded"
        rows.append(
            Check("state", name, ", ".join(bad) or text, not bad)
        )
    return rows


def _check_warm_up(export) -> list:
    from tensorflow_serving.apis import prediction_log_pb2

    path = export.folder / warm_up_files.FILE
    if not path.is_file():
        return [Check("warm-up", "-", "no records, by request", True)]
    sizes = {}
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        log = prediction_log_pb2.PredictionLog.FromString(record)
        request = log.predict_log.request
        name = request.model_spec.signature_name
        inputs = {k: tf.make_ndarray(v) for k, v in request.inputs.items()}
        export.model.run(name, inputs)
        sizes.setdefault(name, []).append(len(next(iter(inputs.values()))))
    rows = []
    for name in export.described["signatures"]:
        found = sizes.get(name, [])
        text = f"{len(found)} records ran, of {sorted(set(found))}"
        rows.append(Check("warm-up", name, text, len(set(found)) >= 2))
    total = sum(len(found) for found in sizes.values())
    text = f"{total} records, of at most 1000"
    return [*rows, Check("warm-up", "-", text, total <= 1000)]
