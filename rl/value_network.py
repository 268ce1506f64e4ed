"""A Keras 3 network as a TF-Agents value network."""

from rl.keras_network import KerasNetwork


class ValueNetwork(KerasNetwork):
    """Predict the return, minus the loss, of observations.

    The layer predicts in deviations about the mean of past losses, so that
    it has little to learn at the start.

    Args:
        layer: Built Keras 3 layer or model, observations to one number.
        observation_spec: Nest of `tf.TensorSpec`, without the batch.
        average: `LossAverage` or `None`. Defaults to `None`, which takes the
            layer's number as it is.
        name: Str. Defaults to `"ValueNetwork"`.
    """

    def __init__(
        self, layer, observation_spec, average=None, name="ValueNetwork"
    ):
        super().__init__(layer, observation_spec, name)
        self._average = (average,)

    def output(self, values):
        """Return the predicted returns.

        Args:
            values: `(..., 1)`.
        """
        (average,) = self._average
        if average is None:
            return values[..., 0]
        return values[..., 0] * average.scale() - average.mean
