"""What the records of a comparison say, estimator by estimator."""

import numpy as np

from zoo.comparing.cell import CLOCKS, read_cell
from zoo.comparing.plan import Plan, describe
from zoo.comparing.published import published
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
        of histories}`), `failures` (list of dicts), `missing` (int, cells not
        run yet), `samples` (int, of the bounds, or `None` without them).
    """
    chosen = chosen_points(folder, plan)
    cells = plan.final(chosen)
    found = [(cell, read_cell(folder, plan, cell)) for cell in cells]
    losses, records = {}, {}
    for cell, record in found:
        if record and record["status"] == "done" and "test_loss" in record:
            by_seed = losses.setdefault(cell.estimator, {})
            by_seed[cell.seed] = test_score(record)
            records.setdefault(cell.estimator, []).append(record)
    screened = [(c, read_cell(folder, plan, c)) for c in plan.screening()]
    reference = losses.get(plan.estimators[0], {})
    papers = published(plan)
    rows = [
        {
            **_row(name, chosen, losses, records, reference, plan, screened),
            "published": papers.get(name),
        }
        for name in plan.estimators
    ]
    every = [record for runs in records.values() for record in runs]
    known = [record["bounds"] for record in every if "bounds" in record]
    return {
        "rows": rows,
        "samples": known[0]["samples"] if known else None,
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
    grid = [
        record["val_score"]
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
    for key in CLOCKS:
        row[key] = _mean(record["history"][-1][key] for record in lines)
    row["steps"] = _mean(r["history"][-1]["step"] for r in lines)
    row["gap"] = _mean(r["history"][-1]["relaxation_gap"] for r in lines)
    if all("bounds" in record for record in lines):
        row["nelbo"] = interquartile_mean(
            [record["bounds"]["nelbo"] for record in lines]
        )
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


def test_score(record: dict) -> float:
    """Return what a final cell is judged by, lower is better.

    Minus the bound of many samples where bounds are measured, else the loss.

    Args:
        record: Dict of a final cell that is done.
    """
    return record.get("test_score", record["test_loss"])


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
