"""Find an estimator by name, object or config."""

import ast
import re

import keras

from keras_ae.checks import check_choice
from keras_ae.estimators.disarm import DisARM
from keras_ae.estimators.estimator import Estimator
from keras_ae.estimators.exact import Exact
from keras_ae.estimators.gumbel import Gumbel
from keras_ae.estimators.gumbel_straight_through import (
    GumbelStraightThrough,
)
from keras_ae.estimators.leave_one_out import LeaveOneOut
from keras_ae.estimators.reinforce import Reinforce
from keras_ae.estimators.rotation import Rotation
from keras_ae.estimators.straight_through import StraightThrough

_ESTIMATORS = {
    estimator.name: estimator
    for estimator in (
        StraightThrough,
        Gumbel,
        GumbelStraightThrough,
        Rotation,
        Reinforce,
        LeaveOneOut,
        DisARM,
        Exact,
    )
}


def names():
    """Return the names `get` knows, as a list.

    Returns:
        List of str.
    """
    return list(_ESTIMATORS)


def get(identifier, kind=None, owner="estimators.get"):
    """Return a fresh estimator, not shared with any other bottleneck.

    Args:
        identifier: Str name, with arguments where wanted, such as
            `"reinforce(baseline=greedy, samples=2)"`; `Estimator` (copied)
            or its serialised dict.
        kind: Str or `None`, the kind of code it must support.
        owner: Str, named in errors. Defaults to `"estimators.get"`.

    Returns:
        An `Estimator`.

    Raises:
        TypeError: If `identifier` is none of the three, or the estimator
            has no such argument.
        ValueError: If the name is unknown, or the estimator cannot train
            codes of `kind`.
    """
    if isinstance(identifier, str):
        name, arguments = parse(owner, identifier)
        check_choice(owner, "estimator", name, _ESTIMATORS)
        estimator = _ESTIMATORS[name](**arguments)
    elif isinstance(identifier, dict):
        estimator = keras.saving.deserialize_keras_object(identifier)
    elif isinstance(identifier, Estimator):
        estimator = type(identifier).from_config(identifier.get_config())
    else:
        raise TypeError(
            f"`{owner}` needs `estimator` to be a name, one of "
            f"{list(_ESTIMATORS)}, or an `Estimator`. "
            f"Received: estimator={identifier!r}"
        )
    if kind is not None and kind not in estimator.code_kinds:
        raise ValueError(
            f"`{owner}` needs an estimator for {kind} codes, and "
            f"`{estimator.name}` trains {sorted(estimator.code_kinds)} only. "
            f"Received: estimator={estimator.name!r}"
        )
    return estimator


def parse(owner, text):
    """Return name and arguments of `name(key=value, ...)`.

    Args:
        owner: Str, named in errors.
        text: Str, such as `"reinforce(baseline=greedy, samples=2)"`.

    Returns:
        Str and dict.

    Raises:
        ValueError: If the text is not of that form.
    """
    name, _, inside = text.strip().partition("(")
    if not inside:
        return name, {}
    if not re.fullmatch(r"(\s*\w+\s*=[^,=()]+,?)*\)", inside):
        raise ValueError(
            f"`{owner}` needs `estimator` to be a name, or of the form "
            f"name(key=value, ...). Received: estimator={text!r}"
        )
    pairs = (part.split("=") for part in inside[:-1].split(",") if part.strip())
    return name, {key.strip(): _literal(value.strip()) for key, value in pairs}


def _literal(text):
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return {"true": True, "false": False}.get(text, text)
