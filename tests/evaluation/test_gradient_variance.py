"""The variance meter against closed forms of one bit."""

import keras
import numpy as np
import pytest

from keras_ae.bottlenecks import BinaryCode, VectorQuantizer
from keras_ae.estimators import (
    Exact,
    ExponentialTemperature,
    GumbelStraightThrough,
    Reinforce,
)
from keras_ae.models import VQVAE, DiscreteAutoencoder
from zoo.evaluation import gradient_variance as module
from zoo.evaluation.gradient_variance import gradient_variance

Dense = keras.layers.Dense


def one_bit(estimator="gumbel_st"):
    """One bit from one number, decoded to itself: loss (b - x)^2 / 2."""
    keras.utils.set_random_seed(0)
    ones = dict(use_bias=False, kernel_initializer="ones")
    code = BinaryCode(1, estimator, seed=0)
    model = DiscreteAutoencoder(Dense(1, **ones), code, Dense(1, **ones))
    model(np.zeros((1, 1), "float32"))
    return model


@pytest.fixture(scope="module")
def measured():
    model = one_bit()
    before = [np.array(w) for w in model.weights]
    batches = [np.full((1, 1), x, "float32") for x in (0.5, 1.0)]
    rows = gradient_variance(model, batches, draws=2000, seed=1)
    found = {row["estimator"]: row for row in rows}
    return model, before, found


def closed_form(baseline_of):
    """Mean and variance of `(loss - baseline) (b - p) x`, x = 0.5 and 1."""
    means, variances = [], []
    for x in (0.5, 1.0):
        p = 1 / (1 + np.exp(-x))
        bits, odds = np.array([0.0, 1.0]), np.array([1 - p, p])
        losses = 0.5 * (bits - x) ** 2
        gradients = (losses - baseline_of(losses, odds)) * (bits - p) * x
        mean = odds @ gradients
        means.append(mean)
        variances.append(odds @ (gradients - mean) ** 2)
    return np.array(means), np.array(variances)


def test_reinforce_has_the_variance_of_its_closed_form(measured):
    means, variances = closed_form(lambda losses, odds: 0.0)
    row = measured[2]["reinforce(baseline=none)"]
    # 2,000 draws a minibatch: a variance within some 10 %.
    expected = variances.mean()
    assert row["sampling_variance"] == pytest.approx(expected, rel=0.1)
    assert row["gradient_norm"] == pytest.approx(abs(means.mean()), abs=0.01)
    assert row["minibatch_variance"] == pytest.approx(
        np.var(means, ddof=1), rel=0.2, abs=1e-4
    )
    ratio = row["gradient_norm"] ** 2 / row["sampling_variance"]
    assert row["signal_to_noise"] == pytest.approx(ratio)


def test_exact_has_the_mean_and_no_sampling_variance(measured):
    means, _ = closed_form(lambda losses, odds: 0.0)
    row = measured[2]["exact"]
    assert row["sampling_variance"] == 0 and row["signal_to_noise"] is None
    assert row["gradient_norm"] == pytest.approx(abs(means.mean()), rel=1e-4)
    assert row["minibatch_variance"] == pytest.approx(
        np.var(means, ddof=1), rel=1e-3
    )
    assert row["decoder_evaluations"] == 2


def test_every_applicable_estimator_is_there_and_costs_what_it_says(measured):
    found = measured[2]
    evaluations = {k: row["decoder_evaluations"] for k, row in found.items()}
    assert evaluations.pop("the run's own, gumbel_st(temperature=1)") == 1
    assert evaluations == {
        "straight_through": 1,
        "gumbel(temperature=1)": 1,
        "gumbel_st(temperature=1)": 1,
        "reinforce(baseline=none)": 1,
        "reinforce(baseline=ema)": 1,
        "reinforce(baseline=batch)": 1,
        "reinforce(baseline=greedy)": 2,
        "leave_one_out(samples=2)": 2,
        "leave_one_out(samples=4)": 4,
        "disarm": 2,
        "exact": 2,
    }
    for row in found.values():
        product = row["sampling_variance"] * row["decoder_evaluations"]
        assert row["variance_times_cost"] == pytest.approx(product)
    two, four = (found[f"leave_one_out(samples={k})"] for k in (2, 4))
    assert four["sampling_variance"] < two["sampling_variance"]
    assert not found["gumbel(temperature=1)"]["unbiased"]
    assert found["disarm"]["unbiased"]


