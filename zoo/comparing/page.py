"""The report of a comparison, from its records alone."""

import base64
import html
import io
import json
import pathlib

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from keras_ae.training.files import write_text
from zoo.comparing.cell import cell_folder, read_cell
from zoo.comparing.plan import Plan, read_plan
from zoo.comparing.run import chosen_points
from zoo.comparing.summary import AXES, curve, summary
from zoo.settings import format_value

MARKDOWN, PAGE, BOARD = "report.md", "report.html", "tensorboard"
_COLUMNS = (
    "estimator",
    "chosen",
    "seeds",
    "test loss, IQM",
    "paired difference",
    "95 % interval",
    "P(improvement)",
    "gradient variance",
    "hard less relaxed",
    "seconds",
    "grid median (validation)",
    "published",
)
_STYLE = (
    "body{font:15px sans-serif;max-width:70em;margin:2em auto}"
    "table{border-collapse:collapse}"
    "td,th{border:1px solid #bbb;padding:.3em .6em;text-align:left}"
    "img{max-width:100%}"
)
_NOTE = (
    "Test loss in nats with hard codes, of the last step of each run; the "
    "settings were chosen on validation images, and the test images were "
    "read once. IQM is the interquartile mean over seeds. A difference is to "
    "`{first}`, seed by seed, below zero where the loss is lower; its "
    "interval is a seeded percentile bootstrap. P(improvement) is how often "
    "a run has the lower loss than one of `{first}`, ties as half. Gradient "
    "variance is that of the encoder's gradient over re-draws of the codes, "
    "at the end. Seconds are of training alone, compilation included."
)


def write_report(folder) -> list:
    """Write `report.md`, `report.html` and the HParams of TensorBoard.

    Args:
        folder: Path of the comparison.

    Returns:
        List of the paths written.
    """
    folder, plan = pathlib.Path(folder), read_plan(folder)
    found = summary(folder, plan)
    write_text(folder / MARKDOWN, markdown(plan, found))
    write_text(folder / PAGE, page(plan, found))
    _write_hparams(folder, plan)
    return [folder / MARKDOWN, folder / PAGE, folder / BOARD]


def lines_about(plan: Plan, found: dict) -> list:
    """Return what the comparison is, in sentences.

    Args:
        plan: `Plan`.
        found: Dict, of `summary`.
    """
    grid = [
        f"{name} in {', '.join(map(format_value, values))}"
        for name, values in plan.grid
    ]
    lines = [
        f"Recipe {plan.recipe} on {plan.data}, {plan.seeds} seeds, "
        f"{plan.budget:g} {plan.unit.replace('_', ' ')} each; protocol "
        f"{plan.protocol}.",
        f"Grid, the same for each estimator: {'; '.join(grid) or 'none'}.",
    ]
    if plan.settings:
        pairs = (f"{k}={format_value(v)}" for k, v in plan.settings)
        lines.append(f"Set for all: {', '.join(pairs)}.")
    if found["missing"]:
        lines.append(f"Not finished: {found['missing']} cells are missing.")
    return lines


def table_rows(found: dict) -> list:
    """Return the table's cells, row by row, as text.

    Args:
        found: Dict, of `summary`.
    """
    rows = found["rows"]
    return [[_cell(row, column) for column in _COLUMNS] for row in rows]


def _cell(row: dict, column: str) -> str:
    keys = {
        "test loss, IQM": ("iqm", ".4g"),
        "paired difference": ("difference", "+.3g"),
        "P(improvement)": ("improvement", ".2f"),
        "gradient variance": ("variance", ".3g"),
        "hard less relaxed": ("gap", "+.3g"),
        "seconds": ("seconds", ".4g"),
        "grid median (validation)": ("grid_median", ".4g"),
    }
    if column in keys:
        key, form = keys[column]
        value = row.get(key)
        return "" if value is None else format(value, form)
    if column == "95 % interval":
        ends = row.get("interval")
        return f"{ends[0]:+.3g} to {ends[1]:+.3g}" if ends else ""
    if column == "published":
        paper = row.get("published")
        return f"{paper['value']} ({paper['source']})" if paper else ""
    if column == "chosen":
        return row["point"] or "all failed"
    return str(row[column])


