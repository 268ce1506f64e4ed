"""Statistics of few runs against closed forms."""

import numpy as np
import pytest

from zoo.comparing.statistics import (
    bootstrap_interval,
    interquartile_mean,
    probability_of_improvement,
)


def test_interquartile_mean_of_whole_and_split_ends():
    assert interquartile_mean([100, 2, 3, -50]) == 2.5
    # Five values: 1.25 cut off at each end, so 3/4 of the second and fourth.
    expected = (0.75 * 2 + 3 + 0.75 * 10) / 2.5
    assert interquartile_mean([1, 2, 3, 10, 99]) == pytest.approx(expected)
    assert interquartile_mean([7.0]) == 7.0


def test_bootstrap_interval_of_a_mean_is_the_normal_one():
    values = np.random.default_rng(0).normal(3.0, 2.0, 400)
    low, high = bootstrap_interval(values)
    half = 1.959964 * values.std() / np.sqrt(400)
    # 10,000 resamples: the ends scatter by 2 % of the half width.
    assert low == pytest.approx(values.mean() - half, abs=0.06 * half)
    assert high == pytest.approx(values.mean() + half, abs=0.06 * half)


def test_bootstrap_interval_of_two_values_is_their_range():
    # Each resample is one of them with odds 1/4: both lie in 95 %.
    assert bootstrap_interval([1.0, 2.0]) == (1.0, 2.0)
    assert bootstrap_interval([1.0, 2.0], level=0.4) == (1.5, 1.5)


def test_the_bootstrap_repeats_with_its_seed_and_leaves_numpy_s_alone():
    values = np.random.default_rng(0).normal(size=9)
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first = bootstrap_interval(values, seed=7)
    assert first == bootstrap_interval(values, seed=7)
    assert first != bootstrap_interval(values, seed=8)
    np.testing.assert_array_equal(before, np.random.get_state()[1])


def test_pairing_removes_what_seeds_share():
    random = np.random.default_rng(0)
    seeds = random.normal(0, 10, 20)
    apart = 0.5 + random.normal(0, 0.1, 20)
    low, high = bootstrap_interval(apart)
    assert 0.4 < low < high < 0.6
    unpaired = bootstrap_interval(seeds + apart)
    assert unpaired[1] - unpaired[0] > 5


def test_probability_of_improvement_counts_ties_as_half():
    assert probability_of_improvement([1, 2], [3, 4]) == 1.0
    assert probability_of_improvement([1, 3], [2, 3]) == 0.625
    assert probability_of_improvement([5], [5]) == 0.5


def test_too_few_values_are_refused():
    with pytest.raises(ValueError, match="at least 2 values. Received: 1"):
        bootstrap_interval([1.0])
    with pytest.raises(ValueError, match="at least 1 value. Received: 0"):
        interquartile_mean([])
