"""The bench of the agent: its ratios, and its verdict."""

import pytest

from tools import bench_rl

NAMES = (
    bench_rl._GUMBEL,
    bench_rl._REINFORCE,
    bench_rl._AGENT,
    bench_rl._MANY,
    bench_rl._COMPILED,
    bench_rl._STOCK,
    bench_rl._SERIAL,
)
SMALL = bench_rl.Size("toy", 8, 2, 3, 4)


def turn(*milliseconds):
    return dict(zip(NAMES, milliseconds, strict=True))


# The machine is twice as slow in the second turn, and hiccups in the third.
TURNS = {
    SMALL: [
        turn(2, 3, 4, 2, 1.8, 18, 48),
        turn(4, 6, 8, 4, 3.6, 36, 96),
        turn(2, 9, 4, 2, 2, 90, 48),
    ]
}


def test_ratios_are_medians_of_those_within_a_turn():
    head, _, *rows = bench_rl.ratio_table(TURNS).splitlines()
    assert head == "| ratio | toy: 8-(2x3)-8, batch 4 | target |"
    found = [row.split("|")[2].strip() for row in rows]
    assert found == ["2", "1.5", "4.5", "9", "10", "12", "24", "26.7"]


def test_the_verdict_says_which_stock_loop_is_ten_times_slower():
    said = " ".join(bench_rl.verdict(TURNS).split())
    assert "toy the batched loop takes 4.5 to 10 times as long, kept by" in said
    assert "kept by 50 steps an execution and XLA;" in said
    assert "the unbatched loop takes 12 to 26.7 times as long, kept." in said


def test_the_verdict_says_where_longer_executions_are_needed():
    turns = {SMALL: [turn(2, 2, 4, 1, 1, 20, 36)]}
    said = " ".join(bench_rl.verdict(turns).split())
    assert "5 to 20 times as long, kept by 50 steps an execution" in said
    assert "9 to 36 times as long, kept by 50 steps an execution" in said


def test_the_verdict_says_what_is_not_kept():
    turns = {SMALL: [turn(2, 2, 4, 2, 2, 18, 30)]}
    said = " ".join(bench_rl.verdict(turns).split())
    assert "the batched loop takes 4.5 to 9 times as long, not kept" in said


@pytest.mark.slow
@pytest.mark.rl
def test_every_way_to_train_is_timed():
    (found,) = bench_rl.measure(SMALL, rounds=1, steps=2)
    assert set(found) == set(NAMES)
    assert all(seconds > 0 for seconds in found.values())
