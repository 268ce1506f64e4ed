"""How many codes a set of indices uses, over the whole set at once.

A batch average of the perplexity is biased low and cannot see a code that is
rare; these NumPy functions take every index of a set together.
"""

import numpy as np

from keras_ae.checks import check_int


def code_counts(index, num_codes):
    """Count how often each code occurs in `index`.

    Args:
        index: Integers in `[0, num_codes)`, of any shape, at least one.
        num_codes: Int >= 1, size of the alphabet of one index.

    Returns:
        `(num_codes,)` int64.

    Raises:
        TypeError: If `index` does not hold integers.
        ValueError: If `index` is empty or leaves `[0, num_codes)`.
    """
    num_codes = check_int("code_counts", "num_codes", num_codes)
    index = np.asarray(index)
    if index.dtype.kind not in "iub":
        raise TypeError(
            "`code_counts` needs an integer `index`. "
            f"Received: dtype={index.dtype}"
        )
    if index.size == 0:
        raise ValueError(
            "`code_counts` needs at least one code in `index`. "
            f"Received: shape={index.shape}"
        )
    index = index.ravel().astype(np.int64)
    low, high = int(index.min()), int(index.max())
    if low < 0 or high >= num_codes:
        raise ValueError(
            f"`code_counts` needs `index` in [0, {num_codes}). "
            f"Received: values from {low} to {high}"
        )
    return np.bincount(index, minlength=num_codes)


def codes_used(index, num_codes):
    """Number of different codes that occur in `index`.

    Args:
        index: Integers in `[0, num_codes)`, of any shape, at least one.
        num_codes: Int >= 1, size of the alphabet of one index.

    Returns:
        Int in `[1, num_codes]`.
    """
    return int(np.count_nonzero(code_counts(index, num_codes)))


def code_perplexity(index, num_codes):
    """Perplexity `exp(-sum(p * log(p)))` of the codes in `index`.

    `num_codes` when all codes are equally frequent, `1.0` when a single one
    is used.

    Args:
        index: Integers in `[0, num_codes)`, of any shape, at least one.
        num_codes: Int >= 1, size of the alphabet of one index.

    Returns:
        Float in `[1, num_codes]`.

    Example:

    >>> round(code_perplexity([0, 1, 2, 3], num_codes=8), 6)
    4.0
    """
    counts = code_counts(index, num_codes)
    p = counts[counts > 0] / counts.sum()
    return float(np.exp(-np.sum(p * np.log(p))))
