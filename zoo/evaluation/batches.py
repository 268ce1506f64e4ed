"""Images through a model in batches, and the seeded subsets of a data set."""

import functools
from typing import Callable, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from zoo.data.image_data import to_unit

TRAIN_EXAMPLES = 10_000  # Most training examples a probe or floor is fitted on
VALID_EXAMPLES = 5_000  # Most validation examples a setting is chosen on
TEST_EXAMPLES = 10_000  # Most test examples a number is measured on


class Splits(NamedTuple):
    """The images and labels one evaluation uses; labels may be `None`.

    Images are uint8 `(examples, height, width, channels)`.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_valid: np.ndarray
    y_valid: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def draw_splits(data, seed: int) -> Splits:
    """Draw at most the declared number of examples from each split.

    A split within its limit is taken whole and in order; a larger one is
    drawn without replacement by `seed`.

    Args:
        data: `zoo.data.ImageData`.
        seed: Int >= 0.

    Returns:
        `Splits`.
    """
    limits = (TRAIN_EXAMPLES, VALID_EXAMPLES, TEST_EXAMPLES)
    drawn = []
    for stream, (split, limit) in enumerate(
        zip(("train", "valid", "test"), limits)
    ):
        x, y = getattr(data, f"x_{split}"), getattr(data, f"y_{split}")
        if len(x) < 2:
            raise ValueError(
                f"`draw_splits` needs at least 2 images in `x_{split}`. "
                f"Received: {len(x)}"
            )
        if len(x) > limit:
            order = np.random.default_rng([seed, stream])
            rows = np.sort(order.choice(len(x), limit, replace=False))
            x, y = x[rows], None if y is None else y[rows]
        drawn += [x, y]
    return Splits(*drawn)


def flat_pixels(images) -> np.ndarray:
    """Turn uint8 images into float32 `(examples, pixels)` in `[0, 1]`."""
    return to_unit(images).reshape(len(images), -1)


def compiled(model, name: str) -> Callable:
    """The method `name` of `model`, as one graph for a Keras model.

    Args:
        model: Model with that method; any other object's method is returned
            as it is.
        name: Str, a method taking one tensor.

    Returns:
        Function of one array, whose first call fixes all but the batch size.
    """
    method = getattr(model, name)
    if not isinstance(model, keras.Model):
        return method
    graphs = []

    def call(x):
        if not graphs:
            spec = tf.TensorSpec((None, *x.shape[1:]), x.dtype)
            graphs.append(tf.function(method, input_signature=[spec]))
        return graphs[0](x)

    return call


@functools.lru_cache(maxsize=4)  # Methods of a model and of it untrained.
def graph_of(method, *specs: tf.TensorSpec) -> Callable:
    """One graph of a method, the same from call to call.

    Args:
        method: Bound method of tensors.
        *specs: `tf.TensorSpec` of each.
    """
    return tf.function(method, input_signature=specs)


def in_batches(function: Callable, x, batch_size: int) -> np.ndarray:
    """Apply `function` a batch at a time, to images or to indices.

    Args:
        function: Takes `(batch, ...)`, gives `(batch, ...)`.
        x: `(examples, ...)`; uint8 images are given as float32 in `[0, 1]`,
            anything else as it is.
        batch_size: Int >= 1.

    Returns:
        `(examples, ...)`, floating values as float32.
    """
    scale = to_unit if x.dtype == np.uint8 else np.asarray
    parts = [
        _numpy(function(scale(x[start : start + batch_size])))
        for start in range(0, len(x), batch_size)
    ]
    return np.concatenate(parts)


def _numpy(value):
    value = np.asarray(value)
    return value if value.dtype.kind in "iub" else value.astype(np.float32)


def embed(function: Callable, images, batch_size: int) -> np.ndarray:
    """Embeddings of uint8 images, one finite row per image.

    Args:
        function: The model's `encode`.
        images: uint8 `(examples, height, width, channels)`.
        batch_size: Int >= 1.

    Returns:
        `(examples, dim)` float32.

    Raises:
        ValueError: If an embedding holds NaN or infinity.
    """
    z = in_batches(function, images, batch_size)
    z = z.reshape(len(z), -1).astype(np.float32, copy=False)
    bad = int(np.count_nonzero(~np.isfinite(z).all(axis=1)))
    if bad:
        raise ValueError(
            "`evaluate_images` needs finite embeddings. "
            f"Received: {bad} of {len(z)} with NaN or infinity"
        )
    return z
