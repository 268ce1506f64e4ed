"""Principal components of the pixels: the linear code every model is up
against, in real numbers or in a stated number of bits.

In bits: the coefficients are coded one by one with a Lloyd-Max scalar
quantiser fitted on the training coefficients. Bits are given out as in
reverse water-filling (Cover and Thomas, section 10.3.3), which lowers the
largest distortion first: each whole bit goes to the coefficient whose
training distortion is the largest at that moment, so the number of components
in use follows from the variances. No entropy coding, so every image costs the
same number of bits.
"""

import heapq
from typing import NamedTuple

import numpy as np
from sklearn.decomposition import PCA

from zoo.evaluation.batches import flat_pixels

COVARIANCE_PIXELS = 4_096  # Largest pixel count with an exact decomposition
RANDOMISED_COMPONENTS = 512  # Components kept above it, by a random sketch
MAX_BITS = 8  # Bits of one coefficient: 39 training values a level of 10,000
LLOYD_STEPS = 100  # Iterations of one quantiser
LLOYD_TOLERANCE = 1e-4  # Largest move of a level, in standard deviations
_GRID = 512  # Quantiles from which the first levels are placed


class PixelPCA(NamedTuple):
    """A fitted basis.

    `mean`: `(pixels,)`; `components`: `(size, pixels)`, orthonormal, by
    falling variance; `coefficients`: `(examples, size)` of the images it was
    fitted on.
    """

    mean: np.ndarray
    components: np.ndarray
    coefficients: np.ndarray

    def encode(self, pixels, size=None):
        """Coefficients `(examples, size)` of `(examples, pixels)`."""
        return (pixels - self.mean) @ self.components[:size].T

    def decode(self, coefficients):
        """Pixels `(examples, pixels)` of the leading coefficients."""
        size = coefficients.shape[1]
        return self.mean + coefficients @ self.components[:size]


def fit_pixel_pca(images, seed: int = 0) -> PixelPCA:
    """Fit all components (up to `COVARIANCE_PIXELS`) of uint8 images.

    Args:
        images: uint8 `(examples, height, width, channels)`.
        seed: Int, used only above `COVARIANCE_PIXELS`. Defaults to `0`.

    Returns:
        `PixelPCA`, float32.
    """
    pixels = flat_pixels(images)
    most = min(pixels.shape)
    if pixels.shape[1] <= COVARIANCE_PIXELS:
        pca = PCA(most, svd_solver="covariance_eigh")
    else:
        most = min(most, RANDOMISED_COMPONENTS)
        pca = PCA(most, svd_solver="randomized", random_state=seed)
    pca.fit(pixels)
    basis = PixelPCA(pca.mean_, pca.components_, None)
    return basis._replace(coefficients=basis.encode(pixels))


def lloyd_max(samples, bits: int) -> np.ndarray:
    """Levels of a scalar quantiser with least mean squared error.

    The first levels follow the density to the power 1/3, the optimum for
    many levels; then nearest level and mean alternate.

    Args:
        samples: `(n,)` numbers the quantiser is fitted on.
        bits: Int >= 0.

    Returns:
        `(2 ** bits,)` float64, ascending.
    """
    samples = np.sort(np.asarray(samples, np.float64))
    levels = _first_levels(samples, 2**bits)
    sums = np.concatenate([[0.0], np.cumsum(samples)])
    limit = LLOYD_TOLERANCE * samples.std()
    for _ in range(LLOYD_STEPS):
        edges = np.searchsorted(samples, (levels[1:] + levels[:-1]) / 2)
        edges = np.concatenate([[0], edges, [len(samples)]])
        counts = np.diff(edges)
        means = np.diff(sums[edges]) / np.maximum(counts, 1)
        moved = np.sort(np.where(counts > 0, means, levels))
        gap = np.max(np.abs(moved - levels))
        levels = moved
        if gap <= limit:
            break
    return levels


def _first_levels(samples, count):
    grid = np.quantile(samples, np.linspace(0, 1, _GRID + 1))
    # Between two quantiles the density is 1 / width: width * density ** (1/3).
    weight = np.concatenate([[0.0], np.cumsum(np.diff(grid) ** (2 / 3))])
    if count == 1 or weight[-1] == 0:
        return np.full(count, samples.mean())
    places = (np.arange(count) + 0.5) / count * weight[-1]
    return np.interp(places, weight, grid)


def quantise(values, levels) -> np.ndarray:
    """Replace each value by the nearest of the ascending `levels`."""
    return levels[np.searchsorted((levels[1:] + levels[:-1]) / 2, values)]


def allocate_bits(coefficients, total_bits: int, max_bits: int = MAX_BITS):
    """Give `total_bits` out, each to the coefficient with most distortion.

    Args:
        coefficients: `(examples, size)` training coefficients.
        total_bits: Int >= 0, bits of one example.
        max_bits: Int >= 1, most bits of one coefficient. Defaults to `8`.

    Returns:
        List of `size` level arrays; coefficient `i` costs
        `log2(len(levels[i]))` bits and the sum is at most `total_bits`
        (less only when nothing is left to improve).
    """
    levels = [lloyd_max(column, 0) for column in coefficients.T]
    heap = [
        (-_distortion(column, levels[i]), i, 0)
        for i, column in enumerate(coefficients.T)
    ]
    heapq.heapify(heap)
    for _ in range(total_bits):
        while heap and heap[0][2] >= max_bits:
            heapq.heappop(heap)
        if not heap or heap[0][0] == 0:
            break
        _, i, bits = heap[0]
        column = coefficients[:, i]
        levels[i] = lloyd_max(column, bits + 1)
        entry = (-_distortion(column, levels[i]), i, bits + 1)
        heapq.heapreplace(heap, entry)
    return levels


def _distortion(values, levels):
    return float(np.mean((values - quantise(values, levels)) ** 2))


def quantised_pixels(basis: PixelPCA, pixels, total_bits: int):
    """Code pixels in `total_bits` bits each and decode them again.

    Args:
        basis: `PixelPCA`.
        pixels: `(examples, pixels)` in `[0, 1]`.
        total_bits: Int >= 0.

    Returns:
        Pair: decoded `(examples, pixels)`, clipped to `[0, 1]` as images
        are, and dict `bits` (spent), `components` (with at least one bit).
    """
    levels = allocate_bits(basis.coefficients, total_bits)
    bits = np.array([int(np.log2(len(each))) for each in levels])
    coefficients = basis.encode(pixels)
    for i, each in enumerate(levels):
        coefficients[:, i] = quantise(coefficients[:, i], each)
    decoded = np.clip(basis.decode(coefficients), 0, 1)
    used = {"bits": int(bits.sum()), "components": int((bits > 0).sum())}
    return decoded, used
