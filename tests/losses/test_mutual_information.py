"""Estimators of mutual information on Gaussians, where it is known."""

import numpy as np
import pytest
import tensorflow as tf

from keras_ae.losses import donsker_varadhan, info_nce, jensen_shannon

DIM = 4
CORRELATIONS = (0.3, 0.6, 0.9)
BATCHES, BATCH = 80, 64
ALL = (info_nce, jensen_shannon, donsker_varadhan)
EACH = pytest.mark.parametrize("loss", ALL)


def information(correlation):
    """Closed form, nats: x and y of `DIM` independent correlated pairs."""
    return -0.5 * DIM * np.log(1 - correlation**2)


def pairs(correlation, batch=BATCH, seed=0):
    random = np.random.default_rng(seed)
    x, noise = random.normal(size=(2, batch, DIM))
    return x, correlation * x + np.sqrt(1 - correlation**2) * noise


def log_ratio(x, y, correlation):
    """`log p(y_j | x_i) - log p(y_j)`: the best score there is."""
    variance = 1 - correlation**2
    error = (y[None] - correlation * x[:, None]) ** 2 / variance
    log_ratio = 0.5 * (y[None] ** 2 - error - np.log(variance))
    return log_ratio.sum(axis=-1)


def estimates(loss, correlation, distort=lambda scores: scores):
    """Mean loss of each of many batches, with the best scores or worse."""
    found = []
    for seed in range(BATCHES):
        x, y = pairs(correlation, seed=seed)
        scores = distort(log_ratio(x, y, correlation)).astype("float32")
        found.append(np.mean(loss(scores)))
    return np.array(found)


def noise_of(values):
    """Four standard errors of the mean: one in 16,000 exceeds them."""
    return 4 * values.std() / np.sqrt(len(values))


WRONG = {
    "best": lambda scores: scores,
    "half": lambda scores: 0.5 * scores,
    "double": lambda scores: 2.0 * scores,
    "noisy": lambda scores: scores
    + np.random.default_rng(0).normal(size=scores.shape),
    "shifted": lambda scores: scores - 200.0,
}


@pytest.mark.parametrize("distort", WRONG)
@pytest.mark.parametrize("correlation", CORRELATIONS)
def test_info_nce_is_never_above_the_truth(correlation, distort):
    bound = np.log(BATCH) - estimates(info_nce, correlation, WRONG[distort])
    assert bound.mean() <= information(correlation) + noise_of(bound)


@pytest.mark.parametrize("correlation", CORRELATIONS)
def test_donsker_varadhan_at_the_best_score_is_the_truth(correlation):
    bound = -estimates(donsker_varadhan, correlation)
    error = abs(bound.mean() - information(correlation))
    assert error < noise_of(bound)


@pytest.mark.parametrize("distort", ["half", "double", "noisy", "shifted"])
def test_donsker_varadhan_of_other_scores_is_below_the_truth(distort):
    bound = -estimates(donsker_varadhan, 0.6, WRONG[distort])
    assert bound.mean() <= information(0.6) + noise_of(bound)


def test_info_nce_is_close_to_the_truth_when_it_is_small():
    bound = np.log(BATCH) - estimates(info_nce, 0.3)
    assert bound.mean() == pytest.approx(information(0.3), abs=0.02)


@pytest.mark.parametrize("scale", [0.0, 1.0, 100.0])
def test_info_nce_is_never_above_the_log_of_the_candidates(scale):
    bound = np.log(BATCH) - info_nce(scale * np.eye(BATCH))
    assert np.max(bound) <= np.log(BATCH) * (1 + 1e-6)
    if scale == 100:  # and reaches it, however large the truth
        np.testing.assert_allclose(bound, np.log(BATCH), rtol=1e-6)


