"""Comparisons: planned, run, resumed, reported, refused."""

import dataclasses
import json
import re
import shutil
import types

import pytest

from keras_ae.models import DiscreteAutoencoder
from tools import main as cli
from zoo.comparing import cell as cell_module
from zoo.comparing import read_plan, run_comparison
from zoo.comparing.page import write_report
from zoo.comparing.record import cell_folder, read_cell
from zoo.comparing.run import chosen_points

from .helpers import RATES, losses, plan_of, run_quietly


def test_points_are_chosen_on_validation_and_the_test_is_read_once(done):
    folder, plan, said = done
    assert said[0] == "Screening: 4 cells, 4 to run"
    best = (("optimizer.learning_rate", 0.01),)
    assert chosen_points(folder, plan) == {"gumbel": best, "exact": best}
    for cell in plan.screening():
        record = read_cell(folder, plan, cell)
        assert record["history"][-1]["step"] == 4
        assert "test_loss" not in record
    for cell in plan.final(chosen_points(folder, plan)):
        record = read_cell(folder, plan, cell)
        assert record["history"][-1]["step"] == 6 and record["test_loss"] > 0
        evaluations = {"gumbel": 6, "exact": 48}[cell.estimator]
        assert record["history"][-1]["decoder_evaluations"] == evaluations
        line = record["history"][0]
        gap = line["hard_loss"] - line["relaxed_loss"]
        assert line["relaxation_gap"] == pytest.approx(gap)


def test_a_finished_comparison_runs_nothing_again(done):
    folder, plan, _ = done
    said = run_quietly(folder, plan)
    assert said == ["Screening: 4 cells, 0 to run", "Final: 4 cells, 0 to run"]


def test_a_comparison_grows_by_seeds_and_estimators(done):
    folder, plan, _ = done
    before = losses(folder, plan)
    names = ["gumbel", "exact", "straight_through"]
    more = plan_of(*names, **RATES, screen_budget=4.0, seeds=3)
    said = run_quietly(folder, more)
    assert said[0] == "Screening: 6 cells, 2 to run"
    assert "Final: 9 cells, 5 to run" in said
    assert before.items() < losses(folder, more).items()
    assert read_plan(folder) == more
    write_report(folder)
    lines = (folder / "report.md").read_text().splitlines()
    assert "| straight_through |" in "\n".join(lines)
    with pytest.raises(ValueError, match="seeds it has, and more after them"):
        run_comparison(folder, plan)
    other = plan_of("exact", *names[::2], **RATES, screen_budget=4.0, seeds=3)
    with pytest.raises(ValueError, match="It has gumbel, exact, straight_"):
        run_comparison(folder, other)


def test_a_comparison_grows_by_values_of_the_grid(done):
    folder, plan, _ = done
    # A step of nothing is never chosen: the final cells stay as they are.
    more = {"learning_rate": ["1e-12", *RATES["grid"]["learning_rate"]]}
    grown = plan_of("gumbel", "exact", grid=more, screen_budget=4.0)
    before = losses(folder, plan)
    said = run_quietly(folder, grown)
    assert said[0] == "Screening: 6 cells, 2 to run"
    assert "Final: 4 cells, 0 to run" in said
    assert losses(folder, grown) == before
    assert read_plan(folder) == grown
    with pytest.raises(ValueError, match=r"the grid it has, and more. It has"):
        run_comparison(folder, plan)


