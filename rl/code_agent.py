"""A `ReinforceAgent` whose policy is an encoder."""

import tensorflow as tf
from tf_agents.agents.reinforce import reinforce_agent
from tf_agents.trajectories import time_step

from rl.encoder_network import EncoderNetwork
from rl.guard import check_policy_weights


def code_agent(
    encoder,
    bottleneck,
    observation_spec,
    optimizer=None,
    value_network=None,
    entropy_weight=0.0,
    normalize_returns=False,
):
    """Return a `ReinforceAgent` that writes codes with the encoder.

    Returns are not whitened by default, unlike in TF-Agents: whitening
    divides the gradient by the returns' deviation, counts padding, and is
    biased; it is no gradient of the loss any more. The advantage is the
    return less a value without gradient, again unlike in TF-Agents, where
    the policy's loss also trains the value network, which then predicts the
    return plus a multiple of the entropy.

    Args:
        encoder: Built Keras 3 layer or model, observations to logits.
        bottleneck: `OneHotCode` or `BinaryCode`.
        observation_spec: Nest of `tf.TensorSpec`, without the batch.
        optimizer: Keras 3 optimizer for `agent.train`, or `None`, for an
            agent that only gives losses. Defaults to `None`.
        value_network: `ValueNetwork` or `None`. Defaults to `None`.
        entropy_weight: Float >= 0, or a function without arguments that gives
            a scalar, asked at each loss. Defaults to `0.0`.
        normalize_returns: Bool. Defaults to `False`.

    Returns:
        An initialised `ReinforceAgent`.

    Raises:
        ValueError: If the agent would not train the encoder's weights.
    """
    network = EncoderNetwork(encoder, bottleneck, observation_spec)
    agent = _EncoderAgent(
        entropy_weight,
        time_step.time_step_spec(observation_spec),
        network.action_spec,
        actor_network=network,
        value_network=value_network,
        optimizer=optimizer,
        advantage_fn=_advantage,
        normalize_returns=normalize_returns,
        train_step_counter=tf.Variable(0, dtype=tf.int64, trainable=False),
    )
    agent.initialize()
    check_policy_weights(network, encoder, "code_agent")
    agent.actor_network = network
    return agent


class _EncoderAgent(reinforce_agent.ReinforceAgent):
    """A `ReinforceAgent` whose weight of the entropy may change."""

    def __init__(self, entropy_weight, *args, **kwargs):
        changes = callable(entropy_weight)
        weight = 1.0 if changes else entropy_weight or None
        super().__init__(*args, entropy_regularization=weight, **kwargs)
        self._entropy_weight = entropy_weight if changes else None

    def entropy_regularization_loss(self, *args, **kwargs):
        loss = super().entropy_regularization_loss(*args, **kwargs)
        if self._entropy_weight is None:
            return loss
        return loss * tf.cast(self._entropy_weight(), loss.dtype)


def _advantage(returns, value_preds):
    if value_preds is None:
        return returns
    return returns - tf.stop_gradient(value_preds)
