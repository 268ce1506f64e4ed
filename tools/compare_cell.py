"""Train one cell of a comparison; `keras-ae compare` starts it."""

import argparse
import sys

from tools.command import (
    add_threads_option,
    add_traceback_option,
    run_alone,
    set_threads,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("folder", help="folder of the comparison")
    parser.add_argument("cell", help="name of the cell")
    parser.add_argument(
        "--final", action="store_true", help="evaluate on the test images too"
    )
    add_threads_option(parser)
    add_traceback_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Train the cell."""
    set_threads(arguments.threads)
    from zoo.comparing import read_plan
    from zoo.comparing.cell import run_cell
    from zoo.comparing.run import chosen_points

    plan = read_plan(arguments.folder)
    cells = plan.screening()
    if arguments.final:
        cells = plan.final(chosen_points(arguments.folder, plan))
    for cell in cells:
        if cell.name == arguments.cell:
            run_cell(arguments.folder, plan, cell, arguments.final)
            return 0
    raise ValueError(
        f"No cell `{arguments.cell}` in {arguments.folder}: the comparison "
        "has others."
    )


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    return run_alone(__name__, argv)


if __name__ == "__main__":
    sys.exit(main())
