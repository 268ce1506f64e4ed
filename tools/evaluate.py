"""Evaluate a run again and rewrite the numbers of its record."""

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
    parser.add_argument("folder", metavar="RUN", help="folder of the run")
    add_threads_option(parser)
    add_traceback_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Evaluate, and print the numbers."""
    set_threads(arguments.threads)
    from zoo.running import evaluate_run
    from zoo.running.tables import record_table

    print(record_table(evaluate_run(arguments.folder)))
    return 0


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    return run_alone(__name__, argv)


if __name__ == "__main__":
    sys.exit(main())
