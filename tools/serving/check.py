"""One line of the table of checks, and how replies are compared."""

import dataclasses

import numpy as np

# Of the largest output: float32 sums of a few hundred terms, put in another
# order by the graph's optimiser, differ by some units of 2^-24.
TOLERANCE = 1e-6
# A loop hands them on: frames of `cpc`, 36 steps of a GRU, differ by 2.2e-6.
LOOP_TOLERANCE = 5e-6


@dataclasses.dataclass(frozen=True)
class Check:
    """One line of the table.

    Args:
        check: What was checked.
        signature: The signature's name, or `"-"` for the whole export.
        detail: What was found.
        passed: Bool.
    """

    check: str
    signature: str
    detail: str
    passed: bool


def compare(replies, known, tolerance=TOLERANCE) -> tuple:
    """Return how far replies are from known ones, and whether that is near.

    Args:
        replies: List of dicts of arrays.
        known: List of dicts of arrays.
        tolerance: Float, of the largest output.
    """
    worst = 0.0
    for reply, expected in zip(replies, known, strict=True):
        if set(reply) != set(expected):
            return f"outputs {sorted(reply)}", False
        for key, value in expected.items():
            found = np.asarray(reply[key])
            if found.dtype.kind == "O":
                found = found.astype("S")
            kinds = {found.dtype.kind, value.dtype.kind}
            if found.shape != value.shape or len(kinds) > 1:
                return f"{key}: {found.dtype} {found.shape}", False
            if value.dtype.kind != "f":
                if not np.array_equal(found, value):
                    return f"{key}: other values", False
                continue
            scale = max(1.0, float(np.abs(value).max(initial=0)))
            gap = float(np.abs(found - value).max(initial=0)) / scale
            if not np.isfinite(gap):
                return f"{key}: not finite", False
            worst = max(worst, gap)
    sizes = sorted({len(next(iter(each.values()))) for each in known})
    text = f"batches {', '.join(map(str, sizes))}: difference {worst:.1e}"
    return text, worst <= tolerance
