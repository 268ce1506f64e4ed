"""The codebook's moving averages, k-means and restarts against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from keras_ae.bottlenecks import VectorQuantizer
from keras_ae.bottlenecks.codebook import K_MEANS_STEPS, RESTART_SHARE
from keras_ae.bottlenecks.vector_quantizer import POOL_PER_CODE

CODES, DIM, SEED = 6, 3, 5


def batch(step, rows):
    """Blobs that wander off, so that codes die."""
    random = np.random.default_rng(step)
    centres = np.random.default_rng(99).normal(size=(CODES, DIM))
    which = random.integers(0, CODES if step < 6 else 2, rows)
    x = centres[which] + 0.3 * random.normal(size=(rows, DIM))
    return (x + 0.02 * step).astype("float32")


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def nearest(x, codes):
    return np.sum((x[:, None] - codes) ** 2, axis=-1).argmin(axis=1)


def codebook(layer):
    return layer.codebook.value.numpy()


class Reference:
    """Appendix A.1 of arXiv:1711.00937 with k-means and restarts."""

    def __init__(self, decay, restart_below, cosine=False, k_means=True):
        self.decay, self.below, self.cosine = decay, restart_below, cosine
        self.k_means, self.step, self.restarted = k_means, 0, 0

    def normalised(self, vectors):
        return unit(vectors) if self.cosine else vectors

    def fit(self, pool):
        codes = pool[np.arange(CODES) * len(pool) // CODES]
        for _ in range(K_MEANS_STEPS):
            index = nearest(pool, codes)
            for k in range(CODES):
                if np.any(index == k):
                    codes[k] = pool[index == k].mean(axis=0)
            codes = self.normalised(codes)
        return codes

    def train(self, x):
        x = self.normalised(x.astype("float64"))
        size = min(len(x), POOL_PER_CODE * CODES)
        pool = x[np.arange(size) * len(x) // size]
        if self.step == 0 and self.k_means:
            self.codes = self.fit(pool.copy())
        if self.step == 0:
            self.counts = np.full(CODES, len(x) / CODES)
            self.sums = self.codes * self.counts[:, None]
        self.step += 1
        index = nearest(x, self.codes)
        for k in range(CODES):
            won = x[index == k]
            self.counts[k] += (1 - self.decay) * (len(won) - self.counts[k])
            self.sums[k] += (1 - self.decay) * (won.sum(0) - self.sums[k])
        self.codes = self.normalised(self.sums / self.counts[:, None])
        self.restart(pool)
        return index

    def restart(self, pool):
        mean = self.counts.mean()
        dead = np.flatnonzero(self.counts < self.below * mean)
        parents = self.codes[np.argsort(-self.counts, kind="stable")]
        rows = tf.random.stateless_uniform(  # the layer's only draw
            (CODES,), [SEED, self.step], 0, len(pool), "int32"
        ).numpy()
        for rank, k in enumerate(dead):
            parent = parents[rank % (CODES - len(dead))]
            way = RESTART_SHARE * (pool[rows[k]] - parent)
            self.codes[k] = self.normalised(parent + way)
            self.counts[k] = mean
            self.sums[k] = self.codes[k] * mean
        self.restarted += len(dead)


def assert_follows(layer, reference):
    # Float32 sums of up to 50 vectors, carried over 12 steps.
    for name in ("codes", "counts", "sums"):
        attribute = "codebook" if name == "codes" else name
        variable = getattr(layer, attribute).value.numpy()
        np.testing.assert_allclose(
            variable, getattr(reference, name), 1e-4, 1e-5, err_msg=name
        )


@pytest.mark.parametrize("cosine", [False, True])
@pytest.mark.parametrize("rows", [20, 50])  # below and above the pool of 24
@pytest.mark.parametrize("k_means", [True, False])
def test_every_step_of_the_averages_equals_numpy(cosine, rows, k_means):
    layer = VectorQuantizer(
        CODES,
        DIM,
        decay=0.6,
        distance="cosine" if cosine else "euclidean",
        k_means=k_means,
        restart_below=0.5,
        seed=SEED,
    )
    layer.build((None, DIM))
    reference = Reference(0.6, 0.5, cosine, k_means)
    reference.codes = layer.codes().numpy().astype(float)
    for step in range(12):
        x = batch(step, rows)
        index = layer(x, training=True).index
        np.testing.assert_array_equal(index, reference.train(x))
        assert_follows(layer, reference)
    assert int(layer.step) == 12
    assert reference.restarted > 3


def test_k_means_of_the_first_batch_finds_separate_blobs():
    random = np.random.default_rng(0)
    centres = 10.0 * np.eye(CODES)
    x = centres[np.arange(120) // 20] + 0.01 * random.normal(size=(120, CODES))
    layer = VectorQuantizer(CODES, CODES, decay=0.0, seed=1)
    code = layer(x.astype("float32"), training=True)
    np.testing.assert_array_equal(code.index, np.arange(120) // 20)
    means = x.reshape(CODES, 20, CODES).mean(axis=1)
    np.testing.assert_allclose(codebook(layer), means, rtol=1e-4, atol=1e-6)


def test_the_fit_stops_after_the_first_batch():
    layer = VectorQuantizer(CODES, DIM, decay=0.999, restart_below=0.0)
    layer(batch(0, 50), training=True)
    before = codebook(layer)
    layer(batch(0, 50) + 100, training=True)
    moved = np.linalg.norm(codebook(layer) - before, axis=1)
    # One code wins all 50, its average count is 8: 0.1 % * 6 of the way.
    assert moved.max() < 2 and np.median(moved) < 1e-4


@pytest.mark.parametrize("update", ["ema", "gradient"])
def test_a_dead_code_wins_vectors_after_its_restart(update):
    layer = VectorQuantizer(
        CODES, DIM, update=update, decay=0.5, k_means=False, seed=SEED
    )
    layer.build((None, DIM))
    far = np.full((CODES, DIM), 100.0)
    far[0] = 0.0  # the others are never the nearest
    layer.codebook.assign(far)
    # Average use starts even and halves at each step: dead after four.
    for step in range(5):
        layer(batch(step, 50), training=True)
    assert np.abs(codebook(layer)).max() < 10
    code = layer(batch(0, 50))
    assert len(np.unique(code.index)) >= 4
    np.testing.assert_array_equal(layer.decode_index(code.index), code.value)
    own = layer(codebook(layer))
    np.testing.assert_array_equal(own.index, np.arange(CODES))


def test_zero_never_restarts():
    layer = VectorQuantizer(
        CODES, DIM, decay=0.5, k_means=False, restart_below=0.0
    )
    layer.build((None, DIM))
    far = np.full((CODES, DIM), 100.0)
    far[0] = 0.0
    layer.codebook.assign(far)
    for step in range(10):
        layer(batch(0, 50), training=True)
    np.testing.assert_allclose(codebook(layer)[1:], 100.0, rtol=1e-5)
