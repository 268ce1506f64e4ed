"""Measure the gradient's variance under every estimator, at a run's end."""

import argparse
import json
import pathlib
import sys

from tools.command import (
    add_threads_option,
    add_traceback_option,
    run_alone,
    set_threads,
)

SCHEMA_VERSION = 1
FILE = "variance.json"
# Beside `reinforce(baseline=ema)`: their gradients scatter alike.
_AGENTS = "tf_agents(baseline=ema)"
_COLUMNS = (
    "estimator",
    "decodes",
    "|gradient|",
    "sampling var.",
    "minibatch var.",
    "signal/noise",
    "var. x decodes",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("folder", metavar="RUN", help="folder of the run")
    parser.add_argument(
        "--batches", type=int, default=8, help="minibatches (default: 8)"
    )
    parser.add_argument(
        "--draws", type=int, default=32, help="draws of each (default: 32)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of the draws (default: 0)"
    )
    add_threads_option(parser)
    add_traceback_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure, print a table, and leave `variance.json` in the run."""
    set_threads(arguments.threads)
    from keras_ae.training.files import write_text
    from zoo.data import train_dataset
    from zoo.evaluation.gradient_variance import check_codes, gradient_variance
    from zoo.running import load_run
    from zoo.running.agents import load_agents
    from zoo.running.build import dtype_policy

    there = load_agents([_AGENTS])
    folder = pathlib.Path(arguments.folder)
    found = load_run(folder)
    check_codes(found.model)
    config, images, model = found.config, found.images, found.model
    size = config.settings["train"]["batch_size"]
    data = train_dataset(images.x_train, batch_size=size, seed=arguments.seed)
    batches = [x.numpy() for x in data.take(max(arguments.batches, 0))]
    with dtype_policy(config):
        own, others = estimators_of(found, [_AGENTS] if there else [])
        rows = gradient_variance(
            model, batches, arguments.draws, arguments.seed, own, others
        )
    report = {
        "schema_version": SCHEMA_VERSION,
        "step": found.state.get("step"),
        "batch_size": size,
        "batches": arguments.batches,
        "draws": arguments.draws,
        "seed": arguments.seed,
        "estimators": rows,
    }
    write_text(folder / FILE, json.dumps(report, indent=2) + "\n")
    print(table(rows))
    print(f"Wrote {folder / FILE}")
    return 0


def estimators_of(found, others: list) -> tuple:
    """Return what trained a run, and other agents, as names and estimators.

    Args:
        found: `LoadedRun`.
        others: Names of agents.
    """
    from zoo.running.agents import agent_estimators, estimator_of

    model, name = found.model, estimator_of(found.config)
    own = agent_estimators(model, name)
    if own is None:
        own = [code.estimator for _, code in model.stages]
    return (name, own), [(o, agent_estimators(model, o)) for o in others]


def table(rows: list) -> str:
    """Return the rows as a table of text."""
    lines = [_COLUMNS]
    for row in rows:
        ratio = row["signal_to_noise"]
        lines.append(
            (
                row["estimator"] + ("" if row["unbiased"] else " (biased)"),
                str(row["decoder_evaluations"]),
                f"{row['gradient_norm']:.3g}",
                f"{row['sampling_variance']:.3g}",
                f"{row['minibatch_variance']:.3g}",
                "no noise" if ratio is None else f"{ratio:.3g}",
                f"{row['variance_times_cost']:.3g}",
            )
        )
    widths = [max(len(cell) for cell in column) for column in zip(*lines)]
    return "\n".join(
        "  ".join(f"{c:{w}}" for c, w in zip(line, widths)).rstrip()
        for line in lines
    )


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    return run_alone(__name__, argv)


if __name__ == "__main__":
    sys.exit(main())
