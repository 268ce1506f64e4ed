"""Export a run's model for TensorFlow Serving."""

import argparse
import pathlib
import sys

from tools.command import (
    add_threads_option,
    add_traceback_option,
    run_alone,
    set_threads,
)

_EXAMPLES = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("run_folder", metavar="RUN", help="folder of the run")
    parser.add_argument(
        "--out",
        metavar="models/NAME",
        required=True,
        help="folder of the served model; this becomes its next version",
    )
    parser.add_argument(
        "--no-warm-up",
        action="store_true",
        help="leave out warm-up records, which need the extra `serving`",
    )
    add_threads_option(parser)
    add_traceback_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Export, and print what is served and how to serve it."""
    set_threads(arguments.threads)
    if not arguments.no_warm_up:
        from keras_ae.export.warm_up import check_serving_api

        check_serving_api("keras-ae export")
    from zoo.running import load_run
    from zoo.running.build import dtype_policy

    found = load_run(arguments.run_folder)
    with dtype_policy(found.config):
        version = found.model.export_serving(
            arguments.out,
            examples=found.examples(_EXAMPLES),
            warm_up=not arguments.no_warm_up,
        )
    root = pathlib.Path(version).parent
    print(f"Exported: {version}")
    print(f"Check it: keras-ae serve-check {arguments.out}")
    print("Serve it:\n")
    print(docker_line(root))
    return 0


def docker_line(root: pathlib.Path) -> str:
    """Return the command that serves a model's folder.

    Args:
        root: Path of the model's folder.
    """
    inside = f"/models/{root.name}"
    return " \\\n  ".join(
        [
            "docker run --rm -p 8500:8500 -p 8501:8501",
            f'-v "{root}:{inside}:ro"',
            "tensorflow/serving",
            f"--model_config_file={inside}/models.config",
            f"--monitoring_config_file={inside}/monitoring.config",
            "--enable_batching",
            f"--batching_parameters_file={inside}/batching.config",
        ]
    )


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    return run_alone(__name__, argv)


if __name__ == "__main__":
    sys.exit(main())
