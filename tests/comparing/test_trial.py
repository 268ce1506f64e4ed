"""What cannot be trained, or not beside what is there: refused at once."""

import pytest

from zoo.comparing import run_comparison
from zoo.comparing.folder import FILE
from zoo.comparing.page import write_report
from zoo.comparing.plan import make_plan
from zoo.comparing.record import cell_folder, read_cell
from zoo.comparing.summary import summary
from zoo.comparing.trial import try_cells
from zoo.running import agents

from .helpers import plan_of, record_of, write_record

SMALL = {"model.filters": 2, "train.batch_size": 16}


def refused(folder, plan, message):
    with pytest.raises(ValueError, match=message):
        run_comparison(folder, plan, say=lambda text: None)
    assert not (folder / FILE).exists()


def test_a_code_without_chance_is_refused(tmp_path):
    plan = make_plan("vq_vae", ["straight_through"], seeds=1, settings=SMALL)
    refused(tmp_path, plan, "stochastic code, .* recipe=vq_vae; tried for")


@pytest.mark.parametrize(
    "estimator, message",
    [
        ("disarm", "for one_hot codes, and `disarm` trains .*; tried for dis"),
        ("rotation", "for one_hot codes, and `rotation` trains"),
    ],
)
def test_an_impossible_pair_is_refused(tmp_path, estimator, message):
    plan = make_plan("onehot", [estimator], seeds=1, settings=SMALL)
    refused(tmp_path, plan, message)


def test_a_code_with_too_many_values_is_refused(coded, tmp_path):
    plan = plan_of("exact", grid={"bits": ["3", "13"]})
    refused(tmp_path, plan, "at most 4096 .*; tried for exact, bits=13$")


@pytest.mark.rl
@pytest.mark.parametrize(
    "arguments, message",
    [
        ("baseline=leave_one_out", "`samples` >= 2. Received: samples=1"),
        ("baseline=value", "needs `value_network` with `baseline='value'`"),
        ("baseline=emma", "Did you mean 'ema'"),
        ("entropy_weight=-1", "`entropy_weight` >= 0"),
    ],
)
def test_values_that_an_agent_cannot_have_are_refused(
    coded, tmp_path, arguments, message
):
    refused(tmp_path, plan_of(f"tf_agents({arguments})"), message)


def test_without_tf_agents_its_rows_are_refused(coded, tmp_path, monkeypatch):
    monkeypatch.setattr(agents.importlib.util, "find_spec", lambda name: None)
    plan = plan_of("gumbel", "tf_agents")
    with pytest.raises(ImportError, match="the extra `rl` for `tf_agents`"):
        run_comparison(tmp_path, plan)
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize("short", ["budget", "screen_budget"])
def test_a_budget_below_a_step_is_refused(coded, tmp_path, short):
    budgets = {"budget": 8.0, "screen_budget": 8.0, short: 7.0}
    plan = plan_of(
        "leave_one_out",
        "exact",
        unit="decoder_evaluations",
        grid={"learning_rate": ["0.1", "0.01"]},
        **budgets,
    )
    refused(tmp_path, plan, "pays for a step, 8 decoder_eval.*tried for exact")


def made_by_hand(folder, **changed):
    """A comparison with one cell, whose record is changed."""
    plan = plan_of("gumbel", seeds=2)
    cell = plan.final({"gumbel": ()})[0]
    record = record_of(plan, cell)
    for section, values in changed.pop("config", {}).items():
        record["config"][section] = {**record["config"][section], **values}
    record["estimator_settings"] = [{}]
    write_record(folder, plan, cell, {**record, **changed})
    return plan


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"config": {"model": {"bits": 4}}}, "model.bits=4 in .*model.bits=3"),
        (
            {"estimator_settings": [{"temperature": 0.1}]},
            "gumbel, layer 0: temperature=0.1 in gumbel--seed0--6, .*to be tra",
        ),
    ],
)
def test_a_cell_is_not_trained_beside_others_of_other_settings(
    coded, tmp_path, changed, message
):
    plan = made_by_hand(tmp_path, **changed)
    with pytest.raises(ValueError, match=f"of the same settings.*{message}"):
        run_comparison(tmp_path, plan)
    missing = plan.final({"gumbel": ()})[1]
    assert not cell_folder(tmp_path, missing).exists()


def test_settings_that_one_cell_does_not_know_are_no_difference(
    coded, tmp_path
):
    config = {"model": {"gone": 1}, "train": {"epochs": 7}}
    plan = made_by_hand(tmp_path, config=config)
    there, missing = plan.final({"gumbel": ()})
    record = read_cell(tmp_path, plan, there)
    try_cells(plan, [missing], {there.name: record})
    record["config"]["model"]["bits"] = 4
    with pytest.raises(ValueError, match="of the same settings"):
        try_cells(plan, [missing], {there.name: record})


def test_cells_of_different_settings_are_not_reported_together(
    coded, tmp_path
):
    plan = plan_of("gumbel", seeds=2)
    cells = plan.final({"gumbel": ()})
    for cell, value in zip(cells, (1.0, 0.5)):
        settings = [{"temperature": value}]
        record = record_of(plan, cell, estimator_settings=settings)
        write_record(tmp_path, plan, cell, record)
    with pytest.raises(ValueError, match="temperature=1.0 in .*=0.5 in gumbel"):
        write_report(tmp_path)


def test_an_estimator_may_take_its_settings_from_the_grid(coded, tmp_path):
    plan = plan_of("gumbel", grid={"bits": ["3", "4"]})
    for cell in plan.screening():
        settings = [{"temperature": 1 / dict(cell.point)["model.bits"]}]
        record = record_of(plan, cell, False, estimator_settings=settings)
        write_record(tmp_path, plan, cell, record)
    assert summary(tmp_path, plan)["missing"] == 2
