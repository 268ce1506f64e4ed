"""Train one cell of a comparison, resumably, and leave its record."""

import contextlib
import json
import math
import pathlib
import re
import time

import numpy as np
import tensorflow as tf

from keras_ae.training import load_checkpoint, save_checkpoint
from keras_ae.training.files import write_text
from zoo.comparing.plan import Cell, Plan
from zoo.data.image_data import to_unit
from zoo.evaluation.bounds import bounds, relaxation_gap
from zoo.evaluation.gradient_variance import (
    decoder_evaluations,
    estimator_variance,
)
from zoo.running.agents import make_trainer
from zoo.running.build import (
    build_model,
    dtype_policy,
    epoch_steps,
    load_data,
)
from zoo.running.config import resolve_config
from zoo.running.versions import git_commit, versions

SCHEMA_VERSION = 1
FILE = "cell.json"
WATCHED = 512  # validation images of the gap between relaxed and hard loss
VARIANCE = dict(batches=4, draws=16)
CHOICE_SAMPLES = 100  # codes of a validation image, where bounds are measured
CLOCKS = ("seconds", "processor_seconds")
_KEYS = ("protocol", "estimator", "seed", "status", "history", "final")


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
        missing = [key for key in _KEYS if key not in record]
    except (ValueError, TypeError):
        missing = ["JSON"]
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


def run_cell(folder, plan: Plan, cell: Cell, final: bool) -> dict:
    """Train a cell, or what is left of it.

    Args:
        folder: Path of the comparison.
        plan: `Plan`.
        cell: `Cell`.
        final: Bool, whether its model is one that counts: then it also sees
            the test images, and its gradient's variance is measured.

    Returns:
        Its record.
    """
    record = read_cell(folder, plan, cell)
    if record is not None and (record["final"] or not final):
        return record
    if record is not None and record["status"] != "done":
        return record
    out = cell_folder(folder, cell)
    out.mkdir(parents=True, exist_ok=True)
    record = {
        "schema_version": SCHEMA_VERSION,
        "protocol": plan.protocol,
        "estimator": cell.estimator,
        "point": [list(pair) for pair in cell.point],
        "seed": cell.seed,
        "budget": cell.budget,
        "unit": plan.unit,
        "status": "done",
        "final": final,
        "history": [],
        "versions": versions(),
        "git": git_commit(),
    }
    try:
        record.update(_train_and_evaluate(out, plan, cell, final))
    except (FloatingPointError, ValueError, TypeError) as error:
        record["status"] = "failed"
        record["reason"] = _reason(error)
    text = json.dumps(record, indent=1, allow_nan=False)
    write_text(out / FILE, text + "\n")
    return record


