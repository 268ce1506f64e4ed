"""Load a `.keras` file without running anything that came with it."""

import os
import zipfile

import keras

from keras_ae.checks import check_int
from keras_ae.training.archive_checks import (
    check_config,
    check_members,
    check_weights,
)

MAX_BYTES = 4 * 2**30


def load_model(path, max_bytes=MAX_BYTES):
    """Load a model that was saved by `model.save("name.keras")`.

    Only classes that Keras defines, or that are registered in this process
    (those of `keras_ae` are), are built, from JSON and plain arrays. The file
    is refused, with the reason, before Keras reads it where it names a class
    that can carry code (`Lambda`, `TFSMLayer`, ...) or another module, points
    to other files, or holds more than it should.

    Args:
        path: Path of the `.keras` file.
        max_bytes: Int >= 1, the most it may unpack to. Defaults to 4 GiB.

    Returns:
        The model, compiled if it was.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not a `.keras` file, is damaged or is not safe.
    """
    check_int("load_model", "max_bytes", max_bytes)
    path = os.fspath(path)
    if not os.path.exists(path):
        raise FileNotFoundError(
            f"`load_model` needs a file. Received: path={path!r}, where "
            "there is none"
        )
    _check_kind(path)
    try:
        with zipfile.ZipFile(path) as archive:
            check_members(path, archive, max_bytes)
            flipped = archive.testzip()
            if flipped:
                raise zipfile.BadZipFile(f"{flipped} fails its checksum")
            check_config(path, archive)
            check_weights(path, archive, max_bytes)
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise ValueError(
            f"`load_model` needs a whole .keras file. Received: "
            f"path={path!r}, which is damaged: {error}"
        ) from None
    try:
        return keras.saving.load_model(path, safe_mode=True)
    except Exception as error:  # Keras raises whatever a class raises
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ValueError(
            f"`load_model` needs a model that can be rebuilt. Received: "
            f"path={path!r}: {first}"
        ) from error


def _check_kind(path):
    if os.path.isdir(path):
        reason = "is a folder; a SavedModel is a program and is never loaded"
    elif zipfile.is_zipfile(path):
        return
    else:
        with open(path, "rb") as file:
            start = file.read(8)
        reason = "is no zip archive"
        if start == b"\x89HDF\r\n\x1a\n":
            reason = "is HDF5, which can hold code and links to other files"
        elif start[:1] == b"\x80":
            reason = "looks like a pickle, which is a program"
    raise ValueError(
        f"`load_model` needs a .keras file. Received: path={path!r}, "
        f"which {reason}"
    )
