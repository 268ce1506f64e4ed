"""Check an export as a model server would use it."""

import argparse
import sys

from tools.command import (
    add_threads_option,
    add_traceback_option,
    run_alone,
    set_threads,
)

FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "folders",
        metavar="DIR",
        nargs="+",
        help="a model's folder (its newest version), or one version in it",
    )
    add_threads_option(parser)
    add_traceback_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the checks, print a table; 0 where all pass, else 1."""
    set_threads(arguments.threads)
    from keras_ae.export.warm_up import check_serving_api

    check_serving_api("keras-ae serve-check")
    from tools.serving.checks import check_exports

    failed = count = 0
    for folder, rows in zip(
        arguments.folders, check_exports(arguments.folders)
    ):
        print(f"{folder}\n")
        width = max(len(row.signature) for row in rows)
        for row in rows:
            result = "ok    " if row.passed else "FAILED"
            start = f"{result}  {row.check:10}  {row.signature:{width}}"
            print(f"{start}  {row.detail}")
        failed += sum(not row.passed for row in rows)
        count += len(rows)
        print()
    print(f"{count} checks, {failed} failed. No real model server was run.")
    return FAILED if failed else 0


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    return run_alone(__name__, argv)


if __name__ == "__main__":
    sys.exit(main())
