"""Learning curves of a comparison, against each axis."""

import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from zoo.comparing.statistics import bootstrap_interval

AXES = ("step", "decoder_evaluations", "seconds")


def curves(histories: dict):
    """Yield an axis, its picture in words and as a PNG file's bytes.

    Args:
        histories: Dict from estimator to its list of histories.
    """
    for axis in AXES if histories else ():
        figure = drawn(histories, axis)
        labels = figure.axes[0]
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=100)
        words = f"{labels.get_ylabel()}, against {labels.get_xlabel()}"
        yield axis, words, buffer.getvalue()


def drawn(histories: dict, axis: str) -> Figure:
    """Return the picture of all estimators' curves.

    Args:
        histories: Dict from estimator to its list of histories.
        axis: Str, one of `AXES`.
    """
    figure = Figure(figsize=(8, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    every = [run for runs in histories.values() for run in runs]
    bound = all("val_nelbo" in run[0] for run in every)
    for name, runs in histories.items():
        key = "val_nelbo" if bound else "val_loss"
        x, mean, low, high = curve(runs, axis, key)
        (line,) = axes.plot(x, mean, label=name)
        axes.fill_between(x, low, high, alpha=0.2, color=line.get_color())
    what = "negative bound, one sample" if bound else "loss"
    axes.set(
        xlabel=axis.replace("_", " "),
        ylabel=f"validation {what}, hard codes, nats",
    )
    axes.yaxis.label.set_size("small")  # It is as long as the axis
    axes.legend()
    return figure


def curve(histories, axis: str, key: str = "val_loss") -> tuple:
    """Return x, mean and interval of a learning curve over seeds.

    Runs are read at the same places: the longest common stretch of `axis`.

    Args:
        histories: List of histories.
        axis: Str, one of `AXES`.
        key: Str, what is drawn. Defaults to `"val_loss"`.
    """
    columns = [[line[axis] for line in history] for history in histories]
    low = max(column[0] for column in columns)
    high = min(column[-1] for column in columns)
    x = np.linspace(low, max(high, low), 50)
    y = np.stack(
        [
            np.interp(x, column, [line[key] for line in history])
            for column, history in zip(columns, histories)
        ]
    )
    if len(y) == 1:
        return x, y[0], y[0], y[0]
    ends = np.array([bootstrap_interval(v, resamples=500) for v in y.T])
    return x, y.mean(axis=0), ends[:, 0], ends[:, 1]
