"""The files of a folder, and which split each belongs to."""

import hashlib
import os
import pathlib

import numpy as np

VALID_FROM, TEST_FROM = 0.8, 0.9


def list_files(root: pathlib.Path, suffixes) -> list[str]:
    """Return the sorted relative paths, with `/`, of files in a folder.

    Sub-folders are searched, links followed; what is hidden is passed over.

    Args:
        root: `pathlib.Path`.
        suffixes: Tuple of str, in lower case; names in any case match.
    """
    names, visited = [], set()
    for folder, children, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in visited:  # A link back up would go round for ever.
            children.clear()
            continue
        visited.add(real)
        children[:] = sorted(c for c in children if not c.startswith("."))
        names += [
            pathlib.Path(folder, file).relative_to(root).as_posix()
            for file in files
            if file.lower().endswith(suffixes) and not file.startswith(".")
        ]
    return sorted(names)


def hash_fraction(name: str) -> float:
    """Return a number in [0, 1) that depends only on `name`."""
    digest = hashlib.sha256(os.fsencode(name)).digest()
    return int.from_bytes(digest[:6], "big") / 2**48  # Exact in a float.


def by_hash(names: list[str]) -> list[str]:
    """Return `names` sorted by hash, so that splits are ranges of them."""
    return sorted(names, key=lambda name: (hash_fraction(name), name))


def split_slices(names: list[str]) -> dict:
    """Cut `names`, at least 3 sorted by hash, into three non-empty slices."""
    fractions = [hash_fraction(name) for name in names]
    count = len(names)
    valid = int(np.clip(np.searchsorted(fractions, VALID_FROM), 1, count - 2))
    test = np.searchsorted(fractions, TEST_FROM)
    test = int(np.clip(test, valid + 1, count - 1))
    return {
        "train": slice(0, valid),
        "valid": slice(valid, test),
        "test": slice(test, count),
    }
