"""What the relaxation of training codes hides, epoch by epoch."""

import keras

from zoo.evaluation.bounds import relaxation_gap


class RelaxationLog(keras.callbacks.Callback):
    """Log the loss of held-out images with training codes and hard ones.

    Adds `relaxed_loss`, `hard_loss` and `relaxation_gap` to the logs.

    Args:
        x: Float32 images, held out.
        seed: Int, of the codes drawn.
    """

    def __init__(self, x, seed: int = 0):
        super().__init__()
        self.x, self.seed = x, seed

    def on_epoch_end(self, epoch, logs=None):
        """Add to the logs."""
        if logs is not None:
            logs.update(relaxation_gap(self.model, self.x, self.seed))
