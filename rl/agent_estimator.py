"""REINFORCE as TF-Agents computes it, as an estimator."""

import keras
import tensorflow as tf
from keras import ops
from keras.optimizers.schedules import LearningRateSchedule

from keras_ae.bottlenecks.replicas import sum_over_replicas
from keras_ae.checks import check_number
from keras_ae.estimators import Reinforce
from keras_ae.estimators.loss_average import LossAverage
from keras_ae.estimators.reinforce import repeat
from keras_ae.estimators.score_estimator import zero_with_gradient
from keras_ae.models.guarded_update import all_finite, apply_if
from rl.code_agent import code_agent
from rl.episodes import code_episodes
from rl.value_network import ValueNetwork


def check_entropy_weight(owner, weight):
    """Raise unless the weight is a number >= 0 or a schedule.

    Args:
        owner: Str, the class or function that was given it.
        weight: Float, or a `LearningRateSchedule`.

    Raises:
        TypeError: If it is neither number nor schedule.
        ValueError: If it is a number below 0.
    """
    if not isinstance(weight, LearningRateSchedule):
        check_number(owner, "entropy_weight", weight, minimum=0)


class AgentEstimator(Reinforce):
    """Let a `ReinforceAgent` compute the score term of a training step.

    Draws, losses and baselines are those of `Reinforce`; the codes, with
    minus the loss less the baseline as reward, go to the agent as one-step
    episodes, and the gradient of the agent's loss takes the place of the
    score term. The encoder runs once: its logits are known to the policy.

    Args:
        encoder: Built Keras 3 layer or model.
        bottleneck: `OneHotCode` or `BinaryCode`, built.
        observation_spec: `tf.TensorSpec`, without the batch.
        baseline: Str, as in `Reinforce`, but for `"value"`, which a value
            network takes the place of.
        samples: Int >= 1.
        entropy_weight: Float >= 0, or a `LearningRateSchedule` of `step`, of
            the entropy in the gradient; the loss that is returned holds none
            of it.
        step: Function without arguments that gives the training step.
        normalize_returns: Bool, TF-Agents' whitening; biased.
        value_network: Keras 3 layer or model, objects to one number, or
            `None`.
        value_optimizer: Keras 3 optimizer of the value network.
        decay: Float in [0, 1), of the moving averages.

    Raises:
        ValueError: If `baseline` is `"value"`, or `entropy_weight` is below 0.
    """

    name = "tf_agents"

    def __init__(
        self,
        encoder,
        bottleneck,
        observation_spec,
        baseline="ema",
        samples=1,
        entropy_weight=0.0,
        step=None,
        normalize_returns=False,
        value_network=None,
        value_optimizer=None,
        decay=0.8,
    ):
        if baseline == "value":
            raise ValueError(
                "`AgentEstimator` needs `baseline='none'` and a "
                "`value_network`, for its value to be the baseline. "
                "Received: baseline='value'"
            )
        super().__init__(baseline, samples, decay=decay)
        self.unbiased = not normalize_returns
        check_entropy_weight("AgentEstimator", entropy_weight)
        weight = entropy_weight
        if isinstance(weight, LearningRateSchedule):
            entropy_weight = keras.optimizers.schedules.serialize(weight)
            schedule, weight = weight, lambda: schedule(step())
        self._agent_settings = dict(
            entropy_weight=entropy_weight, normalize_returns=normalize_returns
        )
        self.memory = keras.layers.Layer(name="rl_memory", dtype="float32")
        self.value_optimizer = value_optimizer
        self.value_layer, critic = value_network, None
        if value_network is not None:
            self.average = LossAverage(self.decay)
            critic = ValueNetwork(
                value_network, observation_spec, self.average
            )
        if self.average is not None:
            self.average.build(self.memory)
        self.critic = critic
        self.agent = code_agent(
            encoder,
            bottleneck,
            observation_spec,
            value_network=critic,
            entropy_weight=weight,
            normalize_returns=normalize_returns,
        )

    @property
    def variables(self):
        """List of the Keras variables it keeps beside the model's."""
        found = list(self.memory.variables)
        if self.value_layer is not None:
            found += self.value_layer.variables
            found += self.value_optimizer.variables
        return found

    def build(self, layer):
        """Create nothing: the averages are not weights of the model."""

    def expected_loss(self, draws, losses):
        loss, statistics = super().expected_loss(draws, losses)
        if self.value_layer is None:
            return loss, statistics
        x = ops.stop_gradient(draws.x)
        sampled = ops.stop_gradient(losses[: self.samples])
        return loss, (statistics, x, sampled)

    def score(self, draws, advantage):
        rows = ops.shape(draws.logits)[0] * self.samples
        trajectories = code_episodes(
            repeat(draws.x, self.samples),
            draws.index[:rows],
            -ops.reshape(advantage, (-1,)),
        )
        weights = tf.ones_like(trajectories.reward)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(weights)
            with self.agent.actor_network.known(
                repeat(draws.logits, self.samples)
            ):
                found = self.agent.total_loss(
                    trajectories, trajectories.reward, weights, training=True
                )
        # A mean over episodes, linear in their weights: its derivative there
        # is each episode's part, which the model may weigh or leave out.
        parts = tape.gradient(found.loss, weights)
        parts = ops.reshape(parts, (self.samples, -1))
        return zero_with_gradient(
            ops.cast(rows, "float32") * ops.mean(parts, axis=0)
        )

    def update_state(self, statistics, finite):
        if self.value_layer is None:
            super().update_state(statistics, finite)
            return
        statistics, x, losses = statistics
        self._update_value(x, losses, finite)
        super().update_state(statistics, finite)

    def _update_value(self, x, losses, finite):
        weights = self.value_layer.trainable_weights
        # Of all replicas: the optimizer sums their gradients.
        count = sum_over_replicas(ops.cast(ops.size(losses), "float32"))
        with tf.GradientTape() as tape:
            predicted, _ = self.critic(x, training=True)
            loss = self.agent.value_estimation_loss(
                predicted[None], -losses, count
            )
            # In units of the returns' variance: the step fits any loss.
            loss = loss / ops.square(self.average.scale())
        gradients = tape.gradient(loss, weights)
        # The first step has no average to be about.
        ready = ops.logical_and(finite, self.average.steps > 0)
        ready = ops.logical_and(ready, all_finite([loss, *gradients]))
        apply_if(ready, self.value_optimizer, gradients, weights)

    def settings(self):
        return {**super().get_config(), **self._agent_settings}

    def get_config(self):
        """Refuse: an agent is no part of a saved model."""
        raise TypeError(
            "`AgentEstimator` needs an encoder and has no config: it stands "
            "in for a bottleneck's own estimator."
        )
