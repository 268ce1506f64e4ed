"""What a comparison will run: declared before anything is trained."""

import dataclasses
import hashlib
import itertools
import json
import pathlib
import re

from keras_ae.checks import check_choice, check_int
from keras_ae.estimators.get import get
from keras_ae.training.files import write_text
from zoo.recipe import find, module_name_of, nearest
from zoo.running.agents import agent_arguments
from zoo.settings import format_value, recipe_settings, resolve

SCHEMA_VERSION = 1
FILE = "comparison.json"
UNITS = ("steps", "decoder_evaluations", "examples", "seconds")


@dataclasses.dataclass(frozen=True)
class Cell:
    """One training: an estimator, a point of the grid, a seed, a budget."""

    estimator: str
    point: tuple
    seed: int
    budget: float

    @property
    def name(self) -> str:
        """Str, fit for a folder's name."""
        parts = [self.estimator, *(f"{k}={v}" for k, v in self.point)]
        text = "--".join(re.sub(r"[^\w.=-]+", "_", part) for part in parts)
        return f"{text}--seed{self.seed}--{self.budget:g}"


@dataclasses.dataclass(frozen=True)
class Plan:
    """A declared comparison.

    Every estimator gets the same grid. Its points are screened on the first
    seed; the one with the lowest validation loss is trained on all seeds,
    and only those models see the test images, once. Equal seeds mean equal
    initial weights, data order and binarisation.

    Args:
        recipe: Str, name of a recipe with a setting `model.estimator`.
        data: Str, name of the data set.
        estimators: Tuple of str, names with arguments, or `tf_agents`.
        seeds: Int >= 1.
        budget: Number > 0, of `unit`.
        unit: Str: `steps`, `decoder_evaluations` (of a minibatch),
            `examples` or `seconds` of training.
        grid: Tuple of `(setting, tuple of values)`.
        settings: Tuple of `(setting, value)`, for all.
        screen_budget: Number > 0, of each point of the grid.
        evaluations: Int >= 1, validations in a run.
    """

    recipe: str
    data: str
    estimators: tuple
    seeds: int
    budget: float
    unit: str
    grid: tuple
    settings: tuple
    screen_budget: float
    evaluations: int

    @property
    def protocol(self) -> str:
        """Str that two comparisons share only if their cells may be mixed.

        Estimators and seeds are not in it: a comparison may get more.
        """
        content = dataclasses.asdict(self)
        del content["estimators"], content["seeds"]
        text = json.dumps(content, sort_keys=True)
        return f"compare-v2-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    def points(self) -> list:
        """Return the points of the grid, tuples of `(setting, value)`."""
        names = [name for name, _ in self.grid]
        values = itertools.product(*(values for _, values in self.grid))
        return [tuple(zip(names, point)) for point in values]

    def screening(self) -> list:
        """Return the cells that choose each estimator's point."""
        if len(self.points()) == 1:
            return []
        return [
            Cell(estimator, point, 0, self.screen_budget)
            for estimator in self.estimators
            for point in self.points()
        ]

    def final(self, chosen: dict) -> list:
        """Return the cells that count, seed by seed.

        Args:
            chosen: Dict from estimator to its point.
        """
        return [
            Cell(estimator, chosen[estimator], seed, self.budget)
            for seed in range(self.seeds)
            for estimator in self.estimators
            if estimator in chosen
        ]


