"""One process in a comparison's folder at a time."""

import contextlib
import os

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None


@contextlib.contextmanager
def locked(folder):
    """Hold a folder for a `with` block, or refuse one that is held.

    The system keeps the lock, on the folder itself, and drops it when the
    process ends, killed or not: no file is left behind.

    Args:
        folder: Path of the comparison, made where missing.
    """
    os.makedirs(folder, exist_ok=True)
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        _lock(handle, folder)
        yield
    finally:
        os.close(handle)


def _lock(handle, folder) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(
            "A comparison needs its folder to itself. Received: "
            f"out={folder}, where another `keras-ae compare` is at work"
        ) from None
