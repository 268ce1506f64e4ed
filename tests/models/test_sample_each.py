"""One object a seed, from the priors of models."""

import keras
import numpy as np
import pytest

from keras_ae.bottlenecks import VectorQuantizer
from keras_ae.models import VQVAE, VariationalAutoencoder
from keras_ae.models.noise_each import gumbel_each, normal_each

SEEDS = np.arange(20_000)


def variational():
    dense = keras.layers.Dense
    return VariationalAutoencoder(dense(4), dense(3), "squared_error")


def test_a_gaussian_latent_is_drawn_from_its_prior():
    model = variational()
    model(np.zeros((1, 3), "float32"))
    kernel = np.array([[1.0, 0, 0], [0, 2.0, 0]], "float32")
    model.decoder.kernel.assign(kernel)
    drawn = np.asarray(model.sample_each(SEEDS))
    # Four standard errors of a mean, and of a deviation, of 20,000 draws.
    np.testing.assert_allclose(drawn.mean(0), 0, atol=4 * 2 / 20_000**0.5)
    np.testing.assert_allclose(drawn.std(0), [1, 2, 0], rtol=4 / 40_000**0.5)


def test_noise_of_a_row_is_that_of_its_seed():
    for draw in (normal_each, gumbel_each):
        rows = np.asarray(draw([3, 2**40, 3], (4, 5)))
        # Logarithms of vectors round by the place in the vector.
        near = dict(rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(rows[0], rows[2], **near)
        assert not np.allclose(rows[0], rows[1], **near)
        np.testing.assert_allclose(draw([2**40], (4, 5))[0], rows[1], **near)
        assert draw(np.zeros(0, "int64"), (4, 5)).shape == (0, 4, 5)


def test_gumbel_noise_has_its_mean():
    # The mean is Euler's constant, the variance pi^2 / 6: four errors.
    mean = float(np.mean(gumbel_each(SEEDS, (2,))))
    assert mean == pytest.approx(0.5772, abs=4 * (1.645 / 40_000) ** 0.5)


def test_sampling_needs_a_built_model_and_a_prior():
    with pytest.raises(ValueError, match="sample_each` needs a built model"):
        variational().sample_each([1])
    dense = keras.layers.Dense
    model = VQVAE(dense(3), VectorQuantizer(4, 3), dense(5))
    with pytest.raises(ValueError, match="`VQVAE.sample_each` needs a prior"):
        model.sample_each([1])
