"""Batch normalisation whose batch is the global one."""

import keras
from keras import ops

from keras_ae.bottlenecks.deferred_updates import DeferredUpdates
from keras_ae.bottlenecks.replicas import sum_over_replicas
from keras_ae.checks import check_number


@keras.saving.register_keras_serializable("keras_ae")
class BatchNorm(keras.layers.Layer):
    """`scale * (x - mean) / sqrt(variance + epsilon) + offset`, by channel.

    Training takes mean and variance of the global batch, over the replicas
    of a strategy; inference takes their moving averages. Inside an
    `EmbeddingModel` these move after the gradient step, and not at all where
    that is skipped, so one batch with a NaN does not break the layer for
    good, as it would `keras.layers.BatchNormalization`.

    Args:
        momentum: Float in [0, 1), share of the moving averages kept at each
            step. Defaults to `0.9`.
        epsilon: Float > 0. Defaults to `1e-5`.

    Call arguments:
        x: `(batch, ..., channels)`.
        training: Bool. Defaults to `False`.

    Returns:
        Shape of `x`, in the layer's compute dtype.

    Reference:
        arXiv:1502.03167, algorithm 1.
    """

    def __init__(self, momentum=0.9, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.momentum = check_number(
            "BatchNorm", "momentum", momentum, minimum=0, below=1
        )
        self.epsilon = check_number("BatchNorm", "epsilon", epsilon, above=0)

    def build(self, input_shape):
        def add(name, initializer, trainable):
            return self.add_weight(
                name=name,
                shape=(input_shape[-1],),
                initializer=initializer,
                trainable=trainable,
                dtype="float32",
                autocast=False,
            )

        self.scale = add("scale", "ones", True)
        self.offset = add("offset", "zeros", True)
        # Every replica assigns the same values: no aggregation is needed.
        self.moving_mean = add("moving_mean", "zeros", False)
        self.moving_variance = add("moving_variance", "ones", False)

    def call(self, x, training=False):
        x = ops.cast(x, "float32")
        centred, variance = x - self.moving_mean, self.moving_variance
        if training:
            mean, centred, variance = self._moments(x)
            statistics = ops.stop_gradient(mean), ops.stop_gradient(variance)
            block = DeferredUpdates.current()
            if block is None:
                self.update_state(statistics, True)
            else:
                block.add(self, statistics)
        factor = self.scale * ops.rsqrt(variance + self.epsilon)
        return ops.cast(centred * factor + self.offset, self.compute_dtype)

    def _moments(self, x):
        axes = tuple(range(len(x.shape) - 1))
        ones = ops.ones_like(x[..., 0])
        total, count = sum_over_replicas([ops.sum(x, axes), ops.sum(ones)])
        count = ops.maximum(count, 1.0)
        mean = total / count
        centred = x - mean
        squares = sum_over_replicas(ops.sum(ops.square(centred), axes))
        return mean, centred, squares / count

    def update_state(self, statistics, finite):
        """Move the averages towards those of a batch.

        Args:
            statistics: Pair of `(channels,)`: mean and variance.
            finite: Bool tensor; where it is false nothing changes.
        """
        averages = self.moving_mean, self.moving_variance
        for average, value in zip(averages, statistics):
            step = (1.0 - self.momentum) * (value - average)
            average.assign(ops.where(finite, average + step, average))

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)

    def get_config(self):
        config = super().get_config()
        config.update(momentum=self.momentum, epsilon=self.epsilon)
        return config
