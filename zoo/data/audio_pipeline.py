"""Random windows of recordings, by speaker: seeded, resumable at any step."""

import numpy as np
import tensorflow as tf

from keras_ae.checks import check_int
from zoo.data.audio_data import Waves


def window_batches(
    waves: Waves,
    batch_size: int,
    window: int,
    per_speaker: int = 1,
    seed: int = 0,
    start_step: int = 0,
) -> tf.data.Dataset:
    """Return endless batches of windows, one of each recording an epoch.

    A batch is `batch_size / per_speaker` groups, each of `per_speaker`
    recordings of one speaker; speakers take turns over an epoch as evenly as
    their numbers of recordings allow. Which recordings, and where in them the
    windows begin, is a pure function of `seed` and the step. An epoch is
    `len(waves) // batch_size` batches and uses a recording once, but for those
    that fill a speaker's last group up, a second time. `start_step` costs
    nothing.

    A recording shorter than the window starts again from its beginning until
    the window is full: silence after it would be a thing to predict that says
    nothing of speech.

    Args:
        waves: `Waves`.
        batch_size: Int, of all replicas together, a multiple of
            `per_speaker`.
        window: Int >= 1, samples.
        per_speaker: Int >= 1. Without speakers it changes nothing. Defaults
            to `1`.
        seed: Int >= 0.
        start_step: Int >= 0, batches already used.

    Returns:
        `tf.data.Dataset` of `(x, speaker)`: `(batch_size, window)` float32
        and `(batch_size,)` int64, all zero without speakers.
    """
    check_windows(waves, batch_size, window, per_speaker)
    check_int("window_batches", "start_step", start_step, minimum=0)
    steps, groups = len(waves) // batch_size, batch_size // per_speaker
    first_epoch, first_row = divmod(start_step, steps)
    speakers = _speakers(waves)
    places, turn, size = _groups(speakers, per_speaker)

    def epoch_rows(epoch):
        key = tf.stack([tf.constant(seed, tf.int64), 2 * epoch])
        noise = tf.random.stateless_uniform(
            (len(speakers),), key, dtype=tf.float64, alg="philox"
        )
        by_speaker = tf.argsort(tf.cast(speakers, tf.float64) + noise)
        noise = tf.random.stateless_uniform(
            (len(places),), key + [0, 1], dtype=tf.float64, alg="philox"
        )
        order = tf.argsort((turn + noise) / size)[: steps * groups]
        rows = tf.gather(by_speaker, tf.gather(places, order))
        rows = tf.reshape(tf.cast(rows, tf.int64), (steps, batch_size))
        skipped = tf.where(tf.equal(epoch, first_epoch), first_row, 0)
        return tf.data.Dataset.from_tensor_slices(rows[skipped:])

    def offsets(row, step):
        key = tf.stack([tf.constant(seed, tf.int64), -1 - step])
        return tf.random.stateless_uniform(
            tf.shape(row), key, dtype=tf.float64, alg="philox"
        )

    endless = tf.data.experimental.assert_cardinality(
        tf.data.INFINITE_CARDINALITY
    )
    epochs = tf.data.Dataset.range(first_epoch, tf.int64.max)
    numbers = tf.data.Dataset.range(start_step, tf.int64.max)
    rows = tf.data.Dataset.zip((epochs.flat_map(epoch_rows), numbers))
    return _cut(rows.apply(endless), waves, window, offsets)


def middle_windows(
    waves: Waves, batch_size: int, window: int, per_speaker: int = 1
) -> tf.data.Dataset:
    """Return the middle window of every recording once, in a fixed order.

    Recordings of a speaker come in groups as in `window_batches`, and in an
    order drawn once: those that follow each other in a folder are alike. The
    last batch may be smaller.

    Args:
        waves: `Waves`.
        batch_size: Int >= 1.
        window: Int >= 1, samples.
        per_speaker: Int >= 1. Defaults to `1`.

    Returns:
        `tf.data.Dataset` of `(x, speaker)`, as of `window_batches`.
    """
    check_int("middle_windows", "batch_size", batch_size)
    drawn = np.random.default_rng(0).permutation(len(waves))
    speakers = _speakers(waves)[drawn]
    rank = _ranks(speakers)
    order = drawn[np.lexsort((rank, speakers, rank // per_speaker))]
    rows = tf.data.Dataset.from_tensor_slices(order).batch(batch_size)
    rows = rows.map(lambda row: (row, tf.zeros((), tf.int64)))

    def offsets(row, step):
        return tf.fill(tf.shape(row), tf.constant(0.5, tf.float64))

    return _cut(rows, waves, window, offsets)


def check_windows(waves, batch_size, window, per_speaker) -> None:
    """Refuse windows that cannot be batched."""
    check_int("window_batches", "window", window)
    check_int("window_batches", "batch_size", batch_size)
    check_int("window_batches", "per_speaker", per_speaker)
    if batch_size > len(waves):
        raise ValueError(
            "`window_batches` needs `train.batch_size` <= the number of "
            f"recordings, {len(waves)}. Received: "
            f"train.batch_size={batch_size}"
        )
    if batch_size % per_speaker:
        raise ValueError(
            "`window_batches` needs `train.batch_size` to be a multiple of "
            "`data.per_speaker`. Received: "
            f"train.batch_size={batch_size}, data.per_speaker={per_speaker}"
        )


def _speakers(waves):
    if waves.speakers is None:
        return np.zeros(len(waves), np.int64)
    return waves.speakers


def _ranks(speakers):
    """Return each recording's number among those of its speaker."""
    order = np.argsort(speakers, kind="stable")
    sorted_speakers = speakers[order]
    first = np.searchsorted(sorted_speakers, sorted_speakers)
    rank = np.empty(len(speakers), np.int64)
    rank[order] = np.arange(len(speakers)) - first
    return rank


def _groups(speakers, per_speaker):
    """Return groups of places among recordings sorted by speaker.

    Returns:
        `(groups, per_speaker)` places; each group's number among those of its
        speaker; how many groups its speaker has.
    """
    places, turn, size = [], [], []
    _, first, counts = np.unique(
        np.sort(speakers), return_index=True, return_counts=True
    )
    for start, count in zip(first, counts):
        groups = -(-count // per_speaker)
        inside = np.arange(groups * per_speaker) % count
        places.append(start + inside.reshape(groups, per_speaker))
        turn.append(np.arange(groups, dtype=np.float64))
        size.append(np.full(groups, groups, np.float64))
    return np.concatenate(places), np.concatenate(turn), np.concatenate(size)


def _cut(rows, waves, window, offsets):
    """Turn a dataset of `(rows, step)` into one of windows."""
    with tf.device("CPU:0"):  # Or the whole set would fill the accelerator.
        samples = tf.constant(waves.samples)
        starts = tf.constant(waves.starts[:-1])
        lengths = tf.constant(waves.lengths)
        speakers = tf.constant(_speakers(waves))

    def cut(row, step):
        length = tf.gather(lengths, row)
        spare = tf.maximum(length - window + 1, 1)
        share = offsets(row, step)
        offset = tf.cast(share * tf.cast(spare, tf.float64), tf.int64)
        inside = (offset[:, None] + tf.range(window, dtype=tf.int64)[None])
        inside = inside % length[:, None]
        where = tf.gather(starts, row)[:, None] + inside
        return tf.gather(samples, where), tf.gather(speakers, row)

    options = tf.data.Options()
    options.deterministic = True
    policy = tf.data.experimental.AutoShardPolicy.DATA
    options.experimental_distribute.auto_shard_policy = policy
    return rows.map(cut).prefetch(tf.data.AUTOTUNE).with_options(options)
