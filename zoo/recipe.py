"""A recipe: one technique on one data set, declared as data."""

import dataclasses
import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from types import ModuleType

from zoo.kinds import KINDS

SECTIONS = ("model", "optimizer", "train", "data")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Declare how to build and train one technique.

    Args:
        build: Function `build(image_shape, *, name=default, ...)`, for text
            `build(vectorizer, *, ...)`, for audio `build(sample_rate, *, ...)`,
            that returns an `EmbeddingModel`.
            Its keyword-only arguments are the settings `model.*`; their
            sentences come from its docstring.
        data: Name of the default data set. Defaults to `"digits"`.
        model: Dict of settings that replace `build`'s defaults.
        optimizer: Dict of `optimizer.*` settings.
        train: Dict of `train.*` settings.
        data_settings: Dict of `data.*` settings.
        per_data: Dict from a data set's name (`"folder"` for any
            `folder:PATH`) to a dict of sections, `{"train": {"epochs": 10}}`,
            whose values replace those above on that data set.
        expected: Dict of what was measured, for the reader.
        summary: One sentence for `keras-ae list`. Defaults to the first line
            of the recipe's module.
        kind: Name of a module of `zoo.kinds`: of what the data is. Defaults
            to `"images"`.
    """

    build: Callable
    data: str = "digits"
    model: Mapping = dataclasses.field(default_factory=dict)
    optimizer: Mapping = dataclasses.field(default_factory=dict)
    train: Mapping = dataclasses.field(default_factory=dict)
    data_settings: Mapping = dataclasses.field(default_factory=dict)
    per_data: Mapping = dataclasses.field(default_factory=dict)
    expected: Mapping = dataclasses.field(default_factory=dict)
    summary: str = ""
    kind: str = "images"

    def __post_init__(self):
        if not callable(self.build):
            raise TypeError(
                "`Recipe` needs `build` to be a function. "
                f"Received: build={self.build!r}"
            )
        if self.kind not in KINDS:
            raise ValueError(
                f"`Recipe` needs `kind` among {', '.join(KINDS)}. "
                f"Received: kind={self.kind!r}"
            )
        for data, sections in self.per_data.items():
            unknown = sorted(set(sections) - set(SECTIONS))
            if unknown:
                raise ValueError(
                    f"`Recipe` needs `per_data[{data!r}]` to hold sections "
                    f"among {', '.join(SECTIONS)}. Received: {unknown}"
                )

    def overrides(self, data: str) -> dict:
        """Return `{section: {key: value}}` that the recipe sets on `data`."""
        merged = {
            "model": dict(self.model),
            "optimizer": dict(self.optimizer),
            "train": dict(self.train),
            "data": dict(self.data_settings),
        }
        special = self.per_data.get(data_family(data), {})
        for section, values in special.items():
            merged[section].update(values)
        return merged


def data_family(data: str) -> str:
    """Return the name under which a data set's defaults are declared."""
    return data.split(":", 1)[0]


def nearest(name: str, choices) -> str:
    """Return ` Did you mean ...?` for the choice closest to `name`, or ``."""
    match = difflib.get_close_matches(name, list(choices), n=1, cutoff=0.4)
    return f" Did you mean `{match[0]}`?" if match else ""


def recipe_names() -> list[str]:
    """Return the names of all recipes: modules of `zoo` with a `RECIPE`."""
    zoo = importlib.import_module("zoo")
    names = []
    for info in pkgutil.iter_modules(zoo.__path__):
        if info.ispkg or info.name.startswith("_") or info.name in _PLUMBING:
            continue
        if hasattr(importlib.import_module(f"zoo.{info.name}"), "RECIPE"):
            names.append(info.name)
    return sorted(names)


def find(name: str) -> Recipe:
    """Return the recipe of the module `zoo.<name>`."""
    module = _recipe_module(name)
    recipe = getattr(module, "RECIPE", None)
    if not isinstance(recipe, Recipe):
        choices = recipe_names()
        raise ValueError(
            f"No recipe `{name}`.{nearest(name, choices)} "
            f"Recipes: {', '.join(choices)}"
        )
    if not recipe.summary:
        first = (inspect.getdoc(module) or name).splitlines()[0]
        recipe = dataclasses.replace(recipe, summary=first)
    return recipe


_PLUMBING = ("recipe", "sections", "setting", "settings")


def module_name_of(name: str) -> str:
    """Return `vq_vae` for `vq_vae`, `vq-vae` and `zoo.vq_vae`."""
    return name.removeprefix("zoo.").replace("-", "_")


def _recipe_module(name: str) -> ModuleType | None:
    module_name = module_name_of(name)
    if not module_name.isidentifier() or module_name in _PLUMBING:
        return None
    full_name = f"zoo.{module_name}"
    try:
        return importlib.import_module(full_name)
    except ModuleNotFoundError as error:
        if error.name != full_name:
            raise
        return None
