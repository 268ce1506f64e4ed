"""What the records of a comparison say, estimator by estimator."""

import numpy as np

from zoo.comparing.cell import CLOCKS
from zoo.comparing.plan import Plan, describe
from zoo.comparing.published import published
from zoo.comparing.record import check_same_settings, read_cell
from zoo.comparing.run import chosen_points
from zoo.comparing.statistics import (
    bootstrap_interval,
    interquartile_mean,
    probability_of_improvement,
)
from zoo.running.report import made_with

UNDECIDED = "not chosen yet"


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
        run yet), `samples` (int, of the bounds, or `None` without them),
        `made` (list of str, what the cells were made with), `at_end` (list of
        estimators whose choice has the least or the largest number of its
        grid).
    """
    chosen = chosen_points(folder, plan)

    def read(cells):
        return [(cell, read_cell(folder, plan, cell)) for cell in cells]

    screened, found = read(plan.screening()), read(plan.final(chosen))
    there = {cell.name: r for cell, r in [*screened, *found] if r is not None}
    check_same_settings(plan, there)
    records, papers = _by_seed(found), published(plan)
    rows = [
        {
            **_row(name, chosen, records, plan, screened),
            "published": papers.get(name),
        }
        for name in plan.estimators
    ]
    unfinished = [r for _, r in found if r is None or not r["final"]]
    unfinished += [r for _, r in screened if r is None]
    undecided = sum(row["point"] == UNDECIDED for row in rows)
    ends = [name for name, point in chosen.items() if at_end(plan, point)]
    return {
        "rows": rows,
        "samples": _samples(records),
        "curves": {
            name: [record["history"] for record in records[name].values()]
            for name in plan.estimators
            if name in records
        },
        "failures": [
            {"cell": name, "reason": record["reason"]}
            for name, record in there.items()
            if record["status"] == "failed"
        ],
        "missing": len(unfinished) + undecided * plan.seeds,
        "made": sorted({made_with(record) for record in there.values()}),
        "at_end": ends,
    }


def at_end(plan: Plan, point: tuple) -> bool:
    """Tell whether a wider grid might hold something better than a point.

    Args:
        plan: `Plan`.
        point: Tuple of `(setting, value)`, of its grid.
    """
    ends = {
        name: (min(values), max(values))
        for name, values in plan.grid
        if len(values) > 1 and {type(one) for one in values} <= {int, float}
    }
    return any(value in ends.get(name, ()) for name, value in point)


def _by_seed(found) -> dict:
    """Return `{estimator: {seed: record}}` of the final cells that are done."""
    records = {}
    for cell, record in found:
        if record and record["status"] == "done" and record["final"]:
            records.setdefault(cell.estimator, {})[cell.seed] = record
    return records


def _samples(records) -> int | None:
    """Return the codes drawn for the bounds, where there are bounds."""
    for runs in records.values():
        for record in runs.values():
            if "bounds" in record:
                return record["bounds"]["samples"]
    return None


def _row(name, chosen, records, plan, screened) -> dict:
    row = {"estimator": name, "seeds": len(records.get(name, {}))}
    mine = [record for cell, record in screened if cell.estimator == name]
    grid = [r["val_score"] for r in mine if r and "val_score" in r]
    if name in chosen:
        row["point"] = describe(chosen[name])
    else:
        row["point"] = UNDECIDED if grid or None in mine else "all failed"
    row["grid_median"] = float(np.median(grid)) if grid else None
    if name not in records:
        return row
    lines = list(records[name].values())
    scores, reference = (
        {seed: test_score(r) for seed, r in records.get(key, {}).items()}
        for key in (name, plan.estimators[0])
    )
    row["values"] = values = list(scores.values())
    row["iqm"] = interquartile_mean(values)
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
    pairs = sorted(set(scores) & set(reference))
    apart = [scores[seed] - reference[seed] for seed in pairs]
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
