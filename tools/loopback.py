"""Answer gRPC and REST for an export on the loopback, without a model server.

    python -m tools.loopback models/NAME

It speaks TensorFlow Serving's messages and computes in the loader that
TensorFlow Serving uses, one request at a time: to try a client, not to serve.
"""

import argparse
import signal
import sys

from tools.command import (
    add_threads_option,
    add_traceback_option,
    run_alone,
    set_threads,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("folder", metavar="DIR", help="an export's folder")
    parser.add_argument("--port", type=int, default=8500, help="gRPC (8500)")
    parser.add_argument(
        "--rest-api-port", type=int, default=8501, help="REST (8501)"
    )
    add_threads_option(parser)
    add_traceback_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    set_threads(arguments.threads)
    from keras_ae.export.warm_up import check_serving_api

    check_serving_api("tools.loopback")
    from tools.serving.export import open_export
    from tools.serving.prediction_service import PredictionService, serve_grpc
    from tools.serving.rest_service import RestService, serve_rest

    export = open_export(arguments.folder)
    parts = (export.name, export.version, export.model)
    with serve_grpc(PredictionService(*parts), arguments.port) as address:
        port = arguments.rest_api_port
        with serve_rest(RestService(*parts), port) as url:
            print(f"gRPC {address}, REST http://{url}", flush=True)
            signal.pause()
    return 0


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    return run_alone(__name__, argv)


if __name__ == "__main__":
    sys.exit(main())
