"""Pure functions on a codebook `(num_codes, dim)`."""

import tensorflow as tf
from keras import ops

# Lloyd steps of the initialisation; the codebook's own updates go on from it.
K_MEANS_STEPS = 10
# Keeps a normalised vector finite.
EPSILON = 1e-12
# A restarted code lies this share of the way from a much used code to a
# vector of the batch. A bare vector of the batch (share 1) is longer than
# the centroids and, in many dimensions, would never win a vector again.
RESTART_SHARE = 0.3


def normalise(vectors):
    """Scale vectors to unit length.

    Args:
        vectors: `(..., dim)`.

    Returns:
        Shape of `vectors`.
    """
    squared = ops.sum(ops.square(vectors), axis=-1, keepdims=True)
    return vectors * ops.rsqrt(ops.maximum(squared, EPSILON))


def nearness(vectors, codebook):
    """Return half of `|vector|^2` less half the squared distance to a code.

    The nearest code has the largest; the vector's own length, which would
    swallow small differences in float32, is left out.

    Args:
        vectors: `(n, dim)`.
        codebook: `(num_codes, dim)`.

    Returns:
        `(n, num_codes)`.
    """
    half_squares = 0.5 * ops.sum(ops.square(codebook), axis=-1)
    product = tf.matmul(vectors, codebook, transpose_b=True)
    # Not `product - half_squares`: matmul and bias_add run as one kernel.
    return tf.nn.bias_add(product, -half_squares)


def nearest_index(scores):
    """Return the index of each vector's nearest code.

    Args:
        scores: `(n, num_codes)`, from `nearness`.

    Returns:
        `(n,)`, int32; the first of equally near ones.
    """
    # `ops.argmax` orders -0.0 and 0.0 too, at three times the cost.
    return tf.argmax(scores, axis=-1, output_type=tf.int32)


def counts_and_sums(vectors, index, num_codes):
    """Return how many vectors each code has, and their sum.

    Args:
        vectors: `(n, dim)`.
        index: `(n,)`, int32.
        num_codes: Int.

    Returns:
        `(num_codes,)` and `(num_codes, dim)`, float32.
    """
    ones = ops.ones_like(vectors[:, 0])
    counts = tf.math.unsorted_segment_sum(ones, index, num_codes)
    sums = tf.math.unsorted_segment_sum(vectors, index, num_codes)
    return counts, sums


def strided_rows(vectors, count):
    """Pick `count` rows, evenly spread, or all if there are fewer.

    Args:
        vectors: `(n, dim)`.
        count: Int.

    Returns:
        `(min(n, count), dim)`.
    """
    n = ops.shape(vectors)[0]
    count = ops.minimum(n, count)
    rows = ops.arange(count, dtype="int32") * n // count
    return ops.take(vectors, rows, axis=0)


def k_means(vectors, num_codes, cosine=False):
    """Return a codebook fitted to vectors by Lloyd's algorithm.

    It starts from evenly spread rows, repeated where there are fewer rows
    than codes; a code that wins no vector stays where it is.

    Args:
        vectors: `(n, dim)`, n >= 1.
        num_codes: Int.
        cosine: Bool, whether codes are kept at unit length. Defaults to
            `False`.

    Returns:
        `(num_codes, dim)`.
    """
    n = ops.shape(vectors)[0]
    rows = ops.arange(num_codes, dtype="int32") * n // num_codes
    codebook = ops.take(vectors, rows, axis=0)
    for _ in range(K_MEANS_STEPS):
        index = nearest_index(nearness(vectors, codebook))
        counts, sums = counts_and_sums(vectors, index, num_codes)
        counts = counts[:, None]
        means = sums / ops.maximum(counts, 1.0)
        codebook = ops.where(counts > 0, means, codebook)
        if cosine:
            codebook = normalise(codebook)
    return codebook


def split_codes(codes, counts, drawn, dead):
    """Place the i-th dead code beside the i-th most used living one.

    Where more are dead than living, the most used take another turn.

    Args:
        codes: `(num_codes, dim)`.
        counts: `(num_codes,)`, their use.
        drawn: `(num_codes, dim)`, vectors to lean towards.
        dead: `(num_codes,)`, bool.

    Returns:
        `(num_codes, dim)`, meant for the dead codes only.
    """
    dead = ops.cast(dead, "int32")
    living = ops.maximum(ops.sum(1 - dead), 1)
    rank = ops.maximum(ops.cumsum(dead) - 1, 0) % living
    by_use = ops.cast(ops.argsort(-counts), "int32")
    parents = ops.take(codes, ops.take(by_use, rank), axis=0)
    return parents + RESTART_SHARE * (drawn - parents)
