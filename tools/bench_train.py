"""Time a training step beside the peers and this machine's limit.

    python -m tools.bench_train --out docs/BENCHMARKS.md

Everything is measured in one process, in turns, and a ratio is the median of
the ratios within each turn.
"""

import argparse
import importlib.metadata
import os
import pathlib
import platform
import sys

import numpy as np

from tools.command import (
    add_threads_option,
    add_traceback_option,
    run_alone,
    set_threads,
)
from tools.pages import write_section
from tools.timing import (
    RATE,
    fit,
    fit_timer,
    middle,
    table,
    take_turns,
    time_rows,
    timer,
)

_SHAPE = dict(batch=128, size=28, filters=64, num_codes=512, dim=64)
_OURS, _COMPILED = "keras-ae", "keras-ae with `jit_compile=True`"
_DATA, _RATE = "data pipeline alone", RATE
_PAGE = """\
## A training step

    {command}

One `fit` step of the 28x28, 64-channel VQ-VAE (512 codes of 64, batch 128) with
its data pipeline, in {turns} turns with everything else; {machine}; threads for
each library: {threads}; load before the run: {load:.1f}. It takes an idle
machine: PyTorch's threads wait for each other at every operation, so other work
slows the peers down many times.

{versions}.

{ratios}

{times}
"""
_ENCODERS = """\
## A training step of the encoders

    {command}

One `fit` step with its data pipeline, in {turns} turns with everything else;
{machine}; threads for each library: {threads}; load before the run:
{load:.1f}. The models have the recipes' sizes on `fashion_mnist`, `eltec` and
`fsdd`, and read the embedded `digits`, enlarged to 28x28, `prose` and `speech`.
PyTorch's are a plain version of the same sizes, by its own GRU, packed by
length on text; it is given word numbers, where ours cuts and numbers its
strings within the step. Of words that are padding no operation is counted.

{versions}.

{ratios}

{times}
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("--rounds", type=int, default=15, help="turns (15)")
    parser.add_argument(
        "--models",
        choices=("all", "vq_vae", "encoders"),
        default="all",
        help="which section of the page (all)",
    )
    parser.add_argument("--quick", action="store_true", help="a smoke run")
    parser.add_argument("--out", type=pathlib.Path, help="page for the report")
    add_threads_option(parser)
    add_traceback_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the report and write it."""
    rounds, steps, memory_steps = arguments.rounds, 15, 2000
    if rounds < 1:
        raise ValueError(f"`--rounds` needs N >= 1. Received: N={rounds}")
    if arguments.quick:
        rounds, steps, memory_steps = 2, 3, 120
    set_threads(arguments.threads)
    threads = arguments.threads or os.cpu_count()
    load = os.getloadavg()[0]
    given = dict(
        command=arguments.command_line,
        machine=f"{os.cpu_count()} {platform.machine()} cores",
        threads=threads,
        load=load,
        versions=_versions(),
    )
    if arguments.models != "encoders":
        memory = memory_in_use(memory_steps)
        turns = measure(rounds, steps, threads)
        _publish(_PAGE, turns, _ratios(turns, memory), given, arguments.out)
    if arguments.models != "vq_vae":
        from tools import bench_encoders

        turns, flops = bench_encoders.measure(rounds, steps, threads)
        ratios = bench_encoders.ratio_rows(turns, flops)
        _publish(_ENCODERS, turns, ratios, given, arguments.out)
    return 0


def _publish(page: str, turns: list, ratios: list, given: dict, out) -> None:
    text = page.format(
        turns=len(turns),
        ratios=table("ratio | measured | target", ratios),
        times=table("by turn | median | least | most", time_rows(turns)),
        **given,
    )
    print(text)
    if out is not None:
        write_section(out, text)


def measure(rounds: int, steps: int, threads: int) -> list[dict]:
    """Return one dict a turn: GFLOP/s of a product, else seconds a step."""
    from tools import bench_peers

    data = training_data()
    batches = iter(data)
    takers = {
        _RATE: bench_peers.matrix_product_rate,
        _OURS: fit_timer(build_model(False), data, steps),
        _COMPILED: fit_timer(build_model(True), data, steps),
        _DATA: timer(lambda: next(batches), 10 * steps, np.mean),
    }
    for name in bench_peers.installed_peers():
        step = bench_peers.peer_step(name, threads, _SHAPE)
        takers[name] = timer(step, steps)
        takers[f"{_RATE} in PyTorch"] = bench_peers.torch_matrix_product_rate
    return take_turns(takers, rounds)


def training_data():
    """Return the data pipeline of the recipes, over random images."""
    from tools.bench_peers import random_images
    from zoo.data import train_dataset

    images = random_images(_SHAPE["size"])
    return train_dataset(images, batch_size=_SHAPE["batch"])


def build_model(jit_compile: bool):
    """Return the recipe's model, built and compiled."""
    import keras

    from zoo import vq_vae

    settings = {k: _SHAPE[k] for k in ("filters", "num_codes", "dim")}
    image_shape = (_SHAPE["size"], _SHAPE["size"], 1)
    model = vq_vae.build(image_shape, prior=False, **settings)
    model(np.zeros((1, *image_shape), "float32"))
    model.compile(keras.optimizers.Adam(1e-3), jit_compile=jit_compile)
    return model


def memory_in_use(steps: int) -> tuple[float, float] | None:
    """Return MiB in use after 100 and after `steps` steps of one `fit`."""
    statm = pathlib.Path("/proc/self/statm")
    if not statm.exists():
        return None
    seen = {}

    def look(batch):
        if batch + 1 in (100, steps):
            pages = int(statm.read_text().split()[1])
            seen[batch + 1] = pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    fit(build_model(False), training_data(), steps, look)
    return seen[100], seen[steps]


def _versions() -> str:
    import keras
    import tensorflow as tf

    from tools.bench_peers import PEERS, installed_peers

    found = {"TensorFlow": tf.__version__, "Keras": keras.__version__}
    found.update(dict.fromkeys(PEERS, "not installed"), **installed_peers())
    if installed_peers():
        found["PyTorch"] = importlib.metadata.version("torch")
    return ", ".join(f"{name} {version}" for name, version in found.items())


def _ratios(turns: list[dict], memory: tuple | None) -> list[tuple]:
    from tools.bench_peers import PEERS, vqvae_step_flops

    def share(name, padding=True):
        flops = vqvae_step_flops(**_SHAPE, padding=padding) / 1e9
        return middle(turns, lambda turn: flops / turn[name] / turn[_RATE])

    peers = [name for name in PEERS if name in turns[0]]
    rows = [
        ("share of the matrix-product rate", share(_OURS), ">= 0.60"),
        ("the same less products with border zeros", share(_OURS, False), ""),
        ("share with `jit_compile=True`", share(_COMPILED), ""),
    ]
    if peers:
        faster = middle(
            turns, lambda turn: min(turn[p] for p in peers) / turn[_OURS]
        )
        rows.append(("speed beside the faster peer", faster, ">= 1.5"))
    for peer in peers:
        speed = middle(turns, lambda turn: turn[peer] / turn[_OURS])
        rows.append((f"speed beside {peer}", speed, ""))
    feeding = middle(turns, lambda turn: turn[_DATA] / turn[_OURS])
    rows.append(("data pipeline alone beside the step", feeding, "< 0.05"))
    if memory is not None:
        before, after = memory
        grown = f"{after / before:.3f} ({before:.0f} to {after:.0f} MiB)"
        rows.append(("memory, last step beside step 100", grown, "flat"))
    return rows


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    return run_alone(__name__, argv)


if __name__ == "__main__":
    sys.exit(main())
