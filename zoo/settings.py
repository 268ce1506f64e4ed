"""The settings of a run: names, defaults, sentences, parsing, checks."""

import dataclasses
import inspect
import json
import re
import typing
from collections.abc import Callable, Mapping

from zoo.recipe import SECTIONS, Recipe, nearest
from zoo.sections import (
    AudioSettings,
    DataSettings,
    OptimizerSettings,
    TextSettings,
    TrainSettings,
)
from zoo.setting import Setting, setting_kinds


def recipe_settings(recipe: Recipe, data: str | None = None) -> dict:
    """Return `{name: Setting}` of a recipe with its defaults on `data`."""
    found = {}
    for setting in _model_settings(recipe.build):
        found[setting.name] = setting
    classes = {**_SECTION_CLASSES, "data": _DATA_CLASSES[recipe.kind]}
    for section, cls in classes.items():
        for setting in _dataclass_settings(section, cls):
            found[setting.name] = setting
    overrides = recipe.overrides(recipe.data if data is None else data)
    for section in SECTIONS:
        for key, value in overrides[section].items():
            setting = _lookup(found, f"{section}.{key}")
            found[setting.name] = dataclasses.replace(
                setting, default=setting.check(value)
            )
    return found


def parse_assignments(assignments) -> dict:
    """Return `{name: text}` of strings `section.key=value`."""
    parsed = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not name.strip():
            raise ValueError(
                "`--set` needs the form section.key=value. "
                f"Received: --set {assignment}"
            )
        parsed[name.strip()] = text.strip()
    return parsed


def resolve(settings: Mapping, values: Mapping) -> dict:
    """Return `{section: {key: value}}`: defaults with `values` on top.

    Args:
        settings: Dict from name to `Setting`.
        values: Dict from name to a value; a string is parsed by the type of
            the setting's default.
    """
    resolved = {section: {} for section in SECTIONS}
    for setting in settings.values():
        resolved[setting.section][setting.key] = setting.default
    for name, value in values.items():
        setting = _lookup(settings, name)
        if isinstance(value, str):
            value = setting.parse(value)
        resolved[setting.section][setting.key] = setting.check(value)
    _check_ranges(resolved)
    return resolved


def changed_settings(settings: Mapping, resolved: Mapping) -> dict:
    """Return `{name: value}` of those that differ from the defaults."""
    return {
        name: resolved[setting.section][setting.key]
        for name, setting in settings.items()
        if resolved[setting.section][setting.key] != setting.default
    }


def format_value(value) -> str:
    """Return `value` as `--set` would read it back."""
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)


def argument_sentences(function: Callable) -> dict:
    """Return `{argument: text}` of the `Args` in a function's docstring."""
    doc = inspect.getdoc(function) or ""
    block = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)*)", doc, flags=re.M)
    sentences, current = {}, None
    for line in (block.group(1) if block else "").splitlines():
        match = re.match(r"^ {4}(\w+)(?: \([^)]*\))?: (.*)$", line)
        if match:
            current = match.group(1)
            sentences[current] = match.group(2).strip()
        elif current and line.strip():
            sentences[current] += " " + line.strip()
    return sentences


def _lookup(settings: Mapping, name: str) -> Setting:
    if name in settings:
        return settings[name]
    raise ValueError(
        f"No setting `{name}` in this recipe.{nearest(name, settings)} "
        f"Settings: {', '.join(settings)}"
    )


def _model_settings(build: Callable):
    sentences = argument_sentences(build)
    hints = typing.get_type_hints(build)
    for name, parameter in inspect.signature(build).parameters.items():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        if parameter.default is inspect.Parameter.empty:
            raise TypeError(
                f"`Recipe` needs a default for every setting of `build`. "
                f"Received none for: {name}"
            )
        default = parameter.default
        default = list(default) if isinstance(default, tuple) else default
        yield Setting(
            name=f"model.{name}",
            default=default,
            kinds=setting_kinds(hints.get(name), default),
            help=sentences.get(name, ""),
        )


def _dataclass_settings(section: str, cls: type):
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        yield Setting(
            name=f"{section}.{field.name}",
            default=field.default,
            kinds=setting_kinds(hints[field.name], field.default),
            help=field.metadata["help"],
        )


def _check_ranges(resolved: Mapping) -> None:
    minima = {
        ("train", "batch_size"): 1,
        ("train", "epochs"): 0,
        ("train", "steps_per_execution"): 1,
        ("train", "prior_epochs"): 0,
        ("train", "bound_samples"): 0,
        ("data", "image_size"): 1,
        ("data", "channels"): 1,
        ("data", "limit"): 1,
        ("data", "block"): 2,
        ("data", "vocabulary_size"): 3,
        ("data", "max_words"): 1,
        ("data", "per_speaker"): 1,
        ("data", "window"): 0.02,
    }
    for (section, key), minimum in minima.items():
        value = resolved[section].get(key)
        if value is not None and value < minimum:
            raise ValueError(
                f"`{section}.{key}` needs a value >= {minimum}. "
                f"Received: {section}.{key}={value}"
            )
    for key in ("learning_rate", "clip_norm"):
        value = resolved["optimizer"][key]
        if value is not None and value <= 0:
            raise ValueError(
                f"`optimizer.{key}` needs a value > 0. "
                f"Received: optimizer.{key}={value}"
            )


_SECTION_CLASSES = {
    "optimizer": OptimizerSettings,
    "train": TrainSettings,
}
_DATA_CLASSES = {
    "audio": AudioSettings,
    "images": DataSettings,
    "text": TextSettings,
}
