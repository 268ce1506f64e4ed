"""The toys of the report's first page against their closed forms."""


import numpy as np
import pytest

from zoo.comparing import toys
from zoo.comparing.toys import TOYS, measure, toy_rows, toy_table

# As the papers print them, rounded.
PRINTED = [
    (0.025,),
    (0.005,),
    (0.0005,),
    (-0.045,),
    (0.148570, -0.020369, -0.191552),
    (-1.0, -0.6, -0.2, 0.2, 0.6, 1.0),
]
UNBIASED = ["reinforce", "reinforce(baseline=batch)", "leave_one_out", "disarm"]


@pytest.mark.parametrize("toy, printed", zip(TOYS, PRINTED))
def test_the_closed_form_is_the_printed_one_and_exact_finds_it(toy, printed):
    np.testing.assert_allclose(toy.gradient, printed, atol=6e-7)
    row = measure(toy, "exact", draws=2)
    # Losses of about 100 in float32: 6e-6 each.
    np.testing.assert_allclose(row["mean"], toy.gradient, atol=2e-5)


@pytest.mark.parametrize("estimator", UNBIASED)
def test_estimators_without_bias_pass_every_toy(estimator):
    rows = [measure(toy, estimator) for toy in TOYS]
    rows = [row for row in rows if row is not None]
    assert len(rows) == len(TOYS) - (estimator == "disarm")
    assert all(row["unbiased"] and row["passed"] for row in rows)


def test_the_bias_of_relaxations_is_shown():
    rows = {name: measure(TOYS[4], name) for name in ("gumbel", "gumbel_st")}
    for row in rows.values():
        assert not row["unbiased"] and not row["passed"] and row["z"] > 100


def test_at_equal_evaluations_leave_one_out_has_less_variance():
    toy = TOYS[5]  # a large constant in the cost
    plain = measure(toy, "reinforce(baseline=none, samples=4)")
    assert measure(toy, "leave_one_out")["variance"] < plain["variance"] / 100
    # On one bit DisARM's pair has none at all; two independent samples do.
    pair = measure(TOYS[0], "leave_one_out(samples=2)")["variance"]
    assert measure(TOYS[0], "disarm")["variance"] < 1e-9 < pair


@pytest.mark.rl
def test_tf_agents_passes_every_toy():
    rows = [measure(toy, "tf_agents(baseline=none)") for toy in TOYS]
    assert all(row["passed"] for row in rows)


def test_a_broken_promise_is_printed(tmp_path, monkeypatch):
    monkeypatch.setattr(toys, "DRAWS", 1000)
    rows = toy_rows(tmp_path, ["gumbel"])
    assert [row["estimator"] for row in rows[:2]] == ["exact", "gumbel"]
    assert toy_rows(tmp_path, ["gumbel"]) == rows  # from the file
    lie = [{**row, "unbiased": True} for row in rows]
    verdicts = [line[-1] for line in toy_table(lie)]
    assert "BROKEN: declared unbiased" in verdicts
    assert "BROKEN" not in str(toy_table(rows))
