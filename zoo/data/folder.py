"""Your own images: a folder, with a sub-folder for each class if you like."""

import concurrent.futures
import pathlib

import numpy as np
from PIL import Image, ImageOps

from zoo.data.files import by_hash, list_files, split_slices
from zoo.data.image_data import ImageData
from zoo.data.resize import RESAMPLE

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
DEFAULT_SIZE = 32
MIN_IMAGES = 10
SKIP_COUNT, SKIP_FRACTION = 5, 0.01  # The larger of the two is the ceiling.
LISTED = 5  # Unreadable files named in notes and errors.


def load_folder(
    path: str, image_size: int | None = None, channels: int | None = None
) -> ImageData:
    """Load every image below `path`.

    - Files: png, jpg, bmp and gif (first frame), at any depth. Hidden names
      are passed over.
    - Labels: the first sub-folder, when every image lies in one and there are
      at least two; otherwise none.
    - Pixels: turned as the camera noted, transparent parts on white, resized
      to a square without cropping.
    - Splits: 80/10/10 by a hash of the relative path, so that a new file moves
      no other; a split left empty takes the nearest image in hash order. Each
      split is sorted by that hash too, so its first images are of all classes.
    - Unreadable files: skipped and counted, up to 1 % of the files or 5,
      whichever is more.

    Args:
        path: String, the folder.
        image_size: Int >= 1, height and width. Defaults to 32.
        channels: 1 or 3. Defaults to 1 when every image is grey, else 3.

    Returns:
        `ImageData` with images `uint8 (n, image_size, image_size, channels)`.

    Raises:
        FileNotFoundError: No such folder.
        ValueError: No images, fewer than 10, or too many unreadable ones.
    """
    root = pathlib.Path(path).expanduser()
    size = DEFAULT_SIZE if image_size is None else image_size
    names = _names_by_hash(root, path)
    names, images, skipped = _read_all(root, names, size, channels)
    if channels is None and np.all(images == images[..., :1]):
        images = images[..., :1].copy()
    labels, class_names = _labels(names)
    splits = {}
    for split, part in split_slices(names).items():
        splits[f"x_{split}"] = images[part]
        splits[f"y_{split}"] = None if labels is None else labels[part]
    notes = {
        "source": str(path),
        "skipped_count": len(skipped),
        "skipped": skipped[:LISTED],
    }
    return ImageData(
        name=f"folder:{path}", class_names=class_names, notes=notes, **splits
    )


def read_image(path: pathlib.Path, size: int, channels: int) -> np.ndarray:
    """Return `uint8 (size, size, channels)` from one file of any mode."""
    with Image.open(path) as image:
        image.draft(None, (2 * size, 2 * size))  # Large JPEGs decode faster.
        image = ImageOps.exif_transpose(image)
        if image.mode.startswith("I"):  # 16 bits, which `convert` would clip.
            values = np.asarray(image).astype("float64") / 257
            values = np.rint(values.clip(0, 255)).astype("uint8")
            image = Image.fromarray(values)
        elif "A" in image.mode or "transparency" in image.info:
            image = image.convert("RGBA")
            white = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(white, image)
        image = image.convert("L" if channels == 1 else "RGB")
        pixels = np.asarray(image.resize((size, size), RESAMPLE))
    return pixels.reshape(size, size, channels)


def _names_by_hash(root, path):
    if not root.is_dir():
        kind = "a file" if root.exists() else "nothing there"
        raise FileNotFoundError(
            f"`load_folder` needs an existing folder. Received: `{path}`, "
            f"{kind}"
        )
    names = list_files(root, SUFFIXES)
    if not names:
        raise ValueError(
            f"`load_folder` needs images ({', '.join(SUFFIXES)}). Received: "
            f"`{path}`, which has none"
        )
    return by_hash(names)


def _read_all(root, names, size, channels):
    """Return the readable names, their images and what was skipped."""
    ceiling = max(SKIP_COUNT, int(SKIP_FRACTION * len(names)))
    images = np.empty((len(names), size, size, channels or 3), "uint8")
    kept, skipped = [], []

    def read(name):
        try:
            return read_image(root / name, size, channels or 3)
        except Exception as error:  # Pillow's decoders raise many kinds.
            return f"{name}: {error}"

    with concurrent.futures.ThreadPoolExecutor() as pool:
        for name, result in zip(names, pool.map(read, names)):
            if isinstance(result, str):
                skipped.append(result)
            else:
                images[len(kept)] = result
                kept.append(name)
    if len(skipped) > ceiling:
        listed = "; ".join(sorted(skipped)[:LISTED])
        raise ValueError(
            f"`load_folder` skips at most {ceiling} unreadable images of "
            f"{len(names)} ({SKIP_FRACTION:.0%} or {SKIP_COUNT}, whichever is "
            f"more). Received: {len(skipped)} in `{root}`, first {listed}"
        )
    if len(kept) < MIN_IMAGES:
        raise ValueError(
            f"`load_folder` needs at least {MIN_IMAGES} readable images. "
            f"Received: {len(kept)} in `{root}`"
        )
    return kept, images[: len(kept)], sorted(skipped)


def _labels(names):
    """Return `(labels, class_names)`, or `(None, ())` without classes."""
    if not all("/" in name for name in names):
        return None, ()
    folders = [name.split("/", 1)[0] for name in names]
    class_names = tuple(sorted(set(folders)))
    if len(class_names) < 2:
        return None, ()
    index = {name: label for label, name in enumerate(class_names)}
    labels = np.array([index[folder] for folder in folders], "int64")
    return labels, class_names
