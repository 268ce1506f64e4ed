"""Resize and convert images with Pillow."""

import numpy as np
from PIL import Image

RESAMPLE = Image.Resampling.BILINEAR  # Averages over the area when shrinking.


def resize_images(
    images: np.ndarray,
    image_size: int | None = None,
    channels: int | None = None,
) -> np.ndarray:
    """Bring `uint8 (n, height, width, 1 or 3)` images to one size.

    Args:
        images: The images.
        image_size: Int >= 1, the new height and width; `None` keeps both.
        channels: 1 or 3; `None` keeps them. Colour becomes grey by the
            ITU-R 601 luma, grey becomes colour by repetition.

    Returns:
        `uint8 (n, height, width, channels)`.
    """
    height, width, depth = images.shape[1:]
    size = (width, height) if image_size is None else (image_size, image_size)
    mode = {1: "L", 3: "RGB"}[channels or depth]
    if size == (width, height) and mode == {1: "L", 3: "RGB"}[depth]:
        return images
    shape = (len(images), size[1], size[0], channels or depth)
    result = np.empty(shape, "uint8")
    for row, pixels in zip(result, images):
        picture = Image.fromarray(pixels[..., 0] if depth == 1 else pixels)
        picture = picture.convert(mode).resize(size, RESAMPLE)
        row[...] = np.asarray(picture).reshape(row.shape)
    return result
