"""Run what is missing of a comparison."""

import os
import pathlib
import subprocess
import sys
import time

from keras_ae.checks import check_int
from zoo.comparing.cell import run_cell
from zoo.comparing.folder import continued, write_plan
from zoo.comparing.lock import locked
from zoo.comparing.plan import Plan
from zoo.comparing.record import cell_folder, read_cell
from zoo.comparing.trial import try_cells
from zoo.running.agents import load_agents


def run_comparison(
    folder, plan: Plan, jobs: int = 1, threads: int | None = None, say=print
) -> dict:
    """Run a comparison, or what is left of it.

    Cells that have a record are left alone; a cell that was killed goes on
    from its last checkpoint. A cell that fails is recorded with its reason
    and the others go on. A process that dies leaves no record: the others go
    on, and the next start tries its cell again.

    Args:
        folder: Path of the comparison, new or of the same plan.
        plan: `Plan`.
        jobs: Int >= 1, cells trained at a time; with more than one, each is
            a process.
        threads: Int >= 1, of each process, or `None` for its share of the
            processors.
        say: Function that is told of the progress.

    Returns:
        Dict from estimator to its chosen point of the grid.

    Raises:
        ValueError: If the plan cannot be trained, the folder is not its own,
            or a process died.
    """
    check_int("compare", "jobs", jobs)
    load_agents(plan.estimators)
    folder = pathlib.Path(folder)
    threads = threads or max((os.cpu_count() or 1) // jobs, 1)
    with locked(folder):
        plan = continued(folder, plan)
        _try_missing(folder, plan)
        write_plan(folder, plan)
        died = _run_all(folder, plan, False, jobs, threads, say)
        died += _run_all(folder, plan, True, jobs, threads, say)
    if died:
        raise ValueError(
            "A comparison needs its processes to end by themselves; started "
            "again, it goes on with those that did not. Received: "
            f"{', '.join(died)}; see output.txt in their folders in "
            f"{folder / 'cells'}"
        )
    return chosen_points(folder, plan)


def _try_missing(folder, plan) -> None:
    screening = plan.screening()
    final = plan.final(chosen_points(folder, plan))
    missing = _missing(folder, plan, screening, False)
    missing += _missing(folder, plan, final, True)
    found = {c.name: read_cell(folder, plan, c) for c in screening + final}
    there = {name: record for name, record in found.items() if record}
    try_cells(plan, missing, there)


def chosen_points(folder, plan: Plan) -> dict:
    """Return each estimator's point of lowest validation score.

    An estimator whose points all failed is left out, and one with points
    that have no record yet.

    Args:
        folder: Path of the comparison.
        plan: `Plan`.
    """
    cells = plan.screening()
    if not cells:
        return {name: plan.points()[0] for name in plan.estimators}
    best, waiting = {}, set()
    for cell in cells:
        record = read_cell(folder, plan, cell)
        if record is None:
            waiting.add(cell.estimator)
        elif "val_score" in record:
            found = (record["val_score"], cell.point)
            best.setdefault(cell.estimator, []).append(found)
    return {
        name: min(found, key=lambda pair: pair[0])[1]
        for name, found in best.items()
        if name not in waiting
    }


def _missing(folder, plan, cells, final) -> list:
    missing = []
    for cell in cells:
        record = read_cell(folder, plan, cell)
        if record is None:
            missing.append(cell)
        elif final and not record["final"] and record["status"] == "done":
            missing.append(cell)
    return missing


def _run_all(folder, plan, final, jobs, threads, say) -> list:
    """Return what to say of each process that died."""
    cells = plan.screening()
    if final:
        cells = plan.final(chosen_points(folder, plan))
    missing = _missing(folder, plan, cells, final)
    say(
        f"{'Final' if final else 'Screening'}: {len(cells)} cells, "
        f"{len(missing)} to run"
    )
    if jobs > 1:
        return _run_in_processes(
            folder, plan, missing, final, jobs, threads, say
        )
    for cell in missing:
        run_cell(folder, plan, cell, final)
        _tell(folder, plan, cell, say)
    return []


def _run_in_processes(folder, plan, cells, final, jobs, threads, say) -> list:
    waiting, running, died = list(cells), [], []
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                cell = waiting.pop(0)
                process = _start(folder, cell, final, threads)
                running.append((cell, process))
            time.sleep(0.2)
            for cell, process in list(running):
                code = process.poll()
                if code is None:
                    continue
                process.stdin.close()
                running.remove((cell, process))
                if _missing(folder, plan, [cell], final):
                    died.append(f"{cell.name} (code {code})")
                    say(f"{cell.name}: no record, ended with code {code}")
                else:
                    _tell(folder, plan, cell, say)
    finally:
        for _, process in running:
            process.terminate()
    return died


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
