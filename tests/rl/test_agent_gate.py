"""The agent's gradient passes the bias gate, as a batch estimates it."""

import keras
import pytest
import tensorflow as tf

import rl
from tests.estimators.gate import (
    KINDS,
    drawn_gradients,
    exact_gradient,
    gate,
)

SPEC = tf.TensorSpec((1,), tf.float32, "x")


def gradients_of(kind, baseline, samples, **options):
    def agent(layer):
        encoder = keras.layers.Dense(layer.width)
        encoder.build((None, 1))  # for its weights: the logits are given
        return rl.AgentEstimator(
            encoder, layer, SPEC, baseline, samples, **options
        )

    return drawn_gradients(kind, "reinforce", agent)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "baseline, samples", [("batch", 1), ("batch", 2), ("leave_one_out", 2)]
)
def test_the_agent_is_unbiased(kind, baseline, samples):
    gradients = gradients_of(kind, baseline, samples)
    exact = exact_gradient(kind)
    assert not gate(gradients, exact)
    assert gate(gradients - 0.2 * exact, exact)


@pytest.mark.parametrize("kind", KINDS)
def test_whitened_by_tf_agents_it_does_not_pass(kind):
    gradients = gradients_of(kind, "none", 1, normalize_returns=True)
    broken = gate(gradients, exact_gradient(kind))
    kinds = {sentence.partition(":")[0] for sentence in broken}
    assert kinds == {"z", "bias", "cosine"}
