"""Train one cell of a comparison; `keras-ae compare` starts it."""

import argparse
import os
import sys
import threading

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
    parser.add_argument(
        "--end-with-parent",
        action="store_true",
        help="end when standard input closes",
    )
    add_threads_option(parser)
    add_traceback_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Train the cell."""
    if arguments.end_with_parent:
        threading.Thread(target=_end_with_parent, daemon=True).start()
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


def _end_with_parent() -> None:
    # Else, of a killed comparison, a cell would go on beside the same cell of
    # the comparison that is started again.
    sys.stdin.buffer.read()
    os._exit(1)


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    return run_alone(__name__, argv)


if __name__ == "__main__":
    sys.exit(main())
