"""The report of a comparison, from its records alone."""

import base64
import html
import pathlib

from keras_ae.training.files import write_text
from zoo.comparing.board import BOARD, write_hparams
from zoo.comparing.cell import CHOICE_SAMPLES
from zoo.comparing.curves import curves
from zoo.comparing.folder import read_plan
from zoo.comparing.plan import Plan, compare_command, short
from zoo.comparing.summary import summary
from zoo.comparing.toys import COLUMNS, DRAWS, toy_rows, toy_table
from zoo.settings import format_value

MARKDOWN, PAGE = "report.md", "report.html"
_COLUMNS = (
    "estimator",
    "chosen",
    "seeds",
    "test score, IQM",
    "paired difference",
    "95 % interval",
    "P(improvement)",
    "one sample, IQM",
    "gradient variance",
    "hard less relaxed",
    "seconds",
    "processor seconds",
    "grid median (validation)",
    "published",
)
_STYLE = (
    "body{font:15px sans-serif;max-width:70em;margin:2em auto}"
    "table{border-collapse:collapse}"
    "td,th{border:1px solid #bbb;padding:.3em .6em;text-align:left}"
    "img{max-width:100%}section{break-after:page}"
)
_TOYS = (
    "Toys with known answers, computed afresh by this code: the mean gradient "
    "of {draws:,} draws beside the closed form, for a temperature of 1. A "
    "largest z over 4 or so is a bias; only estimators that are declared "
    "biased may have one."
)
_LOSS = (
    "The test score is the loss in nats with hard codes, the most probable "
    "ones. "
)
_BOUNDS = (
    "The test score is minus the bound on the log-likelihood with {samples:,} "
    "hard codes drawn for an image, the log of the mean of their weights, in "
    "nats; one sample is minus the mean of the log of the weights, the "
    "(negative) evidence lower bound. Settings were chosen by the former on "
    "validation images, with {choice:,} codes. "
)
_NOTE = (
    "It is of the last step of each run; the settings were chosen on "
    "validation images, and the test images were read once. IQM is the "
    "interquartile mean over seeds. A difference is to "
    "`{first}`, seed by seed, below zero where the score is lower; its "
    "interval is a seeded percentile bootstrap. P(improvement) is how often "
    "a run has a lower score than one of `{first}`, ties as half. Gradient "
    "variance is that of the encoder's gradient over re-draws of the codes, "
    "at the end. Hard less relaxed is the loss with hard codes drawn less "
    "that with the codes of training, on validation images, same noise. "
    "Seconds are of training alone, compilation included; those of the "
    "processor tell more where runs shared a machine with other work."
)


def write_report(folder, out=None) -> list:
    """Write the report of a comparison.

    Into its folder go `report.md`, `report.html` and the HParams of
    TensorBoard.

    Args:
        folder: Path of the comparison.
        out: Path of a Markdown file to write instead, pictures beside it, or
            `None`.

    Returns:
        List of the paths written.
    """
    folder, plan = pathlib.Path(folder), read_plan(folder)
    found = summary(folder, plan)
    toys = toy_table(toy_rows(folder, plan.estimators))
    if out is not None:
        return _write_document(pathlib.Path(out), plan, found, toys)
    ends = f"Learning curves: {PAGE}."
    write_text(folder / MARKDOWN, markdown(plan, found, toys, ends))
    write_text(folder / PAGE, page(plan, found, toys))
    write_hparams(folder, plan)
    return [folder / MARKDOWN, folder / PAGE, folder / BOARD]


def _write_document(out, plan, found, toys) -> list:
    out.parent.mkdir(parents=True, exist_ok=True)
    written, links = [out], []
    for axis, words, picture in curves(found["curves"]):
        path = out.with_name(f"{out.stem}-{axis}.png")
        path.write_bytes(picture)
        written.append(path)
        links.append(f"![{words}]({path.name})")
    write_text(out, markdown(plan, found, toys, "\n\n".join(links)))
    return written


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
        f"{short(plan.budget)} {plan.unit.replace('_', ' ')} each; protocol "
        f"{plan.protocol}.",
        f"Grid, the same for each estimator: {'; '.join(grid) or 'none'}.",
    ]
    if plan.settings:
        pairs = (f"{k}={format_value(v)}" for k, v in plan.settings)
        lines.append(f"Set for all: {', '.join(pairs)}.")
    if found["at_end"]:
        lines.append(
            "Chosen at an end of the grid, so that a wider one may hold "
            f"better: {', '.join(found['at_end'])}."
        )
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
        "test score, IQM": ("iqm", ".5g"),
        "one sample, IQM": ("nelbo", ".5g"),
        "paired difference": ("difference", "+.3g"),
        "P(improvement)": ("improvement", ".2f"),
        "gradient variance": ("variance", ".3g"),
        "hard less relaxed": ("gap", "+.3g"),
        "seconds": ("seconds", ".4g"),
        "processor seconds": ("processor_seconds", ".4g"),
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
    return str(row["point" if column == "chosen" else column])