def _reason(error) -> str:
    """Return what an error says, less what Keras wraps around it."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    text = text.partition("Arguments received by")[0]
    text = text.partition("call().")[2] or text
    return " ".join(text.split())


def _train_and_evaluate(out, plan, cell, final) -> dict:
    settings = {**dict(plan.settings), **dict(cell.point)}
    settings["model.estimator"] = cell.estimator
    config = resolve_config(plan.recipe, plan.data, cell.seed, settings)
    images = load_data(config)
    size = config.settings["train"]["batch_size"]
    with dtype_policy(config):
        # Once for its shape: what a step costs depends on the code.
        probe = build_model(config, images, steps=1)
        evaluations = _evaluations(probe, config, images)
        stride = config.settings["train"]["steps_per_execution"]
        steps = planned_steps(
            plan.unit, cell.budget, evaluations, size, stride
        )
        model = build_model(config, images, steps=steps or 1)
        chosen, charge = _estimators(model, config)
        with charge():
            result = _train(
                model, config, images, out, plan, steps, evaluations, cell
            )
            if final:
                result.update(_final(model, config, images, chosen))
    result["config"] = {k: dict(v) for k, v in config.settings.items()}
    result["estimator_settings"] = [one.settings() for one in chosen]
    result["decoder_evaluations_a_step"] = evaluations
    return result


def _estimators(model, config):
    """Return the estimators of training, and a block that puts them to work."""
    trainer = make_trainer(model, config)
    if trainer is None:
        own = [bottleneck.estimator for _, bottleneck in model.stages]
        return own, contextlib.nullcontext
    return trainer.estimators, trainer.in_charge


def _evaluations(model, config, images) -> int:
    """Return the decoder evaluations of an example in a training step."""
    _, charge = _estimators(model, config)
    with charge():
        return decoder_evaluations(model, to_unit(images.x_valid[:1]))


def planned_steps(
    unit, budget, evaluations, batch_size, stride=1
) -> int | None:
    """Return the steps that a budget pays for; `None` where time decides.

    Args:
        unit: Str, of the budget.
        budget: Number.
        evaluations: Int, decoder evaluations of an example in a step.
        batch_size: Int.
        stride: Int >= 1, steps of one execution, of which it is a multiple.
    """
    price = {
        "steps": 1,
        "decoder_evaluations": evaluations,
        "examples": batch_size,
        "seconds": None,
    }[unit]
    if price is None:
        return None
    steps = int(budget // price) // stride * stride
    if steps < 1:
        least = "a step" if stride == 1 else f"an execution of {stride} steps"
        raise ValueError(
            f"`compare` needs a budget that pays for {least}, "
            f"{price * stride} {unit}. Received: budget={budget:g}"
        )
    return steps


def _train(model, config, images, out, plan, steps, evaluations, cell):
    from zoo import data

    size = config.settings["train"]["batch_size"]
    every = _every(plan, config, steps, len(images.x_train))
    state = load_checkpoint(out / "checkpoints", model)
    state = state or {"step": 0, "history": [], **dict.fromkeys(CLOCKS, 0.0)}
    valid = data.eval_dataset(images.x_valid, batch_size=size)
    x = tf.constant(to_unit(images.x_valid[:WATCHED]))
    while not _paid(plan.unit, cell.budget, steps, state):
        left = every if steps is None else min(every, steps - state["step"])
        started, busy = time.perf_counter(), time.process_time()
        logs = model.fit(
            data.train_dataset(
                images.x_train,
                batch_size=size,
                seed=config.seed,
                start_step=state["step"],
            ),
            steps_per_epoch=left,
            shuffle=False,
            verbose=0,
        ).history
        state["seconds"] += time.perf_counter() - started
        state["processor_seconds"] += time.process_time() - busy
        state["step"] += left
        line = {
            "step": state["step"],
            "decoder_evaluations": state["step"] * evaluations,
            "examples": state["step"] * size,
            **{name: round(state[name], 3) for name in CLOCKS},
            "train_loss": logs["loss"][-1],
            "val_loss": model.evaluate(valid, verbose=0, return_dict=True)[
                "loss"
            ],
            **relaxation_gap(model, x, config.seed),
        }
        if config.settings["train"]["bound_samples"]:
            found = bounds(model, images.x_valid, 1, config.seed)
            line["val_nelbo"] = found["nelbo"]
        if not all(math.isfinite(value) for value in line.values()):
            raise FloatingPointError(
                f"The loss is not finite at step {state['step']}."
            )
        state["history"].append(line)
        save_checkpoint(out / "checkpoints", model, state, keep=1)
    val_loss = state["history"][-1]["val_loss"]
    return {
        "history": state["history"],
        "val_loss": val_loss,
        "val_score": _val_score(model, config, images, val_loss),
    }


def _val_score(model, config, images, val_loss) -> float:
    """Return what a setting is chosen by: of the kind that the test has."""
    samples = min(config.settings["train"]["bound_samples"], CHOICE_SAMPLES)
    if not samples:
        return val_loss
    return bounds(model, images.x_valid, samples, config.seed)["bound"]


def _every(plan, config, steps, examples) -> int:
    """Return the steps between two validations, in whole executions."""
    if steps is None:  # a look at the clock after each pass over the data
        return epoch_steps(config, examples)
    stride = config.settings["train"]["steps_per_execution"]
    return max(math.ceil(steps / plan.evaluations / stride), 1) * stride


def _paid(unit, budget, steps, state) -> bool:
    if unit == "seconds":
        return state["seconds"] >= budget
    return state["step"] >= steps


def _final(model, config, images, chosen) -> dict:
    """Return test loss and bounds, and the gradient's variance, of the end."""
    from zoo import data

    train = config.settings["train"]
    size, samples = train["batch_size"], train["bound_samples"]
    test = data.eval_dataset(images.x_test, batch_size=size)
    logs = model.evaluate(test, verbose=0, return_dict=True)
    count = VARIANCE["batches"]
    batches = np.array_split(to_unit(images.x_train[: count * size]), count)
    row = estimator_variance(
        model, chosen[0].name, chosen, batches, VARIANCE["draws"]
    )
    found = {
        "test_loss": logs["loss"],
        "test_score": logs["loss"],
        "test": {name: float(value) for name, value in logs.items()},
        "gradient_variance": row,
    }
    if samples:
        found["bounds"] = bounds(model, images.x_test, samples, config.seed)
        found["test_score"] = found["bounds"]["bound"]
    return found
