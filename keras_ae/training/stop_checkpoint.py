"""End a training at the next step when the process is asked to end."""

import contextlib
import signal
import threading

import keras
import numpy as np
from keras import ops

from keras_ae.checks import check_int
from keras_ae.training.checkpoint import save_checkpoint
from keras_ae.training.training_stopped import TrainingStopped


class StopCheckpoint(keras.callbacks.Callback):
    """On SIGTERM, save a checkpoint at the end of the step and stop.

    Inside `with callback.listening():`, the signal no longer kills: `fit`
    raises `TrainingStopped` after the step it is in. The state saved is
    `epoch` (finished epochs), `step` (finished steps) and `metrics` (what the
    metrics of the unfinished epoch have summed up).

    Args:
        folder: Path of the folder of checkpoints.
        steps_per_epoch: Int >= 1, the steps of a whole epoch.
        first_step: Int >= 0, steps of the first epoch that were done before.
            Defaults to `0`.
        metrics: List that an earlier stop saved, with which the first epoch
            begins, or `None`. Defaults to `None`.
        keep: Int >= 1, how many checkpoints stay. Defaults to `2`.

    Raises:
        TrainingStopped: From `fit`, after the checkpoint.

    Example:

    >>> callback = StopCheckpoint("checkpoints", steps_per_epoch=10)
    """

    def __init__(
        self, folder, steps_per_epoch, first_step=0, metrics=None, keep=2
    ):
        super().__init__()
        owner = "StopCheckpoint"
        self.folder = folder
        self.steps_per_epoch = check_int(
            owner, "steps_per_epoch", steps_per_epoch
        )
        self.first_step = check_int(owner, "first_step", first_step, 0)
        self.keep = check_int(owner, "keep", keep)
        self.asked = False
        self.metrics = metrics
        self._epoch = 0

    @contextlib.contextmanager
    def listening(self):
        """Take SIGTERM for a `with` block; elsewhere it ends the process.

        Signals reach the main thread only: in another, nothing is taken.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGTERM, self._ask)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)

    def _ask(self, *_):
        self.asked = True

    def _variables(self):
        return [v for metric in self.model.metrics for v in metric.variables]

    def on_epoch_begin(self, epoch, logs=None):
        # Keras has just set them to zero.
        self._epoch = epoch
        variables = self._variables()
        for variable, value in zip(variables, self.metrics or ()):
            variable.assign(np.asarray(value, variable.dtype))

    def on_train_batch_end(self, batch, logs=None):
        if self.asked:
            self._stop(self.first_step + batch + 1)

    def on_epoch_end(self, epoch, logs=None):
        self.first_step, self.metrics = 0, None

    def _stop(self, done):
        if done == self.steps_per_epoch:
            return  # the epoch ends first, with its evaluation and its log
        step = self._epoch * self.steps_per_epoch + done
        sums = [ops.convert_to_numpy(v).tolist() for v in self._variables()]
        state = {"epoch": self._epoch, "step": step, "metrics": sums}
        path = save_checkpoint(self.folder, self.model, state, self.keep)
        raise TrainingStopped(f"stopped after step {step}, saved in {path}")
