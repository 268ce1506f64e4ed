"""A small network that predicts the loss from the logits."""

import keras
from keras import ops

WIDTH = 64


class ValueHead:
    """Predict a loss, in standard deviations about its mean.

    One hidden layer of 64 tanh units on the logits of each position, then
    the mean over positions. Its weights are the bottleneck's, trained by the
    model's optimiser; no gradient passes into the logits. It starts at 0.
    """

    def __init__(self):
        self.kernel = self.bias = self.out = self.offset = None

    def build(self, layer):
        """Create the weights.

        Args:
            layer: The bottleneck, which offers `width`.
        """
        # Seeded apart, so that no other weight of a model starts elsewhere.
        glorot = keras.initializers.GlorotUniform(seed=0)
        self.kernel, self.bias, self.out, self.offset = (
            layer.add_weight(
                name=f"value_{name}",
                shape=shape,
                initializer=initializer,
                dtype="float32",
                autocast=False,
            )
            for name, shape, initializer in (
                ("kernel", (layer.width, WIDTH), glorot),
                ("bias", (WIDTH,), "zeros"),
                ("out", (WIDTH, 1), "zeros"),
                ("offset", (1,), "zeros"),
            )
        )

    def __call__(self, logits):
        """Return the prediction for every example.

        Args:
            logits: `(batch, ..., width)`.

        Returns:
            `(batch,)`, float32.
        """
        logits = ops.stop_gradient(logits)
        hidden = ops.tanh(ops.matmul(logits, self.kernel) + self.bias)
        value = ops.matmul(hidden, self.out) + self.offset
        return ops.mean(value, axis=tuple(range(1, len(value.shape))))
