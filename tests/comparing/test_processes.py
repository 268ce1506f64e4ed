"""Several processes: one a cell, and one comparison a folder."""

import signal
import subprocess
import sys

import pytest

from zoo.comparing import lock
from zoo.comparing import run as module
from zoo.comparing import run_comparison
from zoo.comparing.record import read_cell

from .helpers import plan_of, record_of, run_quietly, write_record

# Stands in for a process of a cell: it takes a record that lies ready.
SCRIPT = """#!/bin/sh
echo "$@"
case "$4" in {pattern}) {fault};; esac
cp "{ready}/cells/$4/cell.json" "$3/cells/$4/"
"""


@pytest.fixture
def stand_in(coded, tmp_path, monkeypatch):
    """Return a function that makes cells' processes copy records, or die."""

    def install(plan, pattern, fault):
        cells = plan.screening()
        for point in plan.points():
            cells += plan.final(dict.fromkeys(plan.estimators, point))
        for cell in cells:
            final = cell.budget == plan.budget
            record = record_of(plan, cell, final)
            write_record(tmp_path / "ready", plan, cell, record)
        script = tmp_path / "python"
        ready = tmp_path / "ready"
        text = SCRIPT.format(pattern=pattern, fault=fault, ready=ready)
        script.write_text(text)
        script.chmod(0o755)
        monkeypatch.setattr("sys.executable", str(script))
        return tmp_path / "c"

    # Records by hand are not those of estimators that could be tried.
    monkeypatch.setattr(module, "try_cells", lambda *arguments: None)
    return install


def finals(folder, plan):
    point = plan.points()[0]
    cells = plan.final(dict.fromkeys(plan.estimators, point))
    return {cell.name: read_cell(folder, plan, cell) for cell in cells}


@pytest.mark.parametrize(
    "fault, code", [("kill -9 $$", -9), ("kill $$", -15), ("exit 3", 3)]
)
def test_a_process_that_dies_is_tried_again_and_the_others_go_on(
    stand_in, fault, code
):
    plan = plan_of("gumbel", "exact")
    folder = stand_in(plan, "gumbel--seed0*", fault)
    said = []
    with pytest.raises(ValueError) as raised:
        run_comparison(folder, plan, jobs=2, say=said.append)
    died = f"Received: gumbel--seed0--6 (code {code}); see output.txt"
    assert died in str(raised.value)
    assert f"gumbel--seed0--6: no record, ended with code {code}" in said
    found = finals(folder, plan)
    assert [name for name, r in found.items() if not r] == ["gumbel--seed0--6"]
    stand_in(plan, "none", "exit 1")
    again = run_quietly(folder, plan, jobs=2)
    assert again[1] == "Final: 4 cells, 1 to run"
    assert all(finals(folder, plan).values())


def test_estimators_without_a_dead_screening_go_on_to_the_end(stand_in):
    grid = {"learning_rate": ["0.1", "0.01"]}
    plan = plan_of("gumbel", "exact", grid=grid, screen_budget=4.0, seeds=1)
    folder = stand_in(plan, "gumbel*0.01--seed0--4", "kill -9 $$")
    with pytest.raises(ValueError, match="Received: gumbel--[^,]*; see"):
        run_comparison(folder, plan, jobs=2, say=lambda text: None)
    found = {name.split("--")[0]: r for name, r in finals(folder, plan).items()}
    assert found["exact"]["final"] and found["gumbel"] is None


@pytest.mark.parametrize("threads, expected", [(3, 3), (None, 4)])
def test_each_process_has_the_threads_it_was_given(
    stand_in, monkeypatch, threads, expected
):
    monkeypatch.setattr("os.cpu_count", lambda: 9)
    plan = plan_of("gumbel", seeds=1)
    folder = stand_in(plan, "none", "exit 1")
    run_quietly(folder, plan, jobs=2, threads=threads)
    (output,) = folder.glob("cells/*/output.txt")
    assert f"--threads {expected} --end-with-parent" in output.read_text()


def test_two_comparisons_in_one_folder_are_refused(coded, tmp_path):
    plan = plan_of("gumbel")
    with lock.locked(tmp_path):
        with pytest.raises(ValueError, match="folder to itself. Received: out"):
            run_comparison(tmp_path, plan)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_comparison_leaves_no_lock(tmp_path):
    code = (
        "import runpy, sys, time\n"
        f"module = runpy.run_path({lock.__file__!r})\n"
        "with module['locked'](sys.argv[1]):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(600)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(ValueError, match="another `keras-ae compare`"):
            with lock.locked(tmp_path):
                pass
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    with lock.locked(tmp_path):
        assert list(tmp_path.iterdir()) == []
