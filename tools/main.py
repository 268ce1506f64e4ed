"""The `keras-ae` command: train, evaluate, compare, serve."""

import argparse
import sys

from tools import (
    compare,
    encode,
    evaluate,
    export,
    list_recipes,
    report,
    serve_check,
    train,
    variance,
)
from tools.command import guarded

_COMMANDS = {
    "list": list_recipes,
    "train": train,
    "evaluate": evaluate,
    "report": report,
    "variance": variance,
    "compare": compare,
    "encode": encode,
    "export": export,
    "serve-check": serve_check,
}
_DESCRIPTION = """\
Train encoders on images, text or audio, with a decoder or without, measure
what their embeddings are worth, and compare runs.

  keras-ae list                 what there is to train
  keras-ae train vq_vae         train it on the embedded digits, then evaluate
  keras-ae train vq_vae --list-settings   everything that can be set
"""


class _PrintVersion(argparse.Action):
    # The version is imported late: the package brings TensorFlow with it.
    def __call__(self, parser, namespace, values, option_string=None):
        from keras_ae.version import __version__

        print(f"keras-ae {__version__}")
        parser.exit()


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of `keras-ae` and its subcommands."""
    parser = argparse.ArgumentParser(
        prog="keras-ae",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version",
        action=_PrintVersion,
        nargs=0,
        help="show the version and exit",
    )
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True
    )
    for name, module in _COMMANDS.items():
        summary = module.__doc__.splitlines()[0]
        command = commands.add_parser(
            name,
            help=summary[0].lower() + summary[1:].rstrip("."),
            description=summary,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def main(argv=None) -> int:
    """Run a subcommand and return its exit code."""
    arguments = make_parser().parse_args(argv)
    return guarded(arguments.run, arguments)


if __name__ == "__main__":
    sys.exit(main())
