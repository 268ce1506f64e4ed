"""Your own recordings: a folder of wav and flac files of any rate."""

import concurrent.futures
import functools
import hashlib
import math
import os
import pathlib

import numpy as np

from zoo.data.audio_data import AudioData, join_waves
from zoo.data.files import by_hash, list_files, split_slices

SUFFIXES = (".wav", ".flac")
MIN_SECONDS = 0.1  # A shorter file is skipped: ten frames of 10 ms
MIN_FILES = 10
SKIP_COUNT, SKIP_FRACTION = 5, 0.01  # The larger of the two is the ceiling.
LISTED = 5  # Skipped files named in notes and errors.
FOLDERS = ("label", "speaker", "label/speaker", "speaker/label")


def load_audio_folder(
    name: str, path: str, sample_rate: int, folders: str
) -> AudioData:
    """Load every wav and flac file below `path`.

    - Files: at any depth; hidden names are passed over. Channels are mixed
      down to their mean, and any rate is resampled.
    - Labels and speakers: the outermost sub-folders, as `folders` says, where
      every file lies that deep and there are at least two; otherwise none.
    - Splits: 80/10/10 by a hash of the relative path, so that a new file
      moves no other.
    - Files that cannot be read, are not finite or are shorter than 0.1 s:
      skipped and counted, up to 1 % of the files or 5, whichever is more.

    Args:
        name: Str, the name of the data.
        path: Str, the folder.
        sample_rate: Int, samples a second to resample to.
        folders: Str, one of `FOLDERS`.

    Raises:
        FileNotFoundError: No such folder.
        ValueError: Fewer than 10 recordings, or too many skipped.
    """
    if folders not in FOLDERS:
        raise ValueError(
            f"`data.folders` needs to be one of {', '.join(FOLDERS)}. "
            f"Received: data.folders={folders}"
        )
    root = pathlib.Path(path).expanduser()
    if not root.is_dir():
        raise FileNotFoundError(
            f"`load_audio` needs an existing folder. Received: `{path}`"
        )
    names = by_hash(list_files(root, SUFFIXES))
    names, waves, digest, skipped = _read_all(root, names, sample_rate)
    meant = folders.split("/")
    found, unused = {}, []
    for depth, what in enumerate(meant):
        try:
            found[what] = _numbers(names, depth)
        except ValueError as error:
            unused.append(f"no {what}s: {error}")
    y, class_names = found.get("label", (None, ()))
    speakers, speaker_names = found.get("speaker", (None, ()))
    splits = {
        f"x_{split}": join_waves(
            waves[part],
            None if y is None else y[part],
            None if speakers is None else speakers[part],
        )
        for split, part in split_slices(names).items()
    }
    notes = {
        "source": str(path),
        "sha256": digest,
        "skipped_count": len(skipped),
        "skipped": skipped[:LISTED],
        "folders_unused": unused,
    }
    return AudioData(
        name,
        sample_rate,
        class_names=class_names,
        speaker_names=speaker_names,
        notes=notes,
        **splits,
    )


def read_wave(file) -> tuple[np.ndarray, int]:
    """Return the samples, channels mixed down, and the rate of a file.

    Args:
        file: Path, or an open binary file.

    Returns:
        `float32 (samples,)` in [-1, 1], and an int.

    Raises:
        ValueError: The file cannot be read, or holds NaN or infinity.
    """
    import soundfile

    try:
        wave, rate = soundfile.read(file, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise ValueError(str(error)) from error
    wave = wave.mean(axis=1)
    if not np.isfinite(wave).all():
        raise ValueError("samples that are not finite")
    return np.clip(wave, -1, 1), rate


def resample(wave: np.ndarray, rate: int, new_rate: int) -> np.ndarray:
    """Return a recording at another rate, low-pass filtered, in [-1, 1].

    Args:
        wave: `float32 (samples,)`.
        rate: Int, samples a second.
        new_rate: Int, those of the result.
    """
    from scipy.signal import resample_poly

    if rate == new_rate or not len(wave):
        return wave
    common = math.gcd(rate, new_rate)
    found = resample_poly(wave, new_rate // common, rate // common)
    return np.clip(found, -1, 1).astype(np.float32)


def read_recording(path, sample_rate: int) -> np.ndarray:
    """Return the samples of a file at a rate.

    Args:
        path: Path of a wav or flac file.
        sample_rate: Int, samples a second of the result.

    Raises:
        OSError, ValueError: It cannot be read, is not finite or too short.
    """
    wave, rate = read_wave(path)
    if len(wave) < MIN_SECONDS * rate:
        raise ValueError(f"{len(wave)} samples, less than {MIN_SECONDS} s")
    return resample(wave, rate, sample_rate)


def _read(root, sample_rate, name):
    """Return the wave and the hash of a file, or why it is skipped."""
    try:
        content = hashlib.sha256((root / name).read_bytes()).digest()
        return read_recording(root / name, sample_rate), content
    except (OSError, ValueError) as error:
        return f"{name}: {error}"


def _read_all(root, names, sample_rate):
    ceiling = max(SKIP_COUNT, int(SKIP_FRACTION * len(names)))
    kept, waves, skipped, digest = [], [], [], hashlib.sha256()
    read = functools.partial(_read, root, sample_rate)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for name, result in zip(names, pool.map(read, names)):
            if isinstance(result, str):
                skipped.append(result)
                continue
            kept.append(name)
            waves.append(result[0])
            digest.update(os.fsencode(name) + result[1])
    if len(skipped) > ceiling:
        raise ValueError(
            f"`load_audio` skips at most {ceiling} unreadable or too short "
            f"recordings of {len(names)} ({SKIP_FRACTION:.0%} or {SKIP_COUNT}, "
            f"whichever is more). Received: {len(skipped)} in `{root}`, first "
            f"{'; '.join(sorted(skipped)[:LISTED])}"
        )
    if len(kept) < MIN_FILES:
        raise ValueError(
            f"`load_audio` needs at least {MIN_FILES} wav or flac files of "
            f"{MIN_SECONDS} s or more. Received: {len(kept)} in `{root}`"
        )
    return kept, waves, digest.hexdigest(), sorted(skipped)


def _numbers(names, depth):
    """Return what the sub-folders at a depth say: numbers and names.

    Raises:
        ValueError: They say nothing: why.
    """
    parts = [name.split("/")[:-1] for name in names]
    outside = [n for n, folders in zip(names, parts) if len(folders) <= depth]
    if outside:
        raise ValueError(
            f"{len(outside)} of {len(names)} files lie in fewer than "
            f"{depth + 1} sub-folders, such as {min(outside)}"
        )
    found = [folders[depth] for folders in parts]
    known = tuple(sorted(set(found)))
    if len(known) < 2:
        raise ValueError(f"all files lie in the one sub-folder {known[0]}")
    index = {name: number for number, name in enumerate(known)}
    return np.array([index[name] for name in found], np.int64), known
