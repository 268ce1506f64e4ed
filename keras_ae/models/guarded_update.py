"""Apply gradients, unless one is not finite on any replica."""

import tensorflow as tf
from keras import ops, optimizers

from keras_ae.bottlenecks.replicas import sum_over_replicas


def all_finite(values):
    """Tell whether every tensor is finite on every replica.

    Args:
        values: List of tensors; `None` entries are passed over.

    Returns:
        Bool scalar, equal on every replica.
    """
    broken = [
        ops.cast(ops.logical_not(ops.all(ops.isfinite(value))), "float32")
        for value in values
        if value is not None
    ]
    return sum_over_replicas(tf.add_n(broken)) < 0.5


def apply_if(finite, optimizer, gradients, variables):
    """Apply gradients where `finite` is true, else change nothing.

    Args:
        finite: Bool scalar, equal on every replica.
        optimizer: Built Keras optimiser.
        gradients: List of tensors or `None`.
        variables: List of Keras variables.
    """

    def apply():
        optimizer.apply(gradients, variables)
        return True

    if tf.__internal__.distribute.strategy_supports_no_merge_call():
        tf.cond(finite, apply, lambda: False)
        return

    def apply_on_all(strategy, finite, gradients):
        # A cond in a replica must not hold a merge_call, so the cond is
        # out here, around the replicas.
        def on_replicas():
            strategy.extended.call_for_each_replica(
                optimizer.apply, args=(gradients, variables)
            )
            return True

        first = strategy.experimental_local_results(finite)[0]
        tf.cond(first, on_replicas, lambda: False)

    tf.distribute.get_replica_context().merge_call(
        apply_on_all, args=(finite, gradients)
    )


def handles_overflow(optimizer):
    """Tell whether the optimiser skips non-finite gradients itself.

    Args:
        optimizer: Keras optimiser.

    Returns:
        Bool.
    """
    return isinstance(optimizer, optimizers.LossScaleOptimizer)
