"""What a budget pays for, and when a run looks at its validation images."""

import math

from zoo.comparing.plan import short


def planned_steps(
    unit, budget, evaluations, batch_size, stride=1
) -> int | None:
    """Return the steps that a budget pays for; `None` where time decides.

    Args:
        unit: Str, of the budget.
        budget: Number.
        evaluations: Int, decoder evaluations of an example in a step.
        batch_size: Int.
        stride: Int >= 1, steps of one execution, of which it is a multiple.
    """
    price = {
        "steps": 1,
        "decoder_evaluations": evaluations,
        "examples": batch_size,
        "seconds": None,
    }[unit]
    if price is None:
        return None
    steps = int(budget // price) // stride * stride
    if steps < 1:
        least = "a step" if stride == 1 else f"an execution of {stride} steps"
        raise ValueError(
            f"`compare` needs a budget that pays for {least}, "
            f"{price * stride} {unit}. Received: budget={short(budget)}"
        )
    return steps


def steps_ahead(state, steps, budget, looks, stride=1) -> int:
    """Return the steps until the next validation, in whole executions.

    Args:
        state: Dict of what is done: `step`, `seconds` and, of the last
            stretch between validations, `seconds_a_step`.
        steps: Int, planned steps, or `None` where time decides.
        budget: Number.
        looks: Int, validations wanted in all, evenly apart.
        stride: Int >= 1, steps of one execution.
    """
    if steps is not None:
        every = max(math.ceil(steps / looks / stride), 1) * stride
        return min(every, steps - state["step"])
    seconds = min(budget / looks, budget - state["seconds"])
    # Of the first stretch nothing is known: one execution.
    count = seconds / state.get("seconds_a_step", math.inf)
    return max(int(count / stride), 1) * stride