def divergence(correlation, draws=400_000):
    """Jensen-Shannon divergence of joint and product, by its definition."""
    x, y = pairs(correlation, draws, seed=1)
    apart = np.roll(y, 1, axis=0)

    def ratio(y):
        variance = 1 - correlation**2
        error = (y - correlation * x) ** 2 / variance
        return 0.5 * (y**2 - error - np.log(variance)).sum(axis=1)

    def log_sigmoid(s):
        return -np.logaddexp(0, -s)

    together, separate = log_sigmoid(ratio(y)), log_sigmoid(-ratio(apart))
    return np.log(2) + 0.5 * (together.mean() + separate.mean())


@pytest.mark.parametrize("distort", WRONG)
@pytest.mark.parametrize("correlation", CORRELATIONS)
def test_jensen_shannon_is_never_above_the_divergence(correlation, distort):
    bound = np.log(2) - 0.5 * estimates(
        jensen_shannon, correlation, WRONG[distort]
    )
    # 400,000 draws leave the divergence itself a standard error of 0.001.
    slack = noise_of(bound) + 0.004
    assert bound.mean() <= divergence(correlation) + slack


def test_jensen_shannon_at_the_best_score_is_the_divergence():
    bound = np.log(2) - 0.5 * estimates(jensen_shannon, 0.6)
    slack = noise_of(bound) + 0.004
    assert abs(bound.mean() - divergence(0.6)) < slack


@EACH
def test_more_information_is_a_lower_loss(loss):
    means = [estimates(loss, c).mean() for c in CORRELATIONS]
    assert means[0] > means[1] > means[2]


def by_hand(loss, scores, positives):
    """Each definition, row by row in float64."""
    rows = []
    apart = scores[~positives]
    for row, mask in zip(scores, positives):
        good, bad = row[mask], row[~mask]
        if loss is info_nce:
            total = np.exp(good) + np.exp(bad).sum()
            rows.append(np.mean(np.log(total) - good))
        elif loss is jensen_shannon:
            good, bad = np.logaddexp(0, -good), np.logaddexp(0, bad)
            rows.append(good.mean() + bad.mean())
        else:
            rows.append(np.log(np.mean(np.exp(apart))) - good.mean())
    return rows


@EACH
def test_several_positives_a_row_match_the_definition(loss):
    random = np.random.default_rng(0)
    scores = random.normal(size=(5, 15))
    positives = np.repeat(np.eye(5, dtype=bool), 3, axis=1)
    np.testing.assert_allclose(
        loss(scores, positives), by_hand(loss, scores, positives), rtol=1e-5
    )


@pytest.mark.parametrize("loss", [info_nce, donsker_varadhan])
@pytest.mark.parametrize("offset", [-1e4, -200.0, 200.0, 1e4])
def test_masks_are_hard_wherever_the_scores_lie(loss, offset):
    # Published code masks with -10 or -100, which takes part in the sum once
    # scores are below it. Scores of 1e4 are exact to 1e-3 in float32.
    scores = np.random.default_rng(0).normal(size=(6, 6))
    np.testing.assert_allclose(loss(scores + offset), loss(scores), atol=3e-3)


@EACH
def test_a_single_object_has_no_negatives_and_a_finite_loss(loss):
    scores = tf.constant([[0.7]])
    with tf.GradientTape() as tape:
        tape.watch(scores)
        value = loss(scores)
    expected = {
        info_nce: 0.0,
        jensen_shannon: np.log1p(np.exp(-0.7)),
        donsker_varadhan: -0.7,
    }
    assert float(value[0]) == pytest.approx(expected[loss], abs=1e-6)
    assert np.isfinite(tape.gradient(value, scores)).all()


@EACH
def test_gradients_stay_finite_for_far_scores(loss):
    scores = tf.constant([[1e4, -1e4], [-1e4, -1e4]])
    with tf.GradientTape() as tape:
        tape.watch(scores)
        value = loss(scores)
    assert np.isfinite(value).all()
    assert np.isfinite(tape.gradient(value, scores)).all()
