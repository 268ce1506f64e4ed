"""The agent's gradient: parity with `reinforce`, guard, what TF-Agents does
by default and what we ask of it."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from tf_agents.agents.reinforce import reinforce_agent
from tf_agents.networks import network
from tf_agents.trajectories import time_step

import rl
from keras_ae.estimators import Reinforce
from keras_ae.models import Batch

# Float32 sums over 64 examples in another order.
PARITY = 1e-5
SPEC = tf.TensorSpec((7,), tf.float32, "x")


def gradients(model, x):
    """Gradients of one training step's loss, all weights."""
    weights = model.encoder.trainable_weights + model.decoder.trainable_weights
    with tf.GradientTape() as tape:
        terms = model.loss_terms(Batch(tf.constant(x)), training=True)
        loss = sum(
            weight * tf.reduce_mean(terms[name])
            for name, weight in model.term_weights.items()
        )
    return tape.gradient(loss, weights)


def reseed(model):
    model.bottleneck.seed_generator.state.assign([3, 0])


def distance(first, second):
    first, second = (
        np.concatenate([np.ravel(g) for g in each]) for each in (first, second)
    )
    return np.linalg.norm(first - second) / np.linalg.norm(first)


BASELINES = [("none", 1), ("ema", 2), ("batch", 1), ("leave_one_out", 3)]
BASELINES.append(("greedy", 2))


@pytest.mark.parametrize("entropy", [0.0, 0.3])
@pytest.mark.parametrize("baseline, samples", BASELINES)
@pytest.mark.parametrize("kind", ["one_hot", "binary"])
def test_the_agent_s_gradient_is_reinforce_s_on_the_same_samples(
    make, x, kind, baseline, samples, entropy
):
    model = make(kind)
    trainer = rl.ReinforceTrainer(
        model, baseline, samples=samples, entropy_weight=entropy
    )
    ours = Reinforce(baseline, samples)
    if ours.average is not None:
        ours.average = trainer.estimator.average
        ours.average.assign(5.0)
    reseed(model)
    with model.bottleneck.trained_by(trainer.estimator):
        found = gradients(model, x)
    reseed(model)
    with model.bottleneck.trained_by(ours):
        if ours.average is not None:
            ours.average.assign(5.0)
        expected = gradients(model, x)
    if entropy:
        weights = model.encoder.trainable_weights
        with tf.GradientTape() as tape:
            code = model.code(tf.constant(x), training=False)
            bonus = -entropy * tf.reduce_mean(code.entropy)
        extra = tape.gradient(bonus, weights)
        assert distance(expected, found) > 1e-3  # it is there
        expected[:2] = [a + b for a, b in zip(expected[:2], extra)]
    for part in (slice(0, 2), slice(2, None)):  # encoder's, then decoder's
        assert distance(expected[part], found[part]) < PARITY


def test_a_schedule_weighs_the_entropy_by_the_training_step(make, x):
    model = make()
    falling = keras.optimizers.schedules.PolynomialDecay(0.4, 8, 0.0)

    def after(weight, steps):
        trainer = rl.ReinforceTrainer(model, "none", entropy_weight=weight)
        graph = tf.function(lambda: gradients(model, x))  # traced once
        with model.bottleneck.trained_by(trainer.estimator):
            for step in steps:
                model.optimizer.iterations.assign(step)
                reseed(model)
                yield graph()

    early, late = after(falling, [2, 8])
    assert distance(early, late) > 1e-3
    for weight, found in ((0.3, early), (0.0, late)):
        (expected,) = after(weight, [2])
        assert distance(expected, found) < PARITY


@pytest.mark.parametrize("kind", ["one_hot", "binary"])
def test_train_of_the_agent_alone_steps_along_the_same_gradient(make, x, kind):
    # `agent.train`, TF-Agents' own step, on the codes that `reinforce` drew.
    model = make(kind, estimator="reinforce(baseline=none)", kl_weight=0.0)
    reseed(model)
    expected = gradients(model, x)[:2]
    reseed(model)
    code = model.code(tf.constant(x), training=True)
    loss = model.reconstruction_loss(
        tf.constant(x), model.decoder(code.draws.value)
    )
    rate = 2.0**-10
    agent = rl.code_agent(
        model.encoder, model.bottleneck, SPEC, keras.optimizers.SGD(rate)
    )
    before = [w.numpy() for w in model.encoder.trainable_weights]
    agent.train(rl.code_episodes(tf.constant(x), code.index, -loss))
    after = [w.numpy() for w in model.encoder.trainable_weights]
    found = [(one - two) / rate for one, two in zip(before, after)]
    # Differences of float32 weights of about 0.5 hold 3e-8, over the rate.
    assert distance(expected, found) < 1e-4


