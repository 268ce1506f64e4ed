"""The public names of `rl`: how to make each, or why not.

Nothing here imports `rl`, which needs an extra: a case is a function of the
package and of a built, compiled model of 7 numbers and 2 codes of 3.
"""

import keras
import numpy as np


def _spec(size=7):
    import tensorflow as tf

    return tf.TensorSpec((size,), tf.float32, "x")


def _value():
    return keras.Sequential([keras.Input((7,)), keras.layers.Dense(1)])


def _falling():
    return keras.optimizers.schedules.PolynomialDecay(0.1, 10, 0.0)


def agent_estimator(rl, model):
    return rl.AgentEstimator, dict(
        encoder=model.encoder,
        bottleneck=model.bottleneck,
        observation_spec=_spec(),
        baseline="none",
        samples=2,
        entropy_weight=_falling(),
        step=lambda: 3,
        normalize_returns=True,
        value_network=_value(),
        value_optimizer=keras.optimizers.SGD(0.1),
        decay=0.9,
    )


def code_environment(rl, model):
    x = np.random.default_rng(0).random((12, 7)).astype("float32")
    return rl.CodeEnvironment, dict(model=model, x=x, batch_size=4, seed=3)


def encoder_network(rl, model):
    return rl.EncoderNetwork, dict(
        encoder=model.encoder,
        bottleneck=model.bottleneck,
        observation_spec=_spec(),
        name="Writer",
    )


def reinforce_trainer(rl, model):
    return rl.ReinforceTrainer, dict(
        model=model,
        baseline="value",
        value_network=_value(),
        entropy_weight=_falling(),
        samples=2,
        normalize_returns=True,
        value_optimizer=keras.optimizers.SGD(0.1),
        decay=0.9,
    )


def value_network(rl, model):
    from keras_ae.estimators.loss_average import LossAverage

    average = LossAverage(0.9)
    average.build(keras.layers.Layer())
    return rl.ValueNetwork, dict(
        layer=_value(),
        observation_spec=_spec(),
        average=average,
        name="Critic",
    )


def code_agent(rl, model):
    return rl.code_agent, dict(
        encoder=model.encoder,
        bottleneck=model.bottleneck,
        observation_spec=_spec(),
        optimizer=keras.optimizers.SGD(0.1),
        value_network=rl.ValueNetwork(_value(), _spec()),
        entropy_weight=0.1,
        normalize_returns=True,
    )


CASES = {
    "AgentEstimator": agent_estimator,
    "CodeEnvironment": code_environment,
    "EncoderNetwork": encoder_network,
    "ReinforceTrainer": reinforce_trainer,
    "ValueNetwork": value_network,
    "code_agent": code_agent,
}
EXCUSED = {
    "check_policy_weights": "refuses: rl/test_agent.py",
    "code_episodes": "a reshape: rl/test_agent.py",
    "sequence_episodes": "masks of sequences: rl/test_sequences.py",
    "use_legacy_keras": "sets one variable: rl/test_legacy_keras.py",
}
