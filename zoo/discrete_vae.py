"""A linear VAE with a discrete code, after Table 1 of Gumbel-Softmax.

    keras-ae train discrete_vae --data mnist
    keras-ae train discrete_vae --data mnist --set model.code=binary
    keras-ae compare discrete_vae --data mnist --estimators gumbel,tf_agents

784-(20x10)-784, or 784-200-784 with bits, no hidden layer; pixels black and
white, drawn once; SGD with momentum 0.9; arXiv:1611.01144, section 4. What
that paper reports, and how its protocol differs: `zoo/comparing/published.py`.
"""

from keras_ae.models import DiscreteAutoencoder
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
    groups=20,
    classes=10,
    bits=200,
    estimator="gumbel",
    temperature=1.0,
    temperature_rate=1e-4,
    temperature_minimum=0.5,
    temperature_every=1000,
):
    """Build the model.

    Args:
        image_shape: Tuple `(height, width, channels)`.
        code: Str, `one_hot` or `binary`.
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
        `DiscreteAutoencoder`.
    """
    schedule = dict(
        initial=temperature,
        minimum=temperature_minimum,
        rate=temperature_rate,
        every=temperature_every,
    )
    bottleneck = make_code(code, groups, classes, bits, estimator, schedule)
    return DiscreteAutoencoder(
        linear_encoder(image_shape, bottleneck.width),
        bottleneck,
        linear_decoder(image_shape, bottleneck.width),
        likelihood="bernoulli",
        kl_weight=1.0,
    )


RECIPE = Recipe(build=build, **PROTOCOL)
