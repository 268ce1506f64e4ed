"""The recipes of a published table: trained, compared, beside its numbers."""

import json
import shlex
import subprocess
import sys

import numpy as np
import pytest

from keras_ae.training.metrics_log import read_lines
from tools import main as cli
from zoo.comparing import page, published, run_comparison
from zoo.comparing.folder import write_plan
from zoo.comparing.plan import compare_command, make_plan
from zoo.comparing.record import read_cell
from zoo.comparing.run import chosen_points
from zoo.running import train_run
from zoo.running.build import build_model, load_data
from zoo.running.config import resolve_config

SMALL = {"model.groups": 3, "model.classes": 4, "model.bits": 6}


@pytest.mark.parametrize(
    "recipe, code", [("discrete_vae", "one_hot"), ("sbn", "binary")]
)
def test_a_run_has_bounds_and_the_gap_in_its_record(recipe, code, tmp_path):
    settings = {
        **SMALL,
        "model.code": code,
        "train.epochs": 2,
        "train.bound_samples": 30,
    }
    run = train_run(
        recipe, settings=settings, out=tmp_path / "run", verbose=0
    )
    numbers = run.record["numbers"]
    found = run.record["evaluation"]["bounds"]
    assert found["samples"] == 30 and found["images"] == 353
    assert 0 < numbers["bound"] < numbers["nelbo"] < 64 * np.log(2)
    assert numbers["relaxation_gap"] == found["relaxation_gap"] != 0
    assert run.record["data_info"]["notes"]["binarise_seed"] == 0
    for line in read_lines(tmp_path / "run" / "metrics.jsonl"):
        gap = line["hard_loss"] - line["relaxed_loss"]
        assert line["relaxation_gap"] == pytest.approx(gap)
    for name in ("reconstructions.png", "codes.png", "samples.png"):
        assert (tmp_path / "run" / name).is_file()


def parameters(recipe, **model):
    settings = {f"model.{name}": value for name, value in model.items()}
    config = resolve_config(recipe, "digits", 0, settings)
    images = load_data(config)
    return build_model(config, images).count_params(), images


def test_the_networks_are_those_of_the_table():
    def dense(*sizes):
        return sum(a * b + b for a, b in zip(sizes, sizes[1:]))

    steps = 2 + 1  # two counters of skipped updates, one step a code
    count, images = parameters("discrete_vae")
    assert count == dense(64, 200, 64) + steps
    assert set(np.unique(images.x_train)) == {0, 255}
    assert parameters("discrete_vae", code="binary")[0] == count
    count, _ = parameters("sbn")
    assert count == dense(32, 200, 200, 32) + steps + 1
    with pytest.raises(ValueError, match="`model.code` to be one of"):
        parameters("sbn", code="bits")
    with pytest.raises(ValueError, match="`model.layers` >= 1"):
        parameters("sbn", layers=0)
    with pytest.raises(ValueError, match="for one_hot codes, and `disarm`"):
        parameters("sbn", estimator="disarm")


def plan_of(recipe, *estimators, **options):
    settings = {**SMALL, "train.bound_samples": 20}
    settings.update(options.pop("settings", {}))
    options = {"seeds": 1, "budget": 12.0, "evaluations": 2, **options}
    return make_plan(recipe, estimators, settings=settings, **options)


def scores(folder, plan):
    cells = plan.final(chosen_points(folder, plan))
    records = [read_cell(folder, plan, cell) for cell in cells]
    assert all(record["status"] == "done" for record in records), records
    return {r["estimator"]: r for r in records}


