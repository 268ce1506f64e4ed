"""What a comparison will run: declared before anything is trained."""

import dataclasses
import hashlib
import itertools
import json
import math
import re
import shlex

from keras_ae.checks import check_choice, check_int, check_number
from keras_ae.estimators.get import get, parse
from zoo.recipe import find, module_name_of, nearest
from zoo.running.agents import agent_arguments
from zoo.settings import format_value, recipe_settings, resolve

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
        return f"{text}--seed{self.seed}--{short(self.budget)}"


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

        Estimators, seeds and values of the grid are not in it: a comparison
        may get more.
        """
        content = dataclasses.asdict(self)
        del content["estimators"], content["seeds"]
        content["grid"] = [name for name, _ in self.grid]
        text = json.dumps(content, sort_keys=True)
        return f"compare-v3-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

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
        check_number(owner, name, value, above=0, below=math.inf)
    data = found.data if data is None else data
    known = recipe_settings(found, data)
    if "model.estimator" not in known:
        raise ValueError(
            "`compare` needs a recipe with a stochastic code, whose setting "
            f"`model.estimator` it changes. Received: recipe={recipe}"
        )
    settings = {_full(known, k): v for k, v in (settings or {}).items()}
    settings = {k: _parsed(known, k, v) for k, v in settings.items()}
    resolved = resolve(known, settings)
    if unit == "seconds" and resolved["optimizer"]["schedule"] != "constant":
        raise ValueError(
            "`compare` needs `optimizer.schedule=constant` for a budget in "
            "seconds: a schedule runs over a known number of steps. "
            f"Received: {resolved['optimizer']['schedule']}"
        )
    return Plan(
        recipe=module_name_of(recipe),
        data=data,
        estimators=_checked_estimators(estimators),
        seeds=seeds,
        budget=budget,
        unit=unit,
        grid=_checked_grid(known, grid or {}, settings),
        settings=tuple(sorted(settings.items())),
        screen_budget=screen_budget,
        evaluations=evaluations,
    )


def plain(estimator: str) -> str:
    """Return an estimator's text as every plan writes it.

    Args:
        estimator: Str, name with arguments.
    """
    text = re.sub(r"\s+", "", estimator).replace(",)", ")")
    return text.removesuffix("()").replace(",", ", ")


def _checked_estimators(estimators) -> tuple:
    texts, found = tuple(map(plain, estimators)), []
    for text in texts:
        if agent_arguments(text, owner="compare") is None:
            get(text, owner="compare")
        found.append(parse("compare", text))
    if not texts or any(found.count(each) > 1 for each in found):
        raise ValueError(
            "`compare` needs at least one estimator, none of them twice. "
            f"Received: {', '.join(texts)}"
        )
    return texts


def _checked_grid(known, grid, settings) -> tuple:
    checked = {}
    for name, values in grid.items():
        name, values = _full(known, name), list(values)
        taken = {"model.estimator", *settings, *checked}
        if not values or name in taken:
            raise ValueError(
                "`compare` needs `grid` to hold settings other than the "
                "estimator, once, each with values, none of them set for "
                f"all. Received: {name}={values}"
            )
        values = [_parsed(known, name, value) for value in values]
        if any(values.count(value) > 1 for value in values):
            raise ValueError(
                "`compare` needs `grid` to hold each value once. "
                f"Received: {name}={values}"
            )
        checked[name] = tuple(values)
    return tuple(sorted(checked.items()))


def compare_command(plan: Plan) -> str:
    """Return the command line that makes a comparison.

    Args:
        plan: `Plan`.
    """
    parts = ["keras-ae", "compare", plan.recipe, "--data", plan.data]
    parts += ["--estimators", ", ".join(plan.estimators)]
    parts += ["--seeds", str(plan.seeds), "--budget", short(plan.budget)]
    parts += ["--budget-unit", plan.unit]
    parts += ["--screen-budget", short(plan.screen_budget)]
    for name, values in plan.grid:
        parts += ["--grid", f"{name}={','.join(map(format_value, values))}"]
    for name, value in plan.settings:
        parts += ["--set", f"{name}={format_value(value)}"]
    return shlex.join([*parts, "--evaluations", str(plan.evaluations)])


def short(number: float) -> str:
    """Return a number in few digits, in all where few say another.

    Args:
        number: Int or float.
    """
    text = f"{number:g}"
    return text if float(text) == number else repr(number).removesuffix(".0")


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
