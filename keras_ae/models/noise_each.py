"""Noise of which every row depends on its own seed and on nothing else."""

import tensorflow as tf

from keras_ae.bottlenecks.one_hot_code import MIN_UNIFORM


def normal_each(seed, shape):
    """Return standard Gaussian noise.

    Args:
        seed: Int, `(batch,)`.
        shape: Tuple, of one row.

    Returns:
        `(batch, *shape)`, float32.
    """
    return _normal(tf.convert_to_tensor(seed, tf.int64), shape)


def gumbel_each(seed, shape):
    """Return standard Gumbel noise.

    Args:
        seed: Int, `(batch,)`.
        shape: Tuple, of one row.

    Returns:
        `(batch, *shape)`, float32.
    """
    return _gumbel(tf.convert_to_tensor(seed, tf.int64), shape)


@tf.function(reduce_retracing=True)
def _normal(seed, shape):
    return _each(seed, lambda pair: tf.random.stateless_normal(shape, pair))


@tf.function(reduce_retracing=True)
def _gumbel(seed, shape):
    def draw(pair):
        return tf.random.stateless_uniform(shape, pair, minval=MIN_UNIFORM)

    return -tf.math.log(-tf.math.log(_each(seed, draw)))


def _each(seed, draw):
    return tf.map_fn(
        lambda one: draw(tf.stack([one, tf.zeros_like(one)])),
        seed,
        fn_output_signature=tf.float32,
    )
