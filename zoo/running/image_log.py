"""What a run on images shows in TensorBoard."""

import tensorflow as tf

from zoo.running.epoch_log import EpochLog
from zoo.running.pictures import SHOWN, tile
from zoo.running.projector import PROJECTED, SPRITE_SIDE, write_projector
from zoo.running.views import (
    code_index,
    embeddings,
    is_discrete,
    reconstructions,
)


class ImageLog(EpochLog):
    """Write reconstructions and code usage, too.

    Args:
        folder: Path of the log folder.
        x: `(examples, height, width, channels)` float32 held-out images.
        config: Dict, shown as text.
    """

    def show(self):
        shown = self.x[:SHOWN]
        x_hat = reconstructions(self.model, shown)
        if x_hat is not None:
            picture = tile([shown, x_hat])[None]
            tf.summary.image("reconstructions", picture)
        if is_discrete(self.model):
            index = code_index(self.model, self.x)
            buckets = min(int(self.model.bottleneck.num_codes), 512)
            tf.summary.histogram("code_usage", index, buckets=buckets)


def image_projector(model, images, folder) -> None:
    """Write the embedding projector: vectors, labels and images.

    Args:
        model: The trained model.
        images: `zoo.data.ImageData`.
        folder: Path of the log folder.
    """
    side = max(1, SPRITE_SIDE // max(images.image_shape[:2]))
    x = images.x_test[: min(PROJECTED, side * side)]
    labels = ["unlabelled"] * len(x)
    if images.y_test is not None:
        labels = [images.class_names[y] for y in images.y_test[: len(x)]]
    write_projector(folder, embeddings(model, x), {"label": labels}, x)
