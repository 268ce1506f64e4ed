"""Folders of a served model: numbered versions and the server's settings."""

import os
import pathlib
import shutil
import uuid

from keras_ae.training.files import sync_file, sync_folder, write_text

_SETTINGS = {
    "models.config": """\
model_config_list {{
  config {{
    name: "{name}"
    base_path: "/models/{name}"
    model_platform: "tensorflow"
  }}
}}
""",
    "batching.config": """\
max_batch_size {{ value: {largest} }}
batch_timeout_micros {{ value: 1000 }}
max_enqueued_batches {{ value: 1000 }}
num_batch_threads {{ value: 4 }}
""",
    "monitoring.config": """\
prometheus_config {{
  enable: true
  path: "/monitoring/prometheus/metrics"
}}
""",
}
_TEMPORARY = ".tmp-"


def check_root(root):
    """Refuse a folder that holds something other than versions of a model.

    Args:
        root: Path of the model's folder.

    Returns:
        The path, absolute.

    Raises:
        ValueError: If it is a file, or holds foreign things only.
    """
    root = pathlib.Path(os.path.abspath(root))
    if not root.name:
        raise ValueError(
            "`export_serving` needs `path` to end in the model's name. "
            f"Received: path={str(root)!r}"
        )
    if root.exists() and not root.is_dir():
        raise ValueError(
            f"`export_serving` needs `path` to be a folder. Received: "
            f"path={str(root)!r}, which is a file"
        )
    held = [p.name for p in root.iterdir()] if root.exists() else []
    ours = [n for n in held if n.isdecimal() or n.startswith(_TEMPORARY)]
    if held and not ours:
        raise ValueError(
            "`export_serving` needs a new folder, or one that holds versions "
            f"of a model. Received: path={str(root)!r}, which holds "
            f"{', '.join(sorted(held)[:3])} and is left alone"
        )
    return root


def versions(root):
    """Return the numbers of the versions in a model's folder.

    Args:
        root: Path of the model's folder.

    Returns:
        Sorted list of ints.
    """
    return sorted(
        int(path.name)
        for path in pathlib.Path(root).iterdir()
        if path.name.isdecimal() and path.is_dir()
    )


def publish(root, write):
    """Write a version under a name no server reads, then rename it.

    Args:
        root: Path of the model's folder, made where missing.
        write: Function that fills the folder whose path it is given.

    Returns:
        Path of the new version.
    """
    root.mkdir(parents=True, exist_ok=True)
    temporary = root / f"{_TEMPORARY}{uuid.uuid4().hex}"
    try:
        temporary.mkdir()
        write(temporary)
        _sync(temporary)
        while True:
            target = root / str(max([0, *versions(root)]) + 1)
            try:
                os.rename(temporary, target)
                break
            except OSError:
                if not target.exists():  # another export took the number
                    raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    sync_folder(root)
    return target


def write_settings(root, largest):
    """Write the model server's settings where they are missing.

    Args:
        root: Path of the model's folder.
        largest: Int, the largest batch to form.
    """
    for file, text in _SETTINGS.items():
        if not (root / file).exists():
            write_text(
                root / file, text.format(name=root.name, largest=largest)
            )


def _sync(folder):
    for path in folder.rglob("*"):
        if path.is_file():
            sync_file(path)
        else:
            sync_folder(path)
    sync_folder(folder)
