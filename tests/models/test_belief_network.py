"""Layers of codes against enumeration of all of them."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.bottlenecks import BinaryCode, OneHotCode, VectorQuantizer
from keras_ae.models import Batch, BeliefNetwork
from zoo.evaluation.bounds import bounds

Dense = keras.layers.Dense
BITS = list(itertools.product([0.0, 1.0], repeat=3))
X = np.round(np.random.default_rng(4).random((2, 6))).astype("float32")


def network(estimator="exact", second=None):
    """Three bits from two numbers, three from those, four numbers."""
    keras.utils.set_random_seed(0)
    wide = dict(kernel_initializer=keras.initializers.RandomNormal(stddev=2.0))
    model = BeliefNetwork(
        Dense(3, **wide),
        BinaryCode(3, estimator, seed=1),
        Dense(4, **wide),
        given_rows=2,
        deeper_encoders=[Dense(3, **wide)],
        deeper_bottlenecks=[BinaryCode(3, second or estimator, seed=2)],
    )
    model(X[:1])
    return model


def log_prob(logits, bits):
    return tf.reduce_sum(bits * logits - tf.nn.softplus(logits), axis=-1)


def enumerated(model, x):
    """Yield probability and log-likelihood of each of the 64 code pairs."""
    given, rest = x[:, :2], x[:, 2:]
    (one, _), (two, _) = model.stages
    for first, second in itertools.product(BITS, BITS):
        first, second = tf.constant([first]), tf.constant([second])
        chance = log_prob(one(given), first) + log_prob(two(first), second)
        yield tf.exp(chance), log_prob(model.decoder(second), rest)


def exact_loss(model, x):
    pairs = list(enumerated(model, x))
    return -sum(chance * likelihood for chance, likelihood in pairs)


def exact_likelihood(model, x):
    pairs = list(enumerated(model, x))
    return np.log(sum(chance * tf.exp(found) for chance, found in pairs))


def weights_of(model):
    """The trainable weights from the first layer to the last."""
    layers = [*(encoder for encoder, _ in model.stages), model.decoder]
    return [weight for layer in layers for weight in layer.trainable_weights]


def gradient(loss, model):
    with tf.GradientTape() as tape:
        total = tf.reduce_mean(loss())
    found = tape.gradient(total, weights_of(model))
    return np.concatenate([np.ravel(g) for g in found])


def training_loss(model, x):
    terms = model.loss_terms(Batch(tf.constant(x)), training=True)
    return terms["reconstruction_loss"]


def test_exact_codes_give_the_loss_and_gradient_of_enumeration():
    model = network("exact")
    expected = exact_loss(model, X)
    np.testing.assert_allclose(training_loss(model, X), expected, rtol=1e-5)
    found = gradient(lambda: training_loss(model, X), model)
    expected = gradient(lambda: exact_loss(model, X), model)
    # Float32 sums of 64 terms of one size.
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


PAIRS = [
    ("reinforce(baseline=none)", None),
    ("reinforce(baseline=batch)", "reinforce(baseline=greedy)"),
    ("leave_one_out(samples=2)", None),
    ("disarm", None),
    ("exact", "disarm"),
]


@pytest.mark.parametrize("first, second", PAIRS)
def test_score_functions_layer_by_layer_have_no_bias(first, second):
    model, copies, repeats = network(first, second), 2000, 40
    x = np.repeat(X, copies, axis=0)
    expected = gradient(lambda: exact_loss(model, X), model)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            total = tf.reduce_mean(training_loss(model, x))
        found = tape.gradient(total, weights_of(model))
        return tf.concat([tf.reshape(g, (-1,)) for g in found], axis=0)

    drawn = np.stack([step().numpy() for _ in range(repeats)])
    error = drawn.std(axis=0, ddof=1) / np.sqrt(repeats)
    # 40 means of 4,000 draws: Student's t of 39 degrees; 5.4 is passed by
    # one of 10,000 right estimators, 37 weights together.
    assert np.max(np.abs(drawn.mean(axis=0) - expected) / error) < 5.4
    # And a layer's score term left out would be seen: its noise is small
    # beside it. The first nine weights are those of the first layer.
    for layer in (slice(0, 9), slice(9, 21), slice(21, None)):
        size = np.linalg.norm(expected[layer])
        assert np.linalg.norm(error[layer]) < 0.2 * size


def test_many_drawn_codes_give_the_conditional_log_likelihood():
    model = network()
    images = (255 * X).astype("uint8")
    found = bounds(model, images, samples=20_000)
    expected = -np.mean(exact_likelihood(model, X))
    # Weights of 20,000 draws scatter by less than one: 1 % of a nat.
    assert found["bound"] == pytest.approx(expected, abs=0.02)
    expected = np.mean(exact_loss(model, X))
    assert found["nelbo"] == pytest.approx(expected, abs=0.05)
    assert found["bound"] < found["nelbo"]


def test_the_given_rows_stay_and_the_others_come_from_the_code():
    model = network("gumbel")
    x_hat = model.reconstruct(X)
    np.testing.assert_array_equal(x_hat[:, :2], X[:, :2])
    np.testing.assert_array_equal(x_hat[:, 2:], model.decode(model.encode(X)))
    changed = X.copy()
    changed[:, 2:] = 1 - changed[:, 2:]
    np.testing.assert_array_equal(model.encode(changed), model.encode(X))


class Unsmooth(BeliefNetwork):
    differentiable_loss = False


def test_a_loss_without_gradient_refuses_a_relaxed_code_at_any_depth():
    def made(first, second):
        codes = [BinaryCode(3, name) for name in (first, second)]
        return Unsmooth(
            Dense(3),
            codes[0],
            Dense(4),
            given_rows=2,
            deeper_encoders=[Dense(3)],
            deeper_bottlenecks=codes[1:],
        )

    for pair in (("gumbel", "disarm"), ("disarm", "gumbel")):
        with pytest.raises(ValueError, match="Received: estimator='gumbel'"):
            made(*pair)
    assert len(made("disarm", "reinforce").stages) == 2


def test_bad_layers_are_refused():
    code = BinaryCode(3)
    with pytest.raises(ValueError, match="Received: 0 and 1"):
        BeliefNetwork(Dense(3), code, Dense(4), 2, [], [BinaryCode(3)])
    with pytest.raises(TypeError, match="needs stochastic codes"):
        BeliefNetwork(Dense(3), VectorQuantizer(4, 3), Dense(4), 2)
    with pytest.raises(ValueError, match="`given_rows` >= 1"):
        BeliefNetwork(Dense(3), code, Dense(4), 0)
    model = BeliefNetwork(Dense(6), OneHotCode(2, 3), Dense(9), 2)
    with pytest.raises(ValueError, match="the shape of the objects"):
        model.compile(optimizer="sgd")
        model.fit(X, verbose=0)
