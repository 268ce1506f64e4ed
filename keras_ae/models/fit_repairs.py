"""What `fit` of Keras 3.15 lacks under strategies of several replicas.

Keras averages the logs of several workers along the first axis of scalars,
which have none: here each log gets one. It builds a model from the mean of a
batch's parts, which strings have not: here from the first part. It builds one
from a batch spread over workers too, and runs several steps in one execution
as a loop that loses its inputs: both are refused here, since they end in
errors that name neither. What of this can go, `tests/replicas` says.
"""

import keras
import tensorflow as tf

KERAS_NEEDS_AN_AXIS = keras.__version__.startswith("3.15.")


class ReplicaModel(keras.Model):
    """A Keras model that `fit` trains on several replicas and workers.

    Raises:
        ValueError: From `fit`, for what it cannot do there.
    """

    def make_train_function(self, force=False):
        refuse_loops(self)
        return super().make_train_function(force=force)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        if is_multi_worker(self._distribute_strategy):
            refuse_unbuilt(self)
            return
        if iterator is not None:  # Keras takes a mean, which words have not
            data_batch = first_batch(self.distribute_strategy, iterator)
        super()._maybe_symbolic_build(data_batch=data_batch)

    def get_metrics_result(self):
        return logs_for_fit(super().get_metrics_result())


def first_batch(strategy, iterator):
    """Return the part of the first batch that the first replica gets.

    Args:
        strategy: `tf.distribute.Strategy`.
        iterator: Keras's iterator of an epoch.
    """
    for _, _, batches in iterator:
        return keras.tree.map_structure(
            lambda value: strategy.experimental_local_results(value)[0],
            next(batches),
        )


def is_multi_worker(strategy):
    """Tell whether a strategy spreads over processes.

    Args:
        strategy: `tf.distribute.Strategy` or `None`.

    Returns:
        Bool.
    """
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)


def logs_for_fit(logs):
    """Give the logs the shape that Keras's reduction over workers expects.

    Args:
        logs: Dict from name to scalar.

    Returns:
        Dict from name to scalar, or `(1,)` in a step of several workers.
    """
    context = tf.distribute.get_replica_context()
    if not KERAS_NEEDS_AN_AXIS or context is None:
        return logs
    if not is_multi_worker(context.strategy):
        return logs
    return {name: tf.reshape(value, (1,)) for name, value in logs.items()}


def refuse_unbuilt(model):
    """Refuse a model that only a batch of its data could build.

    Args:
        model: Keras model about to train under several workers.

    Raises:
        ValueError: If a layer of it is not built.
    """
    layers = [x.name for x in model._flatten_layers() if not x.built]
    if layers:
        raise ValueError(
            f"`{type(model).__name__}.fit` under MultiWorkerMirroredStrategy "
            "needs a built model: call it once on a batch, in the strategy's "
            f"scope. Received: layers not built={layers}"
        )


def refuse_loops(model):
    """Refuse several steps in one execution on several replicas.

    Args:
        model: Compiled Keras model about to train.

    Raises:
        ValueError: If `steps_per_execution` is more than 1, and there are
            several replicas that are not those of a TPU.
    """
    strategy, steps = model.distribute_strategy, model.steps_per_execution
    looping = steps > 1 and strategy.num_replicas_in_sync > 1
    if looping and not isinstance(strategy, tf.distribute.TPUStrategy):
        raise ValueError(
            f"`{type(model).__name__}.fit` under {type(strategy).__name__} "
            "needs `steps_per_execution` = 1. Received: "
            f"steps_per_execution={steps}"
        )
