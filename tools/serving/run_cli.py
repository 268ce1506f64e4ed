"""Run TensorFlow's `saved_model_cli run` several times in one process.

    python -I run_cli.py COMMANDS.json

The file holds a list of argument lists. Starting TensorFlow takes seconds,
so that a process for each would take most of the time of a check.
"""

import json
import pathlib
import sys

from tensorflow.python.tools import saved_model_cli


def main(commands) -> None:
    """Run the console script's own `main` for each list of arguments."""
    for arguments in commands:
        sys.argv = ["saved_model_cli", *arguments]
        try:
            saved_model_cli.main()
        except SystemExit as stop:
            if stop.code:
                raise


if __name__ == "__main__":
    main(json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")))
