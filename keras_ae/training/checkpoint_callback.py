"""A checkpoint at the end of epochs."""

import keras

from keras_ae.checks import check_int
from keras_ae.training.checkpoint import save_checkpoint


class CheckpointCallback(keras.callbacks.Callback):
    """Save a checkpoint at the end of every `every`-th epoch, and the last.

    The state saved is `epoch` (finished epochs) and `step` (finished steps).

    Args:
        folder: Path of the folder of checkpoints.
        steps_per_epoch: Int >= 1, the steps of one epoch.
        every: Int >= 1, epochs between checkpoints. Defaults to `1`.
        keep: Int >= 1, how many checkpoints stay. Defaults to `2`.

    Example:

    >>> callback = CheckpointCallback("checkpoints", steps_per_epoch=10)
    """

    def __init__(self, folder, steps_per_epoch, every=1, keep=2):
        super().__init__()
        owner = "CheckpointCallback"
        self.folder = folder
        self.steps_per_epoch = check_int(
            owner, "steps_per_epoch", steps_per_epoch
        )
        self.every = check_int(owner, "every", every)
        self.keep = check_int(owner, "keep", keep)

    def on_epoch_end(self, epoch, logs=None):
        done = epoch + 1
        if done % self.every and done != self.params.get("epochs"):
            return
        state = {"epoch": done, "step": done * self.steps_per_epoch}
        save_checkpoint(self.folder, self.model, state, keep=self.keep)
