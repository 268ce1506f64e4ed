"""The fit of a run, from any step on, with its logs and checkpoints."""

import contextlib

from keras_ae.training import (
    BestCheckpoint,
    CheckpointCallback,
    CollapseMonitor,
    MetricsLog,
    StopCheckpoint,
    TrainingStopped,
    is_chief,
    load_checkpoint,
)
from keras_ae.training.metrics_log import read_lines
from keras_ae.training.strategies import has_other_workers
from zoo.kinds import kind_of
from zoo.running import folder as places
from zoo.running.relaxation_log import RelaxationLog

MONITORED = 512  # Held-out examples of the collapse monitor


def fit_run(
    model, config, images, steps, out, verbose, done, metrics
) -> None:
    """Fit from a step on: the rest of its epoch, then whole epochs.

    With `train.patience` the model ends with the weights of its best epoch.

    Args:
        model: Compiled `keras.Model`.
        config: `RunConfig`.
        images: The data of its kind.
        steps: Int, training steps of an epoch.
        out: Path of the run folder.
        verbose: As in `keras.Model.fit`.
        done: Int, steps done before.
        metrics: List of what the metrics of an unfinished epoch had summed up
            (`StopCheckpoint`), or `None`.

    Raises:
        TrainingStopped: After SIGTERM, once a checkpoint is saved.
    """
    epochs = config.settings["train"]["epochs"]
    epoch, within = divmod(done, steps)
    spans = [(epoch, epoch + 1, within)] if within else []
    spans.append((epoch + bool(within), epochs, 0))
    best = _best(config, steps, out, epoch)
    for first, last, skipped in spans:
        if first < last and not (best and best.exhausted):
            stop = StopCheckpoint(
                out / places.CHECKPOINTS,
                steps,
                skipped,
                metrics if skipped else None,
            )
            callbacks = _callbacks(config, images, steps, out, first, best)
            span = dict(first=first, last=last, skipped=skipped)
            span.update(callbacks=callbacks, stop=stop)
            _fit_span(model, config, images, steps, verbose, **span)
    if best and is_chief():
        load_checkpoint(out / places.BEST, model)


def _best(config, steps, out, done):
    """Return the callback of `train.patience`, if that is set."""
    patience = config.settings["train"]["patience"]
    if patience is None:
        return None
    lines = read_lines(out / places.METRICS)
    past = [line.get("val_loss") for line in lines[:done]]
    folder = out / places.BEST if is_chief() else None
    return BestCheckpoint(folder, steps, patience, past)


def _fit_span(
    model, config, images, steps, verbose, first, last, skipped, callbacks, stop
) -> None:
    kind = kind_of(config.recipe)
    # One of several workers cannot stop in the middle of an epoch by itself:
    # reading its metrics waits for the others. There SIGTERM ends the
    # process, and the checkpoint of the last epoch holds.
    listening = contextlib.nullcontext()
    if not has_other_workers():
        callbacks.append(stop)
        listening = stop.listening()
    with listening:
        model.fit(
            kind.batches(images, config, first * steps + skipped),
            validation_data=kind.held_out(images, config),
            initial_epoch=first,
            epochs=last,
            steps_per_epoch=steps - skipped,
            callbacks=callbacks,
            shuffle=False,  # the data set is shuffled by `seed` already
            verbose=verbose,
        )
    if stop.asked:
        where = f"saved in {stop.folder}"
        raise TrainingStopped(f"stopped after epoch {last}, {where}")


def _callbacks(config, images, steps, out, first, best) -> list:
    kind = kind_of(config.recipe)
    watched = kind.examples(images, MONITORED)
    callbacks = [CollapseMonitor(watched)] if len(watched) > 1 else []
    if config.settings["train"]["bound_samples"]:
        callbacks.append(RelaxationLog(watched))
    callbacks += [best] if best else []
    if is_chief():
        callbacks += [
            MetricsLog(out / places.METRICS, initial_epoch=first),
            kind.epoch_log(
                out / places.TENSORBOARD, watched, config.to_json()
            ),
            CheckpointCallback(
                out / places.CHECKPOINTS, steps_per_epoch=steps
            ),
        ]
    return callbacks
