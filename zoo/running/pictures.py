"""The pictures of a run: what the model makes of images."""

import pathlib

import numpy as np
from matplotlib.figure import Figure

from zoo.data.image_data import to_unit
from zoo.running.figures import colour_of, curves, draw_plane, save_figure
from zoo.running.views import (
    code_index,
    embeddings,
    is_discrete,
    random_images,
    reconstructions,
)

SHOWN = 16  # Images in a row of a picture
COUNTED = 2_000  # Test images whose codes are counted or drawn


def draw_pictures(model, images, history, seed: int, out) -> dict:
    """Draw the four pictures of a run.

    Args:
        model: The trained model.
        images: `zoo.data.ImageData`.
        history: List of dicts, one an epoch.
        seed: Int, of samples and of the images shown.
        out: Path of the run folder.

    Returns:
        Dict from each picture that could not be drawn to the reason.
    """
    out = pathlib.Path(out)
    random = np.random.default_rng(seed)
    order = random.permutation(len(images.x_test))
    missing = {}
    shown = images.x_test[np.sort(order[:SHOWN])]
    x_hat = reconstructions(model, shown)
    if x_hat is None:
        missing["reconstructions.png"] = "the model decodes nothing"
    else:
        rows = [to_unit(shown), x_hat]
        figure = _grid(rows, "image, reconstruction")
        save_figure(out / "reconstructions.png", figure)
    rows = np.sort(order[:COUNTED])
    labels = None if images.y_test is None else images.y_test[rows]
    counted = images.x_test[rows]
    save_figure(out / "codes.png", _codes(model, counted, labels, images))
    samples, title = random_images(model, images, 2 * SHOWN, seed)
    if samples is None:
        missing["samples.png"] = title
    else:
        rows = [samples[:SHOWN], samples[SHOWN:]]
        save_figure(out / "samples.png", _grid(rows, title))
    if history:
        save_figure(out / "curves.png", curves(history))
    else:
        missing["curves.png"] = "no epoch was trained"
    return missing


def tile(rows) -> np.ndarray:
    """Join rows of images `(n, h, w, c)` into one, one pixel apart."""
    strips = []
    for row in rows:
        padded = np.pad(
            np.clip(row, 0, 1),
            ((0, 0), (0, 1), (0, 1), (0, 0)),
            constant_values=1.0,
        )
        strips.append(np.concatenate(list(padded), axis=1))
    joined = np.concatenate(strips, axis=0)
    return np.repeat(joined, 3, axis=-1) if joined.shape[-1] == 1 else joined


def _grid(rows, title: str) -> Figure:
    picture = tile(rows)
    height, width = picture.shape[:2]
    above = 0.35  # inches for the title
    figure = Figure(figsize=(10, 10 * height / width + above), dpi=100)
    share = above / figure.get_figheight()
    axes = figure.add_axes((0, 0, 1, 1 - share))
    axes.imshow(picture, interpolation="nearest")
    axes.set_axis_off()
    figure.text(0.01, 1 - share / 2, title, fontsize=10, va="center")
    return figure


def _codes(model, x, labels, images) -> Figure:
    figure = Figure(figsize=(8, 4.5), dpi=100, layout="tight")
    axes = figure.add_subplot()
    if is_discrete(model):
        _draw_usage(axes, model, code_index(model, x), labels, images)
    else:
        z = embeddings(model, x)
        draw_plane(axes, z, labels, images.class_names)
    return figure


def _draw_usage(axes, model, index, labels, images) -> None:
    num_codes, positions = int(model.bottleneck.num_codes), index.shape[1]
    if num_codes == 2:
        axes.bar(np.arange(positions), index.mean(axis=0))
        axes.set(xlabel="bit", ylabel="share of ones", ylim=(0, 1))
        return
    if positions == 1 and labels is not None and num_codes <= 64:
        bottom = np.zeros(num_codes)
        for label, name in enumerate(images.class_names):
            of_label = index[labels == label, 0]
            count = np.bincount(of_label, minlength=num_codes)
            colour = colour_of(label, len(images.class_names))
            axes.bar(
                np.arange(num_codes), count, bottom=bottom, color=colour,
                label=name,
            )
            bottom += count
        axes.set(xlabel="code", ylabel="test images")
        axes.legend(fontsize=7, ncols=2)
        return
    count = np.bincount(index.ravel(), minlength=num_codes)
    axes.bar(np.arange(num_codes), np.sort(count)[::-1], width=1.0)
    axes.axhline(index.size / num_codes, color="black", linestyle=":")
    used = int(np.count_nonzero(count))
    axes.set(
        xlabel="code, by frequency",
        ylabel="times used",
        title=f"{used} of {num_codes} codes used; dotted: even use",
    )
