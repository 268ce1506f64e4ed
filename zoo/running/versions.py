"""What a run was made with: versions of packages, threads, the commit."""

import importlib.metadata
import os
import pathlib
import platform
import subprocess

import tensorflow as tf

import keras_ae

_PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn")


def versions() -> dict:
    """Return `{package: version}`, and `threads`: what can move a number.

    Threads share out sums, whose rounding then differs, and with it what a
    long training arrives at.
    """
    found = {
        "python": platform.python_version(),
        "keras_ae": keras_ae.__version__,
    }
    for package in _PACKAGES:
        found[package] = importlib.metadata.version(package)
    threads = tf.config.threading.get_intra_op_parallelism_threads()
    found["threads"] = str(threads or os.cpu_count())
    return found


def git_commit() -> dict | None:
    """Return `commit` and `changed` of the source tree, `None` if it is none.

    `changed` says whether tracked files differ from the commit, those of
    `docs` apart, where a comparison may write its records.
    """
    root = pathlib.Path(__file__).resolve().parents[2]
    if _git(root, "ls-files", "zoo/running/versions.py") in (None, ""):
        return None  # installed, perhaps inside somebody else's repository
    commit = _git(root, "rev-parse", "HEAD")
    if not commit:
        return None
    tracked = ("--untracked-files=no", "--", ".", ":!docs")
    status = _git(root, "status", "--porcelain", *tracked)
    return {"commit": commit, "changed": bool(status)}


def _git(root: pathlib.Path, *arguments) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
