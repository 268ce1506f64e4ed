"""Floors: what the same probes reach without any training of the encoder.

An embedding that does not beat its raw pixels, as many principal components
or its own untrained encoder has learned nothing a probe can see. All floors
go through `zoo.evaluation.probes`, as the embedding does.
"""

from zoo.evaluation.batches import Splits, flat_pixels
from zoo.evaluation.pixel_pca import PixelPCA
from zoo.evaluation.probes import Labelled, probe


def labelled(splits: Splits, transform) -> Labelled:
    """Apply `transform` to the images of three splits.

    Args:
        splits: `Splits`.
        transform: Function from uint8 images to `(examples, dim)`.

    Returns:
        `Labelled`.
    """
    return Labelled(
        transform(splits.x_train),
        splits.y_train,
        transform(splits.x_valid),
        splits.y_valid,
        transform(splits.x_test),
        splits.y_test,
    )


def raw_pixel_floor(splits: Splits, seed: int) -> dict:
    """Probes on the pixels themselves; the dict of `probe`."""
    return probe(labelled(splits, flat_pixels), seed)


def pca_floor(splits: Splits, basis: PixelPCA, size: int, seed: int) -> dict:
    """Probes on principal components, as many as the embedding has numbers.

    Args:
        splits: `Splits`, with labels.
        basis: `PixelPCA` of the training images drawn.
        size: Int >= 1; at most the components of `basis` are used, so never
            more than there are pixels.
        seed: Int.

    Returns:
        The dict of `probe`; its `dim` is the number of components.
    """
    size = min(size, len(basis.components))
    return probe(
        labelled(splits, lambda x: basis.encode(flat_pixels(x), size)), seed
    )
