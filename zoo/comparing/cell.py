"""Train one cell of a comparison, resumably, and leave its record."""

import contextlib
import dataclasses
import json
import math
import time
from collections.abc import Callable

import keras
import numpy as np

from keras_ae.training import load_checkpoint, save_checkpoint
from keras_ae.training.files import write_text
from zoo.comparing.budget import planned_steps, steps_ahead
from zoo.comparing.plan import Cell, Plan
from zoo.comparing.record import (
    FAILURES,
    FILE,
    SCHEMA_VERSION,
    cell_folder,
    read_cell,
    reason_of,
)
from zoo.data.image_data import to_unit
from zoo.evaluation.bounds import bounds, has_bounds, relaxation_gap
from zoo.evaluation.gradient_variance import (
    decoder_evaluations,
    estimator_variance,
)
from zoo.running.agents import make_trainer
from zoo.running.build import build_model, dtype_policy, load_data
from zoo.running.config import RunConfig, resolve_config
from zoo.running.versions import git_commit, versions

WATCHED = 512  # validation images of the gap between relaxed and hard loss
VARIANCE = dict(batches=4, draws=16)
CHOICE_SAMPLES = 100  # codes of a validation image, where bounds are measured
CLOCKS = ("seconds", "processor_seconds")
_STOPPED = dict.fromkeys(CLOCKS, 0.0)


@dataclasses.dataclass(frozen=True)
class _Job:
    """What the training of a cell needs, made but not yet trained."""

    plan: Plan
    cell: Cell
    config: RunConfig
    images: object
    model: keras.Model
    estimators: list
    charge: Callable
    evaluations: int
    steps: int | None


def cell_config(plan: Plan, cell: Cell) -> RunConfig:
    """Return the configuration of a cell's run.

    Args:
        plan: `Plan`.
        cell: `Cell`.
    """
    settings = {**dict(plan.settings), **dict(cell.point)}
    settings["model.estimator"] = cell.estimator
    return resolve_config(plan.recipe, plan.data, cell.seed, settings)


def run_cell(folder, plan: Plan, cell: Cell, final: bool) -> dict:
    """Train a cell, or what is left of it.

    What training or evaluation raise is the cell's result, a failure. What
    its data or its checkpoints raise is not, and ends the comparison.

    Args:
        folder: Path of the comparison.
        plan: `Plan`.
        cell: `Cell`.
        final: Bool, whether its model is one that counts: then it also sees
            the test images, and its gradient's variance is measured.

    Returns:
        Its record.
    """
    there = read_cell(folder, plan, cell)
    if there is not None and (there["final"] or not final):
        return there
    if there is not None and there["status"] != "done":
        return there
    out = cell_folder(folder, cell)
    out.mkdir(parents=True, exist_ok=True)
    config = cell_config(plan, cell)
    images = load_data(config)
    with dtype_policy(config):
        job = _make(plan, cell, config, images)
        # A screened cell that fails at the test keeps what it was chosen by.
        record = {**(there or {}), **_head(job, final)}
        with job.charge():
            state = load_checkpoint(out / "checkpoints", job.model)
            state = state or {"step": 0, "history": [], **_STOPPED}
            try:
                found = _train(out, job, state)
                if final:
                    found.update(_final(job))
                record.update(_finite(found))
            except FAILURES as error:
                record.update(status="failed", reason=reason_of(error))
    text = json.dumps(record, indent=1, allow_nan=False)
    write_text(out / FILE, text + "\n")
    return record


def _head(job, final) -> dict:
    """Return what of a record is known before training."""
    cell, plan = job.cell, job.plan
    return {
        "schema_version": SCHEMA_VERSION,
        "protocol": plan.protocol,
        "estimator": cell.estimator,
        "point": [list(pair) for pair in cell.point],
        "seed": cell.seed,
        "budget": cell.budget,
        "unit": plan.unit,
        "status": "done",
        "final": final,
        "versions": versions(),
        "git": git_commit(),
        "config": {k: dict(v) for k, v in job.config.settings.items()},
        "estimator_settings": [one.settings() for one in job.estimators],
        "decoder_evaluations_a_step": job.evaluations,
    }


def _finite(found: dict) -> dict:
    for name, value in found.items():
        try:
            json.dumps(value, allow_nan=False)
        except ValueError:
            raise FloatingPointError(
                f"`{name}` is not finite at the end of training."
            ) from None
    return found


