"""Discrete codes over a whole set: usage, cost in bits, and agreement of
codes and clusters with labels.
"""

import warnings

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import normalized_mutual_info_score

from keras_ae.metrics.codes import code_counts, code_perplexity, codes_used

KMEANS_STARTS = 3  # Random starts, best inertia kept
KMEANS_ITERATIONS = 100  # Most iterations of one start


def code_usage(index, num_codes: int) -> dict:
    """Usage and cost of a set of codes.

    Args:
        index: `(examples,)` or `(examples, ...)` ints in `[0, num_codes)`.
        num_codes: Int >= 1, size of the alphabet of one index.

    Returns:
        Dict: `num_codes`; `positions` (indices of one example); `symbols`
        (all indices counted); `codes_used`, `codes_used_share` and
        `perplexity` (all positions together); `position_codes_used` and
        `position_perplexity` (lists, one entry a position);
        `constant_positions` (with a single code); `distinct_combinations`
        (different whole codes); `bits_per_image` (`positions *
        log2(num_codes)`); `entropy_bits` (sum over positions of the
        empirical entropy, an upper bound on that of the whole code, which
        no set of this size could estimate).
    """
    index = np.asarray(index)
    index = index.reshape(len(index), -1)  # (examples, positions)
    columns = list(index.T)
    used = [codes_used(column, num_codes) for column in columns]
    perplexity = [code_perplexity(column, num_codes) for column in columns]
    all_used = int(np.count_nonzero(code_counts(index, num_codes)))
    positions = len(columns)
    return {
        "num_codes": int(num_codes),
        "positions": positions,
        "symbols": int(index.size),
        "codes_used": all_used,
        "codes_used_share": all_used / num_codes,
        "perplexity": code_perplexity(index, num_codes),
        "position_codes_used": used,
        "position_perplexity": perplexity,
        "constant_positions": sum(count == 1 for count in used),
        "distinct_combinations": len(np.unique(index, axis=0)),
        "bits_per_image": float(positions * np.log2(num_codes)),
        "entropy_bits": float(np.sum(np.log2(perplexity))),
    }


def index_nmi(index, y) -> float:
    """Normalised mutual information of one index an example with labels.

    Args:
        index: `(examples,)` ints.
        y: `(examples,)` int labels.

    Returns:
        Float in `[0, 1]`; arithmetic mean of the entropies below the line.
    """
    return float(normalized_mutual_info_score(y, np.ravel(index)))


def kmeans_nmi(z, y, clusters: int, seed: int = 0) -> float:
    """Normalised mutual information of k-means clusters with labels.

    Args:
        z: `(examples, dim)`.
        y: `(examples,)` int labels.
        clusters: Int >= 2; the number of classes.
        seed: Int, of the random starts. Defaults to `0`.

    Returns:
        Float in `[0, 1]`; `0.0` when all examples coincide.
    """
    z = np.asarray(z, np.float32)
    if not np.any(z != z[0]):
        return 0.0
    means = KMeans(
        min(clusters, len(z)),
        n_init=KMEANS_STARTS,
        max_iter=KMEANS_ITERATIONS,
        random_state=seed,
    )
    with warnings.catch_warnings():
        # Fewer distinct embeddings than clusters: a fact, not a fault.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return index_nmi(means.fit_predict(z), y)
