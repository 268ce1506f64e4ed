"""Recordings: one buffer of samples, where each begins, labels, speakers."""

import dataclasses

import numpy as np

SPLITS = ("train", "valid", "test")


@dataclasses.dataclass(frozen=True, eq=False)
class Waves:
    """Hold recordings of any lengths, one after the other.

    Args:
        samples: `float32 (samples,)` in [-1, 1], of all recordings.
        starts: `int64 (n + 1,)`, where each begins, and the end.
        y: `int64 (n,)` labels, or `None`.
        speakers: `int64 (n,)`, who speaks, or `None`.
    """

    samples: np.ndarray
    starts: np.ndarray
    y: np.ndarray | None = None
    speakers: np.ndarray | None = None

    def __len__(self):
        return len(self.starts) - 1

    def __getitem__(self, row: int) -> np.ndarray:
        """Return the samples of one recording."""
        row = range(len(self))[row]
        return self.samples[self.starts[row] : self.starts[row + 1]]

    @property
    def lengths(self) -> np.ndarray:
        """Samples of each recording, `int64 (n,)`."""
        return np.diff(self.starts)

    def take(self, rows) -> "Waves":
        """Return some recordings, in the order of `rows`."""
        return join_waves(
            [self[row] for row in rows],
            None if self.y is None else self.y[rows],
            None if self.speakers is None else self.speakers[rows],
        )


def join_waves(waves, y=None, speakers=None) -> Waves:
    """Return `Waves` of a list of arrays.

    Args:
        waves: List of `float32 (samples,)`.
        y: Ints, one a recording, or `None`.
        speakers: Ints, one a recording, or `None`.
    """
    lengths = np.array([0, *map(len, waves)], np.int64)
    return Waves(
        np.concatenate([np.zeros(0, np.float32), *waves]),
        np.cumsum(lengths),
        None if y is None else np.asarray(y, np.int64),
        None if speakers is None else np.asarray(speakers, np.int64),
    )


def concatenate(parts) -> Waves:
    """Return the recordings of several `Waves` as one."""
    parts = list(parts)

    def joined(field):
        found = [getattr(part, field) for part in parts]
        return None if found[0] is None else np.concatenate(found)

    ends = np.cumsum([0, *(part.starts[-1] for part in parts)])
    starts = [end + part.starts[:-1] for end, part in zip(ends, parts)]
    return Waves(
        joined("samples"),
        np.concatenate([*starts, ends[-1:]]).astype(np.int64),
        joined("y"),
        joined("speakers"),
    )


@dataclasses.dataclass(frozen=True, eq=False)
class AudioData:
    """Hold the train, valid and test recordings of one data set.

    Args:
        name: String, what `load_audio` was asked for.
        sample_rate: Int, samples a second of every recording.
        x_train, x_valid, x_test: `Waves`, at least one recording in each.
        class_names: Tuple of strings, empty without labels.
        speaker_names: Tuple of strings, empty where nobody says who speaks.
        window: Int, samples of the windows that are cut for training.
        per_speaker: Int, windows of one speaker that come together.
        left_out: `Waves` of the speaker whose recordings are in neither
            `x_train` nor `x_valid`, or `None`.
        notes: Dict of JSON values: source, hashes, skipped files.
    """

    name: str
    sample_rate: int
    x_train: Waves
    x_valid: Waves
    x_test: Waves
    class_names: tuple = ()
    speaker_names: tuple = ()
    window: int = 4_000
    per_speaker: int = 1
    left_out: Waves | None = None
    notes: dict = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        for split in SPLITS:
            waves = getattr(self, f"x_{split}")
            if not len(waves) or not waves.lengths.all():
                raise ValueError(
                    "`AudioData` needs recordings that are not empty in "
                    f"`x_{split}`. Received: {len(waves)} of {self.name}"
                )
            peak = np.max(np.abs(waves.samples))
            if waves.samples.dtype != np.float32 or not peak <= 1:
                raise ValueError(
                    f"`AudioData` needs `x_{split}` as float32 in [-1, 1]. "
                    f"Received: dtype={waves.samples.dtype}, peak {peak}"
                )
            self._check_numbers(split, "y", "class_names")
            self._check_numbers(split, "speakers", "speaker_names")

    def _check_numbers(self, split, field, names):
        waves, count = getattr(self, f"x_{split}"), len(getattr(self, names))
        numbers = getattr(waves, field)
        if numbers is None and not count:
            return
        if numbers is None or not count:
            raise ValueError(
                f"`AudioData` needs `{field}` in every split and `{names}`, "
                f"or neither. Received: {split}, {count} names"
            )
        if numbers.shape != (len(waves),) or not np.all(
            (numbers >= 0) & (numbers < count)
        ):
            raise ValueError(
                f"`AudioData` needs one of `{field}` a recording of "
                f"`x_{split}`, in 0..{count - 1}. Received: "
                f"shape={numbers.shape}, {numbers.min()}..{numbers.max()}"
            )

    @property
    def description(self) -> str:
        """One line: name, rate, recordings of each split, who and what."""
        counts = [f"{len(getattr(self, f'x_{s}'))} {s}" for s in SPLITS]
        rate = f"recordings at {self.sample_rate / 1000:g} kHz"
        classes, speakers = len(self.class_names), len(self.speaker_names)
        labels = f"{classes} classes" if classes else "no labels"
        voices = f"{speakers} speakers" if speakers else "speakers unknown"
        return f"{self.name}: {rate}, {', '.join(counts)}, {labels}, {voices}"
