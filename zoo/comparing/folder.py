"""The folder of a comparison: what it began with, and how it may grow."""

import dataclasses
import json
import pathlib

from keras_ae.training.files import write_text
from zoo.comparing.plan import Plan, plain
from zoo.running.folder import is_empty

SCHEMA_VERSION = 1
FILE = "comparison.json"


def continued(folder, plan: Plan) -> Plan:
    """Return the plan that a folder goes on with, or refuse the folder.

    It is new, or holds a comparison of the same plan; that one may grow by
    seeds, by values of its grid, and by estimators after those it has, whose
    texts it keeps.

    Args:
        folder: Path.
        plan: `Plan`.
    """
    folder = pathlib.Path(folder)
    if is_empty(folder):
        return plan
    if not (folder / FILE).is_file():
        raise ValueError(
            f"A comparison needs a new folder. Received: out={folder}, "
            f"which holds files but no {FILE}"
        )
    there = read_plan(folder)
    if there.protocol != plan.protocol:
        raise ValueError(
            "A comparison goes on with the plan it began with, "
            f"{there.protocol}. Received: {plan.protocol} for {folder}; "
            "--out names another folder"
        )
    count = len(there.estimators)
    first, more = plan.estimators[:count], plan.estimators[count:]
    same = first == tuple(map(plain, there.estimators))
    if not same or plan.seeds < there.seeds:
        raise ValueError(
            "A comparison goes on with the estimators and seeds it has, and "
            "more after them. It has "
            f"{', '.join(there.estimators)}, {there.seeds} seeds. Received: "
            f"{', '.join(plan.estimators)}, {plan.seeds} seeds"
        )
    for (name, values), (_, had) in zip(plan.grid, there.grid):
        if not set(had) <= set(values):
            raise ValueError(
                "A comparison goes on with the values of the grid it has, and "
                f"more. It has {name}={list(had)}. Received: {list(values)}"
            )
    return dataclasses.replace(plan, estimators=there.estimators + more)


def write_plan(folder, plan: Plan) -> None:
    """Write `comparison.json`.

    Args:
        folder: Path of the comparison.
        plan: `Plan`.
    """
    content = {
        "schema_version": SCHEMA_VERSION,
        "protocol": plan.protocol,
        **dataclasses.asdict(plan),
    }
    text = json.dumps(content, indent=2)
    write_text(pathlib.Path(folder) / FILE, text + "\n")


def read_plan(folder) -> Plan:
    """Read `comparison.json`.

    Args:
        folder: Path of the comparison.
    """
    path = pathlib.Path(folder) / FILE
    if not path.is_file():
        raise FileNotFoundError(
            f"No comparison in {folder}: it holds no {FILE}. "
            "`keras-ae compare RECIPE --out FOLDER` makes one."
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        protocol = content.pop("protocol")
        version = content.pop("schema_version")
        content["estimators"] = tuple(content["estimators"])
        content["grid"] = tuple((k, tuple(v)) for k, v in content["grid"])
        content["settings"] = tuple((k, v) for k, v in content["settings"])
        plan = Plan(**content)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ValueError(
            f"`read_plan` needs the {FILE} of a comparison. "
            f"Received: {path}, which cannot be read as one"
        ) from None
    if version != SCHEMA_VERSION or protocol != plan.protocol:
        raise ValueError(
            f"`read_plan` needs {FILE} as `keras-ae compare` wrote it, with "
            f"schema_version={SCHEMA_VERSION}. Received: {path}, which was "
            "changed since or has another version"
        )
    return plan
