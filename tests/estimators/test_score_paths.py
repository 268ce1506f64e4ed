"""Three gradient paths, toys with known answers, state, refusals."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from keras_ae import estimators
from keras_ae.bottlenecks import BinaryCode, DeferredUpdates, OneHotCode
from keras_ae.estimators import Exact, Gumbel, Reinforce
from keras_ae.models import Batch, DiscreteAutoencoder

Dense = keras.layers.Dense


def model(estimator, kl_weight=0.5, decoder=None):
    keras.utils.set_random_seed(1)
    code = BinaryCode(3, estimator, seed=2)
    decoder = decoder or Dense(4, kernel_initializer="random_normal")
    made = DiscreteAutoencoder(Dense(3), code, decoder, kl_weight=kl_weight)
    made(np.zeros((1, 4), "float32"))
    return made


def data(rows=5):
    x = np.random.default_rng(0).normal(size=(rows, 4))
    return tf.constant(1.5 * x, "float32")


def batches(x, count):
    """One batch, over and over, as the batches of one epoch."""
    data = tf.data.Dataset.from_tensors(x).repeat(count)
    return data.apply(tf.data.experimental.assert_cardinality(count))


def shared(made):
    """The weights that every estimator has."""
    return made.encoder.trainable_weights + made.decoder.trainable_weights


def gradients(made, x):
    """Gradients of the mean weighted loss: encoder, then decoder."""
    with tf.GradientTape() as tape:
        terms = made.loss_terms(Batch(x), training=True)
        loss = tf.add_n(
            [w * tf.reduce_mean(terms[n]) for n, w in made.term_weights.items()]
        )
    return tape.gradient(loss, shared(made))


def paths(made, x):
    """The three parts of the exact gradient, by enumeration."""
    codes = np.array(list(itertools.product([0.0, 1.0], repeat=3)), "float32")
    weights = shared(made)
    with tf.GradientTape(persistent=True) as tape:
        logits = made.encoder(x)
        log_p = codes * logits[:, None] - tf.math.softplus(logits)[:, None]
        p = tf.exp(tf.reduce_sum(log_p, axis=-1))  # (batch, codes)
        error = x[:, None] - made.decoder(codes)[None]
        losses = 0.5 * tf.reduce_sum(tf.square(error), axis=-1)
        score = tf.reduce_mean(tf.reduce_sum(p * tf.stop_gradient(losses), 1))
        pathwise = tf.reduce_mean(
            tf.reduce_sum(tf.stop_gradient(p) * losses, 1)
        )
        q = tf.sigmoid(logits)
        kl = q * tf.math.log(2 * q) + (1 - q) * tf.math.log(2 * (1 - q))
        direct = 0.5 * tf.reduce_mean(tf.reduce_sum(kl, axis=-1))
    weights = [weight.value for weight in weights]
    return [
        tape.gradient(part, weights, unconnected_gradients="zero")
        for part in (score, pathwise, direct)
    ]


def flat(parts):
    return np.concatenate([np.ravel(part) for part in parts])


def test_exact_has_all_three_paths_and_each_matters():
    made, x = model("exact"), data()
    found = flat(gradients(made, x))
    parts = [flat(part) for part in paths(made, x)]
    # Float32 sums of eight losses of about 5.
    np.testing.assert_allclose(found, sum(parts), rtol=1e-4, atol=1e-5)
    for part in parts:  # forgetting one changes the answer
        assert np.linalg.norm(part) > 0.05 * np.linalg.norm(found)


@pytest.mark.parametrize(
    "name", ["reinforce(baseline=batch)", "leave_one_out", "disarm"]
)
@pytest.mark.parametrize("path", [0, 1, 2], ids=["score", "pathwise", "direct"])
def test_sampled_estimators_have_each_path(name, path):
    # 20,000 copies of five objects in one step.
    made, x = model(name), data()
    found = flat(gradients(made, tf.tile(x, (20_000, 1))))
    parts = [flat(part) for part in paths(made, x)]
    whole, less = sum(parts), sum(parts) - parts[path]
    # Some four standard errors of the noisiest, `reinforce`.
    scale = np.linalg.norm(whole)
    assert np.linalg.norm(found - whole) < 0.02 * scale
    assert np.linalg.norm(found - less) > 0.05 * scale


def test_normalised_losses_divide_the_direct_term_as_the_score_term():
    made, x = model("reinforce(normalize=true)"), data()
    made.bottleneck.estimator.average.assign(5.0, 16.0)
    with DeferredUpdates():
        found = flat(gradients(made, tf.tile(x, (20_000, 1))))
    score, pathwise, direct = [flat(part) for part in paths(made, x)]
    expected = (score + direct) / 4 + pathwise
    scale = np.linalg.norm(expected)
    assert np.linalg.norm(found - expected) < 0.02 * scale
    assert np.linalg.norm(found - expected - 3 * direct / 4) > 0.05 * scale
    terms = made.loss_terms(Batch(x), training=True)
    kl = made.bottleneck.compute_kl(made.encoder(x))
    np.testing.assert_allclose(
        terms["kl_loss"], tf.reduce_sum(kl, axis=-1), rtol=1e-6
    )


def test_a_stand_in_within_another_gives_way_to_it():
    code = BinaryCode(3, "gumbel")
    first, second = estimators.get("reinforce"), estimators.get("exact")
    with code.trained_by(first):
        with code.trained_by(second):
            assert code.training_estimator is second
        assert code.training_estimator is first
    assert code.training_estimator is code.estimator


def test_the_first_step_knows_no_average():
    x = data()
    for name, baseline in (("ema", "batch"), ("batch", "batch")):
        made = model(f"reinforce(baseline={name})")
        with DeferredUpdates():
            found = flat(gradients(made, x))
        other = model(f"reinforce(baseline={baseline})")
        np.testing.assert_allclose(found, flat(gradients(other, x)), rtol=1e-6)
    made = model("reinforce(normalize=true)")
    found = gradients(made, x)
    assert not np.any(flat(found[:2])) and np.any(flat(found[2:]))
    assert np.any(flat(gradients(made, x)[:2]))  # from the second step on


def test_the_loss_reported_is_the_mean_loss_of_the_drawn_codes():
    made, x = model("leave_one_out"), data()
    with DeferredUpdates():
        code = made.code(x, training=True)
        losses = []

        def loss_of(rows, value):
            loss = made.reconstruction_loss(rows, made.decoder(value))
            losses.append(loss)
            return loss

        found = made.bottleneck.expected_loss(x, code, loss_of)
    expected = np.reshape(losses[0], (4, 5)).mean(axis=0)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def toy_gradient(theta, loss_of, code=None, estimator="exact"):
    features = tf.constant(np.atleast_2d(theta), "float32")
    layer = code or BinaryCode(features.shape[-1], estimator)
    with tf.GradientTape() as tape:
        tape.watch(features)
        made = layer(features, training=True)
        loss = layer.expected_loss(
            features, made, lambda x, value: loss_of(value)
        )
    return tape.gradient(loss, features)[0].numpy()


@pytest.mark.parametrize(
    "target, expected", [(0.45, 0.025), (0.49, 0.005), (0.499, 0.0005)]
)
def test_published_toy_of_one_bit(target, expected):
    # REBAR, ARMS and RELAX: E[(b - t)^2] at theta = 0, (1 - 2 t) / 4.
    found = toy_gradient(
        [0.0], lambda b: tf.reduce_sum(tf.square(b - target), -1)
    )
    assert found[0] == pytest.approx(expected, abs=1e-7)


def test_published_toy_of_three_bits_with_one_logit():
    p = np.array([0.6, 0.51, 0.48], "float32")
    found = toy_gradient(
        np.zeros(3), lambda b: tf.reduce_sum(tf.square(b - p), -1)
    )
    assert found.sum() == pytest.approx(-0.045, abs=1e-6)


def test_published_toy_of_relax():
    target = np.linspace(0.2, 0.9, 3, dtype="float32")
    p = np.random.RandomState(0).rand(3)
    found = toy_gradient(
        np.log(p / (1 - p)), lambda b: tf.reduce_sum(tf.square(b - target), -1)
    )
    expected = [0.148570, -0.020369, -0.191552]
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("offset", [0.0, 100.0])
def test_toy_of_storchastic_with_an_offset(offset):
    theta = np.array([0.5, -0.3, 0.8, -1.0, 0.0, 0.4])
    cost = 2.4 * np.arange(6) + offset
    p = np.exp(theta) / np.exp(theta).sum()
    found = toy_gradient(
        theta,
        lambda z: tf.linalg.matvec(z, tf.constant(cost, "float32")),
        OneHotCode(1, 6, "exact"),
    )
    # Losses of 100 hold seven digits.
    np.testing.assert_allclose(found, p * (cost - p @ cost), atol=3e-5)


def test_a_map_of_codes_is_enumerated_over_its_positions():
    theta = np.random.default_rng(0).normal(size=(1, 2, 3))
    layer = BinaryCode(3, "exact")
    features = tf.constant(theta, "float32")
    with tf.GradientTape() as tape:
        tape.watch(features)
        made = layer(features, training=True)
        loss = layer.expected_loss(
            features, made, lambda x, v: tf.reduce_sum(v, (1, 2)) ** 2
        )
    assert made.draws.value.shape == (64, 2, 3)
    p = 1 / (1 + np.exp(-theta))
    # d E[(sum b)^2] / d p_i = 1 + 2 (sum of the other p).
    expected = p * (1 - p) * (1 + 2 * (p.sum() - p))
    np.testing.assert_allclose(
        tape.gradient(loss, features), expected, rtol=1e-4
    )


def state(made):
    names = ("loss_mean", "loss_variance", "loss_steps")
    return {
        w.name: float(w) for w in made.weights if w.name in names
    }


def test_averages_of_losses_are_those_of_the_closed_form():
    made, x = model("reinforce"), data(8)
    made.compile(optimizer=keras.optimizers.SGD(0.0), jit_compile=False)
    # Saturated codes: every draw is the same, so the losses are too.
    made.encoder.set_weights([100 * np.ones((4, 3)), np.zeros(3)])
    losses = made.loss_terms(Batch(x), False)["reconstruction_loss"].numpy()
    made.fit(x, batch_size=4, epochs=2, shuffle=False, verbose=0)
    found = state(made)
    assert found["loss_steps"] == 4
    # Fewer than 1 / (1 - decay) steps: the plain mean and variance.
    assert found["loss_mean"] == pytest.approx(losses.mean(), rel=1e-5)
    assert found["loss_variance"] == pytest.approx(losses.var(), rel=1e-4)


def test_a_skipped_update_leaves_the_averages():
    made, x = model("reinforce(normalize=true)"), data(8)
    made.compile(optimizer="sgd", jit_compile=False)
    made.fit(x, batch_size=4, verbose=0)
    before = state(made)
    with pytest.warns(RuntimeWarning, match="2 updates were skipped"):
        made.fit(x * np.nan, batch_size=4, verbose=0)
    assert state(made) == before and before["loss_steps"] == 2


def test_averages_and_value_head_are_saved_with_the_model(tmp_path):
    made, x = model("reinforce(baseline=value)"), data(8)
    made.compile(optimizer="sgd", jit_compile=False)
    made.fit(x, batch_size=4, epochs=3, verbose=0)
    made.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert state(loaded) == state(made)
    heads = [
        [w.numpy() for w in m.weights if w.name.startswith("value_")]
        for m in (made, loaded)
    ]
    assert len(heads[0]) == 4 and np.any(heads[0][2] != 0)
    for one, two in zip(*heads):
        np.testing.assert_array_equal(one, two)


def test_the_value_baseline_learns_the_loss_and_lowers_the_variance():
    made, x = model("reinforce(baseline=value)", kl_weight=0.0), data(64)
    made.compile(optimizer=keras.optimizers.Adam(0.02), jit_compile=False)
    frozen = (made.encoder, made.decoder)
    for layer in frozen:
        layer.trainable = False
    made.fit(batches(x, 300), verbose=0)
    draws = made.code(tf.tile(x, (50, 1)), training=True).draws
    output = made.decoder(draws.value)
    losses = made.reconstruction_loss(tf.tile(x, (50, 1)), output)[None]
    left = losses - made.bottleneck.estimator.subtracted(draws, losses)
    assert np.var(left) < 0.7 * np.var(losses)


def test_changing_the_estimator_changes_no_initial_weight():
    first = shared(model("gumbel"))
    for name in estimators.names():
        if "binary" in estimators.get(name).code_kinds:
            for one, two in zip(first, shared(model(name))):
                np.testing.assert_array_equal(one, two)


def test_it_learns_nothing_silently_in_a_foreign_loop():
    layer = BinaryCode(3, "reinforce")
    inputs = keras.Input((4,))
    outputs = Dense(4)(layer(Dense(3)(inputs)).value)
    foreign = keras.Model(inputs, outputs)
    foreign.compile(optimizer="sgd", loss="mse", jit_compile=False)
    with pytest.raises(ValueError, match="takes its losses through `Bott"):
        foreign.fit(data(), data(), verbose=0)
    assert foreign.predict(data(), verbose=0).shape == (5, 4)


def test_a_loss_that_is_not_per_example_is_refused():
    layer = BinaryCode(3, "reinforce")
    code = layer(data()[:, :3], training=True)
    message = r"one loss for each code.* Received: losses.shape=\(\) for codes"
    with pytest.raises(ValueError, match=message):
        layer.expected_loss(data(), code, lambda x, v: tf.reduce_mean(v))


class Accuracy(DiscreteAutoencoder):
    """A reward that counts signs: it has no gradient anywhere."""

    differentiable_loss = False

    def reconstruction_loss(self, x, output):
        wrong = ops.not_equal(x > 0, output > 0)
        return ops.sum(ops.cast(wrong, "float32"), axis=-1)


def test_a_reward_without_gradient_trains_by_score_function_only():
    for name in ("gumbel", Gumbel(0.5), "straight_through", "gumbel_st"):
        with pytest.raises(ValueError, match="its loss has no gradient with"):
            Accuracy(Dense(4), BinaryCode(4, name), Dense(4))
    half = keras.initializers.Constant(-0.5)
    fixed = Dense(4, kernel_initializer="identity", bias_initializer=half)
    fixed.trainable = False
    keras.utils.set_random_seed(0)
    made = Accuracy(Dense(4), BinaryCode(4, "leave_one_out", seed=0), fixed)
    made.compile(optimizer=keras.optimizers.Adam(0.05), jit_compile=False)
    x = data(64)
    before = made.evaluate(x, verbose=0, return_dict=True)["loss"]
    made.fit(batches(x, 200), verbose=0)
    after = made.evaluate(x, verbose=0, return_dict=True)["loss"]
    assert before > 1.0 and after < 0.2  # of four signs


def test_too_many_codes_for_exact_are_refused():
    layer = OneHotCode(20, 10, "exact")
    with pytest.raises(ValueError, match=r"at most 4096 .* 10\*\*20 codes of"):
        layer(np.zeros((1, 200), "float32"), training=True)
    assert BinaryCode(12, Exact())(
        np.zeros((1, 12), "float32"), training=True
    ).draws.log_prob.shape == (4096, 1)


def test_leave_one_out_needs_two_samples():
    with pytest.raises(ValueError, match="`samples` >= 2. Received: samples=1"):
        Reinforce("leave_one_out")
    with pytest.raises(ValueError, match="`LeaveOneOut` needs `samples` >= 2"):
        estimators.get("leave_one_out(samples=1)")