def test_tf_agents_own_default_whitens_and_is_another_gradient(make, x):
    model = make()
    found = {}
    for whiten in (False, True):
        trainer = rl.ReinforceTrainer(
            model, "none", normalize_returns=whiten
        )
        assert trainer.estimator.unbiased is not whiten
        reseed(model)
        with model.bottleneck.trained_by(trainer.estimator):
            found[whiten] = gradients(model, x)[:2]
    assert distance(found[False], found[True]) > 0.5


def test_the_value_baseline_has_no_gradient_from_the_policy(make, x):
    model = make()
    value = keras.Sequential([keras.Input((7,)), keras.layers.Dense(1)])
    trainer = rl.ReinforceTrainer(
        model, value_network=value, entropy_weight=0.1
    )
    with model.bottleneck.trained_by(trainer.estimator):
        with tf.GradientTape() as tape:
            draws = model.code(tf.constant(x), training=True).draws
            draws = draws._replace(x=tf.constant(x))
            loss = trainer.estimator.score(draws, tf.ones((1, 64)))
            loss = tf.reduce_mean(loss)
        weights = [w.value for w in value.trainable_weights]
        found = tape.gradient(loss, weights)
    agent = trainer.agent
    # What is left is the value's own squared error alone.
    with tf.GradientTape() as tape:
        predicted = value(x)[:, 0]
        own = agent._value_estimation_loss_coef * tf.reduce_mean(
            tf.square(-1.0 - predicted)
        )
    assert distance(tape.gradient(own, weights), found) < PARITY


class Forgetful(network.Network):
    """What one writes first: a network that just calls a Keras 3 encoder."""

    def __init__(self, encoder):
        super().__init__(SPEC, (), "Forgetful")
        self.encoder = encoder

    def call(self, observation, step_type=None, network_state=(), **kwargs):
        logits = tf.reshape(self.encoder(observation), (-1, 2, 3))
        parts = tfp.distributions.Categorical(logits)
        return tfp.distributions.Independent(parts, 1), network_state


def test_the_guard_catches_the_silent_no_op(make, x):
    model = make()
    good = rl.EncoderNetwork(model.encoder, model.bottleneck, SPEC)
    good.create_variables()
    rl.check_policy_weights(good, model.encoder)
    bad = Forgetful(model.encoder)
    agent = reinforce_agent.ReinforceAgent(
        time_step.time_step_spec(SPEC),
        good.action_spec,
        actor_network=bad,
        optimizer=keras.optimizers.SGD(0.1),
        train_step_counter=tf.Variable(0, dtype=tf.int64),
    )
    assert agent is not None  # TF-Agents itself does not mind
    message = "exactly the encoder's 2 trainable weights.*Received: 0 of them"
    with pytest.raises(ValueError, match=message):
        rl.check_policy_weights(bad, model.encoder)


def test_the_guard_catches_another_encoder_and_a_frozen_one(make):
    model, other = make(), make()
    net = rl.EncoderNetwork(model.encoder, model.bottleneck, SPEC)
    with pytest.raises(ValueError, match="0 of them and 2 others"):
        rl.check_policy_weights(net, other.encoder)
    model.encoder.trainable = False
    with pytest.raises(ValueError, match="and at least one"):
        rl.ReinforceTrainer(model)


def test_a_network_that_knows_the_logits_gives_the_same_distribution(make, x):
    model = make("binary")
    net = rl.EncoderNetwork(model.encoder, model.bottleneck, SPEC)
    observation = tf.reshape(x, (16, 4, 7))
    plain, _ = net(observation)
    with net.known(model.encoder(x)):
        known, _ = net(observation)
    codes = tf.ones((16, 4, 4), tf.int32)
    np.testing.assert_array_equal(plain.log_prob(codes), known.log_prob(codes))
    assert known.log_prob(codes).shape == (16, 4)