def notes(found: dict) -> list:
    """Return failures and what differs from published protocols.

    Args:
        found: Dict, of `summary`.
    """
    lines = [f"Failed: {f['cell']}: {f['reason']}" for f in found["failures"]]
    for row in found["rows"]:
        for sentence in (row.get("published") or {}).get("differences", ()):
            lines.append(f"Published, {row['estimator']}: {sentence}")
    return lines


def markdown(plan: Plan, found: dict) -> str:
    """Return the report in Markdown.

    Args:
        plan: `Plan`.
        found: Dict, of `summary`.
    """
    rule = "|".join("---" for _ in _COLUMNS)
    table = [f"| {' | '.join(_COLUMNS)} |", f"|{rule}|"]
    table += [f"| {' | '.join(cells)} |" for cells in table_rows(found)]
    parts = [
        f"# Estimators on {plan.recipe}",
        "\n".join(lines_about(plan, found)),
        "\n".join(table),
        _NOTE.format(first=plan.estimators[0]),
        "\n".join(f"- {line}" for line in notes(found)),
        f"Learning curves: {PAGE}.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def page(plan: Plan, found: dict) -> str:
    """Return the report as one HTML page, pictures inside.

    Args:
        plan: `Plan`.
        found: Dict, of `summary`.
    """
    heads = "".join(f"<th>{html.escape(c)}</th>" for c in _COLUMNS)
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in cells) + "</tr>"
        for cells in table_rows(found)
    )
    title = html.escape(f"Estimators on {plan.recipe}")
    about = "".join(
        f"<p>{html.escape(line)}</p>" for line in lines_about(plan, found)
    )
    ends = "".join(f"<li>{html.escape(line)}</li>" for line in notes(found))
    note = html.escape(_NOTE.format(first=plan.estimators[0]))
    pictures = "".join(
        f'<img alt="{alt}" src="data:image/png;base64,{data}">'
        for alt, data in curves(found["curves"])
    )
    return (
        f"<!doctype html><meta charset=utf-8><title>{title}</title>"
        f"<style>{_STYLE}</style><h1>{title}</h1>{about}"
        f"<table><tr>{heads}</tr>{rows}</table><p>{note}</p>"
        f"<ul>{ends}</ul>{pictures}\n"
    )


def curves(histories: dict):
    """Yield a name and a picture in base64 for each axis.

    Args:
        histories: Dict from estimator to its list of histories.
    """
    for axis in AXES if histories else ():
        figure = Figure(figsize=(8, 4), layout="constrained")
        FigureCanvasAgg(figure)
        drawn = figure.add_subplot()
        for name, runs in histories.items():
            x, mean, low, high = curve(runs, axis)
            (line,) = drawn.plot(x, mean, label=name)
            drawn.fill_between(x, low, high, alpha=0.2, color=line.get_color())
        words = axis.replace("_", " ")
        drawn.set(xlabel=words, ylabel="validation loss, hard codes, nats")
        drawn.legend()
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=100)
        yield (
            f"validation loss against {words}",
            base64.b64encode(buffer.getvalue()).decode(),
        )


def _write_hparams(folder, plan) -> None:
    """Write what TensorBoard's HParams page shows, afresh."""
    import shutil

    import tensorflow as tf
    from tensorboard.plugins.hparams import api

    shutil.rmtree(folder / BOARD, ignore_errors=True)
    for cell in plan.final(chosen_points(folder, plan)):
        record = read_cell(folder, plan, cell)
        if record is None or "test_loss" not in record:
            continue
        values = {"estimator": cell.estimator, "seed": cell.seed}
        for name, value in cell.point:
            plain = isinstance(value, (bool, int, float, str))
            values[name] = value if plain else json.dumps(value)
        trial = str(cell_folder(folder, cell).name)
        with tf.summary.create_file_writer(
            str(folder / BOARD / trial)
        ).as_default():
            api.hparams(values, trial_id=trial)
            last = record["history"][-1]
            tf.summary.scalar("test_loss", record["test_loss"], last["step"])
            for line in record["history"]:
                tf.summary.scalar("val_loss", line["val_loss"], line["step"])
