"""Is an embedding collapsed? NumPy diagnostics on `(examples, dim)` arrays.

A loss can be driven down by a trivial code: the same vector for everything,
one direction for everything, or a handful of codebook entries. Each of these
shows in a number here, and `collapse_warnings` says it in words.
"""

import numpy as np

from keras_ae.checks import check_number

# Total variance over mean square at or below which every example has the same
# embedding: float32 rounding of a constant gives about 1e-14.
CONSTANT_SHARE = 1e-10

# A dimension is active when its variance exceeds this share of the largest
# one: its standard deviation is then more than 3 % of the largest. A latent
# switched off by a KL term lies two orders of magnitude below its neighbours.
ACTIVE_VARIANCE_SHARE = 1e-3

# Warn when fewer than a quarter of the dimensions are active. The raw pixels
# of 4,000 MNIST and Fashion-MNIST images reach 0.77 and 0.98.
MIN_ACTIVE_SHARE = 0.25

# Warn when embeddings lie closer than this on the sphere: two of them differ
# by 13 degrees, a mean squared distance of 0.05. `skip_thought` on the embedded
# text has -0.19 after an epoch and -0.27 at the end, the other recipes -1.2 and
# less; without negatives `quick_thought` ends at -0.05.
MAX_UNIFORMITY = -0.1

# Warn when the effective rank is under this share of what `dim` and the
# number of examples allow. The same raw pixels reach 0.39 and 0.51.
MIN_EFFECTIVE_RANK_SHARE = 0.1

# Do not warn at this effective rank or above, however large `dim` is: how many
# directions the objects differ in does not grow with it. `cpc` on the embedded
# speech has 15 to 17 in 128 dimensions and 17 in 256; with one negative 8.
ENOUGH_EFFECTIVE_RANK = 16

# Warn, however small `dim` is, below this effective rank (where `dim` > 1):
# two directions with a spread of 5 to 1 already reach 1.57.
MIN_EFFECTIVE_RANK = 1.5

# Warn when fewer than half of the codes occur: one bit of a code is then paid
# for and never used.
MIN_CODES_USED_SHARE = 0.5

# Warn when more than half of the positions of a code hold one value only. A
# few are natural (background at the border of an image), most are not.
MAX_CONSTANT_POSITION_SHARE = 0.5

LOW_RANK = "The effective rank is low"

_UNIFORMITY_ROWS = 1024  # Rows of the distance matrix held at a time.


def _embeddings(owner, z, name="z", at_least=2):
    z = np.asarray(z)
    if z.dtype.kind in "OSUMm":
        raise TypeError(
            f"`{owner}` needs a numeric `{name}`. Received: dtype={z.dtype}"
        )
    if z.ndim != 2 or z.shape[0] < at_least or z.shape[1] < 1:
        raise ValueError(
            f"`{owner}` needs `{name}` of shape (examples, dim) with at least "
            f"{at_least} examples. Received: shape={z.shape}"
        )
    z = z.astype(np.float64)
    if not np.isfinite(z).all():
        bad = int(np.count_nonzero(~np.isfinite(z).all(axis=1)))
        raise ValueError(
            f"`{owner}` needs finite values in `{name}`. "
            f"Received: {bad} of {z.shape[0]} examples with NaN or infinity"
        )
    return z


def _normalised(z):
    norm = np.linalg.norm(z, axis=1, keepdims=True)
    return z / np.where(norm > 0, norm, 1.0)


def dimension_variance(z):
    """Variance of each dimension over the examples (divided by their number).

    Args:
        z: `(examples, dim)` embeddings, at least two examples.

    Returns:
        `(dim,)` float64.
    """
    return _embeddings("dimension_variance", z).var(axis=0)


def effective_rank(z):
    """Effective rank: `exp` of the entropy of the normalised singular values.

    The examples are centred first. Between 1 (all variation along one line)
    and `min(dim, examples - 1)` (equal variation in all directions); `0.0`
    when nothing varies at all.

    Args:
        z: `(examples, dim)` embeddings, at least two examples.

    Returns:
        Float.

    Reference:
        Roy and Vetterli, "The effective rank", EUSIPCO 2007, definition 1.
    """
    return _effective_rank(_embeddings("effective_rank", z))


def _effective_rank(z):
    centred = z - z.mean(axis=0)
    total, square = np.mean(centred**2), np.mean(z**2)
    if total <= CONSTANT_SHARE * square or total == 0:
        return 0.0
    # The Gram matrix of the shorter side is far cheaper than an SVD.
    tall = centred.shape[0] > centred.shape[1]
    gram = centred.T @ centred if tall else centred @ centred.T
    squares = np.linalg.eigvalsh(gram)
    # Below this an eigenvalue is rounding, whose root would not be small.
    floor = squares[-1] * max(centred.shape) * np.finfo(np.float64).eps
    singular = np.sqrt(squares[squares > floor])
    p = singular / singular.sum()
    return float(np.exp(-np.sum(p * np.log(p))))


def alignment(z, z_positive, alpha=2):
    """Mean of `||u - v||**alpha` over positive pairs, on the unit sphere.

    `0` when both of each pair have the same direction, `4` (at `alpha=2`)
    when opposite. A zero vector stays zero.

    Args:
        z: `(examples, dim)` embeddings.
        z_positive: `(examples, dim)`; row by row the partner of `z`.
        alpha: Float > 0. Defaults to `2`.

    Returns:
        Float.

    Reference:
        arXiv:2005.10242, section 4.1.
    """
    check_number("alignment", "alpha", alpha, above=0)
    z = _embeddings("alignment", z, at_least=1)
    z_positive = _embeddings("alignment", z_positive, "z_positive", 1)
    if z.shape != z_positive.shape:
        raise ValueError(
            "`alignment` needs `z` and `z_positive` of one shape. "
            f"Received: {z.shape} and {z_positive.shape}"
        )
    gap = np.linalg.norm(_normalised(z) - _normalised(z_positive), axis=1)
    return float(np.mean(gap**alpha))


