"""The environment, by TF-Agents' own check, driver and replay buffer."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tf_agents.agents.ppo import ppo_clip_agent
from tf_agents.drivers import dynamic_step_driver
from tf_agents.environments import py_environment, utils
from tf_agents.replay_buffers import tf_uniform_replay_buffer
from tf_agents.specs import tensor_spec
from tf_agents.trajectories import time_step as ts
from tf_agents.utils import common

import rl

SPEC = tf.TensorSpec((7,), tf.float32, "x")


class AsPyEnvironment(py_environment.PyEnvironment):
    """A TFEnvironment as TF-Agents' checker wants it."""

    def __init__(self, environment):
        super().__init__()
        self._inner = environment

    batched = True

    @property
    def batch_size(self):
        return self._inner.batch_size

    def observation_spec(self):
        return tensor_spec.to_array_spec(self._inner.observation_spec())

    def action_spec(self):
        return tensor_spec.to_array_spec(self._inner.action_spec())

    def _reset(self):
        return tf.nest.map_structure(np.asarray, self._inner.reset())

    def _step(self, action):
        if self._current_time_step.is_last().all():
            return self.reset()
        return tf.nest.map_structure(np.asarray, self._inner.step(action))


@pytest.mark.parametrize("kind", ["one_hot", "binary"])
def test_it_passes_tf_agents_own_check(make, x, kind):
    environment = rl.CodeEnvironment(make(kind), x, batch_size=8)
    utils.validate_py_environment(AsPyEnvironment(environment), episodes=64)


def test_an_episode_is_an_example_its_code_and_minus_its_loss(make, x):
    model = make("binary")
    environment = rl.CodeEnvironment(model, x, batch_size=16, seed=2)
    first = environment.reset()
    code = model.encode_index(first.observation)
    last = environment.step(code)
    x_hat = model.decoder(tf.cast(code, "float32"))
    loss = 0.5 * np.sum((first.observation - x_hat) ** 2, axis=-1)
    np.testing.assert_allclose(last.reward, -loss, rtol=1e-5)
    assert np.all(first.step_type == ts.StepType.FIRST)
    assert np.all(last.step_type == ts.StepType.LAST)
    np.testing.assert_array_equal(last.discount, 0)
    again = environment.step(code)  # whatever the action, a new episode
    assert np.all(again.step_type == ts.StepType.FIRST)
    assert np.any(again.observation != first.observation)


def test_an_epoch_shows_every_example_once_in_an_order_of_its_own(make, x):
    environment = rl.CodeEnvironment(make(), x, batch_size=16)
    epochs = []
    for _ in range(2):
        seen = [environment.reset().observation.numpy() for _ in range(4)]
        epochs.append(np.concatenate(seen))
    for seen in epochs:
        np.testing.assert_array_equal(np.sort(seen, 0), np.sort(x, 0))
    assert np.any(epochs[0] != epochs[1])


def test_the_order_is_shuffled_once_an_epoch(make, x, monkeypatch):
    environment = rl.CodeEnvironment(make(), x, batch_size=16, seed=3)
    shuffle, seeds = tf.random.experimental.stateless_shuffle, []

    def counted(values, seed):
        seeds.append(seed.numpy().tolist())
        return shuffle(values, seed)

    monkeypatch.setattr(tf.random.experimental, "stateless_shuffle", counted)
    for _ in range(8):
        code = np.zeros((16, 2), "int32")
        first, last = environment.reset(), environment.step(code)
        np.testing.assert_array_equal(first.observation, last.observation)
    assert seeds == [[3, 0], [3, 1]]


def stock_loop(model, x, steps, rate=0.05):
    """TF-Agents' own collect, replay and train loop; return mean rewards."""
    environment = rl.CodeEnvironment(model, x, batch_size=64)
    optimizer = keras.optimizers.Adam(rate)
    agent = rl.code_agent(model.encoder, model.bottleneck, SPEC, optimizer)
    replay = tf_uniform_replay_buffer.TFUniformReplayBuffer(
        agent.collect_data_spec, batch_size=64, max_length=2
    )
    driver = dynamic_step_driver.DynamicStepDriver(
        environment,
        agent.collect_policy,
        observers=[replay.add_batch],
        num_steps=64,
    )
    run, train = common.function(driver.run), common.function(agent.train)
    rewards = []
    for _ in range(steps):
        run(environment.reset())
        experience = replay.gather_all()
        rewards.append(float(tf.reduce_mean(experience.reward)))
        train(experience)
        replay.clear()
    return rewards


def test_a_stock_driver_and_replay_buffer_train_the_same_encoder(make, x):
    model = make(kl_weight=0.0)
    before = [w.numpy() for w in model.encoder.weights]
    rest = [w.numpy() for w in model.decoder.weights]
    rewards = stock_loop(model, x, steps=100)
    assert np.any(before[0] != model.encoder.weights[0])
    for one, two in zip(rest, model.decoder.weights):
        np.testing.assert_array_equal(one, two)
    # 20 steps of 64 examples: a standard error of 0.3 or so.
    assert np.mean(rewards[-20:]) > np.mean(rewards[:20]) + 1.0


@pytest.mark.parametrize("kind", ["one_hot", "binary"])
def test_another_stock_agent_trains_the_encoder_too(make, x, kind):
    model = make(kind)
    environment = rl.CodeEnvironment(model, x, batch_size=64)
    value = keras.Sequential([keras.Input((7,)), keras.layers.Dense(1)])
    agent = ppo_clip_agent.PPOClipAgent(
        environment.time_step_spec(),
        environment.action_spec(),
        optimizer=keras.optimizers.Adam(0.01),
        actor_net=rl.EncoderNetwork(model.encoder, model.bottleneck, SPEC),
        value_net=rl.ValueNetwork(value, SPEC),
        normalize_observations=False,
        num_epochs=1,
    )
    agent.initialize()
    # An episode, the step between, and the next one: the agent leaves out
    # the last, for which it has no return yet.
    replay = tf_uniform_replay_buffer.TFUniformReplayBuffer(
        agent.collect_data_spec, batch_size=64, max_length=3
    )
    dynamic_step_driver.DynamicStepDriver(
        environment,
        agent.collect_policy,
        observers=[replay.add_batch],
        num_steps=128,
    ).run(environment.reset())
    before = [w.numpy() for w in model.encoder.weights + value.weights]
    agent.train(replay.gather_all())
    for old, new in zip(before, model.encoder.weights + value.weights):
        assert np.all(old != new)


def test_bad_arguments_are_refused(make, x):
    with pytest.raises(ValueError, match="`batch_size` <= 64, .*=65"):
        rl.CodeEnvironment(make(), x, batch_size=65)
    with pytest.raises(TypeError, match="needs a model with encoder, bottl"):
        rl.CodeEnvironment(keras.layers.Dense(3), x)
