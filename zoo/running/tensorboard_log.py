"""What a run shows in TensorBoard."""

import json
import pathlib

import keras
import numpy as np
import tensorflow as tf

from zoo.running.pictures import SHOWN, tile
from zoo.running.views import (
    code_index,
    embeddings,
    is_discrete,
    reconstructions,
    to_unit,
)

PROJECTED = 1_000  # Test images in the embedding projector
_SPRITE_SIDE = 8192  # Pixels; TensorBoard reads no larger sprite


class TensorBoardLog(keras.callbacks.Callback):
    """Write terms, reconstructions and code usage of every epoch.

    Args:
        folder: Path of the log folder.
        x: `(examples, height, width, channels)` float32 held-out images.
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
            shown = self.x[:SHOWN]
            x_hat = reconstructions(self.model, shown)
            if x_hat is not None:
                picture = tile([shown, x_hat])[None]
                tf.summary.image("reconstructions", picture)
            if is_discrete(self.model):
                index = code_index(self.model, self.x)
                buckets = min(int(self.model.bottleneck.num_codes), 512)
                tf.summary.histogram("code_usage", index, buckets=buckets)
        self._writer.flush()

    def on_train_end(self, logs=None):
        self._writer.close()


def write_projector(model, images, folder) -> None:
    """Write the embedding projector: vectors, labels and a sprite image.

    Args:
        model: The trained model.
        images: `zoo.data.ImageData`.
        folder: Path of the log folder.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    height, width, _ = images.image_shape
    side = max(1, _SPRITE_SIDE // max(height, width))
    x = images.x_test[: min(PROJECTED, side * side)]
    z = embeddings(model, x)
    np.savetxt(folder / "embedding.tsv", z, fmt="%.6g", delimiter="\t")
    labels = np.zeros(len(x), int)
    names = ("unlabelled",)
    if images.y_test is not None:
        labels, names = images.y_test[: len(x)], images.class_names
    text = "".join(f"{names[label]}\n" for label in labels)
    (folder / "metadata.tsv").write_text(text, encoding="utf-8")
    keras.utils.save_img(folder / "sprite.png", _sprite(x), scale=False)
    config = (
        "embeddings {\n"
        '  tensor_name: "embedding"\n'
        '  tensor_path: "embedding.tsv"\n'
        '  metadata_path: "metadata.tsv"\n'
        "  sprite {\n"
        '    image_path: "sprite.png"\n'
        f"    single_image_dim: {width}\n"
        f"    single_image_dim: {height}\n"
        "  }\n"
        "}\n"
    )
    path = folder / "projector_config.pbtxt"
    path.write_text(config, encoding="utf-8")


def _sprite(x) -> np.ndarray:
    # A square of images, row by row, as the projector reads it.
    side = int(np.ceil(np.sqrt(len(x))))
    blank = np.zeros((side * side - len(x), *x.shape[1:]), np.float32)
    cells = np.concatenate([to_unit(x) * 255, blank])
    height, width, channels = x.shape[1:]
    cells = cells.reshape(side, side, height, width, channels)
    cells = cells.transpose(0, 2, 1, 3, 4)
    return cells.reshape(side * height, side * width, channels)
