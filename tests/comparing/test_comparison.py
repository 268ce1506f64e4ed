"""Comparisons: planned, run, resumed, reported, refused."""

import json
import re
import shutil

import pytest

from tools.compare import split
from zoo.comparing import read_plan, run_comparison
from zoo.comparing.cell import cell_folder, planned_steps, read_cell
from zoo.comparing.page import write_report
from zoo.comparing.plan import make_plan
from zoo.comparing.run import chosen_points
from zoo.comparing.toys import toy_rows

RATES = dict(grid={"learning_rate": ["0.01", "1e-5"]})


def plan_of(*names, **options):
    options = {"seeds": 2, "budget": 6, "evaluations": 2, **options}
    return make_plan("coded", names or ["gumbel", "exact"], **options)


def losses(folder, plan):
    cells = plan.final(chosen_points(folder, plan))
    return {c.name: read_cell(folder, plan, c)["test_loss"] for c in cells}


@pytest.fixture(scope="module")
def finished(coded, tmp_path_factory):
    folder, said = tmp_path_factory.mktemp("finished"), []
    plan = plan_of(**RATES, screen_budget=4)
    run_comparison(folder, plan, say=said.append)
    toy_rows(folder, plan.estimators)  # once for all tests
    return folder, plan, said


@pytest.fixture
def done(finished, tmp_path):
    """A finished comparison in a folder of the test's own."""
    shutil.copytree(finished[0], tmp_path / "c")
    return tmp_path / "c", *finished[1:]


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
    said = []
    run_comparison(folder, plan, say=said.append)
    assert said == ["Screening: 4 cells, 0 to run", "Final: 4 cells, 0 to run"]


def test_a_comparison_grows_by_seeds_and_estimators(done):
    folder, plan, _ = done
    before = losses(folder, plan)
    names = ["gumbel", "exact", "straight_through"]
    more = plan_of(*names, **RATES, screen_budget=4, seeds=3)
    said = []
    run_comparison(folder, more, say=said.append)
    assert said[0] == "Screening: 6 cells, 2 to run"
    assert "Final: 9 cells, 5 to run" in said
    assert before.items() < losses(folder, more).items()
    assert read_plan(folder) == more
    write_report(folder)
    lines = (folder / "report.md").read_text().splitlines()
    assert "| straight_through |" in "\n".join(lines)
    with pytest.raises(ValueError, match="seeds it has, and more after them"):
        run_comparison(folder, plan)
    other = plan_of("exact", *names[::2], **RATES, screen_budget=4, seeds=3)
    with pytest.raises(ValueError, match="It has gumbel, exact, straight_"):
        run_comparison(folder, other)


def test_killed_and_started_again_it_does_only_what_is_missing(
    coded, tmp_path
):
    plan = plan_of("gumbel", "reinforce")
    run_comparison(tmp_path / "whole", plan, say=lambda text: None)
    said = []

    def interrupt(text):
        said.append(text)
        if len(said) == 4:  # two titles, then two cells
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_comparison(tmp_path / "cut", plan, say=interrupt)
    again = []
    run_comparison(tmp_path / "cut", plan, say=again.append)
    assert again[1] == "Final: 4 cells, 2 to run"
    assert losses(tmp_path / "cut", plan) == losses(tmp_path / "whole", plan)


def test_a_cell_killed_half_way_goes_on_from_its_checkpoint(
    coded, tmp_path, monkeypatch
):
    from zoo.comparing import cell as module

    plan = plan_of("reinforce", seeds=1)
    run_comparison(tmp_path / "whole", plan, say=lambda text: None)
    save = module.save_checkpoint

    def save_and_die(*arguments, **options):
        save(*arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "save_checkpoint", save_and_die)
    with pytest.raises(KeyboardInterrupt):
        run_comparison(tmp_path / "cut", plan, say=lambda text: None)
    monkeypatch.setattr(module, "save_checkpoint", save)
    run_comparison(tmp_path / "cut", plan, say=lambda text: None)
    assert losses(tmp_path / "cut", plan) == losses(tmp_path / "whole", plan)
    (cell,) = plan.final(chosen_points(tmp_path / "cut", plan))
    history = read_cell(tmp_path / "cut", plan, cell)["history"]
    assert [line["step"] for line in history] == [3, 6]


@pytest.mark.rl
def test_tf_agents_trains_what_reinforce_trains(coded, tmp_path):
    names = ["reinforce(baseline=batch)", "tf_agents(baseline=batch)"]
    plan = plan_of(*names, seeds=1)
    run_comparison(tmp_path, plan, say=lambda text: None)
    first, second = losses(tmp_path, plan).values()
    # Six steps of Adam on gradients that agree to 1e-6.
    assert first == pytest.approx(second, rel=1e-5)


