"""Batches of consecutive sentences: seeded, resumable at any step."""

import tensorflow as tf

from keras_ae.checks import check_int
from zoo.data.text_data import Sentences


def sentence_batches(
    sentences: Sentences,
    batch_size: int,
    block: int,
    seed: int = 0,
    start_step: int = 0,
) -> tf.data.Dataset:
    """Return endless batches of runs of consecutive sentences.

    An epoch cuts the text into runs of `block` sentences, from an offset that
    differs by epoch, and shuffles the runs; both are a pure function of
    `seed` and the epoch's number, `step // (len(sentences) // batch_size)`.
    `start_step` costs nothing.

    Args:
        sentences: `Sentences`.
        batch_size: Int, of all replicas together, a multiple of `block`.
        block: Int >= 2, sentences that follow each other.
        seed: Int >= 0.
        start_step: Int >= 0, batches already used.

    Returns:
        `tf.data.Dataset` of `(strings, places)`, each `(batch_size,)`.
    """
    count = len(sentences)
    check_block(batch_size, block)
    check_int("sentence_batches", "start_step", start_step, minimum=0)
    if batch_size > count:
        raise ValueError(
            "`sentence_batches` needs `batch_size` <= the number of "
            f"sentences, {count}. Received: batch_size={batch_size}"
        )
    steps, blocks = count // batch_size, batch_size // block
    first_epoch, first_row = divmod(start_step, steps)

    def epoch_rows(epoch):
        key = tf.stack([tf.constant(seed, tf.int64), epoch])
        order = tf.random.experimental.stateless_shuffle(
            tf.range(count // block, dtype=tf.int64), seed=key, alg="philox"
        )
        offset = tf.random.stateless_uniform(
            (), key, 0, count, tf.int64, alg="philox"
        )
        heads = order[: steps * blocks] * block + offset
        rows = tf.reshape(heads, (-1, 1)) + tf.range(block, dtype=tf.int64)
        rows = tf.reshape(rows % count, (steps, batch_size))
        skipped = tf.where(tf.equal(epoch, first_epoch), first_row, 0)
        return tf.data.Dataset.from_tensor_slices(rows[skipped:])

    epochs = tf.data.Dataset.range(first_epoch, tf.int64.max)
    endless = tf.data.experimental.assert_cardinality(
        tf.data.INFINITE_CARDINALITY
    )
    return _gathered(epochs.flat_map(epoch_rows).apply(endless), sentences)


def sentences_in_order(sentences: Sentences, batch_size: int):
    """Return every sentence once, in order; the last batch may be smaller.

    Args:
        sentences: `Sentences`.
        batch_size: Int >= 1.

    Returns:
        `tf.data.Dataset` of `(strings, places)`.
    """
    check_int("sentences_in_order", "batch_size", batch_size)
    rows = tf.data.Dataset.range(len(sentences)).batch(batch_size)
    return _gathered(rows, sentences)


def check_block(batch_size: int, block: int) -> None:
    """Refuse a block that does not divide the batch."""
    check_int("sentence_batches", "block", block, minimum=2)
    if batch_size % block:
        raise ValueError(
            "`sentence_batches` needs `train.batch_size` to be a multiple of "
            f"`data.block`. Received: train.batch_size={batch_size}, "
            f"data.block={block}"
        )


def _gathered(rows, sentences):
    with tf.device("CPU:0"):
        # Cut inside TensorFlow: no Python object for each sentence.
        strings = tf.strings.split([sentences.text], "\n").values
        strings = strings[: len(sentences)]
        places = tf.constant(sentences.places)
    options = tf.data.Options()
    options.deterministic = True
    policy = tf.data.experimental.AutoShardPolicy.DATA
    options.experimental_distribute.auto_shard_policy = policy
    found = rows.map(lambda row: (tf.gather(strings, row),
                                  tf.gather(places, row)))
    return found.prefetch(tf.data.AUTOTUNE).with_options(options)
