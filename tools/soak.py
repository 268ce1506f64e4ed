"""Train a VQ-VAE for long and watch memory, speed and open files.

    python -m tools.soak --steps 20000

It ends with 1 where, from the second tenth to the last, memory in use grew by
more than 2 %, a step took 10 % more of the processor's time, or a file stayed
open. Milliseconds by the clock are in the samples too; they say more of the
machine's other work.
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile
from time import perf_counter, process_time

import numpy as np

from tools.command import (
    add_threads_option,
    add_traceback_option,
    run_alone,
    set_threads,
)

MEMORY, SPEED = 0.02, 0.10
PARTS = 40  # Samples taken of a run
TENTH = PARTS // 10
FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("--steps", type=int, default=20_000, help="(20000)")
    parser.add_argument("--batch-size", type=int, default=64, help="(64)")
    parser.add_argument("--out", type=pathlib.Path, help="JSON to write")
    add_threads_option(parser)
    add_traceback_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Train, print what was found and write the samples."""
    steps, batch_size = arguments.steps, arguments.batch_size
    if steps < PARTS:
        raise ValueError(f"`--steps` needs N >= {PARTS}. Received: N={steps}")
    if batch_size < 1:
        raise ValueError(f"`--batch-size` needs N >= 1. Received: {batch_size}")
    if not pathlib.Path("/proc/self/statm").exists():
        raise OSError("`soak` reads /proc, which this system does not have")
    set_threads(arguments.threads)
    samples = soak(steps, batch_size)
    found = judge(samples)
    for name, value in found.items():
        print(f"{name}: {value}")
    if arguments.out is not None:
        text = json.dumps({**found, "samples": samples}, indent=1) + "\n"
        arguments.out.write_text(text, encoding="utf-8")
    return 0 if found["passed"] else FAILED


def soak(steps: int, batch_size: int) -> list[dict]:
    """Train and return `PARTS` samples of memory, seconds and open files.

    Args:
        steps: Int >= `PARTS`, steps altogether.
        batch_size: Int >= 1.
    """
    from keras_ae.training import save_checkpoint
    from zoo import data, vq_vae

    images = data.load("digits")
    settings = dict(num_codes=64, dim=16, filters=32, prior=False)
    model = vq_vae.build(images.image_shape, **settings)
    model(np.zeros((1, *images.image_shape), "float32"))
    model.compile("adam")
    batches = data.train_dataset(images.x_train, batch_size=batch_size)
    held_out = data.eval_dataset(images.x_valid)
    samples, part = [], steps // PARTS
    with tempfile.TemporaryDirectory() as folder:
        for i in range(PARTS):
            started, busy = perf_counter(), process_time()
            model.fit(batches, steps_per_epoch=part, verbose=0, shuffle=False)
            seconds, busy = perf_counter() - started, process_time() - busy
            model.evaluate(held_out, verbose=0)
            save_checkpoint(folder, model, {"step": (i + 1) * part})
            samples.append({"step": (i + 1) * part, **usage()})
            samples[-1]["milliseconds"] = 1e3 * seconds / part
            samples[-1]["processor_milliseconds"] = 1e3 * busy / part
    return samples


def usage() -> dict:
    """Return this process's memory in MB and its open files."""
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return {
        "memory": pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
        "files": len(os.listdir("/proc/self/fd")),
    }


def judge(samples: list) -> dict:
    """Return how much the last tenth differs from the second.

    The first tenth compiles and fills caches. Medians, so that one slow
    sample on a busy machine tells nothing.

    Args:
        samples: What `soak` returned.
    """

    def change(name):
        before = [sample[name] for sample in samples[TENTH : 2 * TENTH]]
        after = [sample[name] for sample in samples[-TENTH:]]
        return float(np.median(after) / np.median(before) - 1)

    memory, time = change("memory"), change("processor_milliseconds")
    opened = samples[-1]["files"] - samples[TENTH]["files"]
    return {
        "steps": samples[-1]["step"],
        "memory_grew_by": round(memory, 4),
        "step_slowed_by": round(time, 4),
        "files_left_open": opened,
        "passed": memory <= MEMORY and time <= SPEED and opened <= 0,
    }


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    return run_alone(__name__, argv)


if __name__ == "__main__":
    sys.exit(main())