def make_plan(
    recipe,
    estimators,
    data=None,
    seeds=5,
    budget=1000,
    unit="steps",
    grid=None,
    settings=None,
    screen_budget=None,
    evaluations=20,
) -> Plan:
    """Return a checked `Plan`.

    Args:
        recipe: Str.
        estimators: List of str.
        data: Str or `None`, for the recipe's default.
        seeds: Int >= 1.
        budget: Number > 0.
        unit: Str, one of `UNITS`.
        grid: Dict from setting (`section.key`, or `key` where no other
            section has it) to a list of values.
        settings: Dict from setting to value, for all.
        screen_budget: Number > 0 or `None`, for `budget`.
        evaluations: Int >= 1.
    """
    owner, found = "compare", find(recipe)
    check_int(owner, "seeds", seeds)
    check_int(owner, "evaluations", evaluations)
    check_choice(owner, "budget-unit", unit, UNITS)
    screen_budget = budget if screen_budget is None else screen_budget
    for name, value in (("budget", budget), ("screen-budget", screen_budget)):
        if not value > 0:
            raise ValueError(
                f"`compare` needs `{name}` > 0. Received: {name}={value:g}"
            )
    data = found.data if data is None else data
    known = recipe_settings(found, data)
    if "model.estimator" not in known:
        raise ValueError(
            "`compare` needs a recipe with a stochastic code, whose setting "
            f"`model.estimator` it changes. Received: recipe={recipe}"
        )
    grid = {_full(known, k): list(v) for k, v in (grid or {}).items()}
    settings = {_full(known, k): v for k, v in (settings or {}).items()}
    for name, values in grid.items():
        if not values or name == "model.estimator" or name in settings:
            raise ValueError(
                f"`compare` needs `grid` to hold settings other than the "
                f"estimator, each with values, none of them set for all. "
                f"Received: {name}={values}"
            )
        grid[name] = [_parsed(known, name, value) for value in values]
    settings = {k: _parsed(known, k, v) for k, v in settings.items()}
    resolved = resolve(known, settings)
    if unit == "seconds" and resolved["optimizer"]["schedule"] != "constant":
        raise ValueError(
            "`compare` needs `optimizer.schedule=constant` for a budget in "
            "seconds: a schedule runs over a known number of steps. "
            f"Received: {resolved['optimizer']['schedule']}"
        )
    if len(set(estimators)) < len(estimators) or not estimators:
        raise ValueError(
            "`compare` needs at least one estimator, none of them twice. "
            f"Received: {', '.join(estimators)}"
        )
    for estimator in estimators:
        check_estimator(estimator)
    return Plan(
        recipe=module_name_of(recipe),
        data=data,
        estimators=tuple(estimators),
        seeds=seeds,
        budget=budget,
        unit=unit,
        grid=tuple((k, tuple(v)) for k, v in sorted(grid.items())),
        settings=tuple(sorted(settings.items())),
        screen_budget=screen_budget,
        evaluations=evaluations,
    )


def check_estimator(text: str) -> None:
    """Refuse an estimator that is unknown or has other arguments.

    Args:
        text: Str, name with arguments.
    """
    if agent_arguments(text) is None:
        get(text, owner="compare")


def write_plan(folder, plan: Plan) -> None:
    """Write `comparison.json`.

    Args:
        folder: Path of the comparison.
        plan: `Plan`.
    """
    content = {
        "schema_version": SCHEMA_VERSION,
        "protocol": plan.protocol,
        **dataclasses.asdict(plan),
    }
    text = json.dumps(content, indent=2)
    write_text(pathlib.Path(folder) / FILE, text + "\n")


def read_plan(folder) -> Plan:
    """Read `comparison.json`.

    Args:
        folder: Path of the comparison.
    """
    path = pathlib.Path(folder) / FILE
    if not path.is_file():
        raise FileNotFoundError(
            f"No comparison in {folder}: it holds no {FILE}. "
            "`keras-ae compare RECIPE --out FOLDER` makes one."
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        protocol = content.pop("protocol")
        version = content.pop("schema_version")
        content["estimators"] = tuple(content["estimators"])
        content["grid"] = tuple((k, tuple(v)) for k, v in content["grid"])
        content["settings"] = tuple((k, v) for k, v in content["settings"])
        plan = Plan(**content)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ValueError(
            f"`read_plan` needs the {FILE} of a comparison. "
            f"Received: {path}, which cannot be read as one"
        ) from None
    if version != SCHEMA_VERSION or protocol != plan.protocol:
        raise ValueError(
            f"`read_plan` needs {FILE} as `keras-ae compare` wrote it, with "
            f"schema_version={SCHEMA_VERSION}. Received: {path}, which was "
            "changed since or has another version"
        )
    return plan


def describe(point: tuple) -> str:
    """Return a point of the grid in words.

    Args:
        point: Tuple of `(setting, value)`.
    """
    words = [f"{k.split('.', 1)[1]}={format_value(v)}" for k, v in point]
    return ", ".join(words) or "as the recipe has it"


def _full(known, name: str) -> str:
    if name in known:
        return name
    found = [full for full in known if full.split(".", 1)[1] == name]
    if len(found) == 1:
        return found[0]
    raise ValueError(
        f"No setting `{name}` in this recipe.{nearest(name, known)} "
        f"Settings: {', '.join(known)}"
    )


def _parsed(known, name: str, value):
    section, key = name.split(".", 1)
    return resolve(known, {name: value})[section][key]
