"""Audio by name: `speech`, `fsdd`, or `folder:PATH` of your own files."""

import dataclasses
import io
import os
import zipfile

import numpy as np

from keras_ae.checks import check_int
from zoo.data.audio_data import SPLITS, AudioData, concatenate, join_waves
from zoo.data.audio_files import load_audio_folder, read_wave, resample
from zoo.data.fetch import check_hash, data_folders
from zoo.data.speech import load_speech
from zoo.recipe import nearest

CHOICES = ("speech", "fsdd", "folder:PATH")
ARCHIVE = "recordings.zip"
# Of names and contents, sorted by name: zipped again it is the same.
CONTENT_HASH = (
    "45a9b976ba3397a2fd5c70a9f2e43c34f442a3a6be47392ecfc41174b678f37e"
)
SOURCE = "https://github.com/Jakobovski/free-spoken-digit-dataset, 26eb9aa"
TEST_TAKES, VALID_TAKES = 5, 10  # takes 0-4 test, 5-9 valid, 10-49 train
MIN_RATE = 1_000


def load_audio(
    name: str,
    sample_rate: int = 8_000,
    limit: int | None = None,
    folders: str = "label",
    without_speaker: str | None = None,
) -> AudioData:
    """Return recordings by name.

    - `speech`: synthetic, see `zoo.data.speech`; needs no file.
    - `fsdd`: 3,000 spoken digits of six speakers, 8 kHz. Takes 0 to 4 are
      test, as published; of the others 5 to 9 are valid, 10 to 49 train.
    - `folder:PATH`: each wav or flac file below, see `load_audio_folder`.

    Args:
        name: Str.
        sample_rate: Int >= 1000: recordings at another rate are resampled.
            Defaults to `8_000`.
        limit: Int >= 1, most training recordings, drawn once and for all, or
            `None` for all.
        folders: Str, what the sub-folders of a folder say: `"label"`,
            `"speaker"`, `"label/speaker"` or `"speaker/label"`.
        without_speaker: Str, a speaker whose recordings are left out of train
            and valid, or `None`.

    Raises:
        FileNotFoundError: The folder or the archive is not there.
        ValueError: An unknown name, or bad files.
    """
    check_int("load_audio", "data.sample_rate", sample_rate, minimum=MIN_RATE)
    family, _, path = name.partition(":")
    if family == "folder" and path:
        data = load_audio_folder(name, path, sample_rate, folders)
    elif name in _LOADERS:
        data = _at_rate(_LOADERS[name](), sample_rate)
    else:
        raise ValueError(
            f"`load_audio` knows no recordings called `{name}`."
            f"{nearest(name, CHOICES)} Choices: {', '.join(CHOICES)}."
        )
    if without_speaker is not None:
        data = leave_out(data, without_speaker)
    if limit is None:
        return data
    check_int("load_audio", "data.limit", limit)
    # Those that come first may all be of one label, or of one speaker.
    drawn = np.random.default_rng(0).permutation(len(data.x_train))[:limit]
    return dataclasses.replace(data, x_train=data.x_train.take(np.sort(drawn)))


def leave_out(data: AudioData, speaker: str) -> AudioData:
    """Return data whose train and valid recordings are of other speakers.

    Args:
        data: `AudioData` with speakers.
        speaker: Str, one of `data.speaker_names`.
    """
    if speaker not in data.speaker_names:
        raise ValueError(
            f"`data.without_speaker` needs a speaker of {data.name}: "
            f"{', '.join(data.speaker_names) or 'it names none'}. Received: "
            f"data.without_speaker={speaker}"
        )
    number = data.speaker_names.index(speaker)
    kept, gone = {}, []
    for split in ("train", "valid"):
        waves = getattr(data, f"x_{split}")
        rows = np.flatnonzero(waves.speakers != number)
        if not len(rows):
            raise ValueError(
                f"`data.without_speaker` needs `x_{split}` of {data.name} to "
                f"have other speakers. Received: only {speaker}"
            )
        kept[f"x_{split}"] = waves.take(rows)
        gone.append(waves.take(np.flatnonzero(waves.speakers == number)))
    notes = {**data.notes, "without_speaker": speaker}
    return dataclasses.replace(
        data, left_out=concatenate(gone), notes=notes, **kept
    )


def _at_rate(data, sample_rate):
    if data.sample_rate == sample_rate:
        return data
    splits = {}
    for split in SPLITS:
        waves = getattr(data, f"x_{split}")
        changed = [
            resample(waves[row], data.sample_rate, sample_rate)
            for row in range(len(waves))
        ]
        splits[f"x_{split}"] = join_waves(changed, waves.y, waves.speakers)
    return dataclasses.replace(data, sample_rate=sample_rate, **splits)


def _fsdd():
    names, contents = _read_archive()
    content = b"".join(
        part for pair in zip(map(str.encode, names), contents) for part in pair
    )
    check_hash(content, CONTENT_HASH, ARCHIVE, "It is another version.")
    speakers = sorted({name.split("_")[1] for name in names})
    found = {split: [] for split in SPLITS}
    for name, content in zip(names, contents):
        digit, speaker, take = name.removesuffix(".wav").split("_")
        split = "train" if int(take) >= VALID_TAKES else "valid"
        split = "test" if int(take) < TEST_TAKES else split
        wave, rate = read_wave(io.BytesIO(content))
        found[split].append((wave, int(digit), speakers.index(speaker)))
    splits = {f"x_{k}": join_waves(*zip(*rows)) for k, rows in found.items()}
    return AudioData(
        "fsdd",
        rate,
        class_names=tuple(str(digit) for digit in range(10)),
        speaker_names=tuple(speakers),
        notes={"source": SOURCE, "sha256": CONTENT_HASH},
        **splits,
    )


def _read_archive():
    """Return the names and contents of the wav files, sorted by name."""
    for folder in data_folders("fsdd"):
        path = folder / ARCHIVE
        if path.is_file():
            break
    else:
        raise FileNotFoundError(
            f"`fsdd` needs {ARCHIVE} in the folder `fsdd` of `KERAS_AE_DATA`: "
            f"the folder `recordings` of {SOURCE}, zipped. Received: "
            f"KERAS_AE_DATA={os.environ.get('KERAS_AE_DATA')}"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [n for n in archive.namelist() if n.endswith(".wav")]
            inside.sort(key=lambda name: name.rsplit("/", 1)[-1])
            names = [name.rsplit("/", 1)[-1] for name in inside]
            return names, [archive.read(name) for name in inside]
    except zipfile.BadZipFile as error:
        raise ValueError(
            f"`{path}` needs to be a complete zip file. Received: {error}"
        ) from error


_LOADERS = {"speech": load_speech, "fsdd": _fsdd}
