"""Hold state updates back until the gradient step is done."""

import threading

_ACTIVE = threading.local()


class DeferredUpdates:
    """Collect the state updates of bottlenecks called inside the block.

    `EmbeddingModel` runs its forward pass in such a block, then applies the
    updates after the gradient step, or drops them when the step is skipped.
    Outside any block a bottleneck updates itself and adds its losses to
    the surrounding Keras model. One list a thread, hence one a replica.

    Example:

    ```python
    with DeferredUpdates() as updates:
        code = quantizer(features, training=True)
    updates.apply(finite=True)
    ```
    """

    def __init__(self):
        self._updates = []
        self._outer = None

    @staticmethod
    def current():
        """Return the innermost open block of this thread, or `None`.

        Returns:
            A `DeferredUpdates` or `None`.
        """
        return getattr(_ACTIVE, "block", None)

    def add(self, layer, statistics):
        """Hold back one update.

        Args:
            layer: Layer with `update_state(statistics, finite)`.
            statistics: Nest of tensors, what the update needs.
        """
        self._updates.append((layer, statistics))

    def apply(self, finite):
        """Apply the updates in the order of the calls.

        Args:
            finite: Bool tensor; where it is false no state changes.
        """
        for layer, statistics in self._updates:
            layer.update_state(statistics, finite)

    def __enter__(self):
        self._outer = self.current()
        _ACTIVE.block = self
        return self

    def __exit__(self, *exception):
        _ACTIVE.block = self._outer
