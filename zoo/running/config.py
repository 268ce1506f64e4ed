"""The resolved configuration of a run, as it is written to `config.json`."""

import dataclasses
import json
import pathlib
from collections.abc import Mapping

from keras_ae.training.files import write_text
from zoo.recipe import SECTIONS, find, module_name_of
from zoo.settings import changed_settings, recipe_settings, resolve

SCHEMA_VERSION = 1
FILE = "config.json"

# What may differ between a run and its resumption: how long it goes on.
_MAY_CHANGE = ("train.epochs", "train.prior_epochs")


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """What a run is made of.

    Args:
        recipe: Name of the recipe.
        data: Name of the data set.
        seed: Seed of everything that is drawn.
        settings: Dict `{section: {key: value}}` of all settings.
        changed: Dict `{"section.key": value}` of those that differ from the
            recipe's defaults on this data set.
    """

    recipe: str
    data: str
    seed: int
    settings: Mapping
    changed: Mapping

    def to_json(self) -> dict:
        """Return the content of `config.json`."""
        return {"schema_version": SCHEMA_VERSION, **dataclasses.asdict(self)}


def resolve_config(
    recipe: str,
    data: str | None = None,
    seed: int | None = None,
    settings: Mapping | None = None,
    saved: RunConfig | None = None,
) -> RunConfig:
    """Return the configuration that a command asks for.

    Args:
        recipe: Name of the recipe.
        data: Name of a data set, or `None` for the saved or default one.
        seed: Int >= 0, or `None` for the saved one, or 0.
        settings: Dict `{"section.key": value}` to set on top of the recipe.
        saved: The configuration of the run to resume, or `None`. Whatever is
            not given is taken from it; what is given has to agree with it.
    """
    found = find(recipe)
    recipe = module_name_of(recipe)
    _check_seed(seed)
    asked = dict(settings or {})
    if saved is not None:
        _check_same("recipe", saved.recipe, recipe)
        _check_same("data", saved.data, saved.data if data is None else data)
        _check_same("seed", saved.seed, saved.seed if seed is None else seed)
        data, seed = saved.data, saved.seed
    data = found.data if data is None else data
    seed = 0 if seed is None else seed
    known = recipe_settings(found, data)
    values = resolve(known, asked)
    if saved is not None:
        values = _merge_saved(known, asked, values, saved)
    changed = changed_settings(known, values)
    return RunConfig(recipe, data, int(seed), values, changed)


def write_config(folder, config: RunConfig) -> None:
    """Write `config.json` into a run folder."""
    text = json.dumps(config.to_json(), indent=2)
    write_text(pathlib.Path(folder) / FILE, text + "\n")


def read_config(folder) -> RunConfig:
    """Read the `config.json` of a run folder."""
    path = pathlib.Path(folder) / FILE
    if not path.is_file():
        raise FileNotFoundError(
            f"No run in {folder}: it holds no {FILE}. "
            "`keras-ae train RECIPE --out FOLDER` makes one."
        )
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        version = value.pop("schema_version")
        config = RunConfig(**value)
        _check_kinds(config)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ValueError(
            f"`read_config` needs the {FILE} of a run. "
            f"Received: {path}, which cannot be read as one"
        ) from None
    if version != SCHEMA_VERSION:
        raise ValueError(
            f"`read_config` needs schema_version={SCHEMA_VERSION}. "
            f"Received: schema_version={version} in {path}"
        )
    return config


def _check_kinds(config: RunConfig) -> None:
    """Refuse fields of another kind; the message is the caller's."""
    for name in (config.recipe, config.data):
        if not isinstance(name, str):
            raise TypeError
    _check_seed(config.seed)
    sections = [config.changed, config.settings, *config.settings.values()]
    if not all(isinstance(section, dict) for section in sections):
        raise TypeError
    if not set(SECTIONS) <= set(config.settings):
        raise KeyError


def _check_seed(seed) -> None:
    if seed is None:
        return
    if isinstance(seed, bool) or not hasattr(seed, "__index__"):
        raise TypeError(f"A run needs `seed` to be an int. Received: {seed!r}")
    if not 0 <= seed < 2**32:
        raise ValueError(
            f"A run needs `seed` in [0, 2**32). Received: seed={seed}"
        )


def _check_same(name: str, saved, asked) -> None:
    if saved != asked:
        raise ValueError(
            f"A resumed run needs the `{name}` it began with, {saved}. "
            f"Received: {name}={asked}"
        )


def _merge_saved(known, asked, values, saved) -> dict:
    merged = {}
    for name, setting in known.items():
        value = values[setting.section][setting.key]
        if name not in asked:
            value = saved.settings.get(setting.section, {}).get(
                setting.key, value
            )
        elif name not in _MAY_CHANGE:
            was = saved.settings.get(setting.section, {}).get(setting.key)
            _check_same(name, was, value)
        merged.setdefault(setting.section, {})[setting.key] = value
    return merged