def _make(plan, cell, config, images) -> _Job:
    # Once for its shape: what a step costs depends on the code.
    _, evaluations = probe(config, images)
    train = config.settings["train"]
    size, stride = train["batch_size"], train["steps_per_execution"]
    steps = planned_steps(plan.unit, cell.budget, evaluations, size, stride)
    model = build_model(config, images, steps=steps or 1)
    estimators, charge = _estimators(model, config)
    made = (model, estimators, charge, evaluations, steps)
    return _Job(plan, cell, config, images, *made)


def probe(config: RunConfig, images) -> tuple:
    """Return a run's estimators, and the decoder evaluations of an example.

    Args:
        config: `RunConfig`.
        images: `ImageData`.

    Raises:
        ValueError: If the model has no stochastic code, or an estimator
            cannot train it.
    """
    model = build_model(config, images, steps=1)
    if not has_bounds(model):
        raise ValueError(
            "`compare` needs a recipe with a stochastic code, one-hot or "
            f"binary. Received: recipe={config.recipe}"
        )
    estimators, charge = _estimators(model, config)
    with charge():
        x = to_unit(images.x_valid[:1])
        return estimators, decoder_evaluations(model, x)


def _estimators(model, config):
    """Return the estimators of training, and a block that puts them to work."""
    trainer = make_trainer(model, config)
    if trainer is None:
        own = [bottleneck.estimator for _, bottleneck in model.stages]
        return own, contextlib.nullcontext
    return trainer.estimators, trainer.in_charge


def _train(out, job, state) -> dict:
    while not _paid(job, state):
        line = _advance(job, state)
        if not all(math.isfinite(value) for value in line.values()):
            raise FloatingPointError(
                f"The loss is not finite at step {state['step']}."
            )
        state["history"].append(line)
        save_checkpoint(out / "checkpoints", job.model, state)
    val_loss = state["history"][-1]["val_loss"]
    return {
        "history": state["history"],
        "val_loss": val_loss,
        "val_score": _val_score(job, val_loss),
    }


def _paid(job, state) -> bool:
    if job.steps is None:
        return state["seconds"] >= job.cell.budget
    return state["step"] >= job.steps


def _advance(job, state) -> dict:
    """Train up to the next validation and return its line."""
    from zoo import data

    model, images, seed = job.model, job.images, job.config.seed
    train = job.config.settings["train"]
    size, stride = train["batch_size"], train["steps_per_execution"]
    budget, looks = job.cell.budget, job.plan.evaluations
    count = steps_ahead(state, job.steps, budget, looks, stride)
    started, busy = time.perf_counter(), time.process_time()
    batches = data.train_dataset(
        images.x_train, batch_size=size, seed=seed, start_step=state["step"]
    )
    logs = model.fit(
        batches, steps_per_epoch=count, shuffle=False, verbose=0
    ).history
    seconds = time.perf_counter() - started
    state["seconds"] += seconds
    state["processor_seconds"] += time.process_time() - busy
    state["seconds_a_step"] = seconds / count
    state["step"] += count
    valid = data.eval_dataset(images.x_valid, batch_size=size)
    found = model.evaluate(valid, verbose=0, return_dict=True)
    line = {
        "step": state["step"],
        "decoder_evaluations": state["step"] * job.evaluations,
        "examples": state["step"] * size,
        **{name: round(state[name], 3) for name in CLOCKS},
        "train_loss": logs["loss"][-1],
        "val_loss": found["loss"],
        **relaxation_gap(model, to_unit(images.x_valid[:WATCHED]), seed),
    }
    if train["bound_samples"]:
        line["val_nelbo"] = bounds(model, images.x_valid, 1, seed)["nelbo"]
    return line


def _val_score(job, val_loss) -> float:
    """Return what a setting is chosen by: of the kind that the test has."""
    config = job.config
    samples = min(config.settings["train"]["bound_samples"], CHOICE_SAMPLES)
    if not samples:
        return val_loss
    found = bounds(job.model, job.images.x_valid, samples, config.seed)
    return found["bound"]


def _final(job) -> dict:
    """Return test loss and bounds, and the gradient's variance, of the end."""
    from zoo import data

    model, images, train = job.model, job.images, job.config.settings["train"]
    size, samples = train["batch_size"], train["bound_samples"]
    test = data.eval_dataset(images.x_test, batch_size=size)
    logs = model.evaluate(test, verbose=0, return_dict=True)
    count = VARIANCE["batches"]
    batches = np.array_split(to_unit(images.x_train[: count * size]), count)
    chosen = job.estimators
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
        seed = job.config.seed
        found["bounds"] = bounds(model, images.x_test, samples, seed)
        found["test_score"] = found["bounds"]["bound"]
    return found
