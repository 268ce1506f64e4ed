"""A variational auto-encoder on images: the probabilistic floor of the others.

    keras-ae train variational_autoencoder
    keras-ae train variational_autoencoder --data fashion_mnist --seed 1

Measured: `docs/RESULTS.md`.
"""

from keras_ae.models import VariationalAutoencoder
from zoo.image_networks import halvings, vector_decoder, vector_encoder
from zoo.recipe import Recipe


def build(
    image_shape,
    *,
    latent_dim=64,
    likelihood="bernoulli",
    kl_weight=1.0,
    filters=32,
):
    """Build the model.

    Args:
        image_shape: Tuple `(height, width, channels)`.
        latent_dim: Int, size of the embedding.
        likelihood: Str, `bernoulli` or `squared_error`.
        kl_weight: Float, beta of the divergence from the prior.
        filters: Int, channels of the convolutions.

    Returns:
        `VariationalAutoencoder`.
    """
    steps = halvings(image_shape)
    return VariationalAutoencoder(
        vector_encoder(image_shape, 2 * latent_dim, filters, steps),
        vector_decoder(image_shape, latent_dim, filters, steps),
        likelihood=likelihood,
        kl_weight=kl_weight,
    )


RECIPE = Recipe(
    build=build,
    optimizer=dict(learning_rate=1e-3, schedule="cosine"),
    train=dict(batch_size=128, epochs=30),
    per_data={
        "digits": dict(
            # At full weight the divergence outweighs 64 pixels: collapse.
            model=dict(latent_dim=16, kl_weight=0.1),
            optimizer=dict(learning_rate=2e-3),
            train=dict(batch_size=64, epochs=80),
        ),
        "mnist": dict(train=dict(epochs=10)),
        "fashion_mnist": dict(train=dict(epochs=10)),
    },
)
