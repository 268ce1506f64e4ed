"""What every run writes to TensorBoard as it goes."""

import json

import keras
import tensorflow as tf


class EpochLog(keras.callbacks.Callback):
    """Write the settings as text, and the numbers of every epoch.

    Args:
        folder: Path of the log folder.
        x: Held-out examples, for kinds that show some.
        config: Dict, shown as text.
    """

    def __init__(self, folder, x, config):
        super().__init__()
        self.folder, self.x, self.config = str(folder), x, config
        self._writer = None

    def on_train_begin(self, logs=None):
        self._writer = tf.summary.create_file_writer(self.folder)
        text = json.dumps(self.config, indent=2)
        indented = "\n".join(f"    {line}" for line in text.splitlines())
        with self._writer.as_default(step=0):
            tf.summary.text("config", indented)

    def on_epoch_end(self, epoch, logs=None):
        with self._writer.as_default(step=epoch + 1):
            for name, value in (logs or {}).items():
                tf.summary.scalar(name, float(value))
            self.show()
        self._writer.flush()

    def on_train_end(self, logs=None):
        self._writer.close()

    def show(self):
        """Write what a kind shows beside numbers."""
