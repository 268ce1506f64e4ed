"""Stop a training whose updates are no longer finite."""

import warnings

import keras


class SkipGuard(keras.callbacks.Callback):
    """Warn of skipped updates; stop after too many in a row.

    `EmbeddingModel.fit` adds it. A skipped update is one with a non-finite
    loss or gradient: it changes no weight and no codebook.

    Args:
        limit: Int >= 1, skipped updates in a row that stop the training.

    Raises:
        FloatingPointError: From `fit`, at the `limit`-th in a row.
    """

    def __init__(self, limit):
        super().__init__()
        self.limit = limit
        self._known = 0

    def on_train_begin(self, logs=None):
        self._known = self.model.skipped_updates

    def on_train_batch_end(self, batch, logs=None):
        in_a_row = int(self.model.skipped_in_a_row)
        if in_a_row >= self.limit:
            raise FloatingPointError(
                f"`{type(self.model).__name__}.fit` needs finite losses and "
                f"gradients, and skipped {in_a_row} updates in a row; the "
                f"weights are those of the last finite one. Lower the "
                f"learning rate or look for NaN in the data. Received: "
                f"max_skipped_updates={self.limit}, batch={batch}"
            )

    def on_epoch_end(self, epoch, logs=None):
        skipped = self.model.skipped_updates - self._known
        if skipped > 0:
            self._known += skipped
            warnings.warn(
                f"Epoch {epoch + 1}: {skipped} updates were skipped, their "
                "loss or gradient was not finite.",
                RuntimeWarning,
                stacklevel=2,
            )
