"""Train a recipe into a run folder, so that a killed run can go on."""

import contextlib
import dataclasses
import logging
import os
import pathlib
import time

import keras
import tensorflow as tf

from keras_ae.training import (
    check_batch_size,
    is_chief,
    load_checkpoint,
    save_checkpoint,
    wait_for_all,
)
from keras_ae.training.metrics_log import read_lines
from zoo.data.image_data import to_unit
from zoo.kinds import kind_of
from zoo.running import folder as places
from zoo.running.agents import (
    agents_in_charge,
    estimator_of,
    load_agents,
)
from zoo.running.build import (
    build_model,
    dtype_policy,
    epoch_steps,
    load_data,
    model_inputs,
)
from zoo.running.config import resolve_config, write_config
from zoo.running.evaluate import evaluate_model
from zoo.running.fit import fit_run
from zoo.running.inputs import check_inputs, write_inputs
from zoo.running.record import make_record, write_record

_LOST = (
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.InternalError,
    tf.errors.UnavailableError,
)

_log = logging.getLogger("keras_ae")


@dataclasses.dataclass(frozen=True)
class Run:
    """A finished run: its folder, its record and its model.

    `record` is `None` in a worker that is not the chief.
    """

    folder: pathlib.Path
    record: dict | None
    model: keras.Model


def train_run(
    recipe: str,
    data: str | None = None,
    seed: int | None = None,
    settings=None,
    out=None,
    resume: bool = False,
    overwrite: bool = False,
    evaluate: bool = True,
    verbose: int = 2,
    strategy=None,
) -> Run:
    """Train a recipe, evaluate it, and leave a run folder.

    Args:
        recipe: Name of the recipe.
        data: Name of the data set. Defaults to the recipe's.
        seed: Int >= 0. Defaults to `0`.
        settings: Dict `{"section.key": value}` on top of the recipe's.
        out: Path of the run folder. Defaults to
            `runs/<recipe>-<data>-seed<seed>`.
        resume: Bool, go on from the newest valid checkpoint in `out`; where
            `out` does not exist yet, begin. Defaults to `False`.
        overwrite: Bool, remove the run in `out` first. Defaults to `False`.
        evaluate: Bool, whether to evaluate at the end. Defaults to `True`.
        verbose: As in `keras.Model.fit`. Defaults to `2`.
        strategy: `tf.distribute.Strategy`, or `None`. Of several workers all
            train, and the chief alone writes. Defaults to `None`.

    Raises:
        RuntimeError: If another worker was lost.
    """
    if resume and overwrite:
        raise ValueError("`train_run` needs one of `resume` and `overwrite`.")
    config = resolve_config(recipe, data, seed, settings)
    out = places.default_folder(config) if out is None else pathlib.Path(out)
    saved = places.saved_config(out) if resume else None
    if saved is not None:
        config = resolve_config(recipe, data, seed, settings, saved)
    load_agents([estimator_of(config)])
    images = load_data(config)
    skipped = images.notes.get("skipped_count")
    if skipped:
        listed = "; ".join(images.notes["skipped"])
        _log.warning("Files of the data skipped: %d, %s", skipped, listed)
    scope = strategy.scope() if strategy else contextlib.nullcontext()
    with scope, _lost_workers_named(out):
        check_batch_size(config.settings["train"]["batch_size"])
        inputs = model_inputs(config, images)
        if saved is not None:
            check_inputs(out, inputs)
        model = build_model(config, inputs)
        if is_chief():
            out = places.prepare_folder(out, resume, overwrite)
            write_config(out, config)
            write_inputs(out, inputs)
        wait_for_all()  # the others read what the chief has tidied up
        with dtype_policy(config):
            final, fresh = _train(model, config, images, out, verbose)
        if not is_chief():
            return Run(out, None, model)
    # The chief alone, out of the strategy: the others may have ended.
    with dtype_policy(config):
        if fresh:
            _save(model, final, out)
        _leave_pictures(model, images, config, out)
        result = None
        if evaluate:
            result = evaluate_model(model, config, images, out, inputs)
    seconds = final["seconds"]
    record = make_record(config, images, model, result, seconds, out)
    write_record(out, record)
    return Run(out, record, model)


