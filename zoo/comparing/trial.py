"""What a comparison is about to train, tried before anything is trained."""

import json

from zoo.comparing.budget import planned_steps
from zoo.comparing.cell import cell_config, probe
from zoo.comparing.plan import Plan, describe
from zoo.comparing.record import FAILURES, check_same_settings, reason_of
from zoo.running.agents import agent_arguments, load_agents
from zoo.running.build import dtype_policy, load_data


def try_cells(plan: Plan, cells: list, records: dict) -> None:
    """Refuse cells that cannot be trained, or not beside those there are.

    Each estimator is put into an untrained model at each point of the grid.

    Args:
        plan: `Plan`.
        cells: List of `Cell`, to be trained.
        records: Dict from a cell's name to its record, of those there are.
    """
    for cell in cells:
        needed = agent_arguments(cell.estimator) is not None
        if not load_agents([cell.estimator]) and needed:
            raise ImportError(
                "`compare` needs the extra `rl` for `tf_agents`: pip install "
                "'keras-ae[rl]', on Python 3.11. Received: "
                f"{cell.estimator}, and no TF-Agents"
            )
    known, tried = dict(records), []
    images = data = None
    for cell in cells:
        if (cell.estimator, cell.point) in tried:
            continue
        tried.append((cell.estimator, cell.point))
        config = cell_config(plan, cell)
        if config.settings["data"] != data:
            data, images = config.settings["data"], load_data(config)
        name = f"{cell.name}, to be trained"
        known[name] = _tried(plan, cell, config, images)
    check_same_settings(plan, known)


def _tried(plan, cell, config, images) -> dict:
    """Return what is known of a cell before it is trained."""
    train = config.settings["train"]
    size, stride = train["batch_size"], train["steps_per_execution"]
    try:
        with dtype_policy(config):
            estimators, evaluations = probe(config, images)
        for budget in (cell.budget, plan.budget):
            planned_steps(plan.unit, budget, evaluations, size, stride)
    except FAILURES as error:
        raise ValueError(
            f"{reason_of(error)}; tried for {cell.estimator}, "
            f"{describe(cell.point)}"
        ) from error
    settings = [estimator.settings() for estimator in estimators]
    return {
        "estimator": cell.estimator,
        "point": cell.point,
        "config": config.settings,
        "estimator_settings": json.loads(json.dumps(settings)),
    }
