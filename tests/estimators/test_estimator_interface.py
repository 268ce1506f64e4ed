import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from keras_ae import bottlenecks, estimators
from keras_ae.estimators import Estimator

DRAWS = 100_000
CODES = {
    "one_hot": lambda estimator: bottlenecks.OneHotCode(1, 4, estimator),
    "binary": lambda estimator: bottlenecks.BinaryCode(3, estimator),
    "vector_quantized": lambda e: bottlenecks.VectorQuantizer(4, 2, e),
    "residual": lambda e: bottlenecks.ResidualQuantizer(2, 4, 2, e),
    "finite_scalar": lambda e: bottlenecks.FiniteScalarQuantizer([3, 4], e),
}
TRAINS = {
    "straight_through": set(CODES),
    "gumbel": {"one_hot", "binary"},
    "gumbel_st": {"one_hot", "binary"},
    "rotation": {"vector_quantized", "residual"},
    "reinforce": {"one_hot", "binary"},
    "leave_one_out": {"one_hot", "binary"},
    "disarm": {"binary"},
    "exact": {"one_hot", "binary"},
}
PAIRS = list(itertools.product(TRAINS, CODES))


@keras.saving.register_keras_serializable("tests")
class ScoreFunction(Estimator):
    """REINFORCE: no gradient through the code, one through `log_prob`."""

    name = "score_function"
    code_kinds = frozenset({"one_hot", "binary"})
    unbiased = True
    pathwise = False
    needs_differentiable_loss = False

    def estimate(self, bottleneck, logits, drawn):
        return ops.stop_gradient(bottleneck.hard(drawn))


def test_the_table_of_pairs_is_complete():
    assert set(TRAINS) == set(estimators.names())


@pytest.mark.parametrize(
    "name, code", [p for p in PAIRS if p[1] in TRAINS[p[0]]]
)
def test_a_possible_pair_passes_gradient_to_the_features(name, code):
    layer = CODES[code](name)
    width = {"one_hot": 4, "binary": 3}.get(code, 2)
    features = np.random.default_rng(0).normal(size=(64, width))
    features = tf.constant(features, "float32")
    with tf.GradientTape() as tape:
        tape.watch(features)
        code = layer(features, training=True)
        ramp = tf.range(1.0, code.value.shape[-1] + 1.0)
        loss = layer.expected_loss(
            features, code, lambda x, z: tf.reduce_sum(ramp * z**2, axis=1)
        )
        total = tf.reduce_sum(loss)
    gradient = tape.gradient(total, features).numpy()
    assert np.isfinite(gradient).all() and np.abs(gradient).max() > 1e-3


@pytest.mark.parametrize(
    "name, code", [p for p in PAIRS if p[1] not in TRAINS[p[0]]]
)
def test_an_impossible_pair_is_refused_with_the_reason(name, code):
    message = rf"needs an estimator for \w+ codes, and `{name}` trains \["
    with pytest.raises(ValueError, match=message):
        CODES[code](name)
    with pytest.raises(ValueError, match=message):
        CODES[code](estimators.get(name))


def test_an_unknown_name_is_refused_with_the_nearest():
    message = "`OneHotCode` needs `estimator` .*Did you mean 'straight_through'"
    with pytest.raises(ValueError, match=message):
        CODES["one_hot"]("straight_thru")


def test_what_is_no_estimator_is_refused():
    with pytest.raises(TypeError, match="or an `Estimator`. Received: .*=3"):
        CODES["binary"](3)


def test_a_rule_that_an_estimator_lacks_is_refused():
    with pytest.raises(TypeError, match="`rotation` has no rule for codes"):
        estimators.get("rotation").estimate(None, None, None)
    with pytest.raises(TypeError, match="`gumbel` has no rule for codebooks"):
        estimators.get("gumbel").estimate_nearest(None, None)


