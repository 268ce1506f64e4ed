"""Every estimator declared unbiased passes the bias gate; planted bugs fail."""

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from keras_ae import estimators
from keras_ae.estimators import Reinforce

from .gate import (
    DRAWS,
    KINDS,
    LOGITS,
    bottleneck,
    drawn_gradients,
    exact_gradient,
    gate,
)

BASELINES = ("none", "ema", "batch", "greedy", "value")
SCORE = [f"reinforce(baseline={b})" for b in BASELINES] + [
    "reinforce(baseline=value, samples=3)",
    "reinforce(baseline=batch, samples=2)",
    "reinforce(baseline=leave_one_out, samples=2)",
    "leave_one_out",
    "disarm",
    "exact",
]
PAIRS = [
    (name, kind)
    for name in SCORE
    for kind in KINDS
    if (name, kind) != ("disarm", "one_hot")
]


def test_every_estimator_that_ships_unbiased_is_in_the_gate():
    tested = {name.partition("(")[0] for name in SCORE}
    declared = {n for n in estimators.names() if estimators.get(n).unbiased}
    assert declared == tested


@pytest.mark.parametrize("name, kind", PAIRS)
def test_unbiased(name, kind):
    assert estimators.get(name).unbiased
    gradients = drawn_gradients(kind, name)
    exact = exact_gradient(kind)
    assert not gate(gradients, exact)
    # The gate has teeth: it would see a fifth of the gradient missing.
    assert gate(gradients - 0.2 * exact, exact)


class UpdatedBeforeUse(Reinforce):
    """The moving average already holds the loss it is subtracted from."""

    def subtracted(self, draws, losses):
        now = ops.mean(losses)
        return self.decay * self.average.mean + (1 - self.decay) * now


class Whitened(Reinforce):
    """Returns have mean 0 and deviation 1 within a batch, as by default in
    TF-Agents."""

    def score(self, draws, advantage):
        mean, deviation = ops.mean(advantage), ops.std(advantage)
        return super().score(draws, (advantage - mean) / (deviation + 1e-8))


class ArgmaxToken(Reinforce):
    """The last part of the code is the most probable one, not drawn."""

    def draw_index(self, bottleneck, logits, drawn):
        index = super().draw_index(bottleneck, logits, drawn)
        mode = bottleneck.to_index(logits)[None]
        return ops.concatenate([index[..., :-1], mode[..., -1:]], axis=-1)


# What must see each bug: the first leaves the direction nearly right.
BUGS = {
    "updated before use": (UpdatedBeforeUse(decay=0.5), {"z", "bias"}),
    "whitened": (Whitened("none"), {"z", "bias", "cosine"}),
    "argmax token": (ArgmaxToken("none"), {"z", "bias", "cosine"}),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bug", BUGS)
def test_the_gate_fails_for_a_planted_bug(bug, kind):
    estimator, wanted = BUGS[bug]
    broken = gate(drawn_gradients(kind, estimator), exact_gradient(kind))
    assert {sentence.partition(":")[0] for sentence in broken} >= wanted


def test_biased_estimators_say_so_and_the_gate_agrees():
    features = tf.constant(np.tile(LOGITS["binary"], (DRAWS, 1)), "float32")
    mixing = np.random.default_rng(5).normal(size=(7, 5)).astype("float32")
    for name in ("straight_through", "gumbel", "gumbel_st"):
        assert not estimators.get(name).unbiased
        with tf.GradientTape() as tape:
            tape.watch(features)
            value = bottleneck("binary", name)(features, training=True).value
            error = value @ tf.transpose(mixing) - 0.5
            total = 0.4 * tf.reduce_sum(tf.square(error))
        gradients = tape.gradient(total, features).numpy().astype("float64")
        assert gate(gradients, exact_gradient("binary")), name


def test_a_normalised_signal_is_declared_biased_and_is_scaled():
    estimator = Reinforce("none", normalize=True)
    assert not estimator.unbiased
    for kind in KINDS:
        gradients = drawn_gradients(kind, estimator)
        exact = exact_gradient(kind)
        assert gate(gradients, exact)
        # `perturb_state` set the variance to 9.
        assert not gate(3.0 * gradients, exact)
