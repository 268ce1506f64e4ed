"""Compare estimators on a recipe: paired seeds, equal grids, one test."""

import argparse
import pathlib
import re
import sys

from tools.command import (
    add_threads_option,
    add_traceback_option,
    run_alone,
    set_threads,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("recipe", help="a recipe with `model.estimator`")
    parser.add_argument(
        "--estimators",
        required=True,
        metavar="A,B",
        help="names of `keras-ae list --estimators`, with arguments in "
        "parentheses where wanted, and tf_agents",
    )
    parser.add_argument("--data", help="data set (default: the recipe's)")
    parser.add_argument("--seeds", type=int, default=5, help="runs of each (5)")
    parser.add_argument(
        "--budget", type=float, default=1000, help="of each run (1000)"
    )
    parser.add_argument(
        "--budget-unit",
        default="steps",
        help="steps, decoder_evaluations (of a minibatch), examples, seconds",
    )
    parser.add_argument(
        "--grid",
        action="append",
        default=[],
        metavar="KEY=A,B",
        help="values of a setting to choose from on validation; repeatable",
    )
    parser.add_argument(
        "--screen-budget",
        type=float,
        help="of each point of the grid (default: the budget)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="a setting for all; repeatable",
    )
    parser.add_argument(
        "--evaluations", type=int, default=20, help="validations a run (20)"
    )
    parser.add_argument(
        "--jobs", type=int, default=1, help="cells trained at a time (1)"
    )
    parser.add_argument(
        "--out",
        metavar="FOLDER",
        help="new, or of this very comparison, which then goes on "
        "(default: comparisons/RECIPE)",
    )
    add_threads_option(parser)
    add_traceback_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run what is missing, then write the report."""
    set_threads(arguments.threads)
    from zoo.comparing import run_comparison
    from zoo.comparing.page import write_report

    plan = plan_of(arguments)
    out = arguments.out or pathlib.Path("comparisons", plan.recipe)
    run_comparison(
        out,
        plan,
        arguments.jobs,
        arguments.threads,
        say=lambda text: print(text, flush=True),
    )
    for path in write_report(out):
        print(f"Wrote {path}")
    return 0


def plan_of(arguments: argparse.Namespace):
    """Return the `Plan` that a command line asks for."""
    from zoo.comparing.plan import make_plan
    from zoo.settings import parse_assignments

    grid = parse_assignments(arguments.grid)
    return make_plan(
        arguments.recipe,
        split(arguments.estimators),
        data=arguments.data,
        seeds=arguments.seeds,
        budget=arguments.budget,
        unit=arguments.budget_unit,
        grid={name: split(text) for name, text in grid.items()},
        settings=parse_assignments(arguments.set),
        screen_budget=arguments.screen_budget,
        evaluations=arguments.evaluations,
    )


def split(text: str) -> list:
    """Return the parts between commas that no parentheses or brackets hold."""
    parts = re.split(r",(?![^(]*\)|[^[]*\])", text)
    return [part.strip() for part in parts if part.strip()]


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    return run_alone(__name__, argv)


if __name__ == "__main__":
    sys.exit(main())
