"""The best epoch's checkpoint, and a stop when no better one comes."""

import math

import keras

from keras_ae.checks import check_int
from keras_ae.training.checkpoint import save_checkpoint


class BestCheckpoint(keras.callbacks.Callback):
    """Save a checkpoint at each epoch that is the best so far.

    After `patience` epochs in a row without a better one, training stops.
    What it knows of the past is `history`, so that a resumed training stops
    where an uninterrupted one does. The state saved is `epoch` (finished
    epochs), `step` (finished steps) and the monitored value.

    Args:
        folder: Path of the folder of checkpoints, or `None` to write nothing
            (in workers that are not the chief).
        steps_per_epoch: Int >= 1, the steps of one epoch.
        patience: Int >= 1.
        history: List of the monitored value of every epoch done before.
            Defaults to `()`.
        monitor: Str, the log that should be small. Defaults to `"val_loss"`.

    Raises:
        ValueError: At the end of an epoch whose logs lack `monitor`.

    Example:

    >>> callback = BestCheckpoint("best", steps_per_epoch=10, patience=3)
    """

    def __init__(
        self, folder, steps_per_epoch, patience, history=(), monitor="val_loss"
    ):
        super().__init__()
        owner = "BestCheckpoint"
        self.folder, self.monitor = folder, monitor
        self.steps_per_epoch = check_int(
            owner, "steps_per_epoch", steps_per_epoch
        )
        self.patience = check_int(owner, "patience", patience)
        self.best, self.waited = math.inf, 0
        for value in history:
            self._see(value)

    @property
    def exhausted(self):
        """Bool, whether `patience` epochs went by without a better one."""
        return self.waited >= self.patience

    def _see(self, value):
        """Take note of an epoch; tell whether it is the best so far."""
        better = value is not None and value < self.best  # not so if NaN
        self.best = value if better else self.best
        self.waited = 0 if better else self.waited + 1
        return better

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        if self.monitor not in logs:
            raise ValueError(
                "`BestCheckpoint` needs `monitor` among the logs of an epoch. "
                f"Received: monitor={self.monitor!r}, logs of {sorted(logs)}"
            )
        value = float(logs[self.monitor])
        if self._see(value) and self.folder is not None:
            done = epoch + 1
            step = done * self.steps_per_epoch
            state = {"epoch": done, "step": step, self.monitor: value}
            save_checkpoint(self.folder, self.model, state, keep=1)
        self.model.stop_training = self.model.stop_training or self.exhausted
