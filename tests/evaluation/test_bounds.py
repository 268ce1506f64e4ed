"""Bounds of drawn hard codes against the likelihood by enumeration."""

import itertools

import keras
import numpy as np
import pytest

from keras_ae.bottlenecks import BinaryCode, OneHotCode, VectorQuantizer
from keras_ae.models import VQVAE, Batch, DiscreteAutoencoder
from zoo.evaluation.bounds import bounds, relaxation_gap, seeded

Dense = keras.layers.Dense
X = np.round(np.random.default_rng(0).random((3, 5))).astype("float32")
IMAGES = (255 * X).astype("uint8")


def make(kind, estimator="gumbel"):
    keras.utils.set_random_seed(2)
    if kind == "binary":
        code = BinaryCode(3, estimator, seed=0)
    else:
        code = OneHotCode(2, 3, estimator, seed=0)
    wide = dict(kernel_initializer=keras.initializers.RandomNormal(stddev=1.5))
    model = DiscreteAutoencoder(
        Dense(code.width, **wide),
        code,
        Dense(5, **wide),
        likelihood="bernoulli",
        kl_weight=1.0,
    )
    model(X)
    return model


def enumerated(model):
    """Log-likelihood and lower bound of each object, over all codes."""
    code = model.bottleneck
    values = range(code.num_codes)
    index = np.array(list(itertools.product(values, repeat=code.groups)))
    logits = model.decoder(code.decode_index(index)).numpy()  # (codes, 5)
    likelihood = X @ logits.T - np.logaddexp(0, logits).sum(axis=1)
    prior = -np.log(len(index))
    features = np.repeat(model.encoder(X).numpy(), len(index), axis=0)
    posterior, _ = code.log_prob_and_entropy(
        features, np.tile(index, (len(X), 1)).astype("int32")
    )
    posterior = posterior.numpy().sum(axis=1).reshape(len(X), -1)
    weights = likelihood + prior - posterior
    total = np.log(np.exp(likelihood + prior).sum(axis=1))
    return total, (np.exp(posterior) * weights).sum(axis=1)


@pytest.mark.parametrize("kind", ["binary", "one_hot"])
def test_both_bounds_are_those_of_enumeration(kind):
    model = make(kind)
    likelihood, elbo = enumerated(model)
    found = bounds(model, IMAGES, samples=20_000)
    # Log-weights scatter by a few nats: 0.03 is three standard errors.
    assert found["nelbo"] == pytest.approx(-elbo.mean(), abs=0.06)
    assert found["bound"] == pytest.approx(-likelihood.mean(), abs=0.06)
    assert found["nelbo"] - found["bound"] > 0.2  # no accident of a code
    assert found["samples"] == 20_000 and found["images"] == 3


@pytest.mark.parametrize("kind", ["binary", "one_hot"])
def test_the_training_loss_with_all_codes_is_the_lower_bound(kind):
    model = make(kind, "exact")
    _, elbo = enumerated(model)
    terms = model.loss_terms(Batch(X), training=True)
    loss = np.mean(terms["reconstruction_loss"] + terms["kl_loss"])
    assert loss == pytest.approx(-elbo.mean(), rel=1e-5)


def test_one_sample_gives_both_conventions_the_same_number():
    found = bounds(make("binary"), IMAGES, samples=1)
    assert found["bound"] == pytest.approx(found["nelbo"], rel=1e-6)


def test_equal_seeds_draw_alike_and_the_model_s_own_draws_go_on():
    model = make("binary")
    state = np.array(keras.ops.convert_to_numpy(
        model.bottleneck.seed_generator.state
    ))
    first = bounds(model, IMAGES, 50, seed=1)
    assert first["bound"] == bounds(model, IMAGES, 50, seed=1)["bound"]
    assert first["bound"] != bounds(model, IMAGES, 50, seed=2)["bound"]
    after = keras.ops.convert_to_numpy(model.bottleneck.seed_generator.state)
    np.testing.assert_array_equal(state, after)


def test_draws_in_chunks_are_averaged_as_a_whole(monkeypatch):
    model = make("one_hot")
    whole = bounds(model, IMAGES, 4000)
    monkeypatch.setattr("zoo.evaluation.bounds.ROWS", 900)
    # 300 draws at a time, 100 at the end; other noise, hence not equal.
    parts = bounds(model, IMAGES, 4000)
    assert parts["bound"] == pytest.approx(whole["bound"], abs=0.1)
    assert parts["nelbo"] == pytest.approx(whole["nelbo"], abs=0.1)


def test_hard_training_codes_leave_no_gap_and_relaxed_ones_do():
    assert relaxation_gap(make("binary", "gumbel_st"), X)[
        "relaxation_gap"
    ] == pytest.approx(0.0, abs=1e-5)
    for name in ("reinforce", "leave_one_out", "disarm", "exact"):
        gap = relaxation_gap(make("binary", name), X)
        assert gap["relaxation_gap"] == 0.0
    gap = relaxation_gap(make("binary", "gumbel"), X)
    assert abs(gap["relaxation_gap"]) > 0.05
    difference = gap["hard_loss"] - gap["relaxed_loss"]
    assert gap["relaxation_gap"] == difference


def test_a_model_without_a_stochastic_code_is_refused():
    model = VQVAE(Dense(3), VectorQuantizer(4, 3), Dense(5))
    with pytest.raises(ValueError, match="a model of stochastic codes"):
        bounds(model, IMAGES)
    coded = DiscreteAutoencoder(Dense(3), VectorQuantizer(4, 3), Dense(5))
    with pytest.raises(ValueError, match="a model of stochastic codes"):
        bounds(coded, IMAGES)
    with pytest.raises(TypeError, match="needs a stochastic code"):
        coded.log_weights(X)
    with pytest.raises(ValueError, match="`samples` >= 1"):
        bounds(make("binary"), IMAGES, samples=0)
    with pytest.raises(RuntimeError, match="boom"):
        with seeded(make("binary"), 3):
            raise RuntimeError("boom")
