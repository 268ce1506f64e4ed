"""One vector a recording: of a model, and of log-mel statistics."""

import functools

import numpy as np
import tensorflow as tf

from zoo.data.audio_data import Waves
from zoo.evaluation.batches import graph_of

MELS, LOWEST, HIGHEST = 40, 80.0, 0.95  # The last as a share of half the rate
QUIETEST = 1e-6  # Added to mel energies before the logarithm
_FRAME, _HOP = 0.025, 0.01  # Seconds
_WAVES = tf.TensorSpec((None, None), tf.float32)
_SAMPLES = 400_000  # Of a batch, padding included


def recording_embeddings(model, waves: Waves) -> np.ndarray:
    """Return what `model.encode` gives of each recording alone.

    Recordings are padded to those of about their length, and frames of the
    padding left out of the mean.

    Args:
        model: `ContrastivePredictiveCoding`: its frames do not hear what
            comes after them, and `encode` is their mean.
        waves: `Waves`, none shorter than one frame.

    Returns:
        `(recordings, dim)` float32.

    Raises:
        ValueError: A recording has no frame, or embeddings are not finite.
    """
    hop = model.encoder.hop
    if waves.lengths.min() < hop:
        raise ValueError(
            f"`evaluate_audio` needs recordings of {hop} samples, one frame, "
            f"or more. Received: {waves.lengths.min()} samples"
        )
    return _mean_over_time(
        graph_of(model.encode_frames, _WAVES),
        waves,
        lambda lengths: lengths // hop,
    )[0]


def log_mel_statistics(waves: Waves, sample_rate: int) -> np.ndarray:
    """Return mean and standard deviation over time of log-mel energies.

    Frames of 25 ms every 10 ms; a recording shorter than one frame is padded.

    Args:
        waves: `Waves`.
        sample_rate: Int, samples a second.

    Returns:
        `(recordings, 2 * 40)` float32.
    """
    frame, hop = _sizes(sample_rate)

    def frames(lengths):
        return np.maximum((lengths - frame) // hop + 1, 1)

    mean, spread = _mean_over_time(
        _log_mel(sample_rate), waves, frames, at_least=frame
    )
    return np.concatenate([mean, spread], axis=1)


def _sizes(sample_rate):
    return int(_FRAME * sample_rate), int(_HOP * sample_rate)


@functools.lru_cache(maxsize=2)
def _log_mel(sample_rate):
    frame, hop = _sizes(sample_rate)
    size = 1 << (frame - 1).bit_length()
    mel = tf.signal.linear_to_mel_weight_matrix(
        MELS, size // 2 + 1, sample_rate, LOWEST, HIGHEST * sample_rate / 2
    )

    def log_mel(x):
        power = tf.square(tf.abs(tf.signal.stft(x, frame, hop, size)))
        return tf.math.log(tf.matmul(power, mel) + QUIETEST)

    return tf.function(log_mel, input_signature=[_WAVES])


def _mean_over_time(function, waves, frames, at_least=1):
    """Return the mean and standard deviation over each recording's frames."""
    order = np.argsort(waves.lengths, kind="stable")
    mean = spread = None
    start = 0
    while start < len(order):
        # The longest decides the padding; halve until the batch is small.
        rows = order[start : start + 256]
        while len(rows) > 1 and len(rows) * waves.lengths[rows[-1]] > _SAMPLES:
            rows = rows[: len(rows) // 2]
        found = np.asarray(function(_padded(waves, rows, at_least)))
        count = frames(waves.lengths[rows])[:, None, None]
        real = np.arange(found.shape[1])[None, :, None] < count
        means = np.where(real, found, 0).sum(axis=1) / count[:, 0]
        apart = np.where(real, found - means[:, None], 0)
        if mean is None:
            mean = np.empty((len(waves), found.shape[2]), np.float32)
            spread = np.empty_like(mean)
        mean[rows] = means
        spread[rows] = np.sqrt(np.square(apart).sum(axis=1) / count[:, 0])
        start += len(rows)
    if not np.isfinite(mean).all():
        raise ValueError(
            "`evaluate_audio` needs finite embeddings. Received: NaN or "
            "infinity"
        )
    return mean, spread


def _padded(waves, rows, at_least):
    longest = max(at_least, waves.lengths[rows].max())
    x = np.zeros((len(rows), longest), np.float32)
    for line, row in zip(x, rows):
        line[: waves.lengths[row]] = waves[row]
    return tf.constant(x)
