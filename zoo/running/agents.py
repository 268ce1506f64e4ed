"""TF-Agents, where an estimator is `tf_agents` with its arguments."""

import contextlib
import importlib
import importlib.util
import io
import warnings

import keras

from keras_ae.checks import check_choice, check_int, check_number
from keras_ae.estimators.get import names, parse

AGENT = "tf_agents"
# A model has an estimator of its own while agents stand in for it.
OWN = "reinforce"
_KNOWN = (
    "baseline",
    "samples",
    "entropy_weight",
    "entropy_steps",
    "normalize_returns",
)


def agent_arguments(estimator: str, owner: str = "Recipe") -> dict | None:
    """Return the arguments of `tf_agents`, or `None` for another estimator.

    Args:
        estimator: Str, name with arguments; empty for no estimator.
        owner: Str, named in errors. Defaults to `"Recipe"`.

    Raises:
        ValueError: If the name, or an argument of `tf_agents`, is unknown.
    """
    name, arguments = parse(owner, estimator)
    if name:
        check_choice(owner, "estimator", name, [*names(), AGENT])
    if name != AGENT:
        return None
    unknown = sorted(set(arguments) - set(_KNOWN))
    if unknown:
        raise ValueError(
            f"`{AGENT}` needs arguments among {', '.join(_KNOWN)}. "
            f"Received: {', '.join(unknown)}"
        )
    return arguments


def load_agents(estimators) -> bool:
    """Import `rl` before anything uses `tf.keras`, if an estimator needs it.

    Args:
        estimators: Names, with arguments.

    Returns:
        Whether TF-Agents is there.
    """
    there = importlib.util.find_spec("tf_agents") is not None
    if there and any(agent_arguments(e) is not None for e in estimators):
        # What TF-Agents' code and its Gym say at each start is no news.
        warnings.filterwarnings("ignore", '"is( not)?" with', SyntaxWarning)
        with contextlib.redirect_stderr(io.StringIO()):
            importlib.import_module("rl")
    return there


def estimator_of(config) -> str:
    """Return the setting `model.estimator`, empty where there is none.

    Args:
        config: `RunConfig`.
    """
    return str(config.settings["model"].get("estimator", ""))


def own_settings(config) -> dict:
    """Return the settings `model.*` of the model without its agents.

    Args:
        config: `RunConfig`.
    """
    settings = dict(config.settings["model"])
    if agent_arguments(estimator_of(config)) is not None:
        settings["estimator"] = OWN
    return settings


def make_trainer(model, config):
    """Return the `ReinforceTrainer` of a run, or `None` without agents.

    Args:
        model: The run's, built and compiled.
        config: `RunConfig`.
    """
    return _trainer(model, estimator_of(config))


def _trainer(model, estimator):
    arguments = agent_arguments(estimator)
    if arguments is None:
        return None
    import rl

    if "entropy_steps" in arguments:
        arguments["entropy_weight"] = _falling(**arguments)
        del arguments["entropy_steps"]
    return rl.ReinforceTrainer(model, **arguments)


def _falling(entropy_steps, entropy_weight=0.0, **_):
    """Return the schedule of a weight that falls to 0 in so many steps."""
    steps = check_int(AGENT, "entropy_steps", entropy_steps)
    weight = check_number(AGENT, "entropy_weight", entropy_weight, above=0)
    return keras.optimizers.schedules.PolynomialDecay(weight, steps, 0.0)


def agent_estimators(model, estimator: str) -> list | None:
    """Return fresh agents, one for each layer of codes of a model.

    Args:
        model: Built and compiled model of stochastic codes.
        estimator: Str, name with arguments.

    Returns:
        List of `AgentEstimator`, or `None` for an `estimator` that is not
        `tf_agents`.
    """
    trainer = _trainer(model, estimator)
    if trainer is None:
        return None
    del model.checkpoint_variables
    return trainer.estimators


@contextlib.contextmanager
def agents_in_charge(model, config):
    """Let the agents of a run, if it has any, train in a `with` block.

    There its checkpoints hold the agents' averages too; afterwards the model
    is an ordinary one.

    Args:
        model: The run's, built and compiled.
        config: `RunConfig`.
    """
    trainer = make_trainer(model, config)
    if trainer is None:
        yield
        return
    try:
        with trainer.in_charge():
            yield
    finally:
        del model.checkpoint_variables
