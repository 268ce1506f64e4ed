"""Input pipelines: seeded, resumable at any step, uint8 until the last map.

`fit` with `train_dataset` needs `steps_per_epoch`, since it never ends.
"""

import numbers

import numpy as np
import tensorflow as tf

BATCH_SIZE = 128


def steps_per_epoch(count: int, batch_size: int) -> int:
    """Return how many whole batches `count` examples give in one epoch."""
    _check_batch_size("steps_per_epoch", batch_size)
    if count < batch_size:
        raise ValueError(
            "`steps_per_epoch` needs `batch_size` <= the number of examples, "
            f"{count}. Received: batch_size={batch_size}"
        )
    return count // batch_size


def train_dataset(
    x: np.ndarray,
    y: np.ndarray | None = None,
    batch_size: int = BATCH_SIZE,
    seed: int = 0,
    start_step: int = 0,
) -> tf.data.Dataset:
    """Return endless shuffled batches, from any global step on.

    The order within an epoch is a pure function of `seed` and the epoch's
    number, `step // steps_per_epoch(len(x), batch_size)`. An epoch visits each
    example at most once and leaves out the rest of a last, partial batch.
    `start_step` costs nothing: no earlier batch is made.

    Args:
        x: Images `(n, height, width, channels)`, `uint8`, or floating and in
            [0, 1].
        y: Integer labels `(n,)`, or `None`.
        batch_size: Int from 1 to `n`, of all replicas together.
        seed: Int >= 0.
        start_step: Int >= 0, the number of batches already used.

    Returns:
        `tf.data.Dataset` of `x` in float32 in [0, 1], or of `(x, y)` with
        `y` in int64; each batch has exactly `batch_size` examples.

    Raises:
        ValueError, TypeError: An argument breaks one of the rules above.
    """
    arrays = _check_arrays("train_dataset", x, y)
    count = len(arrays[0])
    _check_batch_size("train_dataset", batch_size)
    if batch_size > count:
        raise ValueError(
            "`train_dataset` needs `batch_size` <= the number of examples, "
            f"{count}. Received: batch_size={batch_size}"
        )
    for key, value in (("seed", seed), ("start_step", start_step)):
        _check_int("train_dataset", key, value, minimum=0)
    rows = _shuffled_rows(count, batch_size, seed, start_step)
    endless = tf.data.experimental.assert_cardinality(
        tf.data.INFINITE_CARDINALITY
    )
    return _gathered(rows.apply(endless), arrays)


def eval_dataset(
    x: np.ndarray, y: np.ndarray | None = None, batch_size: int = BATCH_SIZE
) -> tf.data.Dataset:
    """Return every example once, in order; the last batch may be smaller.

    Args:
        x: Images, as in `train_dataset`.
        y: Integer labels `(n,)`, or `None`.
        batch_size: Int >= 1.

    Returns:
        `tf.data.Dataset` of `x`, or of `(x, y)`, as in `train_dataset`.
    """
    arrays = _check_arrays("eval_dataset", x, y)
    _check_batch_size("eval_dataset", batch_size)
    rows = tf.data.Dataset.range(len(arrays[0])).batch(batch_size)
    return _gathered(rows, arrays)


def _shuffled_rows(count, batch_size, seed, start_step):
    """Return the endless dataset of `int64 (batch_size,)` example numbers."""
    steps = count // batch_size
    first_epoch, first_row = divmod(start_step, steps)

    def epoch_rows(epoch):
        order = tf.random.experimental.stateless_shuffle(
            tf.range(count, dtype=tf.int64),
            seed=tf.stack([tf.constant(seed, tf.int64), epoch]),
            alg="philox",  # "auto_select" may differ between machines.
        )
        rows = tf.reshape(order[: steps * batch_size], (steps, batch_size))
        skipped = tf.where(tf.equal(epoch, first_epoch), first_row, 0)
        return tf.data.Dataset.from_tensor_slices(rows[skipped:])

    epochs = tf.data.Dataset.range(first_epoch, tf.int64.max)
    return epochs.flat_map(epoch_rows)


def _gathered(rows, arrays):
    """Turn a dataset of index batches into one of examples."""
    with tf.device("CPU:0"):  # Or the whole set would fill the accelerator.
        tensors = [tf.constant(array) for array in arrays]

    def gather(index):
        x = tf.gather(tensors[0], index)
        if x.dtype == tf.uint8:
            x = tf.cast(x, tf.float32) / 255.0
        if len(tensors) == 1:
            return x
        return x, tf.gather(tensors[1], index)

    options = tf.data.Options()
    options.deterministic = True
    policy = tf.data.experimental.AutoShardPolicy.DATA
    options.experimental_distribute.auto_shard_policy = policy
    return rows.map(gather).prefetch(tf.data.AUTOTUNE).with_options(options)


def _check_arrays(owner, x, y):
    x = np.asarray(x)
    if x.ndim != 4 or 0 in x.shape:
        raise ValueError(
            f"`{owner}` needs `x` of shape (n >= 1, height, width, channels). "
            f"Received: shape={x.shape}"
        )
    if x.dtype != np.uint8:
        if not np.issubdtype(x.dtype, np.floating):
            raise TypeError(
                f"`{owner}` needs `x` in uint8 or floating. Received: "
                f"dtype={x.dtype}"
            )
        low, high = x.min(), x.max()
        if not (low >= 0 and high <= 1):  # NaN fails this too.
            raise ValueError(
                f"`{owner}` needs floating `x` in [0, 1]. Received: "
                f"{low}..{high}"
            )
        x = x.astype("float32", copy=False)
    if y is None:
        return [x]
    y = np.asarray(y)
    if y.shape != x.shape[:1]:
        raise ValueError(
            f"`{owner}` needs one label an image, `y` of shape ({len(x)},). "
            f"Received: shape={y.shape}"
        )
    if not np.issubdtype(y.dtype, np.integer):
        raise TypeError(
            f"`{owner}` needs integer labels `y`. Received: dtype={y.dtype}"
        )
    return [x, y.astype("int64")]


def _check_batch_size(owner, batch_size):
    _check_int(owner, "batch_size", batch_size, minimum=1)


def _check_int(owner, key, value, minimum):
    if not isinstance(value, numbers.Integral) or isinstance(value, bool):
        raise TypeError(
            f"`{owner}` needs `{key}` as an integer. Received: {key}={value!r}"
        )
    if not minimum <= value < 2**63:
        raise ValueError(
            f"`{owner}` needs `{key}` >= {minimum} and < 2**63. Received: "
            f"{key}={value}"
        )
