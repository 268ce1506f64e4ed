"""VQ-VAE on images, with a causal prior over the codes for samples.

    keras-ae train vq_vae
    keras-ae train vq_vae --data fashion_mnist --seed 1

Measured: `docs/RESULTS.md`.
"""

from keras_ae.bottlenecks import VectorQuantizer
from keras_ae.layers import ConvDecoder, ConvEncoder
from keras_ae.models import VQVAE, CodePrior
from zoo.image_networks import halvings
from zoo.recipe import Recipe


def build(
    image_shape,
    *,
    num_codes=512,
    dim=64,
    filters=64,
    estimator="straight_through",
    update="ema",
    commitment_weight=0.25,
    prior=True,
    prior_width=128,
    prior_blocks=2,
):
    """Build the model.

    Args:
        image_shape: Tuple `(height, width, channels)`.
        num_codes: Int, codes in the codebook.
        dim: Int, size of a code.
        filters: Int, channels of the convolutions.
        estimator: Str, `straight_through` or `rotation`.
        update: Str, `ema` or `gradient`: what moves the codebook.
        commitment_weight: Float, beta in the paper.
        prior: Bool, whether a prior over the codes is built, for samples.
        prior_width: Int, size of the prior's embeddings.
        prior_blocks: Int, transformer blocks of the prior.

    Returns:
        `VQVAE`.
    """
    height, across, channels = image_shape
    steps = halvings(image_shape)
    length = (height // 2**steps) * (across // 2**steps)
    return VQVAE(
        ConvEncoder(filters, dim, steps, filters // 2),
        VectorQuantizer(
            num_codes,
            dim,
            estimator,
            update=update,
            commitment_weight=commitment_weight,
        ),
        ConvDecoder(channels, filters, steps, filters // 2),
        prior=(
            CodePrior(num_codes, length, prior_width, prior_blocks)
            if prior
            else None
        ),
    )


RECIPE = Recipe(
    build=build,
    optimizer=dict(learning_rate=1e-3, schedule="cosine"),
    train=dict(batch_size=128, epochs=30, prior_epochs=10),
    per_data={
        "digits": dict(
            model=dict(num_codes=64, dim=16, filters=32, prior_width=64),
            optimizer=dict(learning_rate=2e-3),
            train=dict(batch_size=64, epochs=80, prior_epochs=30),
        ),
        "mnist": dict(train=dict(epochs=10, prior_epochs=1)),
        "fashion_mnist": dict(train=dict(epochs=10, prior_epochs=1)),
    },
)
