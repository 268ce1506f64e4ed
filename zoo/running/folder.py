"""The folder of a run: what is in it, and who may write there."""

import json
import os
import pathlib
import re
import shutil

from zoo.running.config import FILE, RunConfig, read_config

BEST = "best"
CHECKPOINTS = "checkpoints"
FINAL = "final"
INPUTS = "inputs.json"
METRICS = "metrics.jsonl"
RECORD = "record.json"
TENSORBOARD = "tensorboard"


def default_folder(config: RunConfig) -> pathlib.Path:
    """Return `runs/<recipe>-<data>-seed<seed>`."""
    data = config.data
    if data.startswith("folder:"):
        data = "folder-" + os.path.basename(os.path.normpath(data[7:]))
    data = re.sub(r"[^\w.-]+", "_", data)
    return pathlib.Path("runs", f"{config.recipe}-{data}-seed{config.seed}")


def saved_config(folder) -> RunConfig | None:
    """Return the configuration of the run in `folder`, `None` if it is new."""
    folder = pathlib.Path(folder)
    if not folder.exists() or is_empty(folder):
        return None
    return read_config(folder)


def prepare_folder(folder, resume: bool, overwrite: bool) -> pathlib.Path:
    """Make the folder of a run, or refuse one that holds something.

    Args:
        folder: Path of the folder.
        resume: Bool, whether an existing run may be gone on with.
        overwrite: Bool, whether an existing run may be removed first. Only a
            folder with a `config.json` of ours is ever removed.
    """
    folder = pathlib.Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ValueError(
            f"A run needs a folder. Received: out={folder}, which is a file"
        )
    if folder.exists() and not is_empty(folder):
        if not (folder / FILE).is_file():
            raise ValueError(
                f"A run needs a new folder. Received: out={folder}, which "
                f"holds files but no {FILE}, so it is no run and is left alone"
            )
        read_config(folder)  # somebody else's config.json is refused here
        if overwrite:
            shutil.rmtree(folder)
        elif not resume:
            raise ValueError(
                f"A run needs a new folder. Received: out={folder}, which "
                "holds a run; --resume goes on with it, --overwrite removes "
                "it first, --out names another"
            )
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def final_hash(folder) -> str:
    """Return the SHA-256 of a finished run's weights."""
    (path,) = pathlib.Path(folder, FINAL).glob("step-*/manifest.json")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    return manifest["sha256"]["variables.npz"]


def is_empty(folder: pathlib.Path) -> bool:
    """Return whether `folder` is a folder that holds nothing."""
    return folder.is_dir() and not any(folder.iterdir())
