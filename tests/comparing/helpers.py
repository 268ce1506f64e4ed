"""Plans of the tiny recipe, and records written by hand."""

import json

from zoo.comparing import run_comparison
from zoo.comparing.cell import cell_config
from zoo.comparing.folder import write_plan
from zoo.comparing.plan import make_plan
from zoo.comparing.record import cell_folder, read_cell
from zoo.comparing.run import chosen_points

RATES = dict(grid={"learning_rate": ["0.01", "1e-5"]})


def plan_of(*names, **options):
    options = {"seeds": 2, "budget": 6.0, "evaluations": 2, **options}
    return make_plan("coded", names or ["gumbel", "exact"], **options)


def losses(folder, plan):
    cells = plan.final(chosen_points(folder, plan))
    return {c.name: read_cell(folder, plan, c)["test_loss"] for c in cells}


def run_quietly(folder, plan, **options):
    """Return what a comparison says while it runs."""
    said = []
    run_comparison(folder, plan, say=said.append, **options)
    return said


def record_of(plan, cell, final=True, **changed):
    """Return the record of a made-up cell."""
    line = {
        "step": 6,
        "decoder_evaluations": 12,
        "examples": 96,
        "seconds": 2.0,
        "processor_seconds": 1.5,
        "train_loss": 3.0,
        "val_loss": 2.0,
        "relaxed_loss": 2.0,
        "hard_loss": 2.25,
        "relaxation_gap": 0.25,
    }
    half = {**line, "step": 3, "decoder_evaluations": 6, "seconds": 1.0}
    record = {
        "schema_version": 1,
        "protocol": plan.protocol,
        "estimator": cell.estimator,
        "point": [list(pair) for pair in cell.point],
        "seed": cell.seed,
        "status": "done",
        "final": final,
        "history": [{**half, "val_loss": 4.0}, line],
        "val_score": 2.0,
        "config": cell_config(plan, cell).settings,
        "estimator_settings": [{"temperature": 1.0}],
        "versions": {"python": "3.11"},
        "git": {"commit": "0123456789abcdef", "changed": False},
    }
    if final:
        record["test_loss"] = 2.5
        record["gradient_variance"] = {"sampling_variance": 8.0}
    return {**record, **changed}


def write_record(folder, plan, cell, record):
    path = cell_folder(folder, cell) / "cell.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_plan(folder, plan)
    path.write_text(json.dumps(record))
    return path
