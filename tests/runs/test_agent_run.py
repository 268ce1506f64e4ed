"""Runs whose codes are trained by TF-Agents, from the command line on."""

import json

import numpy as np
import pytest

from tools import main as cli
from zoo.evaluation import gradient_variance
from zoo.running import agents, evaluate_run, train_run
from zoo.running.load import load_run

from .test_run_folder import assert_same_weights, timeless

pytestmark = pytest.mark.rl
AGENT = {
    "model.estimator": "tf_agents(baseline=ema, samples=2)",
    "model.filters": 4,
    "optimizer.schedule": "constant",  # whatever the number of epochs
    "data.limit": 256,
}


def train(out, epochs, **options):
    options = {"settings": AGENT, "evaluate": False, "verbose": 0, **options}
    options["settings"] = {**options["settings"], "train.epochs": epochs}
    return train_run("onehot", data="digits", out=out, **options)


def test_it_goes_on_bit_for_bit_and_is_evaluated_like_any_other(tmp_path):
    straight = train(tmp_path / "a", 4)
    train(tmp_path / "b", 2)
    resumed = train(tmp_path / "b", 4, resume=True)
    assert_same_weights(straight, resumed)
    assert timeless(tmp_path / "a") == timeless(tmp_path / "b")
    estimator = straight.record["config"]["model"]["estimator"]
    assert estimator == AGENT["model.estimator"]
    assert "nmi" in evaluate_run(tmp_path / "a")["numbers"]


def test_a_bonus_for_entropy_that_falls(tmp_path):
    named = "tf_agents(entropy_weight=0.5, entropy_steps=6)"
    settings = {**AGENT, "model.estimator": named}
    run = train(tmp_path / "a", 1, settings=settings)
    (agent,) = agents.agent_estimators(run.model, named)
    schedule = agent.settings()["entropy_weight"]
    assert json.loads(json.dumps(schedule))["config"]["decay_steps"] == 6
    for bad, rule in (("0", "`entropy_steps` >= 1"), ("2", "_weight` > 0")):
        settings["model.estimator"] = f"tf_agents(entropy_steps={bad})"
        with pytest.raises(ValueError, match=rule):
            train(tmp_path / bad, 1, settings=settings)


@pytest.mark.slow
def test_the_agents_train_it_and_not_what_stands_in_for_them(tmp_path):
    agents = train(tmp_path / "a", 2)
    settings = {**AGENT, "model.estimator": "reinforce"}
    other = train(tmp_path / "b", 2, settings=settings)
    pairs = zip(agents.model.get_weights(), other.model.get_weights())
    assert any(np.any(a != b) for a, b in pairs)
    named = "reinforce(baseline=ema, samples=2)"
    settings = {**AGENT, "model.estimator": named}
    same = train(tmp_path / "c", 2, settings=settings)
    x = np.random.default_rng(0).random((4, 8, 8, 1), "float32")
    codes = [m.encode(x) for m in (agents.model, same.model)]
    np.testing.assert_allclose(*codes, atol=1e-3)  # 1e-5 a step, through Adam


def test_the_weights_of_an_unfinished_run_load(tmp_path):
    train(tmp_path / "a", 2)
    for path in (tmp_path / "a" / "final").iterdir():
        for file in path.iterdir():
            file.unlink()
        path.rmdir()
    assert load_run(tmp_path / "a").state["epoch"] == 2


def test_variance_names_and_measures_the_run_s_own_agents(
    tmp_path, monkeypatch
):
    named = "reinforce(baseline=ema, samples=2)"
    monkeypatch.setattr(gradient_variance, "CANDIDATES", (named,))
    out = tmp_path / "a"
    train(out, 1)
    arguments = ("--batches", "2", "--draws", "4", "--traceback")
    assert cli.main(["variance", str(out), *arguments]) == 0
    rows = json.loads((out / "variance.json").read_text())["estimators"]
    own, same, other = rows
    assert own["estimator"] == f"the run's own, {AGENT['model.estimator']}"
    assert other["estimator"] == "tf_agents(baseline=ema)"
    assert own["decoder_evaluations"] == 2 and own["unbiased"]
    for key in ("gradient_norm", "sampling_variance", "minibatch_variance"):
        # The same draws and averages: the same but for rounding.
        assert own[key] == pytest.approx(same[key], rel=1e-3)
        assert other[key] != pytest.approx(same[key], rel=1e-3)


def test_unknown_arguments_are_refused(tmp_path):
    settings = {"model.estimator": "tf_agents(sample=2)"}
    with pytest.raises(ValueError, match="Received: sample$"):
        train(tmp_path / "a", 1, settings=settings)
    assert not (tmp_path / "a").exists()


def test_a_recipe_without_a_stochastic_code_is_refused(tmp_path):
    settings = {"model.estimator": "tf_agents"}
    with pytest.raises(ValueError, match="vector_quantized"):
        train_run("vq_vae", out=tmp_path / "a", settings=settings)
