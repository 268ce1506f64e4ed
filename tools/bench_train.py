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
from collections.abc import Callable
from time import perf_counter

import numpy as np

from tools.command import (
    add_threads_option,
    add_traceback_option,
    run_alone,
    set_threads,
)
from tools.pages import write_section

_SHAPE = dict(batch=128, size=28, filters=64, num_codes=512, dim=64)
_OURS, _COMPILED = "keras-ae", "keras-ae with `jit_compile=True`"
_DATA, _RATE = "data pipeline alone", "matrix product"
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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("--rounds", type=int, default=15, help="turns (15)")
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
    memory = memory_in_use(memory_steps)
    turns = measure(rounds, steps, threads)
    text = _PAGE.format(
        turns=len(turns),
        command=arguments.command_line,
        machine=f"{os.cpu_count()} {platform.machine()} cores",
        threads=threads,
        load=load,
        versions=_versions(),
        ratios=_table("ratio | measured | target", _ratios(turns, memory)),
        times=_table("by turn | median | least | most", _times(turns)),
    )
    print(text)
    if arguments.out is not None:
        write_section(arguments.out, text)
    return 0


def measure(rounds: int, steps: int, threads: int) -> list[dict]:
    """Return one dict a turn: GFLOP/s of a product, else seconds a step."""
    from tools import bench_peers

    data = training_data()
    batches = iter(data)
    takers = {
        _RATE: bench_peers.matrix_product_rate,
        _OURS: _fit_timer(build_model(False), data, steps),
        _COMPILED: _fit_timer(build_model(True), data, steps),
        _DATA: _timer(lambda: next(batches), 10 * steps, np.mean),
    }
    for name in bench_peers.installed_peers():
        step = bench_peers.peer_step(name, threads, _SHAPE)
        takers[name] = _timer(step, steps)
        takers[f"{_RATE} in PyTorch"] = bench_peers.torch_matrix_product_rate
    turns = [
        {name: take() for name, take in takers.items()}
        for _ in range(1 + rounds)
    ]
    return turns[1:]  # the first one compiles and warms up


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

    _fit(build_model(False), training_data(), steps, look)
    return seen[100], seen[steps]


def _fit(model, data, steps: int, on_batch: Callable) -> None:
    import keras

    callback = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: on_batch(batch)
    )
    how = dict(shuffle=False, verbose=0, callbacks=[callback])
    model.fit(data, steps_per_epoch=steps, **how)


def _fit_timer(model, data, steps: int) -> Callable[[], float]:
    def take():
        ends = []
        _fit(model, data, steps + 1, lambda _: ends.append(perf_counter()))
        return float(np.median(np.diff(ends)))

    return take


def _timer(step, steps: int, middle=np.median) -> Callable[[], float]:
    def take():
        ends = [perf_counter()]
        for _ in range(steps):
            step()
            ends.append(perf_counter())
        return float(middle(np.diff(ends)))

    return take


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

    def middle(ratio):
        return f"{np.median([ratio(turn) for turn in turns]):.3g}"

    def share(name, padding=True):
        flops = vqvae_step_flops(**_SHAPE, padding=padding) / 1e9
        return middle(lambda turn: flops / turn[name] / turn[_RATE])

    peers = [name for name in PEERS if name in turns[0]]
    rows = [
        ("share of the matrix-product rate", share(_OURS), ">= 0.60"),
        ("the same less products with border zeros", share(_OURS, False), ""),
        ("share with `jit_compile=True`", share(_COMPILED), ""),
    ]
    if peers:
        faster = middle(lambda turn: min(turn[p] for p in peers) / turn[_OURS])
        rows.append(("speed beside the faster peer", faster, ">= 1.5"))
    for peer in peers:
        speed = middle(lambda turn: turn[peer] / turn[_OURS])
        rows.append((f"speed beside {peer}", speed, ""))
    feeding = middle(lambda turn: turn[_DATA] / turn[_OURS])
    rows.append(("data pipeline alone beside the step", feeding, "< 0.05"))
    if memory is not None:
        before, after = memory
        grown = f"{after / before:.3f} ({before:.0f} to {after:.0f} MiB)"
        rows.append(("memory, last step beside step 100", grown, "flat"))
    return rows


def _times(turns: list[dict]) -> list[tuple]:
    rows = []
    for name in turns[0]:
        values = np.array([turn[name] for turn in turns])
        rate = name.startswith(_RATE)
        values, unit = (values, "GFLOP/s") if rate else (1e3 * values, "ms")
        figures = np.median(values), values.min(), values.max()
        rows.append((f"{name}, {unit}", *(f"{v:.4g}" for v in figures)))
    return rows


def _table(header: str, rows: list[tuple]) -> str:
    rule = "|".join("---" for _ in header.split("|"))
    lines = [f"| {header} |", f"|{rule}|"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    return run_alone(__name__, argv)


if __name__ == "__main__":
    sys.exit(main())
