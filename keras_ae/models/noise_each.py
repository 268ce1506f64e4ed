"""Noise of which every row depends on its own seed and on nothing else."""

import tensorflow as tf

# Smallest uniform draw: -log(-log(u)) stays finite in float32.
MIN_UNIFORM = 1e-20


def normal_each(seed, shape):
    """Return standard Gaussian noise.

    Args:
        seed: Int, `(batch,)`.
        shape: Tuple, of one row.

    Returns:
        `(batch, *shape)`, float32.
    """

    def draw(pair):
        return tf.random.stateless_normal(shape, pair)

    return _each(seed, shape, draw)


def gumbel_each(seed, shape):
    """Return standard Gumbel noise.

    Args:
        seed: Int, `(batch,)`.
        shape: Tuple, of one row.

    Returns:
        `(batch, *shape)`, float32.
    """

    def draw(pair):
        return tf.random.stateless_uniform(shape, pair, minval=MIN_UNIFORM)

    return -tf.math.log(-tf.math.log(_each(seed, shape, draw)))


def _each(seed, shape, draw):
    seed = tf.convert_to_tensor(seed, tf.int64)
    rows = tf.map_fn(
        lambda one: draw(tf.stack([one, tf.zeros_like(one)])),
        seed,
        fn_output_signature=tf.float32,
    )
    # No row has no shape either.
    return tf.reshape(rows, (tf.shape(seed)[0], *shape))
