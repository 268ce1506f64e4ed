"""Auto-encoder on images, the floor the other recipes are compared with.

    keras-ae train autoencoder
    keras-ae train autoencoder --data fashion_mnist --seed 1

Measured: `docs/RESULTS.md`.
"""

from keras_ae.models import Autoencoder
from zoo.image_networks import halvings, vector_decoder, vector_encoder
from zoo.recipe import Recipe


def build(image_shape, *, latent_dim=64, filters=32):
    """Build the model.

    Args:
        image_shape: Tuple `(height, width, channels)`.
        latent_dim: Int, size of the embedding.
        filters: Int, channels of the convolutions.

    Returns:
        `Autoencoder`.
    """
    steps = halvings(image_shape)
    return Autoencoder(
        vector_encoder(image_shape, latent_dim, filters, steps),
        vector_decoder(image_shape, latent_dim, filters, steps),
    )


RECIPE = Recipe(
    build=build,
    optimizer=dict(learning_rate=1e-3, schedule="cosine"),
    train=dict(batch_size=128, epochs=30),
    per_data={
        "digits": dict(
            model=dict(latent_dim=16),
            optimizer=dict(learning_rate=2e-3),
            train=dict(batch_size=64, epochs=80),
        ),
        "mnist": dict(train=dict(epochs=10)),
        "fashion_mnist": dict(train=dict(epochs=10)),
    },
)
