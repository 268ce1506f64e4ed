"""The prior over codes: causal, trainable, and sampled repeatably."""

import keras
import numpy as np
import pytest

from keras_ae.bottlenecks import BinaryCode, VectorQuantizer
from keras_ae.models import VQVAE, CodePrior


def make_model(prior):
    encoder = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Conv2D(2, 2, strides=2)]
    )
    decoder = keras.Sequential(
        [keras.Input((2, 2, 2)), keras.layers.Conv2DTranspose(1, 2, strides=2)]
    )
    return VQVAE(encoder, VectorQuantizer(3, 2), decoder, prior=prior)


def values(weights):
    return [keras.ops.convert_to_numpy(weight) for weight in weights]


def images(count=32):
    return np.random.default_rng(0).uniform(size=(count, 4, 4, 1))


def test_logits_see_only_the_codes_before_them():
    prior = CodePrior(num_codes=5, length=6, width=8, blocks=2, heads=2)
    index = np.array([[0, 1, 2, 3, 4, 0]])
    before = np.array(prior(index))
    for position in range(6):
        changed = index.copy()
        changed[0, position] = (changed[0, position] + 1) % 5
        after = np.array(prior(changed))
        seen = np.abs(after - before)[0].max(axis=-1) > 1e-6
        assert not seen[: position + 1].any()
        if position < 5:
            assert seen[position + 1]


def test_samples_have_the_frequencies_of_a_learned_sequence():
    # Codes 0 1 0 1 ... or 2 2 2 2 ..., half each: 2,000 samples put the
    # share of the second within 0.05 (4.5 standard errors) of one half, once
    # the prior has learned it; learning itself is given 0.1.
    rng = np.random.default_rng(0)
    one = np.array([[0, 1, 0, 1], [2, 2, 2, 2]], "int32")
    index = one[rng.integers(0, 2, size=512)]
    keras.utils.set_random_seed(0)
    prior = CodePrior(num_codes=3, length=4, width=16, blocks=1, heads=2)
    prior.compile_prior(learning_rate=1e-2)
    prior.fit(index, index, epochs=30, batch_size=64, verbose=0)
    drawn = np.array(prior.sample(2000, seed=(1, 2)))
    second = (drawn == 2).all(axis=1)
    first = (drawn == one[0]).all(axis=1)
    assert np.mean(first | second) > 0.97
    assert abs(second.mean() - 0.5) < 0.1


def test_the_same_seed_gives_the_same_samples():
    model = make_model(CodePrior(3, 4, width=8, blocks=1, heads=2))
    model(images(2))
    one, two = model.sample(5, seed=1), model.sample(5, seed=1)
    np.testing.assert_array_equal(one, two)
    assert np.abs(np.array(model.sample(5, seed=2)) - one).max() > 0
    assert one.shape == (5, 4, 4, 1)


def test_fitting_the_prior_moves_no_weight_of_the_auto_encoder():
    model = make_model(CodePrior(3, 4, width=8, blocks=1, heads=2))
    model(images(2))
    own = values(model.own_weights())
    prior = values(model.prior.trainable_weights)
    model.fit_prior(images(), epochs=1, batch_size=8, verbose=0)
    for before, after in zip(own, values(model.own_weights())):
        np.testing.assert_array_equal(before, after)
    moved = zip(prior, values(model.prior.trainable_weights))
    assert any(np.abs(before - after).max() > 0 for before, after in moved)


def test_fitting_the_auto_encoder_moves_no_weight_of_the_prior():
    model = make_model(CodePrior(3, 4, width=8, blocks=1, heads=2))
    model.compile("adam")
    model(images(2))
    before = values(model.prior.weights)
    model.fit(images(), epochs=1, verbose=0)
    for old, new in zip(before, values(model.prior.weights)):
        np.testing.assert_array_equal(old, new)


def test_sample_without_prior_is_refused():
    with pytest.raises(ValueError, match="needs a prior: pass `prior=Code"):
        make_model(None).sample(1, seed=0)


def test_prior_of_another_length_is_refused():
    model = make_model(CodePrior(3, 5, width=8, blocks=1, heads=2))
    with pytest.raises(ValueError, match="codes of one object, 4. Received"):
        model.fit_prior(images(), verbose=0)


def test_prior_over_other_codes_is_refused():
    with pytest.raises(ValueError, match="over its 3 codes. Received: prior"):
        make_model(CodePrior(4, 4, width=8))


def test_binary_code_in_a_vqvae_is_refused():
    layer = keras.layers.Dense(2)
    with pytest.raises(ValueError, match="take `DiscreteAutoencoder` for bi"):
        VQVAE(layer, BinaryCode(2), layer)
