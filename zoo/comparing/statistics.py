"""Summaries of few runs: seeded, and by pairs of equal seeds."""

import numpy as np

RESAMPLES = 10_000


def interquartile_mean(values) -> float:
    """Return the mean of the middle half; ends count in part.

    Args:
        values: Sequence of numbers.
    """
    values = np.sort(np.asarray(values, "float64"))
    count = len(values)
    if count == 0:
        raise ValueError(
            "`interquartile_mean` needs at least 1 value. Received: 0"
        )
    edges = np.arange(count + 1) / count
    share = np.clip(np.minimum(edges[1:], 0.75) - np.maximum(edges[:-1], 0.25),
                    0, None)
    return float(values @ share / share.sum())


def bootstrap_interval(
    values, statistic=np.mean, level=0.95, seed=0, resamples=RESAMPLES
) -> tuple:
    """Return the percentile bootstrap interval of a statistic.

    For the interval of a paired difference, pass the differences.

    Args:
        values: Sequence of numbers, one a seed.
        statistic: Function of an array, along `axis`.
        level: Float in (0, 1).
        seed: Int; the same seed, the same interval.
        resamples: Int >= 1.
    """
    values = np.asarray(values, "float64")
    if len(values) < 2:
        raise ValueError(
            "`bootstrap_interval` needs at least 2 values. "
            f"Received: {len(values)}"
        )
    random = np.random.default_rng(seed)
    rows = random.integers(0, len(values), (resamples, len(values)))
    found = np.array(statistic(values[rows], axis=1))
    tail = 50 * (1 - level)
    low, high = np.percentile(found, [tail, 100 - tail])
    return float(low), float(high)


def probability_of_improvement(ours, theirs) -> float:
    """Return how often a run of ours has the lower loss, ties as half.

    Args:
        ours: Sequence of losses.
        theirs: Sequence of losses.
    """
    ours = np.asarray(ours, "float64")[:, None]
    theirs = np.asarray(theirs, "float64")[None]
    return float(np.mean((ours < theirs) + 0.5 * (ours == theirs)))
