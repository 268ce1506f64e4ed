"""Draw runs side by side, to see which of them has collapsed.

    python -m tools.collapse RUN RUN ... --out docs/COLLAPSE.md

One picture and one table for each recipe among the runs: how alike two
validation objects look to each encoder, how many directions its embeddings
vary along, and what the collapse diagnostics say of it.
"""

import argparse
import pathlib
import sys

import numpy as np

from tools.command import (
    add_threads_option,
    add_traceback_option,
    run_alone,
    set_threads,
)
from tools.pages import write_section

EXAMPLES = 500  # Validation objects at most
_DIRECTIONS = 40  # Directions drawn at most


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("runs", metavar="RUN", nargs="+", help="run folders")
    parser.add_argument(
        "--out",
        type=pathlib.Path,
        required=True,
        help="page; pictures go into the folder `pictures` beside it",
    )
    add_threads_option(parser)
    add_traceback_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Draw the pictures and write the sections."""
    set_threads(arguments.threads)
    from zoo.running.figures import save_figure

    pictures = arguments.out.parent / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    by_recipe = {}
    for folder in arguments.runs:
        found = look_at(folder)
        by_recipe.setdefault(found["recipe"], []).append(found)
    for recipe, runs in by_recipe.items():
        path = pictures / f"collapse-{recipe}.png"
        save_figure(path, _figure(runs))
        section = _section(recipe, runs, f"pictures/{path.name}")
        print(section)
        write_section(arguments.out, section)
    return 0


def look_at(folder) -> dict:
    """Return what a run's record and its embeddings show.

    Args:
        folder: Path of the run folder.

    Returns:
        Dict: `recipe`, `label`, `command`, `loss` (the last on validation
        objects), `z`, `report`, `warnings`.
    """
    from keras_ae.metrics import collapse_report, collapse_warnings
    from zoo.running.load import load_run
    from zoo.running.record import read_record
    from zoo.settings import format_value

    folder = pathlib.Path(folder)
    record, loaded = read_record(folder / "record.json"), load_run(folder)
    z = np.asarray(loaded.model.encode(loaded.examples(EXAMPLES)))
    report = collapse_report(z)
    changed = (f"{k}={format_value(v)}" for k, v in record["changed"].items())
    return {
        "recipe": record["recipe"],
        "label": ", ".join(changed) or "as the recipe has it",
        "command": record["command"],
        "loss": record["history"]["last"]["val_loss"],
        "z": z,
        "report": report,
        "warnings": collapse_warnings(report),
    }


def cosines(z) -> np.ndarray:
    """Return the cosine of each two of the embeddings.

    Args:
        z: `(examples, dim)`.
    """
    z = z / np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-12)
    return (z @ z.T)[np.triu_indices(len(z), k=1)]


def _figure(runs):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.6), dpi=100, layout="tight")
    alike, spread = figure.subplots(1, 2)
    bins = np.linspace(-1, 1, 101)
    for found in runs:
        z = found["z"]
        alike.hist(cosines(z), bins, alpha=0.6, label=found["label"])
        variance = np.linalg.svd(z - z.mean(axis=0), compute_uv=False) ** 2
        share = variance / max(variance.sum(), 1e-30)
        spread.semilogy(share[:_DIRECTIONS], marker=".", label=found["label"])
    alike.set(xlabel="cosine of two objects' embeddings", ylabel="pairs")
    spread.set(xlabel="direction", ylabel="share of variance")
    spread.legend(fontsize=8)
    return figure


def _section(recipe, runs, picture) -> str:
    lines = [
        f"## {recipe}",
        "",
        f"![cosines and directions of {recipe}]({picture})",
        "",
        "| run | loss | mean cosine | uniformity | effective rank | verdict |",
        "|---|---|---|---|---|---|",
    ]
    for found in runs:
        report = found["report"]
        numbers = (
            found["loss"],
            cosines(found["z"]).mean(),
            report["uniformity"],
            report["effective_rank"],
        )
        cells = [found["label"], *(f"{value:.3g}" for value in numbers)]
        verdict = " ".join(found["warnings"]) or "nothing to say"
        lines.append(f"| {' | '.join([*cells, verdict])} |")
    commands = (f"    {found['command']}" for found in runs)
    return "\n".join([*lines, "", "Made by:", "", *commands, ""])


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    return run_alone(__name__, argv)


if __name__ == "__main__":
    sys.exit(main())
