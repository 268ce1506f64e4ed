"""Write a table of results from the records of runs."""

import argparse
import pathlib
import sys

from tools.command import add_traceback_option, guarded


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "runs",
        nargs="+",
        metavar="RUNS",
        help="run folders, or folders that hold some",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="Markdown file to write, for instance docs/RESULTS.md "
        "(default: print)",
    )
    add_traceback_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the report."""
    from zoo.running.grouping import find_records
    from zoo.running.report import report_text

    text = report_text(find_records(arguments.runs), arguments.runs)
    if arguments.out is None:
        print(text, end="")
        return 0
    from keras_ae.training.files import write_text

    path = pathlib.Path(arguments.out)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text)
    print(f"Wrote {path}")
    return 0


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    return guarded(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