def notes(found: dict) -> list:
    """Return failures and what differs from published protocols.

    Args:
        found: Dict, of `summary`.
    """
    lines = [f"Failed: {f['cell']}: {f['reason']}" for f in found["failures"]]
    said = {}
    for row in found["rows"]:
        for sentence in (row.get("published") or {}).get("differences", ()):
            said.setdefault(sentence, []).append(row["estimator"])
    for sentence, names in said.items():
        lines.append(f"Published, {', '.join(names)}: {sentence}")
    return lines


def explanation(plan: Plan, found: dict) -> str:
    """Return what the columns of the table are.

    Args:
        plan: `Plan`.
        found: Dict, of `summary`.
    """
    score = _LOSS
    if found["samples"]:
        samples = found["samples"]
        choice = min(samples, CHOICE_SAMPLES)
        score = _BOUNDS.format(samples=samples, choice=choice)
    return score + _NOTE.format(first=plan.estimators[0])


def _markdown_table(columns, rows) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _html_table(columns, rows) -> str:
    def row(cells, tag):
        inside = (f"<{tag}>{html.escape(c)}</{tag}>" for c in cells)
        return f"<tr>{''.join(inside)}</tr>"

    body = "".join(row(cells, "td") for cells in rows)
    return f"<table>{row(columns, 'th')}{body}</table>"


def markdown(plan: Plan, found: dict, toys: list, curves: str) -> str:
    """Return the report in Markdown.

    Args:
        plan: `Plan`.
        found: Dict, of `summary`.
        toys: Rows of `toy_table`.
        curves: Str, the learning curves or where they are.
    """
    parts = [
        f"# Estimators on {plan.recipe}",
        "## Toys with known answers",
        _TOYS.format(draws=DRAWS),
        _markdown_table(COLUMNS, toys),
        f"## {plan.recipe} on {plan.data}",
        "\n".join(lines_about(plan, found)),
        _markdown_table(_COLUMNS, table_rows(found)),
        explanation(plan, found),
        "\n".join(f"- {line}" for line in notes(found)),
        curves,
        "## Command",
        f"    {compare_command(plan)}",
        "Made with:",
        "\n".join(f"- {line}" for line in found["made"]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def page(plan: Plan, found: dict, toys: list) -> str:
    """Return the report as one HTML page, pictures inside.

    Args:
        plan: `Plan`.
        found: Dict, of `summary`.
        toys: Rows of `toy_table`.
    """
    title = html.escape(f"Estimators on {plan.recipe}")
    about = "".join(
        f"<p>{html.escape(line)}</p>" for line in lines_about(plan, found)
    )
    ends = "".join(f"<li>{html.escape(line)}</li>" for line in notes(found))
    note = html.escape(explanation(plan, found))
    made = "".join(f"<li>{html.escape(line)}</li>" for line in found["made"])
    pictures = "".join(
        f'<img alt="{words}" src="data:image/png;base64,'
        f'{base64.b64encode(picture).decode()}">'
        for _, words, picture in curves(found["curves"])
    )
    return (
        f"<!doctype html><meta charset=utf-8><title>{title}</title>"
        f"<style>{_STYLE}</style><h1>{title}</h1>"
        "<section><h2>Toys with known answers</h2>"
        f"<p>{_TOYS.format(draws=DRAWS)}</p>{_html_table(COLUMNS, toys)}"
        f"</section><h2>{html.escape(f'{plan.recipe} on {plan.data}')}</h2>"
        f"{about}{_html_table(_COLUMNS, table_rows(found))}<p>{note}</p>"
        f"<ul>{ends}</ul>{pictures}<h2>Command</h2>"
        f"<pre>{html.escape(compare_command(plan))}</pre>"
        f"<p>Made with:</p><ul>{made}</ul>\n"
    )
