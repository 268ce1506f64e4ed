"""Time a REINFORCE step through the agent beside gradient steps.

    python -m tools.bench_rl --out docs/BENCHMARKS.md

The model is the linear categorical auto-encoder 784-(20x10)-784 in batches
of 100. Everything is measured in one process, in turns, and a ratio is the
median of the ratios within each turn. The stock loop is TF-Agents' own:
`DynamicStepDriver`, `TFUniformReplayBuffer`, `ReinforceAgent.train`, each in
a `tf.function`, then a gradient step of the decoder on what was replayed;
once with one environment of the whole batch, which is the fair peer, once one
example at a time, as TF-Agents' own example collects.
"""

import argparse
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
from tools.timing import fit_timer, table, take_turns, time_rows, timer

BATCH, PIXELS, GROUPS, CLASSES = 100, 784, 20, 10
_GUMBEL, _REINFORCE = "gumbel", "reinforce inside fit"
_AGENT = "ReinforceTrainer"
_STOCK = "stock loop, batched environment"
_SERIAL = "stock loop, one example at a time"
_PAGE = """\
## REINFORCE through TF-Agents, by the step

    {command}

Linear categorical auto-encoder 784-(20x10)-784, batch {batch}, in {turns}
turns; {machine}; threads: {threads}; load before the run: {load:.1f}. The
median of the ratios within each turn:

{ratios}

The two stock loops are the same parts of TF-Agents (`DynamicStepDriver`,
`TFUniformReplayBuffer`, `ReinforceAgent.train`, each in a `tf.function`) on
the same task, model, data and examples a step, followed by a gradient step of
the decoder; they differ in one thing:

- *batched environment*: one environment that shows the whole batch at once.
  That is the fastest way we know to write the stock loop, and the fair peer.
- *one example at a time*: an environment of one example, stepped {batch} times
  for a batch, as TF-Agents' own REINFORCE example collects its episodes.

{verdict}

{times}
"""


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
    turns = measure(rounds, steps)
    text = _PAGE.format(
        command=arguments.command_line,
        batch=BATCH,
        turns=len(turns),
        machine=f"{os.cpu_count()} {platform.machine()} cores",
        load=load,
        threads=arguments.threads or "all",
        verdict=verdict(turns),
        ratios=table("ratio | measured | target", ratios(turns)),
        times=table("by turn | median | least | most", time_rows(turns)),
    )
    print(text)
    if arguments.out is not None:
        write_section(arguments.out, text)
    return 0


def measure(rounds: int, steps: int) -> list[dict]:
    """Return one dict a turn, seconds a step of each way to train."""
    import rl

    x = np.random.default_rng(0).random((6000, PIXELS), "float32").round()
    data = endless(x)
    trainer = rl.ReinforceTrainer(build_model("gumbel"))
    with trainer.in_charge():
        # Compiled once for all turns, as one long `fit` would be.
        takers = {
            _GUMBEL: fit_timer(build_model("gumbel"), data, steps),
            _REINFORCE: fit_timer(build_model("reinforce"), data, steps),
            _AGENT: fit_timer(trainer.model, data, steps),
            _STOCK: timer(stock_step(x, BATCH), steps),
            _SERIAL: timer(stock_step(x, 1), max(steps // 10, 2)),
        }
        return take_turns(takers, rounds)


def endless(x):
    """Return batches of `x` for ever."""
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices(x).repeat()
    return data.batch(BATCH, drop_remainder=True).prefetch(tf.data.AUTOTUNE)


def build_model(estimator: str):
    """Return the model, built and compiled."""
    import keras

    from keras_ae.bottlenecks import OneHotCode
    from keras_ae.models import DiscreteAutoencoder

    keras.utils.set_random_seed(0)
    model = DiscreteAutoencoder(
        keras.layers.Dense(GROUPS * CLASSES),
        OneHotCode(GROUPS, CLASSES, estimator, seed=0),
        keras.layers.Dense(PIXELS),
        likelihood="bernoulli",
        kl_weight=1.0,
    )
    model(np.zeros((1, PIXELS), "float32"))
    model.compile(keras.optimizers.Adam(1e-3), jit_compile=False)
    return model


def stock_step(x, size: int):
    """Return one step of TF-Agents' own loop, `size` examples at a time."""
    import keras
    import tensorflow as tf
    from tf_agents.drivers import dynamic_step_driver
    from tf_agents.replay_buffers import tf_uniform_replay_buffer
    from tf_agents.utils import common

    import rl  # noqa: I001  before what follows, which needs it

    model = build_model("gumbel")
    environment = rl.CodeEnvironment(model, x, size)
    spec = environment.observation_spec()
    optimizers = [keras.optimizers.Adam(1e-3) for _ in range(2)]
    agent = rl.code_agent(model.encoder, model.bottleneck, spec, optimizers[0])
    replay = tf_uniform_replay_buffer.TFUniformReplayBuffer(
        agent.collect_data_spec, batch_size=size, max_length=2 * BATCH
    )
    driver = dynamic_step_driver.DynamicStepDriver(
        environment,
        agent.collect_policy,
        observers=[replay.add_batch],
        num_steps=BATCH,
    )
    optimizers[1].build(model.decoder.trainable_weights)

    def train_decoder(experience):
        seen = tf.reshape(experience.observation, (-1, PIXELS))
        index = tf.reshape(experience.action, (-1, GROUPS))
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


def ratios(turns: list[dict]) -> list[tuple]:
    """Return the rows of the table of ratios."""

    def middle(over, under):
        values = [turn[over] / turn[under] for turn in turns]
        return f"{np.median(values):.3g}"

    return [
        ("agent's step over the Gumbel step", middle(_AGENT, _GUMBEL), "1.3"),
        ("`reinforce` over Gumbel", middle(_REINFORCE, _GUMBEL), ""),
        (f"{_STOCK}, over the agent's", middle(_STOCK, _AGENT), ">= 10"),
        (f"{_SERIAL}, over the agent's", middle(_SERIAL, _AGENT), ">= 10"),
    ]


def verdict(turns: list[dict]) -> str:
    """Return in words which of the stock loops is ten times slower."""
    words = []
    for name, peer in (("batched", _STOCK), ("unbatched", _SERIAL)):
        ratio = np.median([turn[peer] / turn[_AGENT] for turn in turns])
        kept = "kept" if ratio >= 10 else "not kept"
        words.append(f"the {name} loop takes {ratio:.3g} times as long, {kept}")
    text = f"We ask for 10 times against either: {'; '.join(words)}."
    return textwrap.fill(text, 79)


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    return run_alone(__name__, argv)


if __name__ == "__main__":
    sys.exit(main())