def test_only_score_function_estimators_ship_with_an_unbiased_label():
    for name in estimators.names():
        estimator = estimators.get(name)
        assert estimator.pathwise != estimator.unbiased
        assert estimator.pathwise == estimator.needs_differentiable_loss
        evaluations = {"leave_one_out": 4, "disarm": 2, "exact": "codes"}
        assert estimator.decoder_evaluations == evaluations.get(name, 1)


def test_a_name_takes_arguments():
    text = "reinforce(baseline=greedy, samples=3, normalize=true)"
    config = dict(
        baseline="greedy", samples=3, normalize=True, decay=0.8
    )
    estimator = estimators.get(text)
    assert estimator.get_config() == config
    assert estimator.decoder_evaluations == 4
    for bad in ("reinforce(greedy)", "reinforce(samples=3", "reinforce(a=)"):
        with pytest.raises(ValueError, match=r"form name\(key=value, ...\)"):
            estimators.get(bad)


def test_straight_through_without_noise_takes_the_mode():
    estimator = estimators.StraightThrough(stochastic=False)
    layer = bottlenecks.OneHotCode(1, 4, estimator)
    logits = np.random.default_rng(0).normal(size=(500, 4))
    code = layer(logits, training=True)
    np.testing.assert_array_equal(code.index[:, 0], logits.argmax(axis=1))
    np.testing.assert_array_equal(code.value, np.eye(4)[logits.argmax(axis=1)])


@pytest.mark.parametrize("name", ["straight_through", "gumbel_st"])
@pytest.mark.parametrize("code", ["one_hot", "binary"])
def test_a_hard_estimator_gives_zeros_and_ones_bit_for_bit(name, code):
    width = {"one_hot": 4, "binary": 3}[code]
    layer, logits = CODES[code](name), np.random.default_rng(0)
    made = layer(logits.normal(size=(5_000, width)), training=True)
    np.testing.assert_array_equal(made.value, layer.decode_index(made.index))


def enumerate_codes(code, theta):
    if code == "one_hot":
        return np.eye(4), np.exp(theta) / np.exp(theta).sum()
    codes = np.array(list(itertools.product([0.0, 1.0], repeat=3)))
    p = 1 / (1 + np.exp(-theta))
    return codes, np.prod(np.where(codes > 0, p, 1 - p), axis=1)


@pytest.mark.parametrize("code", ["one_hot", "binary"])
def test_a_user_s_score_function_estimator_is_unbiased(code):
    width = {"one_hot": 4, "binary": 3}[code]
    theta = np.array([0.5, -0.3, 0.8, -1.0])[:width]
    target = np.array([0.2, 0.9, -0.4, 0.6])[:width]
    codes, p = enumerate_codes(code, theta)
    losses = np.sum((codes - target) ** 2, axis=1)
    expected = (p * losses) @ (codes - p @ codes)
    features = np.tile(theta, (DRAWS, 1)).astype("float32")
    features = tf.constant(features)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(features)
        made = CODES[code](ScoreFunction())(features, training=True)
        loss = tf.reduce_sum((made.value - target.astype("float32")) ** 2, -1)
        surrogate = tf.reduce_sum(tf.stop_gradient(loss) * made.log_prob)
    assert tape.gradient(loss, features) is None  # no pathwise gradient
    draws = tape.gradient(surrogate, features).numpy().astype("float64")
    standard_error = draws.std(axis=0) / np.sqrt(DRAWS)
    z = (draws.mean(axis=0) - expected) / standard_error
    assert np.abs(z).max() < 4.5


def test_a_user_s_estimator_survives_the_config_of_its_bottleneck():
    layer = CODES["binary"](ScoreFunction())
    again = bottlenecks.BinaryCode.from_config(layer.get_config())
    assert isinstance(again.estimator, ScoreFunction)
    with pytest.raises(ValueError, match=r"\['binary', 'one_hot'\] only"):
        CODES["vector_quantized"](ScoreFunction())
