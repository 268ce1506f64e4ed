"""What every command shares: quiet start, one-line errors, exit codes."""

import argparse
import importlib
import os
import sys
import tempfile
import traceback
from collections.abc import Callable

_OURS = ("keras_ae", "rl", "zoo", "tools")
_KINDS = (ValueError, TypeError, OSError, ImportError, FloatingPointError)

ERROR = 2
INTERRUPTED = 130
PIPE_CLOSED = 141
STOPPED = 75  # EX_TEMPFAIL: to be tried again, by a scheduler for instance


def load_tensorflow() -> None:
    """Import TensorFlow without its start-up lines.

    `TF_CPP_MIN_LOG_LEVEL=0` in the environment shows all that it has to say.
    """
    if "tensorflow" in sys.modules or "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    # Some lines are written before TensorFlow reads that variable.
    screen = os.dup(2)
    with tempfile.TemporaryFile() as hidden:
        os.dup2(hidden.fileno(), 2)
        try:
            importlib.import_module("tensorflow")
        except BaseException:
            hidden.seek(0)
            os.write(screen, hidden.read())
            raise
        finally:
            os.dup2(screen, 2)
            os.close(screen)


def add_traceback_option(parser: argparse.ArgumentParser) -> None:
    """Add `--traceback`."""
    parser.add_argument(
        "--traceback",
        action="store_true",
        help="on an error, show where in the code it arose",
    )


def add_threads_option(parser: argparse.ArgumentParser) -> None:
    """Add `--threads`."""
    parser.add_argument(
        "--threads",
        type=int,
        metavar="N",
        help="processor threads to use (default: all)",
    )


# Read when SciPy and scikit-learn are loaded, after TensorFlow and NumPy.
_POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def set_threads(count: int | None) -> None:
    """Limit TensorFlow's threads, before its first operation, and NumPy's.

    Threads of NumPy's and scikit-learn's that find the processors taken wait
    for each other: a probe beside other work can take a hundred times as long.
    """
    if count is None:
        return
    if count < 1:
        raise ValueError(f"`--threads` needs N >= 1. Received: N={count}")
    os.environ.update(dict.fromkeys(_POOLS, str(count)))
    import tensorflow as tf
    import threadpoolctl

    threadpoolctl.threadpool_limits(count)  # Of what is loaded already

    try:
        tf.config.threading.set_intra_op_parallelism_threads(count)
        tf.config.threading.set_inter_op_parallelism_threads(count)
    except RuntimeError:
        raise ValueError(
            "`--threads` needs to be set before TensorFlow starts. "
            f"Received: N={count}, in a process that has used TensorFlow"
        ) from None


def run_alone(module_name: str, argv=None) -> int:
    """Run the command of one module and return its exit code.

    `arguments.command_line` says how it was started, for reports.

    Args:
        module_name: Its `__name__`: it has `add_arguments` and `run`, and the
            first line of its docstring is the command's description.
        argv: List of str, or `None` for those of the process. Defaults to
            `None`.
    """
    module = sys.modules[module_name]
    spec = module.__spec__
    name = module_name if spec is None else spec.name
    parser = argparse.ArgumentParser(description=module.__doc__.splitlines()[0])
    module.add_arguments(parser)
    arguments = parser.parse_args(argv)
    given = sys.argv[1:] if argv is None else argv
    arguments.command_line = " ".join(("python -m", name, *map(str, given)))
    return guarded(module.run, arguments)


def guarded(run: Callable, arguments: argparse.Namespace) -> int:
    """Return the exit code of `run(arguments)`.

    An error raised by our own code becomes one line on stderr and the code
    2, a training stopped by SIGTERM 75; any other is a fault and keeps its
    traceback.
    """
    try:
        load_tensorflow()
        code = run(arguments)
        sys.stdout.flush()
        return code
    except _stopped() as stop:
        print(
            f"keras-ae: {stop}; the same command with --resume goes on",
            file=sys.stderr,
        )
        return STOPPED
    except KeyboardInterrupt:
        print("keras-ae: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough, as `head` has. Python would complain
        # once more when it closes what it cannot write.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except _KINDS as error:
        if not _raised_by_us(error):
            raise
        if arguments.traceback:
            traceback.print_exc()
        line = " ".join(str(error).split())
        print(f"keras-ae: error: {line}", file=sys.stderr)
        return ERROR


def _stopped() -> type | tuple:
    # Imported late, and only if the command did: it brings TensorFlow.
    module = sys.modules.get("keras_ae.training.training_stopped")
    return module.TrainingStopped if module else ()


def _raised_by_us(error: BaseException) -> bool:
    # What the system says of files and connections is readable as it is.
    if isinstance(error, OSError):
        return True
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    name = frame.f_globals.get("__name__", "")
    if name == "__main__":  # python -m tools.train
        return True
    return name.split(".")[0] in _OURS
