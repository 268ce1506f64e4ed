"""Auto-encoder, plain or variational, with Deep InfoMax's encoder: its floor.

    keras-ae train feature_autoencoder --data fashion_mnist
    keras-ae train feature_autoencoder --set model.variational=true

Measured: `docs/RESULTS.md`.
"""

from keras_ae.layers import FeatureEncoder
from keras_ae.models import Autoencoder, VariationalAutoencoder
from zoo.deep_infomax import RECIPE as INFOMAX
from zoo.image_networks import halvings, vector_decoder
from zoo.recipe import Recipe


def build(
    image_shape,
    *,
    dim=64,
    filters=(32, 64),
    units=1024,
    kernel_size=5,
    variational=False,
    kl_weight=1.0,
    decoder_filters=32,
):
    """Build the model.

    Args:
        image_shape: Tuple `(height, width, channels)`.
        dim: Int, size of the embedding.
        filters: List, channels of the strided convolutions.
        units: Int, size of the dense layer before the embedding.
        kernel_size: Int, side of the convolutions.
        variational: Bool, whether the embedding is drawn in training.
        kl_weight: Float, of the divergence, if it is.
        decoder_filters: Int, channels of the decoder's convolutions.

    Returns:
        `Autoencoder` or `VariationalAutoencoder`.
    """
    # Before the decoder: of equal seeds it begins as Deep InfoMax's does.
    size = 2 * dim if variational else dim
    encoder = FeatureEncoder(size, filters, units, kernel_size)
    decoder = vector_decoder(
        image_shape, dim, decoder_filters, halvings(image_shape)
    )
    if variational:
        return VariationalAutoencoder(encoder, decoder, kl_weight=kl_weight)
    return Autoencoder(encoder, decoder, likelihood="bernoulli")


_SAME = ("dim", "filters", "units", "kernel_size")


def _of_encoder(model):
    """Return the settings of Deep InfoMax's that this recipe has too."""
    return {key: value for key, value in model.items() if key in _SAME}


RECIPE = Recipe(
    build=build,
    model=_of_encoder(INFOMAX.model),
    optimizer=INFOMAX.optimizer,
    train=INFOMAX.train,
    per_data={
        data: {**sections, "model": _of_encoder(sections.get("model", {}))}
        for data, sections in INFOMAX.per_data.items()
    },
)
