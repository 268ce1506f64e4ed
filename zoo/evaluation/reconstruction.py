"""Reconstruction error beside what a linear code of the same cost reaches.

The normalised mean squared error of a split is the sum of squared errors over
all its pixels, divided by the sum of squared deviations from the mean
*training* image: `0` is perfect, `1` is as good as always showing the mean.
"""

from typing import Callable

import numpy as np

from zoo.data.image_data import to_unit
from zoo.evaluation.batches import flat_pixels
from zoo.evaluation.pixel_pca import PixelPCA, quantised_pixels


def mean_image(images) -> np.ndarray:
    """Mean of uint8 images, float64 in `[0, 1]`."""
    return images.mean(axis=0, dtype=np.float64) / 255


def normalised_error(pixels, decoded, mean) -> float:
    """Normalised mean squared error of decoded pixels.

    Args:
        pixels: `(examples, ...)` true values.
        decoded: Same shape.
        mean: The mean training image, one example's shape.

    Returns:
        Float >= 0.

    Raises:
        ValueError: If the shapes differ, or the images all equal `mean`.
    """
    if np.shape(pixels) != np.shape(decoded):
        raise ValueError(
            "`normalised_error` needs decoded images of the shape of the "
            f"images {np.shape(pixels)}. Received: {np.shape(decoded)}"
        )
    spread = np.sum(np.square(pixels - mean, dtype=np.float64))
    if spread == 0:
        raise ValueError(
            "`normalised_error` needs images that differ from the mean "
            "training image. Received: a split equal to it"
        )
    error = np.subtract(pixels, decoded, dtype=np.float64)
    return float(np.sum(error**2) / spread)


def model_error(reconstruct: Callable, images, mean, batch_size: int) -> float:
    """Normalised mean squared error of a model's reconstructions.

    Args:
        reconstruct: The model's `reconstruct`, images to images.
        images: uint8 `(examples, height, width, channels)`.
        mean: `mean_image` of the training split.
        batch_size: Int >= 1.

    Returns:
        Float >= 0.
    """
    error = spread = 0.0
    for start in range(0, len(images), batch_size):
        x = to_unit(images[start : start + batch_size])
        x_hat = np.asarray(reconstruct(x)).astype(np.float64)
        if x_hat.shape != x.shape:
            raise ValueError(
                "`model_error` needs `reconstruct` to give images of shape "
                f"{x.shape}. Received: {x_hat.shape}"
            )
        error += np.sum((x - x_hat) ** 2)
        spread += np.sum((x - mean) ** 2)
    if not np.isfinite(error):
        raise ValueError(
            "`model_error` needs finite reconstructions. "
            "Received: NaN or infinity"
        )
    return float(error / spread) if spread else float("inf")


def pca_same_size(basis: PixelPCA, images, mean, size: int) -> dict:
    """Error of as many principal components as the embedding has dimensions.

    Args:
        basis: `PixelPCA` of the training images.
        images: uint8 `(examples, height, width, channels)`.
        mean: `mean_image` of the training split.
        size: Int >= 1, dimensions of the embedding.

    Returns:
        Dict: `nmse`, `size` (components used, at most those of `basis`).
    """
    pixels = flat_pixels(images)
    size = min(size, len(basis.components))
    decoded = np.clip(basis.decode(basis.encode(pixels, size)), 0, 1)
    nmse = normalised_error(pixels, decoded, mean.ravel())
    return {"nmse": nmse, "size": size}


def pca_same_bits(basis: PixelPCA, images, mean, bits: float) -> dict:
    """Error of principal components in as many bits as the code takes.

    A fraction of a bit is not spent, so this never has more than the code.

    Args:
        basis: `PixelPCA` of the training images.
        images: uint8 `(examples, height, width, channels)`.
        mean: `mean_image` of the training split.
        bits: Float >= 0, bits per image of the code.

    Returns:
        Dict: `nmse`, `bits` (spent on each image), `components` (in use).
    """
    pixels = flat_pixels(images)
    decoded, used = quantised_pixels(basis, pixels, int(np.floor(bits)))
    return {"nmse": normalised_error(pixels, decoded, mean.ravel()), **used}
