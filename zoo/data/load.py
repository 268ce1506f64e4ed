"""Load image data by name."""

import dataclasses
import difflib
import numbers

from zoo.data import binarise as black_and_white
from zoo.data import digits, fetch, folder
from zoo.data.image_data import ImageData
from zoo.data.resize import resize_images

CHOICES = ("digits", "mnist", "fashion_mnist", "folder:PATH")


def load(
    name: str,
    image_size: int | None = None,
    channels: int | None = None,
    limit: int | None = None,
    binarise: str = "none",
    binarise_seed: int = 0,
    seed: int = 0,
) -> ImageData:
    """Load the image data called `name`.

    | name | images | splits |
    |---|---|---|
    | `digits` | 8x8x1, needs no network | 70/10/20, stratified, fixed |
    | `mnist`, `fashion_mnist` | 28x28x1 | 55,000/5,000/10,000 |
    | `folder:PATH` | your own | 80/10/10 by hash of the relative path |

    Args:
        name: One of the names above.
        image_size: Int >= 1, height and width to resize to. Defaults to the
            data's own size, and to 32 for a folder.
        channels: 1 or 3. Defaults to the data's own; for a folder to 1 when
            every image is grey, else 3.
        limit: Int >= 1, keep only the first `limit` training images. Defaults
            to all of them.
        binarise: `"static"`, each pixel drawn black or white once, with its
            brightness as probability of white, or `"none"`.
        binarise_seed: Int >= 0, of those draws, for runs of every `seed`.
        seed: Int, for loaders that draw data, which none of these does: runs
            with different seeds share their test images.

    Returns:
        An `ImageData`.

    Raises:
        ValueError: Unknown name or bad argument, or data that fails a check.
        FileNotFoundError: Missing folder.
        ConnectionError: A published set that is nowhere and does not download.
    """
    _check(name, image_size, channels, limit, seed)
    _check_binarise(binarise, binarise_seed)
    kind, _, path = name.partition(":")
    if kind == "folder":
        data = folder.load_folder(path, image_size, channels)
    elif name == "digits":
        data = digits.load_digits()
    else:
        data = fetch.load_published(name)
    if kind != "folder" and (image_size or channels):
        data = _fit(data, image_size, channels)
    if limit is not None:
        labels = None if data.y_train is None else data.y_train[:limit]
        data = dataclasses.replace(
            data, x_train=data.x_train[:limit], y_train=labels
        )
    return black_and_white.binarise(data, binarise, binarise_seed)


def _fit(data, image_size, channels):
    fields = ("x_train", "x_valid", "x_test")
    fitted = {
        field: resize_images(getattr(data, field), image_size, channels)
        for field in fields
    }
    return dataclasses.replace(data, **fitted)


def _check(name, image_size, channels, limit, seed) -> None:
    if not isinstance(name, str):
        raise TypeError(f"`load` needs `name` as a string. Received: {name!r}")
    kind, colon, path = name.partition(":")
    if kind == "folder" and not path:
        raise ValueError(
            "`load` needs a path after `folder:`, as in `folder:my/images`. "
            f"Received: name={name!r}"
        )
    if kind != "folder" and name not in CHOICES:
        near = difflib.get_close_matches(name, CHOICES, n=1, cutoff=0.5)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        raise ValueError(
            f"`load` knows no data called `{name}`.{hint} Choices: "
            f"{', '.join(CHOICES)}."
        )
    for key, value in (("image_size", image_size), ("limit", limit)):
        if value is not None and not (_is_int(value) and value >= 1):
            raise ValueError(
                f"`load` needs `{key}` as an integer >= 1. Received: "
                f"{key}={value!r}"
            )
    if channels is not None and not (_is_int(channels) and channels in (1, 3)):
        raise ValueError(
            f"`load` needs `channels` as 1 or 3. Received: channels={channels}"
        )
    if not _is_int(seed):
        raise TypeError(f"`load` needs an integer `seed`. Received: {seed!r}")


def _check_binarise(way, seed) -> None:
    ways = black_and_white.WAYS
    if way not in ways:
        raise ValueError(
            f"`load` needs `binarise` to be one of {', '.join(ways)}. "
            f"Received: binarise={way!r}"
        )
    if not _is_int(seed) or seed < 0:
        raise ValueError(
            "`load` needs `binarise_seed` as an integer >= 0. Received: "
            f"binarise_seed={seed!r}"
        )


def _is_int(value) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)
