"""`record.json`: all that a comparison or a report reads of a run."""

import json
import math
import pathlib
import shlex

from keras_ae.training.files import write_text
from keras_ae.training.metrics_log import read_lines
from zoo.kinds import kind_of
from zoo.running import folder as places
from zoo.running.config import RunConfig
from zoo.running.numbers import flat_numbers
from zoo.running.versions import git_commit, versions
from zoo.settings import format_value

SCHEMA_VERSION = 1

# Each key and the types of its value; docs/RECORDS.md says what they hold.
_FIELDS = {
    "schema_version": int,
    "recipe": str,
    "data": str,
    "seed": int,
    "config": dict,
    "changed": dict,
    "command": str,
    "data_info": dict,
    "versions": dict,
    "git": (dict, type(None)),
    "protocol": (str, type(None)),
    "numbers": dict,
    "floors": dict,
    "warnings": list,
    "evaluation": (dict, type(None)),
    "history": dict,
    "seconds": dict,
    "parameters": dict,
}


def make_record(
    config: RunConfig, images, model, evaluation, seconds, out
) -> dict:
    """Return the record of a run.

    Args:
        config: `RunConfig`.
        images: The data of its kind.
        model: The trained model.
        evaluation: Dict of the protocol, or `None` if not evaluated.
        seconds: Dict of seconds by part.
        out: Path of the run folder, whose metrics are summarised.
    """
    trainable = sum(math.prod(v.shape) for v in model.trainable_variables)
    record = {
        "schema_version": SCHEMA_VERSION,
        "recipe": config.recipe,
        "data": config.data,
        "seed": config.seed,
        "config": {key: dict(value) for key, value in config.settings.items()},
        "changed": dict(config.changed),
        "command": train_command(config),
        "data_info": kind_of(config.recipe).info(images),
        "versions": versions(),
        "git": git_commit(),
        "history": _history(read_lines(out / places.METRICS)),
        "seconds": dict(seconds),
        "parameters": {
            "total": int(model.count_params()),
            "trainable": int(trainable),
        },
    }
    return replace_numbers(record, evaluation)


def replace_numbers(record: dict, evaluation) -> dict:
    """Return `record` with the numbers of an evaluation, or with none."""
    numbers, floors = flat_numbers(evaluation or {})
    record = dict(record)
    record["protocol"] = evaluation["protocol"] if evaluation else None
    record["numbers"], record["floors"] = numbers, floors
    record["warnings"] = list(evaluation["warnings"]) if evaluation else []
    record["evaluation"] = evaluation
    if evaluation:
        seconds = round(evaluation["seconds"], 3)
        record["seconds"] = {**record["seconds"], "evaluate": seconds}
    return {key: record[key] for key in _FIELDS}


def write_record(folder, record: dict) -> None:
    """Write `record.json` into a run folder."""
    text = json.dumps(record, indent=2, allow_nan=False)
    write_text(pathlib.Path(folder) / places.RECORD, text + "\n")


def read_record(path) -> dict:
    """Read and check a record.

    Args:
        path: Path of a `record.json`, or of a run folder.
    """
    path = pathlib.Path(path)
    if path.is_dir():
        path = path / places.RECORD
    if not path.is_file():
        raise FileNotFoundError(
            f"No record at {path}. `keras-ae train` leaves one in its folder."
        )
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(
            f"Record {path} is damaged: it is not JSON ({error})."
        ) from None
    if not isinstance(record, dict):
        raise ValueError(f"Record {path} is damaged: it is no JSON object.")
    version = record.get("schema_version")
    if version != SCHEMA_VERSION:
        raise ValueError(
            f"Record {path} needs schema_version={SCHEMA_VERSION}. "
            f"Received: schema_version={version}"
        )
    for key, kind in _FIELDS.items():
        if key not in record:
            raise ValueError(f"Record {path} is damaged: `{key}` is missing.")
        if not isinstance(record[key], kind):
            raise ValueError(
                f"Record {path} is damaged: `{key}` is "
                f"{type(record[key]).__name__}."
            )
    return record


def train_command(config: RunConfig) -> str:
    """Return the command line that makes this run."""
    parts = ["keras-ae", "train", config.recipe, "--data", config.data]
    parts += ["--seed", str(config.seed)]
    for name, value in config.changed.items():
        parts += ["--set", f"{name}={format_value(value)}"]
    return shlex.join(parts)


def _history(lines) -> dict:
    """Return first, last and best epoch; best by `val_loss`, then `loss`."""
    summary = {"epochs": len(lines), "first": None, "last": None, "best": None}
    if not lines:
        return summary
    summary["first"], summary["last"] = lines[0], lines[-1]
    for name in ("val_loss", "loss"):
        finite = [line for line in lines if line.get(name) is not None]
        if finite:
            summary["best"] = min(finite, key=lambda line: line[name])
            break
    return summary
