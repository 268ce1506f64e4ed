"""The real 8x8 handwritten digits inside scikit-learn: no network needed."""

import numpy as np
from sklearn import datasets

from zoo.data.image_data import ImageData

MAX_INK = 16  # Pixels count the dark cells of a 4x4 block.


def load_digits() -> ImageData:
    """Return the 1,797 digits, split 70/10/20 within each class.

    The k-th image of a class goes by `k % 10`: 0 to 6 train, 7 valid, 8 and 9
    test. No random numbers, so the split is the same everywhere.

    Returns:
        `ImageData` with images `uint8 (n, 8, 8, 1)`, 0..16 scaled to 0..255.
    """
    source = datasets.load_digits()
    images = np.rint(source.images * (255 / MAX_INK)).astype("uint8")[..., None]
    labels = source.target.astype("int64")
    rank = np.empty(len(labels), "int64")
    for label in range(10):
        members = np.flatnonzero(labels == label)
        rank[members] = np.arange(len(members))
    place = rank % 10
    train, valid, test = place < 7, place == 7, place > 7
    return ImageData(
        name="digits",
        x_train=images[train],
        y_train=labels[train],
        x_valid=images[valid],
        y_valid=labels[valid],
        x_test=images[test],
        y_test=labels[test],
        class_names=tuple(str(digit) for digit in range(10)),
        notes={"source": "scikit-learn load_digits"},
    )
