"""Write a table of results from the records of runs."""

import argparse
import pathlib
import sys

from tools.command import add_traceback_option, run_alone


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "runs",
        nargs="+",
        metavar="RUNS",
        help="run folders, or folders that hold some; or one comparison",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="Markdown file to write, for instance docs/RESULTS.md "
        "(default: print); of a comparison with pictures beside it "
        "(default: into its folder)",
    )
    add_traceback_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the report."""
    from zoo.comparing.folder import FILE

    if any((pathlib.Path(place) / FILE).is_file() for place in arguments.runs):
        return _report_comparison(arguments)
    from zoo.running.aims import find_aims
    from zoo.running.grouping import find_records
    from zoo.running.report import report_text

    text = report_text(
        find_records(arguments.runs),
        arguments.runs,
        find_aims(arguments.runs),
    )
    if arguments.out is None:
        print(text, end="")
        return 0
    from keras_ae.training.files import write_text

    path = pathlib.Path(arguments.out)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text)
    print(f"Wrote {path}")
    return 0


def _report_comparison(arguments: argparse.Namespace) -> int:
    if len(arguments.runs) > 1:
        raise ValueError(
            "The report of a comparison needs its folder alone. "
            f"Received: {' '.join(arguments.runs)}"
        )
    from zoo.comparing.page import write_report

    for path in write_report(arguments.runs[0], arguments.out):
        print(f"Wrote {path}")
    return 0


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    return run_alone(__name__, argv)


if __name__ == "__main__":
    sys.exit(main())
