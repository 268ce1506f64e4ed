"""Encoders and decoders of the image recipes."""

import keras

from keras_ae.layers import ConvDecoder, ConvEncoder


def vector_encoder(image_shape, width, filters, downsamples):
    """Return an encoder from images to vectors.

    Args:
        image_shape: Tuple `(height, width, channels)`.
        width: Int, size of the vector.
        filters: Int, channels of the convolutions.
        downsamples: Int, halvings of height and width.

    Returns:
        A built `keras.Sequential`, `(batch, width)` out.
    """
    return keras.Sequential(
        [
            keras.Input(image_shape),
            ConvEncoder(filters, filters, downsamples, filters // 2),
            keras.layers.ReLU(),
            keras.layers.Flatten(),
            keras.layers.Dense(width),
        ],
        name="encoder",
    )


def vector_decoder(image_shape, width, filters, upsamples):
    """Return a decoder from vectors to images.

    Args:
        image_shape: Tuple `(height, width, channels)`, sides multiples of
            `2**upsamples`.
        width: Int, size of the vector.
        filters: Int, channels of the convolutions.
        upsamples: Int, doublings of height and width.

    Returns:
        A built `keras.Sequential`, `(batch, *image_shape)` out.
    """
    height, across, channels = image_shape
    small = (height // 2**upsamples, across // 2**upsamples, filters)
    return keras.Sequential(
        [
            keras.Input((width,)),
            keras.layers.Dense(small[0] * small[1] * filters, "relu"),
            keras.layers.Reshape(small),
            ConvDecoder(channels, filters, upsamples, filters // 2),
        ],
        name="decoder",
    )


def halvings(image_shape):
    """Return how often the recipes halve an image by default.

    Args:
        image_shape: Tuple `(height, width, channels)`.

    Returns:
        Int: 1 below 16 pixels, else 2.
    """
    return 1 if min(image_shape[:2]) < 16 else 2