@contextlib.contextmanager
def _lost_workers_named(out):
    """Say what a collective that failed means, and what to do."""
    try:
        yield
    except tf.errors.OpError as error:
        several = tf.distribute.get_strategy().num_replicas_in_sync > 1
        if not several or not isinstance(error, _LOST):
            raise
        raise RuntimeError(
            "Another worker was lost: its process ended or cannot be reached. "
            f"Start all of them again with `--out {out} --resume`. Received: "
            f"{type(error).__name__}: {str(error).splitlines()[0]}"
        ) from error


def _train(model, config, images, out, verbose) -> tuple[dict, bool]:
    """Fit, or go on fitting, unless that was done before.

    Returns the state of the finished training, and whether it is new.
    """
    steps = epoch_steps(config, len(images.x_train))
    train = config.settings["train"]
    goal = {"epoch": train["epochs"], "prior_epochs": train["prior_epochs"]}
    final = load_checkpoint(out / places.FINAL, model)
    if final is not None and goal.items() <= final.items():
        return final, False
    if is_chief():
        (out / places.RECORD).unlink(missing_ok=True)
    with agents_in_charge(model, config):
        _go_on(model, config, images, steps, out, verbose, final)
    lines = read_lines(out / places.METRICS)
    seconds = {"train": round(sum(line["seconds"] for line in lines), 3)}
    started = time.perf_counter()
    if has_prior(model) and train["prior_epochs"]:
        _fit_prior(model, config, images, verbose)
        seconds["prior"] = round(time.perf_counter() - started, 3)
    step = train["epochs"] * steps
    return {**goal, "step": step, "seconds": seconds}, True


def _go_on(model, config, images, steps, out, verbose, final) -> None:
    """Fit from the newest checkpoint on, or from the beginning."""
    epochs = config.settings["train"]["epochs"]
    state = load_checkpoint(out / places.CHECKPOINTS, model)
    if final is not None and state is None:
        raise ValueError(
            "A resumed run needs a checkpoint to go on from. "
            f"Received: {out / places.CHECKPOINTS}, which holds none"
        )
    done = 0 if state is None else state["step"]
    if done > epochs * steps:
        raise ValueError(
            f"A resumed run needs `train.epochs` >= {-(-done // steps)}, the "
            f"epochs it has done. Received: train.epochs={epochs}"
        )
    sums = None if state is None else state.get("metrics")
    fit_run(model, config, images, steps, out, verbose, done, sums)


def has_prior(model) -> bool:
    """Return whether `model` has a prior over its codes to fit."""
    return getattr(model, "prior", None) is not None


def _fit_prior(model, config, images, verbose) -> None:
    # The same draws whether or not the run was resumed just before.
    keras.utils.set_random_seed(config.seed)
    model.fit_prior(
        to_unit(images.x_train),
        epochs=config.settings["train"]["prior_epochs"],
        batch_size=config.settings["train"]["batch_size"],
        verbose=verbose,
    )


def _save(model, final, out) -> None:
    save_checkpoint(out / places.FINAL, model, final, keep=1)
    path = out / "model.keras"
    temporary = path.with_name(f".tmp-{path.name}")
    model.save(temporary)
    os.replace(temporary, path)


def _leave_pictures(model, images, config, out) -> None:
    history = read_lines(out / places.METRICS)
    kind = kind_of(config.recipe)
    missing = kind.draw(model, images, history, config.seed, out)
    for name, reason in missing.items():
        _log.info("No %s: %s", name, reason)
    kind.projector(model, images, out / places.TENSORBOARD)
