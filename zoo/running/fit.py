"""The fit of a run, from any step on, with its logs and checkpoints."""

import contextlib

import tensorflow as tf

from keras_ae.training import (
    CheckpointCallback,
    CollapseMonitor,
    MetricsLog,
    StopCheckpoint,
    TrainingStopped,
    is_chief,
)
from zoo.running import folder as places
from zoo.running.build import to_unit
from zoo.running.tensorboard_log import TensorBoardLog

MONITORED = 512  # Held-out images of the collapse monitor


def fit_run(
    model, config, images, steps, out, verbose, done, metrics
) -> None:
    """Fit from a step on: the rest of its epoch, then whole epochs.

    Args:
        model: Compiled `keras.Model`.
        config: `RunConfig`.
        images: `zoo.data.ImageData`.
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
    for first, last, skipped in spans:
        if first < last:
            stop = StopCheckpoint(
                out / places.CHECKPOINTS,
                steps,
                skipped,
                metrics if skipped else None,
            )
            span = dict(first=first, last=last, skipped=skipped)
            _fit_span(model, config, images, steps, out, verbose, stop, **span)


def _fit_span(
    model, config, images, steps, out, verbose, stop, first, last, skipped
) -> None:
    from zoo import data

    batch_size = config.settings["train"]["batch_size"]
    callbacks = _callbacks(config, images, steps, out, first)
    if _alone():
        callbacks.append(stop)
    with stop.listening() if _alone() else contextlib.nullcontext():
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


def _callbacks(config, images, steps, out, first) -> list:
    watched = to_unit(images.x_valid[:MONITORED])
    callbacks = [CollapseMonitor(watched)] if len(watched) > 1 else []
    if is_chief():
        callbacks += [
            MetricsLog(out / places.METRICS, initial_epoch=first),
            TensorBoardLog(
                out / places.TENSORBOARD, watched, config.to_json()
            ),
            CheckpointCallback(
                out / places.CHECKPOINTS, steps_per_epoch=steps
            ),
        ]
    return callbacks


def _alone() -> bool:
    """Return whether no other process takes part.

    One worker cannot stop in the middle of an epoch by itself: reading its
    metrics waits for the others. There SIGTERM ends the process, and the
    checkpoint of the last epoch holds.
    """
    strategy = tf.distribute.get_strategy()
    return not isinstance(
        strategy, tf.distribute.MultiWorkerMirroredStrategy
    )
