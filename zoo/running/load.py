"""The model of a run folder, rebuilt from its configuration and weights.

Nothing in the folder is run: `config.json` names a recipe of this package,
and the weights are plain arrays, checked against their SHA-256.
"""

import dataclasses
import pathlib

import keras

from keras_ae.training import load_checkpoint
from zoo.recipe import find
from zoo.running import folder as places
from zoo.running.agents import agents_in_charge
from zoo.running.build import build_model, dtype_policy, load_data
from zoo.running.config import RunConfig, read_config
from zoo.settings import recipe_settings, resolve


@dataclasses.dataclass(frozen=True)
class LoadedRun:
    """A run as it lies on disk.

    Args:
        config: Its `RunConfig`.
        images: Its data.
        model: Its model, with the final weights, or, where training did not
            finish, with those of the newest valid checkpoint.
        state: Dict, the state of that checkpoint.
    """

    config: RunConfig
    images: object
    model: keras.Model
    state: dict


def _checked(config: RunConfig) -> RunConfig:
    """Return the configuration with every value in its setting's type."""
    known = recipe_settings(find(config.recipe), config.data)
    values = {
        name: config.settings[setting.section].get(setting.key, setting.default)
        for name, setting in known.items()
    }
    return dataclasses.replace(config, settings=resolve(known, values))


def load_run(folder) -> LoadedRun:
    """Load the run in a folder.

    Args:
        folder: Path of the run folder.
    """
    folder = pathlib.Path(folder)
    config = _checked(read_config(folder))
    images = load_data(config)
    model = build_model(config, images)
    with dtype_policy(config):
        state = load_checkpoint(folder / places.FINAL, model)
        if state is None:
            with agents_in_charge(model, config):
                state = load_checkpoint(folder / places.CHECKPOINTS, model)
    if state is None:
        raise FileNotFoundError(
            f"No weights in {folder}: training left no checkpoint there. "
            f"`keras-ae train {config.recipe} --out {folder} --resume` "
            "goes on with it."
        )
    return LoadedRun(config, images, model, state)
