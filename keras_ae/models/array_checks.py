"""Checks of the arrays that a model is given."""

import numpy as np


def check_objects(
    owner, x, built_shape=None, low=None, high=None, may_be_nan=False
):
    """Refuse an array that no model can learn from.

    What is no NumPy array (a data set, a generator, a nest) passes: it is
    seen too late, batch by batch; so do arrays of strings.

    Args:
        owner: Str, the method that asks.
        x: The objects.
        built_shape: Tuple the model was built on, or `None`.
        low: Float or `None`, the smallest value allowed.
        high: Float or `None`, the largest value allowed.
        may_be_nan: Bool, whether values may be NaN or infinite: training
            skips their updates, and says so. Defaults to `False`.

    Raises:
        TypeError: If it holds neither numbers nor strings.
        ValueError: If it is empty, of another rank or last size, not finite,
            or out of range.
    """
    if not isinstance(x, np.ndarray):
        return
    if x.ndim == 0 or 0 in x.shape:
        raise ValueError(
            f"`{owner}` needs `x` of shape (examples >= 1, ...). "
            f"Received: x.shape={x.shape}"
        )
    if x.dtype.kind in "US" or _all_strings(x):
        return
    if x.dtype.kind not in "biuf" and x.dtype.name != "bfloat16":
        raise TypeError(
            f"`{owner}` needs `x` of numbers. Received: x.dtype={x.dtype}"
        )
    _check_shape(owner, x.shape, built_shape)
    _check_values(owner, x, low, high, may_be_nan)


def _all_strings(x):
    return x.dtype.kind == "O" and all(
        isinstance(value, (str, bytes)) for value in x.ravel()
    )


def _check_shape(owner, shape, built):
    if not isinstance(built, (tuple, list)) or not built:
        return
    if not all(size is None or isinstance(size, int) for size in built):
        return
    # Sizes between the two may differ: a convolution takes any.
    same_last = built[-1] is None or len(built) < 2 or built[-1] == shape[-1]
    if len(shape) != len(built) or not same_last:
        raise ValueError(
            f"`{owner}` needs `x` of shape (examples, "
            f"{', '.join(str(size) for size in built[1:])}), as the model was "
            f"built. Received: x.shape={shape}"
        )


def _check_values(owner, x, low, high, may_be_nan):
    least, most = x.min(), x.max()
    if not (np.isfinite(least) and np.isfinite(most)):
        if may_be_nan:
            return
        bad = np.argwhere(~np.isfinite(x))[0]
        raise ValueError(
            f"`{owner}` needs finite `x`. Received: "
            f"x[{', '.join(map(str, bad))}]={x[tuple(bad)]}"
        )
    if (low is not None and least < low) or (high is not None and most > high):
        raise ValueError(
            f"`{owner}` needs `x` in [{low:g}, {high:g}]. "
            f"Received: {least:g}..{most:g}"
        )


def check_sample_weight(owner, x, sample_weight):
    """Refuse weights that are not one number >= 0 an example.

    Args:
        owner: Str, the method that asks.
        x: The objects.
        sample_weight: Array, or `None`.

    Raises:
        ValueError: If a rule is broken.
    """
    if not isinstance(x, np.ndarray) or sample_weight is None:
        return
    weights = np.asarray(sample_weight)
    if weights.shape != (len(x),) or weights.dtype.kind not in "biuf":
        raise ValueError(
            f"`{owner}` needs one `sample_weight` an example, of shape "
            f"({len(x)},). Received: shape={weights.shape}"
        )
    if (weights < 0).any():
        raise ValueError(
            f"`{owner}` needs `sample_weight` >= 0. Received: {weights.min()}"
        )
