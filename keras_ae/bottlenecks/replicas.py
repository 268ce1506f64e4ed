"""The few operations that must see every replica of a strategy."""

import types

import tensorflow as tf

# In the place of a seed generator: the same draw every time.
FIXED_SEED = types.SimpleNamespace(next=lambda: tf.zeros((2,), "int32"))


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
    found = context.all_gather(values, axis=0)
    # Between processes the gathering forgets the other sizes.
    return tf.ensure_shape(found, (None, *values.shape[1:]))


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


def row_noise(draw, shape, generator, copies=1):
    """Draw this replica's rows of the noise of the global batch.

    Every example gets the noise that it would have on one replica;
    `keras.random` would give all replicas the same.

    Args:
        draw: Function of `(shape, seed=..., alg=...)`, a
            `tf.random.stateless_*`.
        shape: Shape of the noise, the rows of this replica first.
        generator: `keras.random.SeedGenerator`, or `FIXED_SEED`.
        copies: Int >= 1: the rows are this many copies of a batch, one after
            the other. Defaults to `1`.

    Returns:
        What `draw` returns, of that shape.
    """
    # By name: what XLA selects on a CPU is fifty times slower. Without XLA
    # it is what is selected anyway.
    options = dict(seed=generator.next(), alg="philox")
    if _context() is None:
        return draw(shape, **options)
    rows = shape[0] // copies
    first, total = replica_rows(rows)
    drawn = draw((copies, total, *shape[1:]), **options)
    return tf.reshape(drawn[:, first : first + rows], shape)
