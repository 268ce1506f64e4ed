"""Time requests to an exported encoder beside Keras and the machine's limit.

    python -m tools.bench_serving --out docs/BENCHMARKS.md

The exported `encode` in the session loader, `predict_on_batch` of a Keras
model whose `call` is `encode`, and the time that the machine's matrix
products would take for as many operations, in turns in one process.
"""

import argparse
import os
import pathlib
import sys
import tempfile
from time import perf_counter

import numpy as np

from tools.command import (
    add_threads_option,
    add_traceback_option,
    run_alone,
    set_threads,
)
from tools.pages import write_section

_SERVED, _KERAS, _FLOOR = "session loader", "predict_on_batch", "product alone"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("--rounds", type=int, default=15, help="turns (15)")
    parser.add_argument("--requests", type=int, default=50, help="a turn (50)")
    parser.add_argument("--out", type=pathlib.Path, help="page for the report")
    add_threads_option(parser)
    add_traceback_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure, print a table and write it."""
    for name in ("rounds", "requests"):
        value = getattr(arguments, name)
        if value < 1:
            raise ValueError(f"`--{name}` needs N >= 1. Received: N={value}")
    set_threads(arguments.threads)
    load = os.getloadavg()[0]
    header = f"| batch | {_SERVED} | {_KERAS} | {_FLOOR} |"
    lines = [header, "|---|---|---|---|"]
    for batch in (1, 64):
        rates = measure(batch, arguments.rounds, arguments.requests)
        cells = [f"{rates[name]:,.0f}" for name in (_SERVED, _KERAS, _FLOOR)]
        lines.append(f"| {' | '.join([str(batch), *cells])} |")
    text = (
        f"## Requests to an export\n\n    {arguments.command_line}\n\n"
        "Requests a second, median of turns, of the 28x28 VQ-VAE's `encode`; "
        f"load before the run: {load:.1f}.\n\n" + "\n".join(lines) + "\n"
    )
    print(text)
    if arguments.out is not None:
        write_section(arguments.out, text)
    return 0


def measure(batch: int, rounds: int, requests: int) -> dict:
    """Return the median requests a second of each way.

    Args:
        batch: Int, images a request.
        rounds: Int, turns.
        requests: Int, requests a turn.
    """
    from tools.bench_peers import matrix_product_rate
    from tools.bench_train import build_model

    model = build_model(False)
    shape = model.serving_input().shape[1:]
    x = np.random.default_rng(0).random((batch, *shape)).astype("float32")
    operations = float_operations(model, batch)
    turns = {_SERVED: [], _KERAS: [], _FLOOR: []}
    with tempfile.TemporaryDirectory() as folder:
        ways = {
            _SERVED: _served(model, pathlib.Path(folder, "bench")),
            _KERAS: _encoder(model).predict_on_batch,
        }
        for _ in range(1 + rounds):
            for name, answer in ways.items():
                started = perf_counter()
                for _ in range(requests):
                    answer(x)
                turns[name].append(requests / (perf_counter() - started))
            turns[_FLOOR].append(matrix_product_rate() * 1e9 / operations)
    return {name: float(np.median(rates[1:])) for name, rates in turns.items()}


def float_operations(model, batch: int) -> int:
    """Return the float operations of `encode` for one request.

    Args:
        model: Built `EmbeddingModel`.
        batch: Int, objects a request.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    spec = model.serving_input()
    fixed = tf.TensorSpec((batch, *spec.shape[1:]), spec.dtype)
    function = tf.function(model.encode, autograph=False)
    frozen = convert_variables_to_constants_v2(
        function.get_concrete_function(fixed)
    )
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(
        profiler.ProfileOptionBuilder.float_operation()
    )
    found = profiler.profile(
        frozen.graph, options=options.with_empty_output().build()
    )
    return found.total_float_ops


def _served(model, folder):
    from tools.serving.session_model import SessionModel

    served = SessionModel(model.export_serving(folder, warm_up=False))
    return lambda x: served.run("encode", {"x": x})


def _encoder(model):
    import keras

    class Encoder(keras.Model):
        """A Keras model whose `call` is `encode`."""

        def call(self, x):
            return model.encode(x)

    encoder = Encoder()
    encoder.compile(jit_compile=False)
    return encoder


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    return run_alone(__name__, argv)


if __name__ == "__main__":
    sys.exit(main())
