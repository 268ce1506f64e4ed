"""Binary codes on images.

    keras-ae train binary
    keras-ae train binary --data fashion_mnist --seed 1
    agent='tf_agents(baseline=leave_one_out, samples=4, entropy_weight=0.02)'
    keras-ae train binary --set "model.estimator=$agent"

The last is trained by REINFORCE, on digits: nmse 0.225 ± 0.006, by
straight-through Gumbel 0.203 ± 0.001 (seeds 1 to 3). Without the bonus for
entropy its loss on validation images is 0.72, with it 0.65, with 0.05 for 0.02
again 0.72 (seed 1). Measured: `docs/RESULTS.md`; on Fashion-MNIST, where 0.1
suits it, `docs/COMPARING.md`.
"""

from keras_ae.bottlenecks import BinaryCode
from keras_ae.models import DiscreteAutoencoder
from zoo.image_networks import halvings, vector_decoder, vector_encoder
from zoo.recipe import Recipe


def build(
    image_shape,
    *,
    bits=64,
    estimator="gumbel_st",
    kl_weight=0.01,
    filters=32,
):
    """Build the model.

    Args:
        image_shape: Tuple `(height, width, channels)`.
        bits: Int, bits of the code.
        estimator: Str, such as `gumbel` or `tf_agents(baseline=greedy)`;
            `keras-ae list --estimators` shows all.
        kl_weight: Float, of the divergence from fair coins.
        filters: Int, channels of the convolutions.

    Returns:
        `DiscreteAutoencoder`.
    """
    steps = halvings(image_shape)
    return DiscreteAutoencoder(
        vector_encoder(image_shape, bits, filters, steps),
        BinaryCode(bits, estimator),
        vector_decoder(image_shape, bits, filters, steps),
        kl_weight=kl_weight,
    )


RECIPE = Recipe(
    build=build,
    optimizer=dict(learning_rate=1e-3, schedule="cosine"),
    train=dict(batch_size=128, epochs=30),
    per_data={
        "digits": dict(
            model=dict(bits=32),
            optimizer=dict(learning_rate=2e-3),
            train=dict(batch_size=64, epochs=80),
        ),
        "mnist": dict(train=dict(epochs=10)),
        "fashion_mnist": dict(train=dict(epochs=10)),
    },
)
