"""The metrics of each epoch, as lines of JSON."""

import json
import math
import os
import pathlib
import time

import keras

from keras_ae.checks import check_int
from keras_ae.training.files import write_text


class MetricsLog(keras.callbacks.Callback):
    """Append one line of JSON to a file at the end of every epoch.

    A line holds `epoch` (counted from 1), `seconds` and every log of the
    epoch; a log that is not finite is `null`. On resuming, lines of epochs
    after `initial_epoch`, and a half-written last line, are removed first.

    Args:
        path: Path of the file.
        initial_epoch: Int >= 0, finished epochs whose lines stay. Defaults to
            `0`.

    Example:

    >>> callback = MetricsLog("metrics.jsonl")
    """

    def __init__(self, path, initial_epoch=0):
        super().__init__()
        self.path = pathlib.Path(path)
        self.initial_epoch = check_int(
            "MetricsLog", "initial_epoch", initial_epoch, minimum=0
        )
        self._started = None

    def on_train_begin(self, logs=None):
        kept = [
            json.dumps(line)
            for line in read_lines(self.path)
            if line.get("epoch", 0) <= self.initial_epoch
        ]
        write_text(self.path, "".join(line + "\n" for line in kept))

    def on_epoch_begin(self, epoch, logs=None):
        self._started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        seconds = round(time.perf_counter() - self._started, 3)
        line = {"epoch": epoch + 1, "seconds": seconds}
        for name, value in (logs or {}).items():
            value = float(value)
            line[name] = value if math.isfinite(value) else None
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())


def read_lines(path):
    """Return the dicts of a file of JSON lines, less a half-written last one.

    Args:
        path: Path of the file; a missing one has no lines.

    Returns:
        List of dicts.

    Raises:
        ValueError: If a line other than the last is not JSON.
    """
    path = pathlib.Path(path)
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    parsed = []
    for i, line in enumerate(lines):
        if not line.strip():
            continue
        try:
            parsed.append(json.loads(line))
        except ValueError:
            if i == len(lines) - 1:  # no newline after it: cut off
                break
            raise ValueError(
                f"`read_lines` needs JSON on each line of {path}. "
                f"Received: line {i + 1} is {line[:60]!r}"
            ) from None
    return parsed