def uniformity(z, t=2):
    """Log of the mean of `exp(-t * ||u - v||**2)` over all pairs of examples.

    Embeddings are put on the unit sphere first. `0` when all have the same
    direction (collapse); lower is more evenly spread.

    Args:
        z: `(examples, dim)` embeddings, at least two examples.
        t: Float > 0. Defaults to `2`.

    Returns:
        Float in `[-4 * t, 0]`.

    Reference:
        arXiv:2005.10242, section 4.1.
    """
    check_number("uniformity", "t", t, above=0)
    u = _normalised(_embeddings("uniformity", z))
    square = np.sum(u**2, axis=1)
    total = 0.0
    for start in range(0, len(u), _UNIFORMITY_ROWS):
        rows = slice(start, start + _UNIFORMITY_ROWS)
        # Each row against the rows from its chunk on; the sub-diagonal part
        # of the chunk's own block is masked.
        gap = square[rows, None] + square[None, start:]
        gap -= 2 * (u[rows] @ u[start:].T)
        potential = np.exp(-t * np.clip(gap, 0.0, 4.0))
        total += np.triu(potential, k=1).sum()
    pairs = len(u) * (len(u) - 1) / 2
    with np.errstate(divide="ignore"):
        return float(np.clip(np.log(total / pairs), -4.0 * t, 0.0))


def collapse_report(z, pairs=None):
    """All collapse diagnostics of a set of embeddings.

    Args:
        z: `(examples, dim)` embeddings, at least two examples.
        pairs: `(a, b)`, two `(pairs, dim)` arrays of embeddings of things
            that should lie close together, or `None`. Defaults to `None`.

    Returns:
        Dict of Python numbers: `examples`, `dim`, `constant` (bool: every
        example has the same embedding), `variance_min`, `variance_median`,
        `variance_max` (over dimensions), `active_dimensions`, `active_share`
        (of `dim`), `effective_rank`, `effective_rank_share` (of
        `min(dim, examples - 1)`), `uniformity`, and `alignment` (`None`
        without `pairs`).
    """
    z = _embeddings("collapse_report", z)
    examples, dim = z.shape
    variance = z.var(axis=0)
    rank = _effective_rank(z)
    constant = rank == 0.0
    active = 0
    if not constant:
        limit = ACTIVE_VARIANCE_SHARE * variance.max()
        active = int(np.count_nonzero(variance > limit))
    return {
        "examples": examples,
        "dim": dim,
        "constant": bool(constant),
        "variance_min": float(variance.min()),
        "variance_median": float(np.median(variance)),
        "variance_max": float(variance.max()),
        "active_dimensions": active,
        "active_share": active / dim,
        "effective_rank": rank,
        "effective_rank_share": rank / min(dim, examples - 1),
        "uniformity": uniformity(z),
        "alignment": None if pairs is None else alignment(*pairs),
    }


def collapse_warnings(report, code_usage=None):
    """Say in words what in a report points to a collapse.

    Args:
        report: Dict of `collapse_report`.
        code_usage: `None`, or a dict with `codes_used` and `num_codes`, and
            optionally `symbols` (how many indices were counted), `positions`
            and `constant_positions` (of a code with several indices).

    Returns:
        List of sentences, empty when nothing looks collapsed. The words
        before the first colon name the kind and hold no numbers.
    """
    warnings = []
    dim, rank = report["dim"], report["effective_rank"]
    if report["constant"]:
        warnings.append(
            f"The embedding is constant: all {report['examples']} examples "
            "have the same vector."
        )
    else:
        if report["active_share"] < MIN_ACTIVE_SHARE:
            warnings.append(
                f"Few dimensions are active: {report['active_dimensions']} "
                f"of {dim}, fewer than {MIN_ACTIVE_SHARE:.0%}."
            )
        low = rank < min(MIN_EFFECTIVE_RANK_SHARE * dim, ENOUGH_EFFECTIVE_RANK)
        if dim > 1 and (low or rank < MIN_EFFECTIVE_RANK):
            warnings.append(
                f"{LOW_RANK}: {rank:.1f} in {dim} dimensions "
                f"(limits: {MIN_EFFECTIVE_RANK_SHARE:.0%}, at most "
                f"{ENOUGH_EFFECTIVE_RANK}, and {MIN_EFFECTIVE_RANK})."
            )
        even = report["uniformity"]
        if dim > 1 and even is not None and even > MAX_UNIFORMITY:
            warnings.append(
                "The embeddings have nearly one direction: uniformity "
                f"{even:.2g} (limit: {MAX_UNIFORMITY}, 0 is one point)."
            )
    return warnings + _codebook_warnings(code_usage or {})


def _codebook_warnings(usage):
    warnings = []
    if usage:
        used, codes = usage["codes_used"], usage["num_codes"]
        possible = min(codes, usage.get("symbols", codes))
        if used < MIN_CODES_USED_SHARE * possible or used == 1 < possible:
            warnings.append(
                f"The codebook is collapsed: {used} of {codes} codes used "
                f"(limits: {MIN_CODES_USED_SHARE:.0%} and more than one)."
            )
    positions = usage.get("positions", 0)
    fixed = usage.get("constant_positions", 0)
    if positions and fixed > MAX_CONSTANT_POSITION_SHARE * positions:
        warnings.append(
            f"Most of the code never changes: {fixed} of {positions} "
            "positions hold one value for every example."
        )
    return warnings
