"""What goes wrong in a cell: recorded, or tried again, never in between."""

import shutil

import pytest
import tensorflow as tf

from zoo.comparing import cell as module
from zoo.comparing.record import cell_folder, read_cell
from zoo.comparing.run import chosen_points
from zoo.comparing.summary import summary

from .helpers import losses, plan_of, run_quietly

FOUND = {
    "history": [{"step": 6, "val_loss": 2.0}],
    "val_score": 2.0,
    "test_loss": 2.0,
    "gradient_variance": {"sampling_variance": 1.0},
}
NAN = float("nan")
FAULTS = {
    "memory": (
        tf.errors.ResourceExhaustedError(None, None, "OOM when allocating"),
        "OOM when allocating",
    ),
    "attribute": (AttributeError("'tuple' has no shape"), "'tuple' has no sh"),
    "without words": (ValueError(), "ValueError"),
    "score": ({"val_score": float("inf")}, "`val_score` is not finite at the"),
    "test": ({"test_loss": NAN}, "`test_loss` is not finite"),
    "variance": (
        {"gradient_variance": {"sampling_variance": NAN}},
        "`gradient_variance` is not finite",
    ),
}


def made_up(monkeypatch, fault, broken):
    """Let a training find made-up numbers, or a fault where it is broken."""

    def train(out, job, state):
        if not broken(job):
            return dict(FOUND)
        if isinstance(fault, Exception):
            raise fault
        return {**FOUND, **fault}

    monkeypatch.setattr(module, "_train", train)
    monkeypatch.setattr(module, "_final", lambda job: {})


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_of_training_is_recorded_and_the_others_go_on(
    coded, tmp_path, monkeypatch, case
):
    fault, reason = FAULTS[case]
    made_up(monkeypatch, fault, lambda job: job.cell.estimator == "exact")
    plan = plan_of("exact", "gumbel", seeds=1)
    said = run_quietly(tmp_path, plan)
    assert said[2].startswith(f"exact--seed0--6: failed, {reason}")
    assert said[3] == "gumbel--seed0--6: validation 2.0000"
    exact, gumbel = plan.final(chosen_points(tmp_path, plan))
    assert read_cell(tmp_path, plan, exact)["reason"].startswith(reason)
    assert read_cell(tmp_path, plan, gumbel)["status"] == "done"
    assert run_quietly(tmp_path, plan)[1] == "Final: 2 cells, 0 to run"


def unreadable(config):
    raise ValueError("These images cannot be read.")


def die(*arguments, **options):
    raise KeyboardInterrupt


def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before(
    coded, tmp_path, monkeypatch
):
    plan = plan_of("reinforce", seeds=1, budget=9.0, evaluations=3)
    run_quietly(tmp_path / "whole", plan)
    cut = tmp_path / "cut"
    monkeypatch.setattr(module, "_val_score", die)
    with pytest.raises(KeyboardInterrupt):
        run_quietly(cut, plan)
    monkeypatch.undo()
    (cell,) = plan.final({"reinforce": ()})
    kept = cell_folder(cut, cell) / "checkpoints"
    assert sorted(p.name for p in kept.iterdir()) == [
        "step-00000006",
        "step-00000009",
    ]
    (kept / "step-00000009" / "variables.npz").write_bytes(b"half")
    with pytest.warns(UserWarning, match="is damaged and passed over"):
        run_quietly(cut, plan)
    assert losses(cut, plan) == losses(tmp_path / "whole", plan)


def test_a_fault_of_data_or_of_all_checkpoints_is_no_failure(
    coded, tmp_path, monkeypatch
):
    plan = plan_of("gumbel", seeds=1)
    (cell,) = plan.final({"gumbel": ()})
    damaged = cell_folder(tmp_path, cell) / "checkpoints" / "step-00000003"
    monkeypatch.setattr(module, "load_data", unreadable)
    with pytest.raises(ValueError, match="cannot be read"):
        run_quietly(tmp_path, plan)
    monkeypatch.undo()
    damaged.mkdir(parents=True)
    with (
        pytest.warns(UserWarning, match="damaged and passed over"),
        pytest.raises(ValueError, match="needs a valid checkpoint"),
    ):
        run_quietly(tmp_path, plan)
    assert read_cell(tmp_path, plan, cell) is None
    made_up(monkeypatch, {}, lambda job: False)
    shutil.rmtree(cell_folder(tmp_path, cell))
    assert "gumbel--seed0--6: validation 2.0000" in run_quietly(tmp_path, plan)


def test_a_failure_at_the_test_does_not_choose_another_point(
    coded, tmp_path, monkeypatch
):
    plan = plan_of("gumbel", seeds=1, grid={"bits": ["3", "4"]})
    made_up(monkeypatch, {}, lambda job: False)
    monkeypatch.setattr(module, "_final", lambda job: {"test_loss": NAN})
    run_quietly(tmp_path, plan)
    assert chosen_points(tmp_path, plan) == {"gumbel": plan.points()[0]}
    assert run_quietly(tmp_path, plan)[1] == "Final: 1 cells, 0 to run"
    (row,) = summary(tmp_path, plan)["rows"]
    assert (row["point"], row["seeds"], row["grid_median"]) == ("bits=3", 0, 2)
