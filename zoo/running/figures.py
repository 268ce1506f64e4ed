"""Figures that every kind of data draws."""

import pathlib

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from keras_ae.training.files import sync_file

_PALETTE = "tab10"


def save_figure(path: pathlib.Path, figure: Figure) -> None:
    """Write a PNG file under a temporary name, then rename it."""
    temporary = path.with_name(f".tmp-{path.name}")
    FigureCanvasAgg(figure).print_png(str(temporary))
    sync_file(temporary)
    temporary.replace(path)


def draw_plane(axes, z, labels, names) -> None:
    """Draw embeddings in the plane of their greatest variance.

    Args:
        axes: Matplotlib axes.
        z: `(examples, dim)`.
        labels: `(examples,)` ints, which colour the points, or `None`.
        names: Names of the labels.
    """
    centred = z - z.mean(axis=0)
    _, spread, directions = np.linalg.svd(centred, full_matrices=False)
    plane = np.zeros((len(z), 2))
    found = min(2, len(directions))
    plane[:, :found] = centred @ directions[:found].T
    share = np.sum(spread[:2] ** 2) / max(np.sum(spread**2), 1e-30)
    if labels is None:
        axes.scatter(plane[:, 0], plane[:, 1], s=4)
    else:
        for label, name in enumerate(names):
            of_label = plane[labels == label]
            colour = colour_of(label, len(names))
            axes.scatter(
                of_label[:, 0], of_label[:, 1], s=4, color=colour, label=name
            )
        axes.legend(fontsize=7, ncols=2, markerscale=3)
    axes.set_title(f"embedding, two directions with {share:.0%} of variance")


def colour_of(label: int, classes: int):
    """Return the colour of one of so many classes."""
    from matplotlib import colormaps

    if classes <= 10:
        return colormaps[_PALETTE](label)
    return colormaps["hsv"](label / classes)


def curves(history) -> Figure:
    """Draw a panel for each number of the history, one dict an epoch.

    A validation curve is drawn into the panel of its training curve.
    """
    names = [
        name
        for name in history[-1]
        if name not in ("epoch", "seconds") and not name.startswith("val_")
    ]
    columns = min(3, len(names))
    lines = -(-len(names) // columns)
    figure = Figure(figsize=(4 * columns, 2.6 * lines), dpi=100, layout="tight")
    epochs = [line["epoch"] for line in history]
    for i, name in enumerate(names):
        axes = figure.add_subplot(lines, columns, i + 1)
        for key, style in ((name, "-"), (f"val_{name}", "--")):
            values = [line.get(key) for line in history]
            if any(value is not None for value in values):
                values = [np.nan if v is None else v for v in values]
                axes.plot(epochs, values, style, marker=".", label=key)
        axes.set_title(name, fontsize=9)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(fontsize=7)
    return figure
