"""Three splits of one image data set, checked once on the way in."""

import dataclasses

import numpy as np

SPLITS = ("train", "valid", "test")


@dataclasses.dataclass(frozen=True, eq=False)
class ImageData:
    """Hold the train, valid and test images of one data set.

    Images are `uint8 (n, height, width, channels)`, the same shape in every
    split. Labels are `int64 (n,)`, an index into `class_names`, and `None` in
    all three splits when the data has none.

    Args:
        name: String, what `load` was asked for.
        x_train, y_train, x_valid, y_valid, x_test, y_test: Images, at least
            one in each split, and their labels or `None`.
        class_names: Tuple of strings, empty without labels.
        notes: Dict of JSON values: source, hashes, skipped files.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray | None
    x_valid: np.ndarray
    y_valid: np.ndarray | None
    x_test: np.ndarray
    y_test: np.ndarray | None
    class_names: tuple = ()
    notes: dict = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        if not isinstance(self.class_names, tuple):
            raise TypeError(
                "`ImageData` needs `class_names` to be a tuple. Received: "
                f"class_names={self.class_names!r}"
            )
        labelled = [getattr(self, f"y_{s}") is not None for s in SPLITS]
        if any(labelled) != all(labelled):
            given = [f"y_{s}" for s, has in zip(SPLITS, labelled) if has]
            raise ValueError(
                "`ImageData` needs labels in every split or in none. "
                f"Received: labels={given}"
            )
        for split in SPLITS:
            self._check_images(f"x_{split}")
            if all(labelled):
                self._check_labels(split)

    def _check_images(self, field: str) -> None:
        x = getattr(self, field)
        dtype = getattr(x, "dtype", type(x).__name__)
        if dtype != np.uint8:
            raise TypeError(
                f"`ImageData` needs `{field}` in uint8. Received: "
                f"dtype={dtype}"
            )
        if x.ndim != 4 or 0 in x.shape:
            raise ValueError(
                f"`ImageData` needs `{field}` of shape (n >= 1, height, width, "
                f"channels). Received: shape={x.shape}"
            )
        if x.shape[1:] != self.image_shape:
            raise ValueError(
                f"`ImageData` needs `{field}` to have the image shape of "
                f"`x_train`, {self.image_shape}. Received: {x.shape[1:]}"
            )

    def _check_labels(self, split: str) -> None:
        y = getattr(self, f"y_{split}")
        count = len(getattr(self, f"x_{split}"))
        if y.dtype != np.int64:
            raise TypeError(
                f"`ImageData` needs `y_{split}` in int64. Received: "
                f"dtype={y.dtype}"
            )
        if y.shape != (count,):
            raise ValueError(
                f"`ImageData` needs one label an image, `y_{split}` of shape "
                f"({count},). Received: shape={y.shape}"
            )
        classes = len(self.class_names)
        if y.min() < 0 or y.max() >= classes:
            raise ValueError(
                f"`ImageData` needs `y_{split}` in 0..{classes - 1}, one for "
                f"each of `class_names`. Received: {y.min()}..{y.max()}"
            )

    @property
    def image_shape(self) -> tuple:
        """`(height, width, channels)`."""
        return tuple(self.x_train.shape[1:])

    @property
    def description(self) -> str:
        """One line: name, image shape, size of each split, classes."""
        shape = "x".join(str(size) for size in self.image_shape)
        counts = [f"{len(getattr(self, f'x_{s}'))} {s}" for s in SPLITS]
        classes = len(self.class_names)
        labels = f"{classes} classes" if classes else "no labels"
        return f"{self.name}: {shape} images, {', '.join(counts)}, {labels}"


def to_unit(images) -> np.ndarray:
    """Turn uint8 images in 0..255 into float32 in `[0, 1]`."""
    return np.asarray(images, np.float32) / np.float32(255)
