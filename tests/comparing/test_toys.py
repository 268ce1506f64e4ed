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


@pytest.mark.parametrize("toy, printed", list(zip(TOYS, PRINTED)))
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
@pytest.mark.parametrize("arguments", ["baseline=none", "entropy_weight=0.1"])
def test_tf_agents_passes_every_toy(arguments):
    rows = [measure(toy, f"tf_agents({arguments})") for toy in TOYS]
    assert all(row["passed"] for row in rows)
    left_out = [", its bonus for" in line[-1] for line in toy_table(rows)]
    assert set(left_out) == {"entropy" in arguments}


@pytest.mark.rl
@pytest.mark.parametrize(
    "name, reason",
    [
        ("tf_agents(baseline=leave_one_out)", "`samples` >= 2"),
        ("tf_agents(baseline=value)", "and a `value_network`"),
    ],
)
def test_what_cannot_be_measured_says_so_in_its_row(
    tmp_path, monkeypatch, name, reason
):
    monkeypatch.setattr(toys, "DRAWS", 10)
    rows = toy_rows(tmp_path, [name])
    assert [row["estimator"] for row in rows] == ["exact", name] * len(TOYS)
    for line in toy_table(rows)[1::2]:
        assert len(line) == len(toys.COLUMNS)
        assert line[-1].startswith("not measured: ") and reason in line[-1]


def test_without_tf_agents_its_row_says_what_to_install(tmp_path, monkeypatch):
    def missing(toy, name):
        if name == "tf_agents":
            raise ImportError("`rl` needs the package tf_agents.")
        return measure(toy, name, draws=2)

    monkeypatch.setattr(toys, "measure", missing)
    line = toy_table(toy_rows(tmp_path, ["tf_agents"]))[1]
    assert line[-1] == "not measured: `rl` needs the package tf_agents."


@pytest.fixture
def counted(monkeypatch):
    """Toys of few draws, at a commit; a list of the estimators measured."""
    seen = []

    def measured(toy, name):
        seen.append(name)
        return measure(toy, name, draws=1000)

    commit = {"commit": "a", "changed": False}
    monkeypatch.setattr(toys, "measure", measured)
    monkeypatch.setattr(toys, "git_commit", lambda: dict(commit))
    return seen, commit


def test_rows_are_read_where_the_same_code_left_them(tmp_path, counted):
    seen, _ = counted
    rows = toy_rows(tmp_path, ["gumbel"])
    assert seen == ["exact", "gumbel"] * len(TOYS)
    assert toy_rows(tmp_path, ["gumbel"]) == rows
    assert len(seen) == 2 * len(TOYS)  # none of them again


def of_another_commit(path, commit, monkeypatch):
    commit["commit"] = "b"


def of_a_changed_tree(path, commit, monkeypatch):
    commit["changed"] = True


def of_another_version(path, commit, monkeypatch):
    monkeypatch.setattr(toys, "versions", lambda: {"keras": "4.0"})


def of_a_file_cut_short(path, commit, monkeypatch):
    path.write_text(path.read_text()[:99])


@pytest.mark.parametrize(
    "change",
    [
        of_another_commit,
        of_a_changed_tree,
        of_another_version,
        of_a_file_cut_short,
    ],
)
def test_rows_are_measured_again(tmp_path, counted, monkeypatch, change):
    seen, commit = counted
    rows = toy_rows(tmp_path, ["gumbel"])
    seen.clear()
    change(tmp_path / toys.FILE, commit, monkeypatch)
    assert toy_rows(tmp_path, ["gumbel"]) == rows
    assert len(seen) == 2 * len(TOYS)


def test_a_broken_promise_is_printed(tmp_path, counted):
    rows = toy_rows(tmp_path, ["gumbel"])
    assert [row["estimator"] for row in rows[:2]] == ["exact", "gumbel"]
    lie = [{**row, "unbiased": True} for row in rows]
    verdicts = [line[-1] for line in toy_table(lie)]
    assert "BROKEN: declared unbiased" in verdicts
    assert "BROKEN" not in str(toy_table(rows))
