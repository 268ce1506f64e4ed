"""What the records of a comparison say, estimator by estimator."""

import importlib

import numpy as np

from zoo.comparing.cell import read_cell
from zoo.comparing.plan import Plan, describe
from zoo.comparing.run import chosen_points
from zoo.comparing.statistics import (
    bootstrap_interval,
    interquartile_mean,
    probability_of_improvement,
)

AXES = ("step", "decoder_evaluations", "seconds")


def summary(folder, plan: Plan) -> dict:
    """Return the rows of the report, and the curves.

    The first estimator is the one the others are compared with, seed by
    seed.

    Args:
        folder: Path of the comparison.
        plan: `Plan`.

    Returns:
        Dict of `rows` (dicts, one an estimator), `curves` (`{estimator: list
        of histories}`), `failures` and `grid` (lists of dicts), `missing`
        (int, cells not run yet).
    """
    chosen = chosen_points(folder, plan)
    cells = plan.final(chosen)
    found = [(cell, read_cell(folder, plan, cell)) for cell in cells]
    losses, records = {}, {}
    for cell, record in found:
        if record and record["status"] == "done" and "test_loss" in record:
            by_seed = losses.setdefault(cell.estimator, {})
            by_seed[cell.seed] = record["test_loss"]
            records.setdefault(cell.estimator, []).append(record)
    screened = [(c, read_cell(folder, plan, c)) for c in plan.screening()]
    reference = losses.get(plan.estimators[0], {})
    rows = [
        _row(name, chosen, losses, records, reference, plan, screened)
        for name in plan.estimators
    ]
    return {
        "rows": rows,
        "curves": {
            name: [record["history"] for record in records[name]]
            for name in plan.estimators
            if name in records
        },
        "failures": [
            {"cell": cell.name, "reason": record["reason"]}
            for cell, record in dict([*screened, *found]).items()
            if record and record["status"] == "failed"
        ],
        "missing": sum(r is None for _, r in [*screened, *found])
        + sum(r is not None and not r["final"] for _, r in found),
    }


def _row(name, chosen, losses, records, reference, plan, screened) -> dict:
    row = {"estimator": name, "seeds": len(losses.get(name, {}))}
    row["point"] = describe(chosen[name]) if name in chosen else None
    row["published"] = published(plan.recipe).get(name)
    grid = [
        record["val_loss"]
        for cell, record in screened
        if cell.estimator == name and record and record["status"] == "done"
    ]
    row["grid_median"] = float(np.median(grid)) if grid else None
    if name not in losses:
        return row
    values = list(losses[name].values())
    row["values"] = values
    row["iqm"] = interquartile_mean(values)
    lines = records[name]
    row["seconds"] = _mean(r["history"][-1]["seconds"] for r in lines)
    row["steps"] = _mean(r["history"][-1]["step"] for r in lines)
    row["gap"] = _mean(r["history"][-1]["relaxation_gap"] for r in lines)
    row["variance"] = _mean(
        r["gradient_variance"]["sampling_variance"] for r in lines
    )
    pairs = sorted(set(losses[name]) & set(reference))
    apart = [losses[name][seed] - reference[seed] for seed in pairs]
    if name != plan.estimators[0] and apart:
        row["difference"] = float(np.mean(apart))
        if len(apart) > 1:
            row["interval"] = bootstrap_interval(apart)
        row["improvement"] = probability_of_improvement(
            values, list(reference.values())
        )
    return row


def published(recipe: str) -> dict:
    """Return what papers report of a recipe's protocol.

    Args:
        recipe: Str, name of a recipe whose module may have `PUBLISHED`:
            `{estimator: {"value", "source", "differences"}}`.
    """
    module = importlib.import_module(f"zoo.{recipe}")
    return dict(getattr(module, "PUBLISHED", {}))


def _mean(values) -> float:
    return float(np.mean(list(values)))


def curve(histories, axis: str, key: str = "val_loss") -> tuple:
    """Return x, mean and interval of a learning curve over seeds.

    Runs are read at the same places: the longest common stretch of `axis`.

    Args:
        histories: List of histories.
        axis: Str, one of `AXES`.
        key: Str, what is drawn. Defaults to `"val_loss"`.
    """
    columns = [[line[axis] for line in history] for history in histories]
    low = max(column[0] for column in columns)
    high = min(column[-1] for column in columns)
    x = np.linspace(low, max(high, low), 50)
    y = np.stack(
        [
            np.interp(x, column, [line[key] for line in history])
            for column, history in zip(columns, histories)
        ]
    )
    if len(y) == 1:
        return x, y[0], y[0], y[0]
    ends = np.array([bootstrap_interval(v, resamples=500) for v in y.T])
    return x, y.mean(axis=0), ends[:, 0], ends[:, 1]
