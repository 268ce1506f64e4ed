"""Time a REINFORCE step through the agent beside gradient steps.

    python -m tools.bench_rl --out docs/BENCHMARKS.md

The models are linear categorical auto-encoders of two sizes: pixels, code and
batch of the recipes `discrete_vae` on MNIST and `onehot` on digits. Everything
is measured in one process, in turns, and a ratio is the median of the ratios
within each turn. The stock loop is TF-Agents' own: `DynamicStepDriver`,
`TFUniformReplayBuffer`, `ReinforceAgent.train`, each in a `tf.function`, then
a gradient step of the decoder on what was replayed; once with one environment
of the whole batch, which is the fair peer, once one example at a time, as
TF-Agents' own example collects.
"""

import argparse
import dataclasses
import os
import pathlib
import platform
import sys
import textwrap

import numpy as np

from tools.command import (
    add_threads_option,
    add_traceback_option,
    run_alone,
    set_threads,
)
from tools.pages import write_section
from tools.timing import (
    fit_timer,
    middle,
    table,
    take_turns,
    time_rows,
    timer,
)

_GUMBEL, _REINFORCE = "gumbel", "reinforce inside fit"
_AGENT = "ReinforceTrainer"
_STOCK = "stock loop, batched environment"
_SERIAL = "stock loop, one example at a time"
_EACH = 50  # Steps an execution of the recipes on MNIST.
_MANY = f"{_AGENT}, {_EACH} steps an execution"
_COMPILED = f"{_MANY}, XLA"
_PAGE = """\
## REINFORCE through TF-Agents, by the step

    {command}

Linear categorical auto-encoders of two sizes in {turns} turns; {machine};
threads: {threads}; load before the run: {load:.1f}. `ReinforceTrainer` runs
one step of `fit` an execution, or, as the recipes on MNIST do
(`train.steps_per_execution`), {each}, then without and with XLA
(`jit_compile=True` in the model's `compile`). The median of the ratios within
each turn:

{ratios}

The two stock loops are the same parts of TF-Agents (`DynamicStepDriver`,
`TFUniformReplayBuffer`, `ReinforceAgent.train`, each in a `tf.function`) on
the same task, model, data and examples a step, followed by a gradient step of
the decoder; they differ in one thing:

- *batched environment*: one environment that shows the whole batch at once.
  That is the fastest way we know to write the stock loop, and the fair peer.
- *one example at a time*: an environment of one example, stepped once for
  each of a batch, as TF-Agents' own REINFORCE example collects its episodes.

{verdict}

{times}
"""


@dataclasses.dataclass(frozen=True)
class Size:
    """The size of a task."""

    name: str
    pixels: int
    groups: int
    classes: int
    batch: int

    def __str__(self):
        code = f"({self.groups}x{self.classes})"
        shape = f"{self.pixels}-{code}-{self.pixels}"
        return f"{self.name}: {shape}, batch {self.batch}"


