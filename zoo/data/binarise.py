"""Black-and-white images: each pixel drawn once, or never."""

import dataclasses

import numpy as np

from zoo.data.image_data import SPLITS, ImageData

WAYS = ("none", "static")


def binarise_images(images: np.ndarray, seed) -> np.ndarray:
    """Draw each pixel white with its brightness as probability.

    Args:
        images: uint8.
        seed: Int, or list of ints; the same seed, the same pixels.

    Returns:
        uint8 of that shape, 0 or 255.
    """
    random = np.random.default_rng(seed)
    drawn = np.empty_like(images)
    for row, image in zip(drawn, images):  # few numbers at a time
        chance = random.random(image.shape, dtype=np.float32) * 255
        row[...] = np.where(chance < image, 255, 0)
    return drawn


def binarise(data: ImageData, way: str, seed: int) -> ImageData:
    """Return data whose images are black and white for good.

    Args:
        data: `ImageData`.
        way: `"static"`, once for all epochs and runs, or `"none"`.
        seed: Int >= 0, of the pixels; runs of all seeds share them.

    Returns:
        `ImageData`, noted as binarised with the seed.
    """
    if way == "none":
        return data
    fields = {
        f"x_{split}": binarise_images(getattr(data, f"x_{split}"), [seed, i])
        for i, split in enumerate(SPLITS)
    }
    notes = {**data.notes, "binarised": way, "binarise_seed": seed}
    return dataclasses.replace(data, notes=notes, **fields)
