"""Moving mean and variance of a loss."""

from keras import ops

from keras_ae.bottlenecks.replicas import sum_over_replicas


class LossAverage:
    """Keep the mean and the variance of past losses as a layer's weights.

    The first `1 / (1 - decay)` steps are averaged evenly, so that the start
    value has no share in the average. Before the first step the mean is 0
    and the variance 0.

    Args:
        decay: Float in [0, 1), share of the past that a step keeps.
    """

    def __init__(self, decay):
        self.decay = decay
        self.mean = self.variance = self.steps = None

    def build(self, layer):
        """Create the weights.

        Args:
            layer: The layer that owns them.
        """
        self.mean, self.variance, self.steps = (
            layer.add_weight(
                name=f"loss_{name}",
                shape=(),
                initializer="zeros",
                trainable=False,
                dtype="float32",
                autocast=False,
            )
            for name in ("mean", "variance", "steps")
        )

    def assign(self, mean, variance=0.0):
        """Put in what many steps of such losses would have left.

        Args:
            mean: Float.
            variance: Float >= 0. Defaults to `0.0`.
        """
        self.mean.assign(mean)
        self.variance.assign(variance)
        self.steps.assign(1.0 / (1.0 - self.decay))

    def scale(self):
        """Return the standard deviation, at least 1.

        Returns:
            Float32 scalar.
        """
        return ops.sqrt(ops.maximum(self.variance, 1.0))

    def weight(self):
        """Return one over the scale, 0 before the first step.

        Returns:
            Float32 scalar.
        """
        return ops.where(self.steps > 0, 1.0 / self.scale(), 0.0)

    def statistics(self, losses):
        """Return what `update_state` needs, of this replica.

        Args:
            losses: Tensor of losses.

        Returns:
            List of three scalars.
        """
        # About the old mean: squares of large losses would cancel.
        apart = ops.stop_gradient(losses) - self.mean
        count = ops.cast(ops.size(apart), "float32")
        return [ops.sum(apart), ops.sum(ops.square(apart)), count]

    def update_state(self, statistics, finite):
        """Move the averages by one step of all replicas.

        Args:
            statistics: What `statistics` returned.
            finite: Bool, or bool tensor; where false nothing changes.
        """
        total, squares, count = sum_over_replicas(statistics)
        count = ops.maximum(count, 1.0)
        shift = total / count
        variance = ops.maximum(squares / count - ops.square(shift), 0.0)
        steps = self.steps + 1.0
        rate = ops.maximum(1.0 - self.decay, 1.0 / steps)
        old = self.variance + rate * ops.square(shift)
        for variable, value in (
            (self.variance, (1.0 - rate) * old + rate * variance),
            (self.mean, self.mean + rate * shift),
            (self.steps, steps),
        ):
            variable.assign(ops.where(finite, value, variable))