def test_a_failure_is_listed_and_the_others_go_on(coded, tmp_path):
    plan = plan_of("exact", "gumbel", seeds=1, settings={"bits": "13"})
    run_comparison(tmp_path, plan, say=lambda text: None)
    write_report(tmp_path)
    text = (tmp_path / "report.md").read_text()
    assert "Failed: exact--seed0--6: `exact` needs at most 4096" in text
    assert "Arguments received" not in text
    assert re.search(r"\| gumbel \| as the recipe has it \| 1 \| \d", text)


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
    assert "58.5 (arXiv:1611.01144)" in text
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
        run_comparison(folder, plan, say=lambda text: None)
    shutil.rmtree(path.parent)
    said = []
    run_comparison(folder, plan, say=said.append)
    assert "Final: 4 cells, 1 to run" in said


def test_records_of_another_protocol_are_refused(done):
    folder, plan, _ = done
    cell = plan.final(chosen_points(folder, plan))[0]
    path = cell_folder(folder, cell) / "cell.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "protocol": "compare-v1-other"}))
    with pytest.raises(ValueError, match="records of one protocol, compare-v2"):
        write_report(folder)
    other = plan_of("gumbel", "exact", budget=7)
    with pytest.raises(ValueError, match="goes on with the plan it began with"):
        run_comparison(folder, other)
    assert read_plan(folder) == plan


BAD = {
    "budget": (dict(budget=0), "`budget` > 0. Received: budget=0"),
    "screen": (dict(screen_budget=-1), "`screen-budget` > 0"),
    "unit": (dict(unit="step"), "Did you mean 'steps'"),
    "seeds": (dict(seeds=0), "`seeds` >= 1"),
    "grid": (dict(grid={"learning": ["1"]}), "No setting `learning`"),
    "grid values": (dict(grid={"bits": []}), "each with values"),
    "clock": (
        dict(unit="seconds", settings={"schedule": "cosine"}),
        "schedule=constant` for a budget in seconds",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_plan_is_refused(coded, case):
    options, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        plan_of(**options)


def test_bad_estimators_and_recipes_are_refused(coded):
    with pytest.raises(ValueError, match="Did you mean 'gumbel'"):
        plan_of("gumble")
    with pytest.raises(ValueError, match="none of them twice"):
        plan_of("gumbel", "gumbel")
    with pytest.raises(ValueError, match="`tf_agents` needs arguments among"):
        plan_of("tf_agents(sample=3)")
    with pytest.raises(ValueError, match="a recipe with a stochastic code"):
        make_plan("uncoded", ["gumbel"])


def test_a_budget_pays_for_steps_in_its_unit():
    assert planned_steps("steps", 100, 4, 16) == 100
    assert planned_steps("decoder_evaluations", 100, 4, 16) == 25
    assert planned_steps("examples", 100, 4, 16) == 6
    assert planned_steps("seconds", 100, 4, 16) is None
    assert planned_steps("steps", 125, 4, 16, stride=50) == 100
    with pytest.raises(ValueError, match="of 50 steps, 200 decoder_eval"):
        planned_steps("decoder_evaluations", 199, 4, 16, stride=50)
    with pytest.raises(ValueError, match="pays for a step, 16 examples"):
        planned_steps("examples", 15, 4, 16)


def test_several_steps_an_execution_train_as_many_steps(coded, tmp_path):
    plan = plan_of("gumbel", seeds=1, budget=8)
    stride = {"train.steps_per_execution": 2}
    other = plan_of("gumbel", seeds=1, budget=9, settings=stride)
    run_comparison(tmp_path / "one", plan, say=lambda text: None)
    run_comparison(tmp_path / "two", other, say=lambda text: None)
    (one,), (two,) = (
        losses(tmp_path / name, each).values()
        for name, each in (("one", plan), ("two", other))
    )
    assert one == two


def test_a_budget_in_seconds_ends_a_run(coded, tmp_path):
    plan = plan_of("gumbel", seeds=1, budget=0.2, unit="seconds")
    run_comparison(tmp_path, plan, say=lambda text: None)
    (cell,) = plan.final(chosen_points(tmp_path, plan))
    history = read_cell(tmp_path, plan, cell)["history"]
    assert history[-1]["seconds"] >= 0.2
    assert history[-1]["processor_seconds"] > 0
    assert all(line["seconds"] < 0.2 for line in history[:-1])


def test_a_list_of_estimators_may_hold_commas_in_parentheses():
    text = "gumbel, reinforce(baseline=ema, samples=2),disarm"
    expected = ["gumbel", "reinforce(baseline=ema, samples=2)", "disarm"]
    assert split(text) == expected