SIZES = (Size("MNIST", 784, 20, 10, 100), Size("digits", 64, 1, 10, 64))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("--rounds", type=int, default=10, help="turns (10)")
    parser.add_argument("--quick", action="store_true", help="a smoke run")
    parser.add_argument("--out", type=pathlib.Path, help="page for the report")
    add_threads_option(parser)
    add_traceback_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the report and write it."""
    rounds, steps = arguments.rounds, 100
    if rounds < 1:
        raise ValueError(f"`--rounds` needs N >= 1. Received: N={rounds}")
    if arguments.quick:
        rounds, steps = 1, 5
    set_threads(arguments.threads)
    load = os.getloadavg()[0]
    turns = {size: measure(size, rounds, steps) for size in SIZES}
    text = _PAGE.format(
        command=arguments.command_line,
        each=_EACH,
        turns=rounds,
        machine=f"{os.cpu_count()} {platform.machine()} cores",
        load=load,
        threads=arguments.threads or "all",
        verdict=verdict(turns),
        ratios=ratio_table(turns),
        times="\n\n".join(
            table(f"{size} | median | least | most", time_rows(of_size))
            for size, of_size in turns.items()
        ),
    )
    print(text)
    if arguments.out is not None:
        write_section(arguments.out, text)
    return 0


def measure(size: Size, rounds: int, steps: int) -> list[dict]:
    """Return one dict a turn, seconds a step of each way to train."""
    import rl

    x = np.random.default_rng(0).random((6000, size.pixels), "float32").round()
    data = endless(x, size.batch)
    gumbel, reinforce = (build_model(size, e) for e in ("gumbel", "reinforce"))
    trainer = rl.ReinforceTrainer(build_model(size, "gumbel"))
    longer, compiled = (
        rl.ReinforceTrainer(build_model(size, "gumbel", _EACH, jit_compile))
        for jit_compile in (False, True)
    )
    with trainer.in_charge(), longer.in_charge(), compiled.in_charge():
        # Compiled once for all turns, as one long `fit` would be.
        takers = {
            _GUMBEL: fit_timer(gumbel, data, steps),
            _REINFORCE: fit_timer(reinforce, data, steps),
            _AGENT: fit_timer(trainer.model, data, steps),
            _MANY: fit_timer(longer.model, data, steps),
            _COMPILED: fit_timer(compiled.model, data, steps),
            _STOCK: timer(stock_step(size, x, size.batch), steps),
            _SERIAL: timer(stock_step(size, x, 1), max(steps // 10, 2)),
        }
        return take_turns(takers, rounds)


def endless(x, batch: int):
    """Return batches of `x` for ever."""
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices(x).repeat()
    return data.batch(batch, drop_remainder=True).prefetch(tf.data.AUTOTUNE)


def build_model(size: Size, estimator: str, each=1, jit_compile=False):
    """Return the model, built and compiled, `each` steps an execution."""
    import keras

    from keras_ae.bottlenecks import OneHotCode
    from keras_ae.models import DiscreteAutoencoder

    keras.utils.set_random_seed(0)
    model = DiscreteAutoencoder(
        keras.layers.Dense(size.groups * size.classes),
        OneHotCode(size.groups, size.classes, estimator, seed=0),
        keras.layers.Dense(size.pixels),
        likelihood="bernoulli",
        kl_weight=1.0,
    )
    model(np.zeros((1, size.pixels), "float32"))
    model.compile(
        keras.optimizers.Adam(1e-3),
        jit_compile=jit_compile,
        steps_per_execution=each,
    )
    return model


def stock_step(size: Size, x, at_once: int):
    """Return one step of TF-Agents' own loop, `at_once` examples at a time."""
    import keras
    import tensorflow as tf
    from tf_agents.drivers import dynamic_step_driver
    from tf_agents.replay_buffers import tf_uniform_replay_buffer
    from tf_agents.utils import common

    import rl  # noqa: I001  before what follows, which needs it

    model = build_model(size, "gumbel")
    environment = rl.CodeEnvironment(model, x, at_once)
    spec = environment.observation_spec()
    optimizers = [keras.optimizers.Adam(1e-3) for _ in range(2)]
    agent = rl.code_agent(model.encoder, model.bottleneck, spec, optimizers[0])
    replay = tf_uniform_replay_buffer.TFUniformReplayBuffer(
        agent.collect_data_spec,
        batch_size=at_once,
        max_length=2 * size.batch,
    )
    driver = dynamic_step_driver.DynamicStepDriver(
        environment,
        agent.collect_policy,
        observers=[replay.add_batch],
        num_steps=size.batch,
    )
    optimizers[1].build(model.decoder.trainable_weights)

    def train_decoder(experience):
        seen = tf.reshape(experience.observation, (-1, size.pixels))
        index = tf.reshape(experience.action, (-1, size.groups))
        weights = model.decoder.trainable_weights
        with tf.GradientTape() as tape:
            output = model.decoder(model.bottleneck.decode_index(index))
            loss = tf.reduce_mean(model.reconstruction_loss(seen, output))
        optimizers[1].apply(tape.gradient(loss, weights), weights)

    collect = common.function(driver.run)
    train = common.function(agent.train)
    decode = common.function(train_decoder)

    def step():
        collect()
        experience = replay.gather_all()
        train(experience)
        decode(experience)
        replay.clear()

    return step


_RATIOS = (
    ("agent's step over the Gumbel step", _AGENT, _GUMBEL, "<= 1.3"),
    ("`reinforce` over Gumbel", _REINFORCE, _GUMBEL, ""),
    (f"{_STOCK}, over the agent's", _STOCK, _AGENT, ">= 10"),
    (f"the same, {_EACH} steps an execution", _STOCK, _MANY, ">= 10"),
    ("the same, and XLA", _STOCK, _COMPILED, ">= 10"),
    (f"{_SERIAL}, over the agent's", _SERIAL, _AGENT, ">= 10"),
    (f"the same, {_EACH} steps an execution", _SERIAL, _MANY, ">= 10"),
    ("the same, and XLA", _SERIAL, _COMPILED, ">= 10"),
)


_WAYS = {
    _AGENT: "kept",
    _MANY: f"kept by {_EACH} steps an execution",
    _COMPILED: f"kept by {_EACH} steps an execution and XLA",
}


def ratio(turns: list[dict], over: str, under: str) -> float:
    """Return the median of the ratios within each turn."""
    return middle(turns, lambda turn: turn[over] / turn[under])


def ratio_table(turns: dict) -> str:
    """Return the ratios of all sizes, as a table in Markdown."""
    rows = []
    for name, over, under, target in _RATIOS:
        found = [ratio(t, over, under) for t in turns.values()]
        rows.append((name, *found, target))
    sizes = " | ".join(str(size) for size in turns)
    return table(f"ratio | {sizes} | target", rows)


def verdict(turns: dict) -> str:
    """Return in words which of the stock loops is ten times slower."""
    words = []
    for size, of_size in turns.items():
        for name, peer in (("batched", _STOCK), ("unbatched", _SERIAL)):
            by = {way: ratio(of_size, peer, way) for way in _WAYS}
            kept = next((_WAYS[w] for w in by if by[w] >= 10), "not kept")
            words.append(
                f"at the size of {size.name} the {name} loop takes "
                f"{min(by.values()):.3g} to {max(by.values()):.3g} times as "
                f"long, {kept}"
            )
    text = f"We ask for 10 times against either: {'; '.join(words)}."
    return textwrap.fill(text, 79)


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    return run_alone(__name__, argv)


if __name__ == "__main__":
    sys.exit(main())
