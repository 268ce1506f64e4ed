"""The encoder as a TF-Agents policy network."""

import tensorflow as tf
import tensorflow_probability as tfp
from tf_agents.specs import tensor_spec

from rl.keras_network import KerasNetwork


class EncoderNetwork(KerasNetwork):
    """Give the distribution over codes for observations.

    The action is `Code.index`: independent categorical variables for one-hot
    codes, independent bits for binary ones. An observation may hold any nest
    the encoder takes, so a sequence is written token by token by an encoder
    that sees the tokens so far (`rl.sequence_episodes`).

    Args:
        encoder: Built Keras 3 layer or model, the very object that is
            trained, observations to logits.
        bottleneck: `OneHotCode` or `BinaryCode`.
        observation_spec: Nest of `tf.TensorSpec`, without the batch.
        name: Str. Defaults to `"EncoderNetwork"`.
    """

    def __init__(
        self, encoder, bottleneck, observation_spec, name="EncoderNetwork"
    ):
        self._split = (bottleneck.split_logits, bottleneck.kind)
        super().__init__(encoder, observation_spec, name)
        flat = tf.nest.map_structure(
            lambda spec: tf.zeros((1, *spec.shape), spec.dtype),
            self.input_tensor_spec,
        )
        positions = encoder(flat, training=False).shape[1:-1]
        self._event = (*positions, bottleneck.groups)
        self.action_spec = tensor_spec.BoundedTensorSpec(
            self._event, tf.int32, 0, bottleneck.num_codes - 1, "code"
        )

    def output(self, logits):
        """Return the distribution of codes.

        Args:
            logits: `(..., width)`.
        """
        split, kind = self._split
        logits = split(logits)
        if kind == "one_hot":
            parts = tfp.distributions.Categorical(logits, dtype=tf.int32)
        else:
            parts = tfp.distributions.Bernoulli(logits, dtype=tf.int32)
        return tfp.distributions.Independent(parts, len(self._event))
