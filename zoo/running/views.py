"""What a trained model makes of images, for pictures and TensorBoard."""

import numpy as np
from keras import ops

from zoo.data.image_data import to_unit

_BATCH = 256


def is_discrete(model) -> bool:
    """Return whether the model has codes with an index."""
    bottleneck = getattr(model, "bottleneck", None)
    return hasattr(bottleneck, "num_codes")


def apply(function, x) -> np.ndarray:
    """Return `function` of uint8 or float images, a batch at a time."""
    x = to_unit(x) if x.dtype == np.uint8 else x
    parts = [
        np.asarray(ops.convert_to_numpy(function(x[i : i + _BATCH])))
        for i in range(0, len(x), _BATCH)
    ]
    joined = np.concatenate(parts)
    if joined.dtype.kind in "iub":
        return joined
    return joined.astype(np.float32)


def embeddings(model, x) -> np.ndarray:
    """Return `(examples, dim)` float32."""
    z = apply(model.encode, x)
    return z.reshape(len(z), -1)


def code_index(model, x) -> np.ndarray:
    """Return `(examples, positions)` ints of a discrete model."""
    index = apply(model.encode_index, x)
    return index.reshape(len(index), -1)


def reconstructions(model, x) -> np.ndarray | None:
    """Return decoded images in [0, 1], `None` for a model that has none."""
    if not hasattr(model, "reconstruct"):
        return None
    return np.clip(apply(model.reconstruct, x), 0, 1)


def random_images(model, images, count: int, seed: int):
    """Return `count` images that the model makes up, and how it did.

    From the fitted prior where there is one; else from codes drawn evenly
    (discrete), or from a Gaussian fitted to the training embeddings.

    Returns:
        Pair: images, or `None`; title, or the reason why there are none.
    """
    if getattr(model, "prior", None) is not None:
        samples = ops.convert_to_numpy(model.sample(count, seed))
        return np.asarray(samples, np.float32), "samples of the prior"
    random = np.random.default_rng(seed)
    if is_discrete(model) and hasattr(model, "decode_index"):
        shape = apply(model.encode_index, images.x_test[:1]).shape[1:]
        index = random.integers(
            int(model.bottleneck.num_codes), size=(count, *shape)
        )
        decoded = apply(model.decode_index, index.astype(np.int32))
        return decoded, "decoded codes, each drawn evenly and alone"
    if not hasattr(model, "reconstruct"):
        return None, "the model decodes nothing"
    z = apply(model.encode, images.x_train[:5_000])
    flat = z.reshape(len(z), -1)
    mean, centred = flat.mean(axis=0), flat - flat.mean(axis=0)
    # A random mixture of the centred examples has just their covariance.
    weights = random.normal(size=(count, len(z))) / np.sqrt(len(z))
    drawn = mean + weights.astype(np.float32) @ centred
    drawn = drawn.reshape(count, *z.shape[1:]).astype(np.float32)
    title = "decoded draws of a Gaussian fitted to the embeddings"
    return apply(model.decode, drawn), title
