"""Evaluate a model, and the run folder that it came from."""

import pathlib
import time

from keras_ae.training import load_checkpoint
from zoo.running import folder as places
from zoo.running.build import build_model, dtype_policy, load_data
from zoo.running.config import RunConfig, read_config
from zoo.running.record import (
    make_record,
    read_record,
    replace_numbers,
    write_record,
)

_FLOOR_CACHE = ".floors"


def evaluate_model(model, config: RunConfig, images, out) -> dict:
    """Return the protocol's numbers for a trained model.

    Args:
        model: The trained model.
        config: Its `RunConfig`.
        images: `zoo.data.ImageData`.
        out: Path of the run folder. Floors that depend on the data alone are
            kept beside it, for the next run.
    """
    from zoo.evaluation import evaluate_images

    with dtype_policy(config):
        return evaluate_images(
            model,
            images,
            seed=config.seed,
            untrained_model=build_model(config, images),
            cache_dir=pathlib.Path(out).resolve().parent / _FLOOR_CACHE,
        )


def load_run(folder) -> tuple:
    """Load the run in a folder: its final weights, or the newest valid ones.

    Args:
        folder: Path of the run folder.

    Returns:
        `RunConfig`, `ImageData`, the model, the checkpoint's state.
    """
    folder = pathlib.Path(folder)
    config = read_config(folder)
    images = load_data(config)
    model = build_model(config, images)
    with dtype_policy(config):
        state = load_checkpoint(folder / places.FINAL, model)
        if state is None:
            state = load_checkpoint(folder / places.CHECKPOINTS, model)
    if state is None:
        raise FileNotFoundError(
            f"No weights in {folder}: training left no checkpoint there. "
            f"`keras-ae train {config.recipe} --out {folder} --resume` "
            "goes on with it."
        )
    return config, images, model, state


def evaluate_run(folder) -> dict:
    """Evaluate the run in a folder again and rewrite its record's numbers.

    The model is rebuilt from `config.json` and the final weights, or, where
    training did not finish, from the newest valid checkpoint.

    Args:
        folder: Path of the run folder.

    Returns:
        The record.
    """
    folder = pathlib.Path(folder)
    started = time.perf_counter()
    config, images, model, state = load_run(folder)
    with dtype_policy(config):
        result = evaluate_model(model, config, images, folder)
    seconds = {**state.get("seconds", {})}
    seconds["evaluate"] = round(time.perf_counter() - started, 3)
    if (folder / places.RECORD).exists():
        record = replace_numbers(read_record(folder), result)
    else:
        record = make_record(config, images, model, result, seconds, folder)
    write_record(folder, record)
    return record
