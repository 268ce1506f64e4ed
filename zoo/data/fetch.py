"""MNIST and Fashion-MNIST: found or downloaded once, always hash-checked."""

import contextlib
import dataclasses
import hashlib
import http.client
import os
import pathlib
import shutil
import tempfile
import urllib.request

import numpy as np

from zoo.data.idx import parse_idx, read_gzip
from zoo.data.image_data import ImageData

VALID_IMAGES = 5_000  # The last ones of the published training split.
TIMEOUT = 60  # Seconds without a byte before a download gives up.
FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
DIGITS = tuple(str(digit) for digit in range(10))
CLOTHES = (
    "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,"
    "Ankle boot"
)


@dataclasses.dataclass(frozen=True)
class PublishedSet:
    """Where a set is published and what its files must contain.

    `hashes` are SHA-256 of the decompressed files, in the order of `FILES`:
    the same content compressed again gives other gzip bytes.
    """

    url: str
    hashes: tuple
    class_names: tuple


PUBLISHED = {
    "mnist": PublishedSet(
        url="https://storage.googleapis.com/cvdf-datasets/mnist/",
        hashes=(
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
        class_names=DIGITS,
    ),
    "fashion_mnist": PublishedSet(
        url="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        hashes=(
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
        class_names=tuple(CLOTHES.split(",")),
    ),
}


def load_published(name: str) -> ImageData:
    """Return `mnist` or `fashion_mnist`, fetched once if nowhere on disk.

    The last 5,000 training images are the validation split.

    Returns:
        `ImageData` with images `uint8 (n, 28, 28, 1)`.
    """
    published = PUBLISHED[name]
    x_train, y_train, x_test, y_test = (
        parse_idx(read_checked(name, file_name), file_name)
        for file_name in FILES
    )
    x_train, x_test = x_train[..., None], x_test[..., None]
    y_train, y_test = y_train.astype(np.int64), y_test.astype(np.int64)
    return ImageData(
        name=name,
        x_train=x_train[:-VALID_IMAGES],
        y_train=y_train[:-VALID_IMAGES],
        x_valid=x_train[-VALID_IMAGES:],
        y_valid=y_train[-VALID_IMAGES:],
        x_test=x_test,
        y_test=y_test,
        class_names=published.class_names,
        notes={
            "source": published.url,
            "sha256": dict(zip(FILES, published.hashes)),
        },
    )


def read_checked(name: str, file_name: str) -> bytes:
    """Return the decompressed, hash-checked content of one published file.

    Looks in `$KERAS_AE_DATA/<name>/`, then in `~/.cache/keras_ae/<name>/`. If
    it is in neither, downloads it into the first of the two that can be
    written. A file that is found but fails its check is never replaced.

    Raises:
        ValueError: The file is truncated or has the wrong content.
        ConnectionError: The download failed.
        OSError: No folder can be written.
    """
    expected = PUBLISHED[name].hashes[FILES.index(file_name)]
    folders = data_folders(name)
    for folder in folders:
        path = folder / file_name
        if path.is_file():
            content = read_gzip(path)
            advice = "Delete the file to fetch it again."
            check_hash(content, expected, str(path), advice)
            return content
    url = PUBLISHED[name].url + file_name
    return download(url, _writable(folders) / file_name, expected)


def data_folders(name: str) -> list[pathlib.Path]:
    """Return the folders in which the set `name` may lie, in order."""
    roots = [pathlib.Path.home() / ".cache" / "keras_ae"]
    if os.environ.get("KERAS_AE_DATA"):
        roots.insert(0, pathlib.Path(os.environ["KERAS_AE_DATA"]).expanduser())
    return [root / name for root in roots]


def check_hash(content: bytes, expected: str, source: str, advice: str) -> None:
    """Raise `ValueError` unless `content` has the SHA-256 `expected`."""
    received = hashlib.sha256(content).hexdigest()
    if received != expected:
        raise ValueError(
            f"`{source}` needs decompressed content with SHA-256 {expected}. "
            f"Received: {received}, {len(content)} bytes. {advice}"
        )


def download(url: str, path: pathlib.Path, expected: str) -> bytes:
    """Fetch `url` to `path`, which appears only complete and checked.

    Returns:
        The decompressed content.
    """
    advice = (
        f"Nothing was kept; try again, or put the file at `{path}` yourself."
    )
    handle, name = tempfile.mkstemp(".part", path.name, path.parent)
    part = pathlib.Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            _copy_url(url, stream, path)
            stream.flush()
            os.fsync(stream.fileno())
        try:
            content = read_gzip(part)
        except ValueError as error:
            raise ValueError(
                f"`download` needs a complete gzip file from {url}. Received: "
                f"{part.stat().st_size} bytes, {error.__cause__}. {advice}"
            ) from error
        check_hash(content, expected, url, advice)
        part.chmod(0o644)
        os.replace(part, path)
        return content
    finally:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()


def _copy_url(url: str, stream, path: pathlib.Path) -> None:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as response:
            shutil.copyfileobj(response, stream)
    except (OSError, http.client.HTTPException) as error:
        raise ConnectionError(
            f"`{path.name}` needs a download from {url}, which failed. "
            f"Received: {error}. Get the file on a machine with network and "
            f"put it at `{path}`, or set `KERAS_AE_DATA` to a folder that has "
            f"`{path.parent.name}/{path.name}`."
        ) from error


def _writable(folders: list[pathlib.Path]) -> pathlib.Path:
    reasons = []
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError as error:
            reasons.append(f"{folder}: {error.strerror}")
    raise OSError(
        "`read_checked` needs a folder that it can write to. Received: "
        f"{'; '.join(reasons)}. Set `KERAS_AE_DATA` to a folder of yours."
    )
