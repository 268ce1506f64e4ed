"""Layers of codes, one agent each, and XLA."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import rl
from keras_ae.bottlenecks import BinaryCode, OneHotCode
from keras_ae.models import Batch, BeliefNetwork

Dense = keras.layers.Dense


def network(estimator="gumbel", **options):
    keras.utils.set_random_seed(1)
    model = BeliefNetwork(
        Dense(6),
        OneHotCode(2, 3, estimator, seed=3),
        Dense(4),
        given_rows=3,
        deeper_encoders=[Dense(4)],
        deeper_bottlenecks=[BinaryCode(4, estimator, seed=4)],
        likelihood="squared_error",
    )
    model(np.zeros((1, 7), "float32"))
    options.setdefault("jit_compile", False)
    model.compile(keras.optimizers.SGD(0.01), **options)
    return model


def gradients(model, x):
    for number, (_, code) in enumerate(model.stages):
        code.seed_generator.state.assign([3, number])
    weights = model.trainable_weights
    with tf.GradientTape() as tape:
        terms = model.loss_terms(Batch(tf.constant(x)), training=True)
        loss = tf.reduce_mean(sum(terms.values()))
    return tape.gradient(loss, weights)


@pytest.mark.parametrize(
    "arguments",
    [
        dict(baseline="none", samples=1),
        dict(baseline="batch", samples=2),
        dict(baseline="greedy", samples=1),
        dict(baseline="greedy", samples=2),
    ],
    ids=str,
)
def test_the_agents_gradient_is_reinforce_s_layer_by_layer(x, arguments):
    text = ", ".join(f"{key}={value}" for key, value in arguments.items())
    expected = gradients(network(f"reinforce({text})"), x)
    model = network()
    trainer = rl.ReinforceTrainer(model, **arguments)
    assert len(trainer.estimators) == 2
    with trainer.in_charge():
        found = gradients(model, x)
    for one, two in zip(expected, found):
        # Float32 sums over 64 examples in another order.
        apart = np.linalg.norm(two - one)
        assert apart < 1e-5 * np.linalg.norm(one)


def test_both_layers_train_and_both_agents_averages_are_saved(x):
    model = network()
    trainer = rl.ReinforceTrainer(model)
    before = [np.copy(w) for w in model.get_weights()]
    trainer.fit(x, epochs=2, batch_size=16, verbose=0)
    names = [weight.path for weight in model.weights]
    for name, old, new in zip(names, before, model.get_weights()):
        if "dense" in name:
            assert np.any(old != new), name
    averages = [estimator.average for estimator in trainer.estimators]
    assert all(float(average.steps) == 8 for average in averages)
    saved = {id(variable) for variable in trainer.checkpoint_variables()}
    assert {id(average.mean) for average in averages} <= saved


def test_what_needs_one_layer_refuses_two(x):
    with pytest.raises(ValueError, match="one layer of codes for `value_n"):
        rl.ReinforceTrainer(network(), value_network=Dense(1))
    with pytest.raises(ValueError, match="a model with 1 layer of codes"):
        rl.CodeEnvironment(network(), x)


@pytest.mark.parametrize("kind", ["one_hot", "binary"])
def test_under_xla_the_agent_trains_as_reinforce_under_xla(make, x, kind):
    arguments = dict(baseline="leave_one_out", samples=2)
    ours = make(kind, "reinforce(baseline=leave_one_out, samples=2)")
    model = make(kind)
    for each in (ours, model):
        each.compile(keras.optimizers.SGD(0.01), jit_compile=True)
    options = dict(epochs=3, batch_size=16, shuffle=False, verbose=0)
    expected = ours.fit(x, **options).history
    trainer = rl.ReinforceTrainer(model, **arguments)
    found = trainer.fit(x, **options).history
    for name, values in expected.items():
        # Twelve steps of SGD on gradients that agree to 1e-6.
        np.testing.assert_allclose(found[name], values, rtol=1e-4)
    assert found["loss"][-1] < found["loss"][0]


def test_under_xla_a_value_network_and_an_entropy_train_too(make, x):
    model = make()
    model.compile(keras.optimizers.SGD(0.01), jit_compile=True)
    value = keras.Sequential([keras.Input((7,)), Dense(1)])
    before = value.get_weights()[0].copy()
    trainer = rl.ReinforceTrainer(
        model, value_network=value, entropy_weight=0.1
    )
    history = trainer.fit(x, epochs=2, batch_size=16, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert np.any(value.get_weights()[0] != before)