def test_the_commands_train_what_is_missing_and_report(done, capsys):
    folder, plan, _ = done
    words = ["compare", "coded", "--estimators", "gumbel, exact", "--seeds", 3]
    words += ["--budget", 6, "--screen-budget", 4, "--evaluations", 2]
    words += ["--grid", "learning_rate=0.01,1e-5", "--out", folder]
    assert cli.main(list(map(str, words))) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "Screening: 4 cells, 0 to run",
        "Final: 6 cells, 2 to run",
    ]
    names = [line.partition(": validation ")[0] for line in lines[2:4]]
    best = "optimizer.learning_rate=0.01--seed2--6"
    assert names == [f"gumbel--{best}", f"exact--{best}"]
    reports = [f"report.{end}" for end in ("md", "html")] + ["tensorboard"]
    assert lines[4:] == [f"Wrote {folder / name}" for name in reports]
    assert read_plan(folder) == dataclasses.replace(plan, seeds=3)
    text = (folder / "report.md").read_text()
    (folder / "report.md").unlink()
    assert cli.main(["report", str(folder)]) == 0
    assert capsys.readouterr().out.splitlines() == lines[4:]
    assert (folder / "report.md").read_text() == text


def test_killed_and_started_again_it_does_only_what_is_missing(
    coded, tmp_path
):
    plan = plan_of("gumbel", "reinforce")
    run_quietly(tmp_path / "whole", plan)
    said = []

    def interrupt(text):
        said.append(text)
        if len(said) == 4:  # two titles, then two cells
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_comparison(tmp_path / "cut", plan, say=interrupt)
    again = run_quietly(tmp_path / "cut", plan)
    assert again[1] == "Final: 4 cells, 2 to run"
    assert losses(tmp_path / "cut", plan) == losses(tmp_path / "whole", plan)


def test_a_cell_killed_half_way_goes_on_from_its_checkpoint(
    coded, tmp_path, monkeypatch
):
    from zoo.comparing import cell as module

    plan = plan_of("reinforce", seeds=1)
    run_quietly(tmp_path / "whole", plan)
    save = module.save_checkpoint

    def save_and_die(*arguments, **options):
        save(*arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "save_checkpoint", save_and_die)
    with pytest.raises(KeyboardInterrupt):
        run_quietly(tmp_path / "cut", plan)
    monkeypatch.setattr(module, "save_checkpoint", save)
    run_quietly(tmp_path / "cut", plan)
    assert losses(tmp_path / "cut", plan) == losses(tmp_path / "whole", plan)
    (cell,) = plan.final(chosen_points(tmp_path / "cut", plan))
    history = read_cell(tmp_path / "cut", plan, cell)["history"]
    assert [line["step"] for line in history] == [3, 6]


@pytest.mark.rl
def test_tf_agents_trains_what_reinforce_trains(coded, tmp_path):
    names = ["reinforce(baseline=batch)", "tf_agents(baseline=batch)"]
    plan = plan_of(*names, seeds=1)
    run_quietly(tmp_path, plan)
    first, second = losses(tmp_path, plan).values()
    # Six steps of Adam on gradients that agree to 1e-6.
    assert first == pytest.approx(second, rel=1e-5)


def test_a_failure_is_listed_and_the_others_go_on(coded, tmp_path):
    rates = dict(grid={"learning_rate": ["1e38", "0.01"]})
    plan = plan_of("gumbel", seeds=1, settings={"name": "sgd"}, **rates)
    said = run_quietly(tmp_path, plan)
    failed = "gumbel--optimizer.learning_rate=1e_38--seed0--6"
    assert f"{failed}: failed, The loss is not finite at step 3." in said
    write_report(tmp_path)
    text = (tmp_path / "report.md").read_text()
    assert f"Failed: {failed}: The loss is not finite at step 3." in text
    assert re.search(r"\| gumbel \| learning_rate=0.01 \| 1 \| \d", text)


def test_the_report_is_rebuilt_from_records_alone(done):
    folder, plan, _ = done
    first, page, board = write_report(folder)
    text = first.read_text()
    assert text.count("They train on pictures of digits.") == 1
    for path in folder.glob("cells/*/checkpoints"):
        shutil.rmtree(path)
    for path in (first, page):
        path.unlink()
    write_report(folder)
    assert first.read_text() == text
    assert "58.5 (arXiv:1611.01144)" in text and "BROKEN" not in text
    assert "Published, gumbel: They train on pictures of digits." in text
    assert "Grid, the same for each estimator: optimizer.learning_rate" in text
    shown = page.read_text()
    assert shown.count('src="data:image/png;base64,') == 3
    assert "http" not in re.sub(r"base64,[^\"]+", "", shown)
    assert len(list(board.glob("*/events*"))) == 4


