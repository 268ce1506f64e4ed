"""Embed your own files with the model of a run."""

import argparse
import sys

from tools.command import (
    add_threads_option,
    add_traceback_option,
    run_alone,
    set_threads,
)

_LISTED = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("run_folder", metavar="RUN", help="folder of the run")
    parser.add_argument(
        "--input",
        metavar="PATH",
        required=True,
        help="an image or a folder of them; for a run on text a .txt file, a "
        "sentence a line, or a folder of them; for a run on audio a wav or "
        "flac file or a folder of them",
    )
    parser.add_argument(
        "--out",
        metavar="FILE.npz",
        required=True,
        help="new file: the arrays `embedding` and `name`",
    )
    parser.add_argument(
        "--encoding",
        metavar="NAME",
        help="of text, such as latin-1 (default: the run's data.encoding)",
    )
    parser.add_argument(
        "--batch-size",
        type=int,
        default=256,
        metavar="N",
        help="objects embedded at a time (default: 256)",
    )
    add_threads_option(parser)
    add_traceback_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Embed, and print what was written."""
    set_threads(arguments.threads)
    from zoo.running.encode import encode_files

    found = encode_files(
        arguments.run_folder,
        arguments.input,
        arguments.out,
        arguments.batch_size,
        encoding=arguments.encoding,
    )
    shape = ", ".join(map(str, found["shape"]))
    print(f"{arguments.out}: {found['count']} embeddings of shape ({shape})")
    skipped = found["skipped"]
    if skipped:
        print(f"Skipped: {len(skipped)}, {'; '.join(skipped[:_LISTED])}")
    return 0


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    return run_alone(__name__, argv)


if __name__ == "__main__":
    sys.exit(main())
