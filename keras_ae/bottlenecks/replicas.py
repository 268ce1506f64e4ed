"""The few operations that must see every replica of a strategy."""

import tensorflow as tf


def _context():
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return None
    return context


def replica_count():
    """Return the number of replicas that run this step.

    Returns:
        Int, 1 without a strategy.
    """
    context = _context()
    return 1 if context is None else context.num_replicas_in_sync


def sum_over_replicas(values):
    """Sum tensors over the replicas.

    Args:
        values: Tensor, or list of tensors.

    Returns:
        The same structure, equal on every replica.
    """
    context = _context()
    if context is None:
        return values
    return context.all_reduce(tf.distribute.ReduceOp.SUM, values)


def gather_over_replicas(values):
    """Concatenate tensors along the first axis.

    Args:
        values: `(n, ...)`; replicas may differ in `n`.

    Returns:
        `(n of all replicas, ...)`, in replica order, equal on every replica.
    """
    context = _context()
    if context is None:
        return values
    return context.all_gather(values, axis=0)


def replica_rows(count):
    """Return where this replica's rows lie in the global batch.

    Args:
        count: Int or scalar tensor, rows of this replica.

    Returns:
        Pair: number of the first row, and rows of all replicas.
    """
    context = _context()
    if context is None:
        return 0, count
    counts = context.all_gather(tf.reshape(count, (1,)), axis=0)
    first = tf.reduce_sum(counts[: context.replica_id_in_sync_group])
    return first, tf.reduce_sum(counts)


def replica_seed(generator):
    """Draw a seed that differs between replicas.

    `keras.random` gives every replica the same noise, since the generator's
    state is mirrored.

    Args:
        generator: `keras.random.SeedGenerator`.

    Returns:
        `(2,)`, int32 or uint32, for `tf.random.stateless_*`.
    """
    seed = generator.next()
    context = _context()
    if context is None:
        return seed
    replica = tf.cast(context.replica_id_in_sync_group, seed.dtype)
    return seed + tf.stack([tf.zeros_like(replica), replica])
