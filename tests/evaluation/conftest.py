"""Small data and NumPy models for the evaluation tests."""

from types import SimpleNamespace

import numpy as np
import pytest

from zoo.evaluation import cache

HEIGHT, WIDTH, CLASSES = 4, 6, 3


def make_images(count, seed):
    """Images of three classes: which third of the columns is bright."""
    random = np.random.default_rng(seed)
    y = random.permutation(np.arange(count) % CLASSES)
    x = random.integers(0, 60, (count, HEIGHT, WIDTH, 1))
    columns = np.arange(WIDTH) // (WIDTH // CLASSES)
    x += 150 * (columns[None, :] == y[:, None])[:, None, :, None]
    return x.astype(np.uint8), y.astype(np.int64)


@pytest.fixture
def data():
    """120 training, 60 validation and 60 test images of three classes."""
    fields = {}
    for seed, (split, count) in enumerate(
        (("train", 120), ("valid", 60), ("test", 60))
    ):
        fields[f"x_{split}"], fields[f"y_{split}"] = make_images(count, seed)
    return SimpleNamespace(name="columns", **fields)


class FakeEncoder:
    """The pixels as embedding, times `scale`."""

    def __init__(self, scale=1.0):
        self.scale = scale

    def encode(self, x):
        assert x.dtype == np.float32 and x.max() <= 1
        return self.scale * x.reshape(len(x), -1)


class FakeAutoencoder(FakeEncoder):
    """Pixels as embedding, the input as its own reconstruction."""

    def reconstruct(self, x):
        return x


class FakeOneHot:
    """One code per image: the brightest third of its columns."""

    bottleneck = SimpleNamespace(num_codes=CLASSES)

    def encode_index(self, x):
        thirds = x.reshape(len(x), HEIGHT, CLASSES, -1).sum(axis=(1, 3))
        return thirds.argmax(axis=1).astype(np.int32)[:, None]

    def decode_index(self, index):
        columns = np.arange(WIDTH) // (WIDTH // CLASSES)
        x_hat = (columns == index).astype(np.float32) * 0.7
        return np.repeat(x_hat[:, None, :, None], HEIGHT, axis=1)

    def encode(self, x):
        return np.eye(CLASSES, dtype=np.float32)[self.encode_index(x)]

    def reconstruct(self, x):
        return self.decode_index(self.encode_index(x))


class FakeBinary(FakeOneHot):
    """One bit per third of the columns: bright or not."""

    bottleneck = SimpleNamespace(num_codes=2)

    def encode_index(self, x):
        thirds = x.reshape(len(x), HEIGHT, CLASSES, -1).mean(axis=(1, 3))
        return (thirds > 0.4).astype(np.int32)

    def decode_index(self, index):
        x_hat = np.repeat(index.astype(np.float32), WIDTH // CLASSES, axis=1)
        return np.repeat(x_hat[:, None, :, None], HEIGHT, axis=1) * 0.7

    def encode(self, x):
        return self.encode_index(x).astype(np.float32)


@pytest.fixture
def fakes():
    """The NumPy models by name."""
    return SimpleNamespace(
        encoder=FakeEncoder,
        autoencoder=FakeAutoencoder,
        one_hot=FakeOneHot,
        binary=FakeBinary,
    )


@pytest.fixture(autouse=True)
def fresh_cache():
    """No floor remembered from another test."""
    cache.clear()
    yield
    cache.clear()
