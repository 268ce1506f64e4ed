"""TF-Agents, where a comparison needs it."""

import importlib.util

from keras_ae.estimators.get import parse
from zoo.comparing.plan import AGENT


def load_agents(estimators) -> bool:
    """Import `rl` before anything uses `tf.keras`, if an estimator needs it.

    Args:
        estimators: Names, with arguments.

    Returns:
        Whether TF-Agents is there.
    """
    there = importlib.util.find_spec("tf_agents") is not None
    if there and any(parse("compare", n)[0] == AGENT for n in estimators):
        importlib.import_module("rl")
    return there