def test_the_table_is_the_statistics_of_the_records(done):
    folder, plan, _ = done
    found = losses(folder, plan)
    gumbel, exact = (
        [v for k, v in found.items() if k.startswith(name)]
        for name in ("gumbel", "exact")
    )
    write_report(folder)
    lines = (folder / "report.md").read_text().splitlines()
    (row,) = [li.split(" | ") for li in lines if li.startswith("| exact |")]
    apart = [e - g for e, g in zip(exact, gumbel)]
    assert row[3] == f"{sum(exact) / 2:.5g}"
    assert row[4] == f"{sum(apart) / 2:+.3g}"
    assert row[5] == f"{min(apart):+.3g} to {max(apart):+.3g}"


def test_a_damaged_record_is_refused_by_name_and_nothing_else_is_lost(done):
    folder, plan, _ = done
    cell = plan.final(chosen_points(folder, plan))[0]
    path = cell_folder(folder, cell) / "cell.json"
    whole = path.read_text()
    path.write_text(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=f"Record {path} is damaged"):
        run_quietly(folder, plan)
    shutil.rmtree(path.parent)
    said = run_quietly(folder, plan)
    assert "Final: 4 cells, 1 to run" in said


def test_records_of_another_protocol_are_refused(done):
    folder, plan, _ = done
    cell = plan.final(chosen_points(folder, plan))[0]
    path = cell_folder(folder, cell) / "cell.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "protocol": "compare-v1-other"}))
    with pytest.raises(ValueError, match="records of one protocol, compare-v3"):
        write_report(folder)
    other = plan_of("gumbel", "exact", budget=7)
    with pytest.raises(ValueError, match="goes on with the plan it began with"):
        run_comparison(folder, other)
    assert read_plan(folder) == plan


def test_several_steps_an_execution_train_as_many_steps(coded, tmp_path):
    plan = plan_of("gumbel", seeds=1, budget=8)
    stride = {"train.steps_per_execution": 2}
    other = plan_of("gumbel", seeds=1, budget=9, settings=stride)
    run_quietly(tmp_path / "one", plan)
    run_quietly(tmp_path / "two", other)
    (one,), (two,) = (
        losses(tmp_path / name, each).values()
        for name, each in (("one", plan), ("two", other))
    )
    assert one == two


def test_a_budget_in_seconds_has_about_the_looks_it_was_given(
    coded, tmp_path, monkeypatch
):
    spent = [0.0]
    fit = DiscreteAutoencoder.fit

    def slow(model, batches, steps_per_epoch, **options):
        compiling = 3.0 if not spent[0] else 0.0
        spent[0] += compiling + 0.5 * steps_per_epoch
        return fit(model, batches, steps_per_epoch=steps_per_epoch, **options)

    clock = types.SimpleNamespace(
        perf_counter=lambda: spent[0], process_time=lambda: spent[0]
    )
    monkeypatch.setattr(DiscreteAutoencoder, "fit", slow)
    monkeypatch.setattr(cell_module, "time", clock)
    options = dict(budget=10.0, unit="seconds", evaluations=4)
    plan = plan_of("gumbel", seeds=1, **options)
    run_quietly(tmp_path, plan)
    (cell,) = plan.final(chosen_points(tmp_path, plan))
    history = read_cell(tmp_path, plan, cell)["history"]
    found = [(line["step"], line["seconds"]) for line in history]
    # The pace is known from the second stretch on; 2.5 seconds are 5 steps.
    assert found == [(1, 3.5), (2, 4.0), (7, 6.5), (12, 9.0), (14, 10.0)]
