"""The model of a run folder, rebuilt from its configuration and weights.

Nothing in the folder is run: `config.json` names a recipe of this package,
and the weights are plain arrays, checked against their SHA-256.
"""

import dataclasses
import functools
import logging
import pathlib

import keras

from keras_ae.training import load_checkpoint
from zoo.kinds import kind_of
from zoo.recipe import find
from zoo.running import folder as places
from zoo.running.agents import agents_in_charge
from zoo.running.build import (
    build_model,
    dtype_policy,
    load_data,
    model_inputs,
)
from zoo.running.config import RunConfig, read_config
from zoo.running.inputs import read_inputs
from zoo.settings import recipe_settings, resolve

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class LoadedRun:
    """A run as it lies on disk.

    Args:
        config: Its `RunConfig`.
        inputs: Dict, what its model knows of the data.
        model: Its model, with the final weights, or, where training did not
            finish, with those of the newest valid checkpoint.
        state: Dict, the state of that checkpoint.
    """

    config: RunConfig
    inputs: dict
    model: keras.Model
    state: dict

    @functools.cached_property
    def images(self):
        """The data of the run, loaded when first asked for."""
        return load_data(self.config)

    def examples(self, count: int):
        """Return validation objects as the model takes them.

        Where the data are gone, objects made up from `inputs`.
        """
        kind = kind_of(self.config.recipe)
        try:
            return kind.examples(self.images, count)
        except (OSError, ValueError) as error:
            _log.warning("No examples of the data, made-up ones: %s", error)
            return kind.samples(self.inputs, count)


def _checked(config: RunConfig) -> RunConfig:
    """Return the configuration with every value in its setting's type."""
    known = recipe_settings(find(config.recipe), config.data)
    values = {
        name: config.settings[setting.section].get(setting.key, setting.default)
        for name, setting in known.items()
    }
    return dataclasses.replace(config, settings=resolve(known, values))


def load_run(folder) -> LoadedRun:
    """Load the run in a folder; its data are not needed.

    Args:
        folder: Path of the run folder.
    """
    folder = pathlib.Path(folder)
    config = _checked(read_config(folder))
    inputs = read_inputs(folder)
    if inputs is None:  # a run from before they were kept
        inputs = model_inputs(config, load_data(config))
    model = build_model(config, inputs)
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
    return LoadedRun(config, inputs, model, state)
