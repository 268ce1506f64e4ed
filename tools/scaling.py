"""Bytes all-reduced a step by every recipe, and the speed-up to expect.

    python -m tools.scaling --out docs/SCALING.md

Every replica works on `batch / replicas` examples of the same global batch,
or, in the second table, on a whole batch of its own. A ring all-reduce sends
`2 (R - 1) / R` times the bytes from each replica, in `2 (R - 1)` hops.
"""

import argparse
import os
import pathlib
import platform
import sys

from tools.command import (
    add_threads_option,
    add_traceback_option,
    run_alone,
    set_threads,
)
from tools.pages import write_section

_TITLE = "## Speed-ups to expect"
_REPLICAS = (2, 4, 8, 16, 32, 64)
_WARM, _TIMED = 3, 20  # Steps before the clock starts, and on it


def ring_seconds(size: float, replicas: int, bandwidth: float, hop: float):
    """Return the seconds of one ring all-reduce.

    Args:
        size: Float, bytes.
        replicas: Int.
        bandwidth: Float, bytes a second out of each replica.
        hop: Float, seconds a message takes to arrive.
    """
    hops = 2 * (replicas - 1)
    return hops * (size / replicas / bandwidth + hop)


def speed_up(step, size, replicas, bandwidth, hop, split: bool) -> float:
    """Return examples a second of `replicas`, relative to one.

    Args:
        step: Float, seconds of a step of one whole batch.
        size: Float, bytes all-reduced.
        replicas: Int.
        bandwidth: Float, bytes a second.
        hop: Float, seconds.
        split: Bool, whether one batch is split, or each has a whole one.
    """
    reduce = ring_seconds(size, replicas, bandwidth, hop)
    if split:
        return step / (step / replicas + reduce)
    return replicas * step / (step + reduce)


def reduced_bytes(model) -> tuple[int, int]:
    """Return the bytes of gradients, and of statistics of bottlenecks.

    Args:
        model: Built `EmbeddingModel`.
    """
    gradients = sum(v.value.shape.num_elements() for v in model.own_weights())
    state = sum(
        v.value.shape.num_elements()
        for v in model.non_trainable_variables
        if v.path.rpartition("/")[2] in ("counts", "sums")
    )
    return 4 * gradients, 4 * state


def measured(recipe: str, data: str) -> dict:
    """Return name, bytes and seconds of a step of one recipe."""
    import time

    from zoo import data as zoo_data
    from zoo.running.build import build_model, epoch_steps, load_data
    from zoo.running.config import resolve_config

    config = resolve_config(recipe, data)
    images = load_data(config)
    model = build_model(config, images)
    batch_size = config.settings["train"]["batch_size"]
    steps = min(_TIMED, epoch_steps(config, len(images.x_train)))
    batches = zoo_data.train_dataset(images.x_train, batch_size=batch_size)
    fit = dict(shuffle=False, verbose=0)
    model.fit(batches, steps_per_epoch=_WARM, **fit)
    started = time.perf_counter()
    model.fit(batches, steps_per_epoch=steps, **fit)
    seconds = (time.perf_counter() - started) / steps
    gradients, state = reduced_bytes(model)
    return dict(
        name=recipe, gradients=gradients, state=state, seconds=seconds
    )


def table(rows: list, bandwidth: float, hop: float, split: bool) -> list:
    """Return the lines of a Markdown table of speed-ups.

    Args:
        rows: List of dicts of `measured`.
        bandwidth: Float, bytes a second.
        hop: Float, seconds.
        split: Bool, as in `speed_up`.
    """
    titles = ["recipe", "gradients", "statistics", "step"]
    titles += [f"{count} replicas" for count in _REPLICAS]
    lines = [titles, ["---"] * len(titles)]
    for row in rows:
        size = row["gradients"] + row["state"]
        gains = (
            speed_up(row["seconds"], size, count, bandwidth, hop, split)
            for count in _REPLICAS
        )
        lines.append(
            [
                row["name"],
                f"{row['gradients'] / 1e6:.2f} MB",
                f"{row['state'] / 1e6:.3f} MB",
                f"{1e3 * row['seconds']:.0f} ms",
                *(f"{gain:.1f}" for gain in gains),
            ]
        )
    return ["| " + " | ".join(line) + " |" for line in lines]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("--data", default="fashion_mnist")
    parser.add_argument(
        "--gigabits", type=float, default=10, help="network, a second"
    )
    parser.add_argument(
        "--microseconds", type=float, default=50, help="a message's latency"
    )
    parser.add_argument("--out", type=pathlib.Path, metavar="FILE")
    add_threads_option(parser)
    add_traceback_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure, and print or write the tables."""
    set_threads(arguments.threads)
    from zoo.recipe import recipe_names

    rows = [measured(name, arguments.data) for name in recipe_names()]
    speed = (arguments.gigabits * 1e9 / 8, arguments.microseconds * 1e-6)
    network = f"{arguments.gigabits:g} Gbit/s, {arguments.microseconds:g} us"
    machine = f"{os.cpu_count()} {platform.machine()} cores"
    lines = [_TITLE, "", f"    {arguments.command_line}", ""]
    lines += [f"A replica of {machine}; a network of {network} a message.", ""]
    lines += ["One batch split over the replicas:", ""]
    lines += [*table(rows, *speed, split=True), ""]
    lines += ["A whole batch for each replica:", ""]
    lines += [*table(rows, *speed, split=False), ""]
    text = "\n".join(lines)
    if arguments.out is None:
        print(text)
    else:
        write_section(arguments.out, text)
    return 0


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    return run_alone(__name__, argv)


if __name__ == "__main__":
    sys.exit(main())
