"""Find an estimator by name, object or config."""

import keras

from keras_ae.checks import check_choice
from keras_ae.estimators.estimator import Estimator
from keras_ae.estimators.gumbel import Gumbel
from keras_ae.estimators.gumbel_straight_through import (
    GumbelStraightThrough,
)
from keras_ae.estimators.rotation import Rotation
from keras_ae.estimators.straight_through import StraightThrough

_ESTIMATORS = {
    estimator.name: estimator
    for estimator in (
        StraightThrough,
        Gumbel,
        GumbelStraightThrough,
        Rotation,
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
        identifier: Str name, `Estimator` (copied) or its serialised dict.
        kind: Str or `None`, the kind of code it must support.
        owner: Str, named in errors. Defaults to `"estimators.get"`.

    Returns:
        An `Estimator`.

    Raises:
        TypeError: If `identifier` is none of the three.
        ValueError: If the name is unknown, or the estimator cannot train
            codes of `kind`.
    """
    if isinstance(identifier, str):
        check_choice(owner, "estimator", identifier, _ESTIMATORS)
        estimator = _ESTIMATORS[identifier]()
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
