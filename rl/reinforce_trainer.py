"""Train a model's code by a TF-Agents REINFORCE loop."""

import contextlib

import keras
import tensorflow as tf

from rl.agent_estimator import AgentEstimator, check_entropy_weight
from rl.guard import check_model


class ReinforceTrainer:
    """Train a model with its encoder as agent and minus the loss as reward.

    In one step codes are drawn from the encoder, the model says the loss of
    each, `ReinforceAgent` turns minus the loss into the encoder's gradient,
    and the model's optimizer applies it together with the decoder's gradient
    and that of the direct terms (divergence, commitment, regularisation).
    All else, from data order to checkpoints and skipped updates, is the
    model's own `fit`; afterwards it has its own estimator back. Sample and
    class weights weigh the agent's part of an example as they weigh its
    loss; a value network learns from all examples alike.

    Returns are not whitened by default: that divides the gradient by the
    returns' deviation, which biases it and makes learning rates mean
    something else than in gradient training. The value baseline enters the
    advantage without gradient: else the policy's loss, too, would train it,
    and it would predict the return plus a multiple of the entropy.

    A model with several layers of codes (`BeliefNetwork`) gets one agent for
    each: the next agent observes the code that the last one wrote, and each
    is paid minus the loss that the rest of the chain makes of its code.

    `save_checkpoint` and `load_checkpoint` of a model with a trainer include
    the trainer's averages and value network.

    Args:
        model: Built and compiled model with a bottleneck of codes with
            logits, such as `DiscreteAutoencoder`.
        baseline: Str: `"none"`, `"ema"`, `"batch"`, `"leave_one_out"`,
            `"greedy"`, as in `Reinforce`, or `"value"`, which needs
            `value_network`. Defaults to `"ema"`, or to `"value"` with a
            value network.
        value_network: Keras 3 layer or model, objects to `(batch, 1)`,
            made in the strategy's scope if there is one, or `None`.
            Defaults to `None`.
        entropy_weight: Float >= 0, of the codes' entropy in nats: a bonus
            that adds to the gradient alone, to no term that is logged, nor
            to the `loss`; or a `keras.optimizers.schedules.
            LearningRateSchedule` of the model's training steps. Defaults to
            `0.0`.
        samples: Int >= 1, codes drawn for an example. Defaults to `1`.
        normalize_returns: Bool, TF-Agents' whitening. Defaults to `False`.
        value_optimizer: Keras optimizer of the value network. Defaults to
            Adam.
        decay: Float in [0, 1), of the averages of losses. Defaults to
            `0.8`.

    Raises:
        TypeError: If the model has no encoder, bottleneck and decoder.
        ValueError: If the model has no stochastic code or is not built and
            compiled, baseline and value network do not fit, or
            `entropy_weight` is below 0.
    """

    def __init__(
        self,
        model,
        baseline=None,
        value_network=None,
        entropy_weight=0.0,
        samples=1,
        normalize_returns=False,
        value_optimizer="adam",
        decay=0.8,
    ):
        owner = "ReinforceTrainer"
        check_model(owner, model)
        if not model.compiled:
            raise ValueError(
                f"`{owner}` needs a compiled model: its optimizer applies "
                f"the agent's gradient. Received: {model.name}, not compiled"
            )
        check_entropy_weight(owner, entropy_weight)
        self.model = model
        if baseline is None:
            baseline = "ema" if value_network is None else "value"
        replicas = model.distribute_strategy.num_replicas_in_sync
        if normalize_returns and replicas > 1:
            raise ValueError(
                f"`{owner}` needs one replica for `normalize_returns`: each "
                "would whiten by its own part of the batch. Received: "
                f"{replicas} replicas"
            )
        if (baseline == "value") != (value_network is not None):
            raise ValueError(
                f"`{owner}` needs `value_network` with `baseline='value'`, "
                f"and only then. Received: baseline={baseline!r}, "
                f"value_network={value_network!r}"
            )
        if value_network is not None and len(model.stages) > 1:
            raise ValueError(
                f"`{owner}` needs a model with one layer of codes for "
                f"`value_network`. Received: {len(model.stages)} layers"
            )
        with model.distribute_strategy.scope():
            if value_network is not None:
                value_optimizer = keras.optimizers.get(value_optimizer)
                if not value_network.built:
                    value_network.build((None, *input_shape(model.encoder)))
                value_optimizer.build(value_network.trainable_weights)
            self.estimators = [
                AgentEstimator(
                    encoder,
                    bottleneck,
                    tf.TensorSpec(input_shape(encoder), tf.float32, "x"),
                    baseline="none" if baseline == "value" else baseline,
                    samples=samples,
                    entropy_weight=entropy_weight,
                    step=lambda: model.optimizer.iterations,
                    normalize_returns=normalize_returns,
                    value_network=value_network,
                    value_optimizer=value_optimizer,
                    decay=decay,
                )
                for encoder, bottleneck in model.stages
            ]
        model.checkpoint_variables = self.checkpoint_variables

    @property
    def estimator(self):
        """The `AgentEstimator` of the first layer of codes."""
        return self.estimators[0]

    @property
    def agent(self):
        """The `ReinforceAgent` of the first layer of codes."""
        return self.estimator.agent

    def checkpoint_variables(self) -> list:
        """Return all variables that a resumed training needs."""
        model = self.model
        if not model.optimizer.built:
            model.optimizer.build(model.own_weights())
        found = [*model.variables, *model.optimizer.variables]
        for estimator in self.estimators:
            found += estimator.variables
        return found

    def fit(
        self,
        dataset,
        epochs=1,
        validation_data=None,
        callbacks=None,
        **kwargs,
    ):
        """Train the model, as its own `fit` does.

        Args:
            dataset: `tf.data.Dataset` of batches, or an array.
            epochs: Int >= 1. Defaults to `1`.
            validation_data: As in `keras.Model.fit`; evaluated with hard
                codes.
            callbacks: List of Keras callbacks.
            **kwargs: As in `keras.Model.fit`.

        Returns:
            `History`.
        """
        with self.in_charge():
            return self.model.fit(
                dataset,
                epochs=epochs,
                validation_data=validation_data,
                callbacks=callbacks,
                **kwargs,
            )

    @contextlib.contextmanager
    def in_charge(self):
        """Put the agent in the place of the model's own estimator."""
        self.model.train_function = None  # traced with the other one
        try:
            with self.model.trained_by(self.estimators):
                yield
        finally:
            self.model.train_function = None


def input_shape(encoder) -> tuple:
    """Return the shape of one object, as an encoder takes it.

    Args:
        encoder: Built Keras 3 layer or model.
    """
    shape = getattr(encoder, "input_shape", None)
    if shape is None:
        shape = encoder.get_build_config()["input_shape"]
    return tuple(shape[1:])
