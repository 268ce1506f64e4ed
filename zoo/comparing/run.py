"""Run what is missing of a comparison."""

import os
import pathlib
import subprocess
import sys
import time

from keras_ae.checks import check_int
from zoo.comparing.cell import cell_folder, read_cell, run_cell
from zoo.comparing.plan import FILE, Plan, read_plan, write_plan
from zoo.running.agents import load_agents
from zoo.running.folder import is_empty


def run_comparison(folder, plan: Plan, jobs: int = 1, say=print) -> dict:
    """Run a comparison, or what is left of it.

    Cells that have a record are left alone; a cell that was killed goes on
    from its last checkpoint. A cell that fails is recorded with its reason
    and the others go on.

    Args:
        folder: Path of the comparison, new or of the same plan.
        plan: `Plan`.
        jobs: Int >= 1, cells trained at a time; with more than one, each is
            a process with its share of the processors.
        say: Function that is told of the progress.

    Returns:
        Dict from estimator to its chosen point of the grid.
    """
    check_int("compare", "jobs", jobs)
    load_agents(plan.estimators)
    folder = prepare(folder, plan)
    _run_all(folder, plan, plan.screening(), False, jobs, say)
    chosen = chosen_points(folder, plan)
    _run_all(folder, plan, plan.final(chosen), True, jobs, say)
    return chosen


def prepare(folder, plan: Plan) -> pathlib.Path:
    """Make the folder of a comparison, or refuse one of something else.

    A comparison may grow: more seeds, or more estimators, after those it has.

    Args:
        folder: Path.
        plan: `Plan`.
    """
    folder = pathlib.Path(folder)
    if folder.exists() and not is_empty(folder):
        if not (folder / FILE).is_file():
            raise ValueError(
                f"A comparison needs a new folder. Received: out={folder}, "
                f"which holds files but no {FILE}"
            )
        there = read_plan(folder)
        if there.protocol != plan.protocol:
            raise ValueError(
                "A comparison goes on with the plan it began with, "
                f"{there.protocol}. Received: {plan.protocol} for {folder}; "
                "--out names another folder"
            )
        if there != plan:
            _grow(folder, there, plan)
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    write_plan(folder, plan)
    return folder


def _grow(folder, there, plan) -> None:
    first = plan.estimators[: len(there.estimators)]
    if first != there.estimators or plan.seeds < there.seeds:
        raise ValueError(
            "A comparison goes on with the estimators and seeds it has, and "
            "more after them. It has "
            f"{', '.join(there.estimators)}, {there.seeds} seeds. Received: "
            f"{', '.join(plan.estimators)}, {plan.seeds} seeds"
        )
    write_plan(folder, plan)


def chosen_points(folder, plan: Plan) -> dict:
    """Return each estimator's point of lowest validation score.

    An estimator whose points all failed is left out.

    Args:
        folder: Path of the comparison.
        plan: `Plan`.
    """
    cells = plan.screening()
    if not cells:
        return {name: plan.points()[0] for name in plan.estimators}
    best = {}
    for cell in cells:
        record = read_cell(folder, plan, cell)
        if record is None or record["status"] != "done":
            continue
        found = (record["val_score"], cell.point)
        if cell.estimator not in best or found[0] < best[cell.estimator][0]:
            best[cell.estimator] = found
    return {name: point for name, (_, point) in best.items()}


def _missing(folder, plan, cells, final) -> list:
    missing = []
    for cell in cells:
        record = read_cell(folder, plan, cell)
        if record is None:
            missing.append(cell)
        elif final and not record["final"] and record["status"] == "done":
            missing.append(cell)
    return missing


def _run_all(folder, plan, cells, final, jobs, say) -> None:
    missing = _missing(folder, plan, cells, final)
    say(
        f"{'Final' if final else 'Screening'}: {len(cells)} cells, "
        f"{len(missing)} to run"
    )
    if jobs == 1:
        for cell in missing:
            run_cell(folder, plan, cell, final)
            _tell(folder, plan, cell, say)
        return
    _run_in_processes(folder, plan, missing, final, jobs, say)


def _run_in_processes(folder, plan, cells, final, jobs, say) -> None:
    threads = max((os.cpu_count() or 1) // jobs, 1)
    waiting, running = list(cells), {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                cell = waiting.pop(0)
                running[cell] = _start(folder, cell, final, threads)
            time.sleep(0.2)
            for cell in [c for c, p in running.items() if p.poll() is not None]:
                code = running.pop(cell).returncode
                if code:
                    raise ValueError(
                        f"A process of the comparison ended with code {code}; "
                        f"its output is in {cell_folder(folder, cell)}. What "
                        "is finished is kept: start the comparison again."
                    )
                _tell(folder, plan, cell, say)
    finally:
        for process in running.values():
            process.terminate()


def _start(folder, cell, final, threads):
    out = cell_folder(folder, cell)
    out.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tools.compare_cell", str(folder)]
    command += [cell.name, "--threads", str(threads), "--end-with-parent"]
    with open(out / "output.txt", "a", encoding="utf-8") as output:
        return subprocess.Popen(
            command + ["--final"] * final,
            stdin=subprocess.PIPE,  # closes when this process ends, killed too
            stdout=output,
            stderr=output,
        )


def _tell(folder, plan, cell, say) -> None:
    record = read_cell(folder, plan, cell)
    if record["status"] == "done":
        say(f"{cell.name}: validation {record['val_score']:.4f}")
    else:
        say(f"{cell.name}: failed, {record['reason']}")
