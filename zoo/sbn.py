"""Lower halves of images from upper ones, after Table 1 of Gumbel-Softmax.

    keras-ae train sbn --data mnist
    keras-ae train sbn --data mnist --set model.code=binary
    keras-ae compare sbn --data mnist --estimators gumbel,tf_agents

392-(20x10)-(20x10)-392, or 392-200-200-392 with bits: two layers of codes
with linear layers between them; pixels black and white, drawn once; SGD with
momentum 0.9; arXiv:1611.01144, section 4.1. What that paper reports, and how
its protocol differs: `zoo/comparing/published.py`.
"""

from keras_ae.checks import check_int
from keras_ae.models import BeliefNetwork
from zoo.code_networks import (
    PROTOCOL,
    linear_decoder,
    linear_encoder,
    make_code,
)
from zoo.recipe import Recipe


def build(
    image_shape,
    *,
    code="one_hot",
    layers=2,
    groups=20,
    classes=10,
    bits=200,
    estimator="gumbel",
    temperature=1.0,
    temperature_rate=0.0,
    temperature_minimum=0.5,
    temperature_every=1000,
):
    """Build the model.

    Args:
        image_shape: Tuple `(height, width, channels)`.
        code: Str, `one_hot` or `binary`.
        layers: Int, layers of codes.
        groups: Int, categorical variables of a one-hot code.
        classes: Int, values each can take.
        bits: Int, bits of a binary code.
        estimator: Str, such as `gumbel` or `tf_agents(baseline=greedy)`;
            `keras-ae list --estimators` shows all.
        temperature: Float, of the Gumbel estimators at the start, unless
            `estimator` says another, such as `gumbel(temperature=0.5)`,
            which stays.
        temperature_rate: Float, exponential decay of it a step.
        temperature_minimum: Float, where the decay ends.
        temperature_every: Int, steps between its updates.

    Returns:
        `BeliefNetwork`.
    """
    schedule = dict(
        initial=temperature,
        minimum=temperature_minimum,
        rate=temperature_rate,
        every=temperature_every,
    )
    check_int("Recipe", "model.layers", layers)
    first, *deeper = [
        make_code(code, groups, classes, bits, estimator, schedule)
        for _ in range(layers)
    ]
    height, *rest = image_shape
    given, width = height // 2, first.width
    return BeliefNetwork(
        linear_encoder((given, *rest), width),
        first,
        linear_decoder((height - given, *rest), width),
        given_rows=given,
        deeper_encoders=[
            linear_encoder((width,), width, f"encoder_{number}")
            for number in range(2, layers + 1)
        ],
        deeper_bottlenecks=deeper,
    )


RECIPE = Recipe(build=build, **PROTOCOL)
