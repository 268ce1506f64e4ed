"""A TF-Agents network around a Keras 3 layer."""

import contextlib

import tensorflow as tf
from tf_agents.networks import network
from tf_agents.utils import nest_utils

from rl.guard import weights_of


class KerasNetwork(network.Network):
    """Hold a Keras 3 layer, and show its variables as the network's own.

    Without that TF-Agents, which is written for Keras 2, finds no weight and
    trains nothing. A subclass gives `output(values)`.

    Args:
        layer: Built Keras 3 layer or model, observations to values.
        observation_spec: Nest of `tf.TensorSpec`, without the batch.
        name: Str, the network's name.
    """

    def __init__(self, layer, observation_spec, name):
        super().__init__(observation_spec, state_spec=(), name=name)
        # In a tuple, out of the sight of Keras 2's tracking.
        self._held = (layer,)
        self._known = None

    @property
    def layer(self):
        """The Keras 3 layer."""
        return self._held[0]

    @property
    def variables(self):
        """List of `tf.Variable`."""
        return [weight.value for weight in self.layer.weights]

    @property
    def trainable_weights(self):
        """List of `tf.Variable`."""
        return weights_of(self.layer)

    @property
    def trainable_variables(self):
        """List of `tf.Variable`."""
        return self.trainable_weights

    @contextlib.contextmanager
    def known(self, values):
        """Take the layer's values for the next observations as given.

        Lets a training step that has run the layer already use its result,
        with its gradient, rather than run it again.

        Args:
            values: `(batch, ...)`, what the layer gave for them.
        """
        self._known = values
        try:
            yield
        finally:
            self._known = None

    def call(
        self, observation, step_type=None, network_state=(), training=False
    ):
        outer = nest_utils.get_outer_shape(observation, self.input_tensor_spec)
        rank = nest_utils.get_outer_rank(observation, self.input_tensor_spec)
        if self._known is not None:
            values = tf.cast(self._known, "float32")
        else:
            flat = nest_utils.flatten_multi_batched_nested_tensors(
                observation, self.input_tensor_spec
            )[0]
            values = tf.cast(self.layer(flat, training=training), "float32")
        shape = tf.concat([outer, tf.shape(values)[1:]], axis=0)
        shaped = tf.reshape(values, shape)
        static = tf.TensorShape([None] * rank).concatenate(values.shape[1:])
        shaped.set_shape(static)
        return self.output(shaped), network_state
