"""Auto-encoding as a TF-Agents environment."""

import tensorflow as tf
from tf_agents.environments import tf_environment
from tf_agents.specs import tensor_spec
from tf_agents.trajectories import time_step as ts

from keras_ae.checks import check_int
from rl.guard import check_model


class CodeEnvironment(tf_environment.TFEnvironment):
    """Show an example, take its code, pay minus the loss of decoding it.

    Every episode is one step. A batch of examples goes through the data in a
    new order each epoch, which depends on the seed alone.

    Args:
        model: Built model with an encoder, a bottleneck of codes with logits
            and a decoder, such as `DiscreteAutoencoder`.
        x: Array `(examples, ...)`, float32.
        batch_size: Int >= 1, at most the examples. Defaults to `32`.
        seed: Int >= 0. Defaults to `0`.
    """

    def __init__(self, model, x, batch_size=32, seed=0):
        check_model("CodeEnvironment", model, most=1)
        self._model = model
        self._seed = check_int("CodeEnvironment", "seed", seed, 0)
        self._x = tf.convert_to_tensor(x, tf.float32)
        examples = int(self._x.shape[0])
        size = check_int("CodeEnvironment", "batch_size", batch_size)
        if size > examples:
            raise ValueError(
                f"`CodeEnvironment` needs `batch_size` <= {examples}, the "
                f"examples in `x`. Received: batch_size={batch_size}"
            )
        self._per_epoch = examples // size
        observation = tf.TensorSpec(self._x.shape[1:], tf.float32, "x")
        code = model.code(self._x[:1])
        bottleneck = model.bottleneck
        action = tensor_spec.BoundedTensorSpec(
            code.index.shape[1:], tf.int32, 0, bottleneck.num_codes - 1, "code"
        )
        super().__init__(ts.time_step_spec(observation), action, size)
        # Episodes begun, the epoch's order, and whether no code is awaited.
        self._begun = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._order = tf.Variable(
            self._shuffled(tf.constant(0, tf.int64)), trainable=False
        )
        self._over = tf.Variable(True, trainable=False)
        self._reward = tf.Variable(tf.zeros((size,)), trainable=False)

    def _shuffled(self, epoch):
        return tf.random.experimental.stateless_shuffle(
            tf.range(tf.shape(self._x)[0]),
            seed=tf.stack([tf.cast(self._seed, tf.int64), epoch]),
        )

    def _observation(self):
        batch = tf.maximum(self._begun - 1, 0) % self._per_epoch
        start = tf.cast(batch, tf.int32) * self.batch_size
        rows = self._order[start : start + self.batch_size]
        # A driver's loop needs the batch in the static shape.
        rows = tf.ensure_shape(rows, (self.batch_size,))
        return tf.gather(self._x, rows)

    def _current_time_step(self):
        over = tf.fill((self.batch_size,), self._over.read_value())
        last, first = int(ts.StepType.LAST), int(ts.StepType.FIRST)
        return ts.TimeStep(
            step_type=tf.where(over, last, first),
            reward=self._reward.read_value(),
            discount=tf.where(over, 0.0, 1.0),
            observation=self._observation(),
        )

    def _reset(self):
        done = self._begun.read_value()
        self._order.assign(
            tf.cond(
                done % self._per_epoch == 0,
                lambda: self._shuffled(done // self._per_epoch),
                self._order.read_value,
            )
        )
        self._begun.assign_add(1)
        self._over.assign(False)
        self._reward.assign(tf.zeros_like(self._reward))
        return self._current_time_step()

    def _step(self, action):
        def finish():
            self._reward.assign(-self.losses(self._observation(), action))
            self._over.assign(True)
            return self._current_time_step()

        return tf.cond(self._over.read_value(), self._reset, finish)

    def losses(self, x, index):
        """Return the loss of codes, as the reward has it.

        Terms that do not depend on the code drawn, such as a divergence, are
        left out: they have gradients of their own.

        Args:
            x: `(batch, ...)`.
            index: `(batch, ...)`, int32, their codes.
        """
        model = self._model
        value = model.bottleneck.decode_index(index)
        output = model.decoder(value, training=False)
        weight = model.term_weights["reconstruction_loss"]
        return weight * model.reconstruction_loss(x, output)
