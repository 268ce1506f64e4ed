"""The interface of temperatures, constant, scheduled or trained."""


class Temperature:
    """Give the temperature of a training step."""

    def build(self, layer):
        """Create the temperature's weights, if any, as weights of `layer`.

        Args:
            layer: The bottleneck that owns the estimator.
        """

    def __call__(self, step):
        """Return the temperature at a step.

        Args:
            step: Int tensor, updates done so far.

        Returns:
            Float32 scalar, > 0.
        """
        raise TypeError(f"`{type(self).__name__}` defines no temperature.")

    @classmethod
    def from_config(cls, config):
        """Build the temperature from `get_config`'s dict.

        Args:
            config: Dict, as `get_config` returns it.

        Returns:
            A `Temperature`.
        """
        return cls(**config)
