"""The files of TensorBoard's embedding projector."""

import pathlib

import keras
import numpy as np

from keras_ae.training.files import write_text
from zoo.data.image_data import to_unit

PROJECTED = 1_000  # Test examples at most
SPRITE_SIDE = 8192  # Pixels; TensorBoard reads no larger sprite


def write_projector(folder, z, columns, images=None) -> None:
    """Write vectors, what is known of each, and a sprite of images.

    Args:
        folder: Path of the log folder.
        z: `(examples, dim)` embeddings.
        columns: Dict from the name of a column to a list of str.
        images: uint8 `(examples, height, width, channels)`, or `None`.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    np.savetxt(folder / "embedding.tsv", z, fmt="%.6g", delimiter="\t")
    rows = list(zip(*columns.values()))
    if len(columns) > 1:  # the projector wants no head over one column
        rows.insert(0, tuple(columns))
    lines = ["\t".join(cell.replace("\t", " ") for cell in r) for r in rows]
    write_text(folder / "metadata.tsv", "\n".join(lines) + "\n")
    sprite = ""
    if images is not None:
        keras.utils.save_img(
            folder / "sprite.png", _sprite(images), scale=False
        )
        sprite = (
            "  sprite {\n"
            '    image_path: "sprite.png"\n'
            f"    single_image_dim: {images.shape[2]}\n"
            f"    single_image_dim: {images.shape[1]}\n"
            "  }\n"
        )
    config = (
        "embeddings {\n"
        '  tensor_name: "embedding"\n'
        '  tensor_path: "embedding.tsv"\n'
        '  metadata_path: "metadata.tsv"\n'
        f"{sprite}"
        "}\n"
    )
    write_text(folder / "projector_config.pbtxt", config)


def _sprite(x) -> np.ndarray:
    # A square of images, row by row, as the projector reads it.
    side = int(np.ceil(np.sqrt(len(x))))
    blank = np.zeros((side * side - len(x), *x.shape[1:]), np.float32)
    cells = np.concatenate([to_unit(x) * 255, blank])
    height, width, channels = x.shape[1:]
    cells = cells.reshape(side, side, height, width, channels)
    cells = cells.transpose(0, 2, 1, 3, 4)
    return cells.reshape(side * height, side * width, channels)
