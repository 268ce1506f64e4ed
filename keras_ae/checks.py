"""Argument checks that say owner, rule and what was received."""

import difflib


def check_int(owner, name, value, minimum=1):
    """Return `value` if it is an int of at least `minimum`.

    Args:
        owner: Str, the class or function that asks.
        name: Str, the argument's name.
        value: The received value.
        minimum: Int, the smallest value allowed. Defaults to `1`.

    Returns:
        `value`, as an int.

    Raises:
        TypeError: If `value` is not an int.
        ValueError: If `value` is below `minimum`.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(
            f"`{owner}` needs `{name}` to be an int. "
            f"Received: {name}={value!r}"
        )
    if value < minimum:
        raise ValueError(
            f"`{owner}` needs `{name}` >= {minimum}. Received: {name}={value}"
        )
    return int(value)


def check_number(
    owner, name, value, minimum=None, maximum=None, above=None, below=None
):
    """Return `value` if it is a number inside the stated limits.

    Args:
        owner: Str, the class or function that asks.
        name: Str, the argument's name.
        value: The received value.
        minimum: Float or `None`, the smallest value allowed.
        maximum: Float or `None`, the largest value allowed.
        above: Float or `None`, a value it must exceed.
        below: Float or `None`, a value it must stay under.

    Returns:
        `value`, as a float.

    Raises:
        TypeError: If `value` is not a number.
        ValueError: If `value` is outside the limits, or not finite.
    """
    if isinstance(value, (bool, str)) or not hasattr(value, "__float__"):
        raise TypeError(
            f"`{owner}` needs `{name}` to be a number. "
            f"Received: {name}={value!r}"
        )
    rules = (
        (minimum, ">=", lambda v, limit: v >= limit),
        (maximum, "<=", lambda v, limit: v <= limit),
        (above, ">", lambda v, limit: v > limit),
        (below, "<", lambda v, limit: v < limit),
    )
    for limit, sign, holds in rules:
        if limit is not None and not holds(value, limit):
            raise ValueError(
                f"`{owner}` needs `{name}` {sign} {limit:g}. "
                f"Received: {name}={value:g}"
            )
    return float(value)


def check_choice(owner, name, value, choices):
    """Return `value` if it is one of `choices`.

    Args:
        owner: Str, the class or function that asks.
        name: Str, the argument's name.
        value: The received value.
        choices: Iterable of the values allowed.

    Returns:
        `value`.

    Raises:
        ValueError: If `value` is none of them; the nearest is named.
    """
    choices = list(choices)
    if value in choices:
        return value
    nearest = difflib.get_close_matches(
        str(value), [str(choice) for choice in choices], n=1, cutoff=0.4
    )
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    raise ValueError(
        f"`{owner}` needs `{name}` to be one of {choices}.{hint} "
        f"Received: {name}={value!r}"
    )


def check_last_dimension(owner, shape, size, reason):
    """Refuse features whose last dimension is not `size`.

    Args:
        owner: Str, the layer that asks.
        shape: Tuple, the shape of the features.
        size: Int, the last dimension needed.
        reason: Str, where `size` comes from, such as `"groups * classes"`.

    Raises:
        ValueError: If the last dimension differs.
    """
    if len(shape) < 2 or shape[-1] != size:
        raise ValueError(
            f"`{owner}` needs features of shape (batch, ..., {size}), where "
            f"{size} is {reason}. Received: features.shape={tuple(shape)}"
        )
