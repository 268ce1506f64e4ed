"""Plans: checked when they are made, named, and written as a command."""

import dataclasses
import shlex

import pytest

from tools.compare import plan_of as plan_of_command
from tools.compare import split
from tools.main import make_parser
from zoo.comparing.budget import planned_steps, steps_ahead
from zoo.comparing.folder import continued, write_plan
from zoo.comparing.plan import compare_command, make_plan

from .helpers import plan_of

BAD = {
    "budget": (dict(budget=0), "`budget` > 0. Received: budget=0"),
    "endless": (dict(budget=float("inf")), "`budget` < inf. Received"),
    "no number": (dict(budget=float("nan")), "`budget` > 0. Received"),
    "screen": (dict(screen_budget=-1), "`screen-budget` > 0"),
    "endless screen": (dict(screen_budget=float("inf")), "screen-budget` < i"),
    "unit": (dict(unit="step"), "Did you mean 'steps'"),
    "seeds": (dict(seeds=0), "`seeds` >= 1"),
    "grid": (dict(grid={"learning": ["1"]}), "No setting `learning`"),
    "grid values": (dict(grid={"bits": []}), "each with values"),
    "grid twice": (
        dict(grid={"bits": ["3"], "model.bits": ["4"]}),
        "the estimator, once",
    ),
    "value twice": (dict(grid={"learning_rate": ["1", "1.0"]}), "value once"),
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
    with pytest.raises(ValueError, match="`compare` .* mean 'tf_agents'"):
        plan_of("tf_agent")
    for twin in ("gumbel ", "gumbel()", "gumbel(temperature=1,)"):
        with pytest.raises(ValueError, match="none of them twice"):
            plan_of("gumbel", "gumbel(temperature=1)", twin)
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


def test_looks_at_the_clock_follow_the_pace():
    def ahead(seconds, pace, stride=1):
        state = {"step": 0, "seconds": seconds, "seconds_a_step": pace}
        return steps_ahead(state, None, 100.0, 10, stride)

    first = {"step": 0, "seconds": 0.0}
    assert steps_ahead(first, None, 100.0, 10, stride=50) == 50
    assert ahead(5.0, 0.5) == 20  # a tenth of the budget
    assert ahead(95.0, 0.5) == 10  # what is left
    assert ahead(5.0, 0.3, stride=4) == 32
    assert ahead(99.9, 0.5, stride=4) == 4
    assert steps_ahead({"step": 99}, 103, 103.0, 10, stride=1) == 4
    assert steps_ahead({"step": 0}, 103, 103.0, 10, stride=4) == 12


def test_a_list_may_hold_commas_in_parentheses_and_brackets():
    text = "gumbel, reinforce(baseline=ema, samples=2),disarm"
    expected = ["gumbel", "reinforce(baseline=ema, samples=2)", "disarm"]
    assert split(text) == expected
    assert split("[64, 128],[32]") == ["[64, 128]", "[32]"]


def test_cells_of_a_plan_have_names_of_their_own(coded):
    plan = plan_of(
        "reinforce( samples=2 )",
        "reinforce(samples=3)",
        budget=1000001.0,
        screen_budget=1000000.0,
        grid={"learning_rate": ["0.1"], "bits": ["3", "4"]},
    )
    assert plan.estimators[0] == "reinforce(samples=2)"
    first, *others = plan.screening()
    chosen = dict.fromkeys(plan.estimators, first.point)
    names = [cell.name for cell in [first, *others, *plan.final(chosen)]]
    assert len(set(names)) == 2 * 2 + 2 * 2
    start = "reinforce_samples=2_--model.bits=3--optimizer.learning_rate=0.1"
    assert names[0] == f"{start}--seed0--1e+06"
    assert f"{start}--seed1--1000001" in names


def test_a_comparison_keeps_the_texts_it_began_with(coded, tmp_path):
    began = dataclasses.replace(plan_of("gumbel"), estimators=("gumbel( )",))
    write_plan(tmp_path, began)
    plan = continued(tmp_path, plan_of("gumbel", "exact"))
    assert plan.estimators == ("gumbel( )", "exact")


def test_the_command_of_a_plan_makes_the_same_plan(coded):
    plan = plan_of(
        "gumbel",
        "tf_agents(baseline=batch, samples=2)",
        seeds=3,
        budget=1000001.0,
        unit="examples",
        screen_budget=0.1 + 0.2,
        grid={"learning_rate": ["1e-5", "0.1"], "clip_norm": ["none", "1"]},
        settings={"jit_compile": "true", "name": "sgd", "data.limit": "48"},
    )
    words = shlex.split(compare_command(plan))
    assert words[:3] == ["keras-ae", "compare", "coded"]
    made = plan_of_command(make_parser().parse_args(words[1:]))
    assert made == plan and made.protocol == plan.protocol
