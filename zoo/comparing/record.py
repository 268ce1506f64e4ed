"""The records of a comparison's cells: read, checked, and of one kind."""

import json
import pathlib
import re

import tensorflow as tf

from zoo.comparing.plan import Cell, Plan

SCHEMA_VERSION = 1
FILE = "cell.json"
# What training may raise through no fault of the machine or its files.
FAILURES = (
    ArithmeticError,
    AttributeError,
    TypeError,
    ValueError,
    tf.errors.OpError,
)
_KEYS = ("protocol", "estimator", "point", "seed", "status", "final")
_DONE = ("history", "val_score")
_FINAL = ("test_loss", "gradient_variance")
# A cell has a budget instead.
_UNUSED = ("train.epochs", "train.patience", "train.prior_epochs")


def cell_folder(folder, cell: Cell) -> pathlib.Path:
    """Return the folder of a cell.

    Args:
        folder: Path of the comparison.
        cell: `Cell`.
    """
    return pathlib.Path(folder) / "cells" / cell.name


def read_cell(folder, plan: Plan, cell: Cell) -> dict | None:
    """Return a cell's record, or `None` where there is none yet.

    Args:
        folder: Path of the comparison.
        plan: `Plan`.
        cell: `Cell`.
    """
    path = cell_folder(folder, cell) / FILE
    if not path.is_file():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        version = record.get("schema_version")
        missing = _missing(record)
    except (ValueError, AttributeError):
        version, missing = SCHEMA_VERSION, ["JSON"]
    if version != SCHEMA_VERSION:
        raise ValueError(
            f"Record {path} needs schema_version={SCHEMA_VERSION}. "
            f"Received: schema_version={version}"
        )
    if missing:
        raise ValueError(
            f"Record {path} is damaged: {', '.join(missing)} is missing. "
            "Remove its folder and the comparison trains that cell again; "
            "no other is lost."
        )
    if record["protocol"] != plan.protocol:
        raise ValueError(
            f"A comparison needs records of one protocol, {plan.protocol}. "
            f"Received: {record['protocol']} in {path}"
        )
    return record


def _missing(record: dict) -> list:
    needed = [*_KEYS, "reason"]
    if record.get("status") == "done":
        needed = [*_KEYS, *_DONE, *(_FINAL if record.get("final") else ())]
    missing = [key for key in needed if record.get(key) is None]
    if record.get("history") == [] and "history" in needed:
        missing.append("a line of history")
    return missing


def reason_of(error: Exception) -> str:
    """Return what an error says, less what Keras wraps around it.

    Args:
        error: Exception.
    """
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    text = text.partition("Arguments received by")[0]
    text = text.partition("call().")[2] or text
    return " ".join(text.split()) or type(error).__name__


def check_same_settings(plan: Plan, records: dict) -> None:
    """Refuse cells made with other settings than the plan's differences.

    A setting that only one of two cells knows, of an older or newer version
    of the code, is left out.

    Args:
        plan: `Plan`.
        records: Dict from a cell's name to its record, or to what is known
            of it before: `estimator`, `point`, `config` and
            `estimator_settings`.
    """
    free = {"model.estimator", *_UNUSED, *(name for name, _ in plan.grid)}
    first = {}
    for name, record in records.items():
        for key, value in _settings(record):
            there, other = first.setdefault(key, (value, name))
            if key not in free and there != value:
                raise ValueError(
                    "A comparison needs cells of the same settings; defaults "
                    f"have changed in between. Received: {key}={there} in "
                    f"{other}, {key}={value} in {name}"
                )


def _settings(record: dict):
    """Yield name and value of what a cell was made with."""
    for section, values in record.get("config", {}).items():
        for key, value in values.items():
            yield f"{section}.{key}", value
    # An estimator may take its own from the model's settings.
    of = [f"{k}={v}" for k, v in record["point"] if k.startswith("model.")]
    owner = " ".join([record["estimator"], *of])
    for layer, values in enumerate(record.get("estimator_settings", ())):
        for key, value in values.items():
            yield f"{owner}, layer {layer}: {key}", value