def rows_of(model, monkeypatch, candidates, rows=1, **options):
    """Rows by name, of minibatches of so many copies of 0.5, then of 1."""
    monkeypatch.setattr(module, "CANDIDATES", candidates)
    batches = [np.full((rows, 1), x, "float32") for x in (0.5, 1.0)]
    options = {"draws": 1000, "seed": 1, **options}
    found = gradient_variance(model, batches, **options)
    return {row["estimator"]: row for row in found}


def test_the_moving_average_is_of_the_losses_of_drawn_codes(monkeypatch):
    chance = 1 / (1 + np.exp(-np.array([0.5, 1.0])))
    # Both bits are 0.5 from 0.5; from 1, the less probable one is 1 away.
    drawn = np.mean([0.5 * 0.25, (1 - chance[1]) * 0.5])
    probable = np.mean([0.5 * 0.25, 0.0])
    expected, other = (
        closed_form(lambda losses, odds: baseline)[1].mean()
        for baseline in (drawn, probable)
    )
    name = "reinforce(baseline=ema)"
    row = rows_of(one_bit(), monkeypatch, (name,), rows=256)[name]
    # 512 losses drawn, then 1,000 means of 256 gradients of a minibatch.
    found = 256 * row["sampling_variance"]
    assert found == pytest.approx(expected, rel=0.15)
    assert found < 0.75 * other


def test_relaxations_are_at_the_temperature_of_the_run(monkeypatch):
    schedule = ExponentialTemperature(1.0, minimum=0.1, rate=0.5)
    model = one_bit(GumbelStraightThrough(schedule))
    model.bottleneck.step.assign(2)  # exp(-1)
    found = rows_of(model, monkeypatch, ("gumbel", "gumbel_st"))
    label = "gumbel_st(temperature=0.368)"
    assert list(found) == [
        f"the run's own, {label}",
        "gumbel(temperature=0.368)",
        label,
    ]
    own, same = found[f"the run's own, {label}"], found[label]
    for key in ("gradient_norm", "sampling_variance"):  # the same noise
        assert same[key] == pytest.approx(own[key], rel=1e-5)
    plain = rows_of(one_bit("reinforce"), monkeypatch, ("gumbel_st",))
    warm = plain["gumbel_st(temperature=1)"]["sampling_variance"]
    assert same["sampling_variance"] > 1.5 * warm


def test_own_estimators_are_named_and_others_are_measured_too(monkeypatch):
    model = one_bit()
    own = "reinforce(baseline=batch, samples=2)", [Reinforce("batch", 2)]
    found = rows_of(
        model, monkeypatch, (own[0],), own=own, others=[("exact", [Exact()])]
    )
    assert list(found) == [f"the run's own, {own[0]}", own[0], "exact"]
    first, second = list(found.values())[:2]
    for key in ("decoder_evaluations", "sampling_variance"):
        assert first[key] == pytest.approx(second[key], rel=1e-5)


def test_the_weights_stay_and_the_estimator_is_given_back(measured):
    model, before, _ = measured
    assert model.bottleneck.training_estimator.name == "gumbel_st"
    for one, two in zip(before, model.weights):
        if "metric" not in two.path and "codes" not in two.path:
            np.testing.assert_array_equal(one, two, two.path)


def test_what_cannot_be_measured_is_refused(measured):
    quantised = VQVAE(Dense(3), VectorQuantizer(4, 3), Dense(7))
    with pytest.raises(ValueError, match="with a stochastic code, one-hot or"):
        gradient_variance(quantised, [])
    with pytest.raises(ValueError, match="at least 2 minibatches.*: 1"):
        gradient_variance(measured[0], [np.zeros((1, 1), "float32")])
    with pytest.raises(ValueError, match="`draws` >= 2. Received: draws=1"):
        gradient_variance(measured[0], [], draws=1)
