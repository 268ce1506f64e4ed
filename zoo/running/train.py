"""Train a recipe into a run folder, so that a killed run can go on."""

import dataclasses
import logging
import os
import pathlib
import time

import keras

from keras_ae.training import (
    CheckpointCallback,
    CollapseMonitor,
    MetricsLog,
    StopCheckpoint,
    TrainingStopped,
    load_checkpoint,
    save_checkpoint,
)
from keras_ae.training.metrics_log import read_lines
from zoo.running import folder as places
from zoo.running.build import (
    build_model,
    dtype_policy,
    epoch_steps,
    load_data,
    to_unit,
)
from zoo.running.config import resolve_config, write_config
from zoo.running.evaluate import evaluate_model
from zoo.running.pictures import draw_pictures
from zoo.running.record import make_record, write_record
from zoo.running.tensorboard_log import TensorBoardLog, write_projector

MONITORED = 512  # Held-out images of the collapse monitor

_log = logging.getLogger("keras_ae")


@dataclasses.dataclass(frozen=True)
class Run:
    """A finished run: its folder, its record and its model."""

    folder: pathlib.Path
    record: dict
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
    """
    if resume and overwrite:
        raise ValueError("`train_run` needs one of `resume` and `overwrite`.")
    config = resolve_config(recipe, data, seed, settings)
    out = places.default_folder(config) if out is None else pathlib.Path(out)
    saved = places.saved_config(out) if resume else None
    if saved is not None:
        config = resolve_config(recipe, data, seed, settings, saved)
    images = load_data(config)
    batches = epoch_steps(config, len(images.x_train))
    model = build_model(config, images)
    out = places.prepare_folder(out, resume, overwrite)
    write_config(out, config)
    with dtype_policy(config):
        seconds = _train(model, config, images, batches, out, verbose)
        _leave_pictures(model, images, config, out)
        result = None
        if evaluate:
            result = evaluate_model(model, config, images, out)
    record = make_record(config, images, model, result, seconds, out)
    write_record(out, record)
    return Run(out, record, model)


def _train(model, config, images, steps, out, verbose) -> dict:
    """Fit, or go on fitting; return the seconds of each part."""
    train = config.settings["train"]
    goal = {"epoch": train["epochs"], "prior_epochs": train["prior_epochs"]}
    final = load_checkpoint(out / places.FINAL, model)
    if final is not None and goal.items() <= final.items():
        return final["seconds"]
    (out / places.RECORD).unlink(missing_ok=True)
    state = load_checkpoint(out / places.CHECKPOINTS, model)
    if final is not None and state is None:
        raise ValueError(
            "A resumed run needs a checkpoint to go on from. "
            f"Received: {out / places.CHECKPOINTS}, which holds none"
        )
    done = 0 if state is None else state["step"]
    if done > train["epochs"] * steps:
        raise ValueError(
            f"A resumed run needs `train.epochs` >= {-(-done // steps)}, the "
            f"epochs it has done. Received: train.epochs={train['epochs']}"
        )
    sums = None if state is None else state.get("metrics")
    _fit(model, config, images, steps, out, verbose, done=done, metrics=sums)
    lines = read_lines(out / places.METRICS)
    seconds = {"train": round(sum(line["seconds"] for line in lines), 3)}
    started = time.perf_counter()
    if has_prior(model) and train["prior_epochs"]:
        _fit_prior(model, config, images, verbose)
        seconds["prior"] = round(time.perf_counter() - started, 3)
    step = train["epochs"] * steps
    final = {**goal, "step": step, "seconds": seconds}
    save_checkpoint(out / places.FINAL, model, final, keep=1)
    _save_model(model, out / "model.keras")
    return seconds


def _fit(
    model, config, images, steps, out, verbose, done, metrics
) -> None:
    """Fit from a step on: the rest of its epoch, then whole epochs."""
    epochs = config.settings["train"]["epochs"]
    epoch, within = divmod(done, steps)
    spans = [(epoch, epoch + 1, within)] if within else []
    spans.append((epoch + bool(within), epochs, 0))
    for first, last, skipped in spans:
        if first < last:
            span = dict(first=first, last=last, skipped=skipped)
            span["metrics"] = metrics if skipped else None
            _fit_span(model, config, images, steps, out, verbose, **span)


def _fit_span(
    model, config, images, steps, out, verbose, first, last, skipped, metrics
) -> None:
    from zoo import data

    batch_size = config.settings["train"]["batch_size"]
    watched = to_unit(images.x_valid[:MONITORED])
    stop = StopCheckpoint(out / places.CHECKPOINTS, steps, skipped, metrics)
    callbacks = [
        MetricsLog(out / places.METRICS, initial_epoch=first),
        TensorBoardLog(out / places.TENSORBOARD, watched, config.to_json()),
        CheckpointCallback(out / places.CHECKPOINTS, steps_per_epoch=steps),
        stop,
    ]
    if len(watched) > 1:
        callbacks.insert(0, CollapseMonitor(watched))
    with stop.listening():
        model.fit(
            data.train_dataset(
                images.x_train,
                images.y_train,
                batch_size=batch_size,
                seed=config.seed,
                start_step=first * steps + skipped,
            ),
            validation_data=data.eval_dataset(
                images.x_valid, images.y_valid, batch_size=batch_size
            ),
            initial_epoch=first,
            epochs=last,
            steps_per_epoch=steps - skipped,
            callbacks=callbacks,
            shuffle=False,  # the data set is shuffled by `seed` already
            verbose=verbose,
        )
    if stop.asked:
        raise TrainingStopped(f"stopped after epoch {last}, saved in {out}")


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


def _save_model(model, path: pathlib.Path) -> None:
    temporary = path.with_name(f".tmp-{path.name}")
    model.save(temporary)
    os.replace(temporary, path)


def _leave_pictures(model, images, config, out) -> None:
    history = read_lines(out / places.METRICS)
    missing = draw_pictures(model, images, history, config.seed, out)
    for name, reason in missing.items():
        _log.info("No %s: %s", name, reason)
    write_projector(model, images, out / places.TENSORBOARD)
