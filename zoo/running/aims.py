"""Aims that were set before training, and whether the records meet them."""

import dataclasses
import json
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from zoo.running.numbers import MEANINGS
from zoo.running.tables import number_text, spread_text

FILE = "aims.json"

_RULES = {
    "at_least": ("≥", lambda value, aim: value >= aim),
    "at_most": ("≤", lambda value, aim: value <= aim),
    "above": (">", lambda value, aim: value > aim),
    "below": ("<", lambda value, aim: value < aim),
}


@dataclasses.dataclass(frozen=True)
class Aim:
    """What a number was to reach.

    Args:
        data: Str, name of the data.
        recipe: Str, the recipe as a report names it: with the settings that
            were changed, if any.
        number: Str, a number of the record.
        rule: Str, `at_least`, `at_most`, `above` or `below`.
        value: Float, what the number is compared with.
        less: Str or `None`: a floor of the number, or another recipe as the
            report names it, whose number is subtracted first.
        over: Str or `None`: the same, and divided by. Not both.
        tried: Str, what was done where the aim was missed.
    """

    data: str
    recipe: str
    number: str
    rule: str
    value: float
    less: str | None = None
    over: str | None = None
    tried: str = ""

    @property
    def text(self) -> str:
        """What is asked, in short."""
        words = f"`{self.number}`"
        if self.less:
            words += f" less `{self.less}`"
        if self.over:
            words += f" over `{self.over}`"
        return f"{words} {_RULES[self.rule][0]} {number_text(self.value)}"


def find_aims(places: Iterable) -> list:
    """Return the `Aim`s in `aims.json` of those folders that have one.

    Args:
        places: Paths, as given to `keras-ae report`.

    Raises:
        ValueError: If a file is no list of aims; it names the entry.
    """
    found = []
    for path in (pathlib.Path(place) / FILE for place in places):
        if path.is_file():
            try:
                entries = json.loads(path.read_text("utf-8"))
            except ValueError as error:
                raise ValueError(f"{path} is no JSON: {error}") from None
            if not isinstance(entries, list):
                raise ValueError(
                    f"{path} must be a list of aims. "
                    f"Received: {type(entries).__name__}"
                )
            found += [_read(entry, path) for entry in entries]
    return found


def _read(entry, path) -> Aim:
    def bad(rule):
        return ValueError(f"An aim in {path} {rule}. Received: {entry}")

    if not isinstance(entry, Mapping):
        raise bad("must be a mapping")
    entry = dict(entry)
    rules = [rule for rule in _RULES if rule in entry]
    if len(rules) != 1:
        raise bad(f"needs one of {', '.join(_RULES)}")
    value = entry.pop(rules[0])
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise bad(f"needs a number for {rules[0]}")
    needed = {"data", "recipe", "number"}
    if not needed <= set(entry) <= needed | {"less", "over", "tried"}:
        raise bad("needs data, recipe, number; may have less or over; tried")
    if entry["number"] not in MEANINGS:
        raise bad("needs a number that records have")
    if entry.get("less") and entry.get("over"):
        raise bad("may have less or over, not both")
    return Aim(**entry, rule=rules[0], value=float(value))


def aims_table(aims: Sequence[Aim], groups: Sequence) -> tuple[list, list]:
    """Return rows `(recipe, aim, measured, met)` and what was tried.

    Args:
        aims: Those of one set of data.
        groups: `Group`s of the same data.
    """
    rows, tried = [], []
    for aim in aims:
        found = _measured(aim, groups)
        rows.append((aim.recipe, aim.text, *_verdict(aim, found)))
        if found and not _met(aim, found) and aim.tried:
            tried.append(f"- {aim.recipe}, {aim.text}: {aim.tried}")
    return rows, tried


def _verdict(aim: Aim, found: Sequence) -> tuple[str, str]:
    if not found:
        return "–", "not measured"
    if _met(aim, found):
        return spread_text(found), "met"
    short = abs(fmean(found) - aim.value)
    return spread_text(found), f"missed by {number_text(short)}"


def _met(aim: Aim, found: Sequence) -> bool:
    return _RULES[aim.rule][1](fmean(found), aim.value)


def _measured(aim: Aim, groups: Sequence) -> list:
    records = _records(aim.recipe, groups)
    beside = aim.less or aim.over
    found = []
    for record in records:
        value = record["numbers"].get(aim.number)
        if value is None:
            continue
        if beside:
            other = _beside(beside, aim.number, record, groups)
            if other is None:
                continue
            value = value - other if aim.less else value / other
        found.append(value)
    return found


def _records(label: str, groups: Sequence) -> list:
    found = [group.records for group in groups if group.label == label]
    return found[0] if found else []


def _beside(name: str, number: str, record: Mapping, groups: Sequence):
    floors = record["floors"].get(number, {})
    if name in floors:
        return floors[name]
    # Another recipe: the run of the same seed, so that differences are paired.
    for other in _records(name, groups):
        if other["seed"] == record["seed"]:
            return other["numbers"].get(number)
    return None
