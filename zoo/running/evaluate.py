"""Evaluate a model, and the run folder that it came from."""

import pathlib
import time

from zoo.data.image_data import to_unit
from zoo.kinds import kind_of
from zoo.running import folder as places
from zoo.running.build import build_model, dtype_policy
from zoo.running.config import RunConfig
from zoo.running.load import load_run
from zoo.running.record import (
    make_record,
    read_record,
    replace_numbers,
    write_record,
)

GAP_IMAGES = 2_000  # Of the gap between relaxed and hard loss

_FLOOR_CACHE = ".floors"


def evaluate_model(
    model, config: RunConfig, images, out, inputs=None
) -> dict:
    """Return the protocol's numbers for a trained model.

    Args:
        model: The trained model.
        config: Its `RunConfig`.
        images: The data of its kind.
        out: Path of the run folder. Floors that depend on the data alone are
            kept beside it, for the next run.
        inputs: Dict, what the model knows of the data (`model_inputs`), or
            `None` for what these data say. Defaults to `None`.
    """
    inputs = images if inputs is None else inputs
    with dtype_policy(config):
        result = kind_of(config.recipe).evaluate(
            model,
            images,
            seed=config.seed,
            untrained_model=build_model(config, inputs),
            cache_dir=pathlib.Path(out).resolve().parent / _FLOOR_CACHE,
        )
        samples = config.settings["train"]["bound_samples"]
        if samples:
            result["bounds"] = measure_bounds(
                model, images.x_test, samples, config.seed
            )
    return result


def measure_bounds(model, images, samples: int, seed: int) -> dict:
    """Return the bounds of drawn hard codes, and the gap to relaxed ones.

    Args:
        model: The trained model, of stochastic codes.
        images: uint8, the test images.
        samples: Int >= 1, codes drawn for each.
        seed: Int, of the draws.
    """
    from zoo.evaluation.bounds import bounds, relaxation_gap

    found = bounds(model, images, samples, seed)
    return {**found, **relaxation_gap(model, to_unit(images[:GAP_IMAGES]))}


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
    run = load_run(folder)
    config, images, model = run.config, run.images, run.model
    result = evaluate_model(model, config, images, folder, run.inputs)
    seconds = {**run.state.get("seconds", {})}
    seconds["evaluate"] = round(time.perf_counter() - started, 3)
    if (folder / places.RECORD).exists():
        record = replace_numbers(read_record(folder), result)
    else:
        record = make_record(config, images, model, result, seconds, folder)
    write_record(folder, record)
    return record
