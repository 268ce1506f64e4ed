"""Floors do not depend on the model: compute each once a data set and seed.

In the process always; as JSON files under a folder when one is given. A key
holds a hash of the images, so a changed folder of images is another data set.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Callable

import numpy as np

_MEMORY: dict = {}


def fingerprint(data) -> str:
    """Hash of the name, images and labels of a data set.

    Args:
        data: `zoo.data.ImageData`.

    Returns:
        32 hexadecimal digits.
    """
    digest = hashlib.blake2b(str(data.name).encode(), digest_size=16)
    for field in ("x_train", "y_train", "x_valid", "y_valid", "x_test"):
        _add(digest, field, getattr(data, field))
    _add(digest, "y_test", data.y_test)
    return digest.hexdigest()


def _add(digest, field, array):
    if array is None:
        digest.update(f"{field}:none".encode())
        return
    array = np.ascontiguousarray(array)
    digest.update(f"{field}:{array.shape}:{array.dtype}".encode())
    digest.update(memoryview(array).cast("B") if array.size else b"")


def cached(key: tuple, compute: Callable, cache_dir=None):
    """`compute()`, unless `key` was computed before.

    Args:
        key: Tuple of strings and numbers that determine the result.
        compute: Function without arguments that returns a JSON value.
        cache_dir: Folder for JSON files, or `None` for this process only.
            An unreadable file is computed again and replaced.

    Returns:
        The JSON value; a fresh copy, safe to change.
    """
    text = json.dumps(key)
    path = None
    if cache_dir is not None:
        name = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
        path = Path(cache_dir) / f"{name}.json"
    if text not in _MEMORY:
        value = _read(path, text)
        if value is None:
            value = compute()
        _MEMORY[text] = json.dumps(value)
    if path is not None and _read(path, text) is None:
        _write(path, text, json.loads(_MEMORY[text]))
    return json.loads(_MEMORY[text])


def _read(path, text):
    if path is None or not path.is_file():
        return None
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return stored["value"] if stored["key"] == text else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path, text, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.tmp")
    partial.write_text(
        json.dumps({"key": text, "value": value}), encoding="utf-8"
    )
    os.replace(partial, path)


class FloorCache:
    """What is computed once for a data set, seed and protocol.

    Args:
        data: `zoo.data.ImageData`.
        seed: Int.
        protocol: Str; changing a declared number needs a new one.
        cache_dir: Folder for JSON files, or `None`. Defaults to `None`.
    """

    def __init__(self, data, seed: int, protocol: str, cache_dir=None):
        self.key = (protocol, fingerprint(data), seed)
        self.cache_dir = cache_dir

    def value(self, name: str, compute: Callable):
        """The JSON value `compute()`, remembered by `name`."""
        return cached((*self.key, name), compute, self.cache_dir)

    def object(self, kind: str, compute: Callable):
        """`compute()` of any type; the latest of each `kind` is kept.

        Shared between callers: not to be changed.
        """
        slot = ("object", kind)
        if slot not in _MEMORY or _MEMORY[slot][0] != self.key:
            _MEMORY[slot] = (self.key, compute())
        return _MEMORY[slot][1]


def clear():
    """Forget everything kept in this process; files stay."""
    _MEMORY.clear()
