"""Files that are either the old one or the new one, never half of one."""

import hashlib
import os
import pathlib
import uuid


def sync_folder(folder):
    """Force a folder's entries to disk, where the system can.

    Args:
        folder: Path of the folder.
    """
    try:
        handle = os.open(folder, os.O_RDONLY)
    except (OSError, AttributeError):  # Windows cannot open a folder
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path):
    """Force a written file to disk.

    Args:
        path: Path of the file.
    """
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def write_text(path, text):
    """Write `text` to a temporary name beside `path`, then rename it.

    Args:
        path: Path of the file.
        text: Str, its new content.
    """
    path = pathlib.Path(path)
    temporary = path.with_name(f".tmp-{path.name}-{uuid.uuid4().hex[:8]}")
    try:
        temporary.write_text(text, encoding="utf-8")
        sync_file(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def sha256(path):
    """Return the SHA-256 of a file.

    Args:
        path: Path of the file.

    Returns:
        Str of 64 hexadecimal digits.
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