@pytest.mark.rl
def test_an_agent_a_layer_trains_what_reinforce_trains(tmp_path):
    names = [
        "leave_one_out(samples=2)",
        "tf_agents(baseline=leave_one_out, samples=2)",
    ]
    plan = plan_of("sbn", *names, settings={"model.code": "binary"})
    run_comparison(tmp_path, plan, say=lambda text: None)
    first, second = scores(tmp_path, plan).values()
    # Twelve steps of SGD on gradients that agree to 1e-6.
    for key in ("test_loss", "test_score", "val_score"):
        assert first[key] == pytest.approx(second[key], rel=1e-5)
    assert first["decoder_evaluations_a_step"] == 2 * 2
    assert second["decoder_evaluations_a_step"] == 2 * 2
    assert first["bounds"]["bound"] == first["test_score"]
    # Of many codes a tighter bound, by which settings are chosen.
    assert first["val_score"] < first["history"][-1]["val_nelbo"]


def test_two_at_a_time_give_what_one_at_a_time_gives(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(page, "toy_rows", lambda *arguments: [])
    plan = plan_of("discrete_vae", "gumbel", "straight_through")
    command = shlex.split(compare_command(plan))[1:]
    command += ["--jobs", "2", "--out"]
    assert cli.main([*command, str(tmp_path / "two")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "Final: 2 cells, 2 to run" and len(lines) == 7
    run_comparison(tmp_path / "one", plan, say=lambda text: None)
    one, two = (scores(tmp_path / name, plan) for name in ("one", "two"))
    for name in plan.estimators:
        # Another number of threads sums in another order.
        expected = one[name]["test_score"]
        assert two[name]["test_score"] == pytest.approx(expected, rel=1e-4)
    text = (tmp_path / "two" / "report.md").read_text()
    first, second = text.index("## Toys with"), text.index("## discrete_vae")
    assert first < second
    assert "minus the bound on the log-likelihood with 20 hard codes" in text


@pytest.mark.rl
def test_the_command_s_own_process_can_still_import_tf_agents():
    code = (
        "import zoo.comparing.page\n"
        "from zoo.running.agents import load_agents\n"
        "assert load_agents(['gumbel', 'tf_agents(samples=2)'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_process_ends_with_the_comparison_that_started_it(tmp_path):
    plan = plan_of("discrete_vae", "gumbel", seeds=1, budget=1e9)
    write_plan(tmp_path, plan)
    (cell,) = plan.final({"gumbel": ()})
    command = [sys.executable, "-m", "tools.compare_cell", str(tmp_path)]
    process = subprocess.Popen(
        command + [cell.name, "--final", "--end-with-parent"],
        stdin=subprocess.PIPE,
    )
    process.stdin.close()
    assert process.wait(timeout=120) == 1
    assert not (tmp_path / "cells" / cell.name / "cell.json").exists()


def test_published_numbers_stand_beside_their_protocol_and_no_other():
    names = ["gumbel", "reinforce(normalize=true)", "tf_agents", "exact"]
    options = dict(data="mnist", seeds=1)
    found = published.published(make_plan("discrete_vae", names, **options))
    values = {name: row["value"] for name, row in found.items()}
    assert values == {
        "gumbel": "101.5",
        "reinforce(normalize=true)": "110.6",
        "tf_agents": "110.6",
    }
    sentences = " ".join(found["tf_agents"]["differences"])
    for word in ("55,000", "do not state", "log inside", "not trained by TF"):
        assert word in sentences
    bits = dict(settings={"model.code": "binary"}, **options)
    found = published.published(make_plan("sbn", ["disarm"], **bits))
    assert found["disarm"]["value"] == "57.9 ± 0.1"
    for other in (
        dict(data="digits"),
        dict(data="mnist", settings={"model.groups": 10}),
        dict(data="mnist", settings={"data.binarise": "none"}),
        dict(data="mnist", settings={"train.bound_samples": 100}),
        dict(data="mnist", grid={"model.classes": ["5", "10"]}),
    ):
        plan = make_plan("discrete_vae", ["gumbel"], seeds=1, **other)
        assert published.published(plan) == {}


def test_every_published_number_is_of_a_recipe_and_cited():
    for entry in published.ENTRIES:
        make_plan(entry.recipe, ["gumbel"], data=entry.data, seeds=1)
        for row in entry.rows.values():
            assert row["source"].startswith("arXiv:") and row["differences"]
        json.dumps(entry.rows)
