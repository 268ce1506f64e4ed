"""The bench of the agent: its ratios, and its verdict."""

import pytest

from tools import bench_rl

NAMES = (
    bench_rl._GUMBEL,
    bench_rl._REINFORCE,
    bench_rl._AGENT,
    bench_rl._STOCK,
    bench_rl._SERIAL,
)


def turn(*milliseconds):
    return dict(zip(NAMES, milliseconds, strict=True))


# The machine is twice as slow in the second turn, and hiccups in the third.
TURNS = [turn(2, 3, 4, 20, 48), turn(4, 6, 8, 40, 96), turn(2, 9, 4, 90, 48)]


def test_ratios_are_medians_of_those_within_a_turn():
    found = [value for _, value, _ in bench_rl.ratios(TURNS)]
    assert found == ["2", "1.5", "5", "12"]


def test_the_verdict_says_which_stock_loop_is_ten_times_slower():
    said = " ".join(bench_rl.verdict(TURNS).split())
    assert "the batched loop takes 5 times as long, not kept" in said
    assert "the unbatched loop takes 12 times as long, kept" in said


@pytest.mark.slow
@pytest.mark.rl
def test_every_way_to_train_is_timed(monkeypatch):
    monkeypatch.setattr(bench_rl, "BATCH", 4)
    (found,) = bench_rl.measure(rounds=1, steps=2)
    assert set(found) == set(NAMES)
    assert all(seconds > 0 for seconds in found.values())
