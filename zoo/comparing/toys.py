"""Toy problems whose gradient is known, put to each estimator.

The losses and their gradients are those of published checks; the gradient
drawn here is the mean over many draws of one code each.
"""

import dataclasses
import json
import pathlib
import statistics
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from keras_ae.bottlenecks import BinaryCode, DeferredUpdates, OneHotCode
from keras_ae.estimators import get
from keras_ae.training.files import write_text
from zoo.running.agents import OWN, agent_arguments, load_agents
from zoo.running.versions import git_commit, versions

SCHEMA_VERSION = 2
FILE = "toys.json"
DRAWS = 100_000
FALSE_ALARM = 1e-4  # of a right estimator, over the coordinates of a toy
ROUNDING = 1e-6  # of float32 losses, the same in every draw


@dataclasses.dataclass(frozen=True)
class Toy:
    """One problem.

    Args:
        name: Str.
        source: Str, who checks with it.
        kind: Str, `binary` or `one_hot` (a single variable).
        logits: Tuple of floats.
        gradient: Tuple of floats, of the expected loss: a closed form.
        loss: Function of code values `(draws, width)`, loss of each row.
        shared: Bool, whether all logits are one parameter.
    """

    name: str
    source: str
    kind: str
    logits: tuple
    gradient: tuple
    loss: Callable
    shared: bool = False


def _squared(targets):
    targets = np.asarray(targets, "float32")
    return lambda value: tf.reduce_sum((value - targets) ** 2, axis=-1)


def _bit(target, source) -> Toy:
    return Toy(
        f"E(b - {target})^2, one fair bit",
        source,
        "binary",
        (0.0,),
        ((1 - 2 * target) / 4,),
        _squared([target]),
    )


def _relax() -> Toy:
    chance = np.random.RandomState(0).rand(3)
    targets = np.linspace(0.2, 0.9, 3)
    return Toy(
        "three bits, targets 0.2, 0.55, 0.9",
        "tests of arXiv:1711.00123",
        "binary",
        tuple(np.log(chance / (1 - chance))),
        tuple(chance * (1 - chance) * (1 - 2 * targets)),
        _squared(targets),
    )


def _six() -> Toy:
    costs = 100 + 2.4 * np.arange(6, dtype="float32")
    return Toy(
        "one of six, cost 100 + 2.4 k",
        "storchastic, is_unbiased.py",
        "one_hot",
        (0.0,) * 6,
        tuple((costs - costs.mean()) / 6),
        lambda value: tf.linalg.matvec(value, tf.constant(costs)),
    )


TOYS = (
    _bit(0.45, "arXiv:1703.07370"),
    _bit(0.49, "Dimitriev and Zhou 2021, ARMS"),
    _bit(0.499, "arXiv:1711.00123"),
    Toy(
        "three bits of one logit, targets 0.6, 0.51, 0.48",
        "arXiv:1810.04777, arXiv:2002.06043",
        "binary",
        (0.0,) * 3,
        # The sum of (1 - 2 p) / 4.
        (-0.045,),
        _squared([0.6, 0.51, 0.48]),
        shared=True,
    ),
    _relax(),
    _six(),
)


def measure(toy: Toy, estimator: str, draws: int = DRAWS) -> dict | None:
    """Return what an estimator makes of a toy.

    Args:
        toy: `Toy`.
        estimator: Str, name with arguments, or `tf_agents`, whose bonus for
            entropy is left out: its gradient is not that of the loss.
        draws: Int >= 2.

    Returns:
        Dict: `toy`, `estimator`, `unbiased` (declared), `mean` and `error`
        (lists, the gradient drawn and its standard error), `variance` (of
        one draw, summed), `z` (the largest, absolute), `passed` (whether it
        is within what chance allows); `None` for a code that the estimator
        cannot train.

    Raises:
        ImportError: For `tf_agents` without TF-Agents.
    """
    arguments = agent_arguments(estimator)
    load_agents([estimator])
    own = estimator if arguments is None else OWN
    if toy.kind not in get(own).code_kinds:
        return None
    gradients, unbiased = _gradients(toy, own, arguments, draws)
    if toy.shared:
        gradients = gradients.sum(axis=1, keepdims=True)
    exact = np.array(toy.gradient)
    mean = gradients.mean(axis=0)
    error = gradients.std(axis=0, ddof=1) / np.sqrt(draws)
    size = float(np.abs(toy.loss(tf.eye(len(toy.logits)))).max())
    z = np.abs(mean - exact) / np.hypot(error, ROUNDING * size)
    limit = -statistics.NormalDist().inv_cdf(FALSE_ALARM / 2 / exact.size)
    return {
        "toy": toy.name,
        "estimator": estimator,
        "unbiased": bool(unbiased),
        "mean": mean.tolist(),
        "error": error.tolist(),
        "variance": float(gradients.var(axis=0, ddof=1).sum()),
        "z": float(z.max()),
        "passed": bool(z.max() < limit),
    }


def _gradients(toy, own, arguments, draws):
    """Return one gradient a draw, and whether they claim to be unbiased."""
    width = len(toy.logits)
    if toy.kind == "binary":
        code = BinaryCode(width, own, seed=1)
    else:
        code = OneHotCode(1, width, own, seed=1)
    encoder = keras.layers.Dense(width, use_bias=False)
    encoder.build((None, 1))
    encoder.kernel.assign([toy.logits])
    code.build((None, width))
    estimator = code.estimator
    if arguments is not None:
        from rl import AgentEstimator

        spec = tf.TensorSpec((1,), tf.float32, "x")
        arguments = {**arguments, "entropy_weight": 0.0}
        arguments.pop("entropy_steps", None)
        estimator = AgentEstimator(encoder, code, spec, **arguments)
    average = getattr(estimator, "average", None)
    if average is not None:  # as training would have left it
        losses = toy.loss(tf.eye(width))
        variance = tf.math.reduce_variance(losses)
        average.assign(tf.reduce_mean(losses), variance)
    x = tf.ones((draws, 1))
    with code.trained_by(estimator), tf.GradientTape() as tape:
        with DeferredUpdates():
            features = encoder(x)
            drawn = code(features, training=True)
            losses = code.expected_loss(
                x, drawn, lambda x, value: toy.loss(value)
            )
        total = tf.reduce_sum(losses)
    found = tape.gradient(total, features).numpy().astype("float64")
    return found, estimator.unbiased


def toy_rows(folder, estimators) -> list:
    """Return the rows of all toys, measured by this code.

    Read from `toys.json` where this commit, unchanged, left it there with
    these versions of packages, and as many threads.

    Args:
        folder: Path of the comparison.
        estimators: Names, with arguments.

    Returns:
        List of what `measure` returns, or, where it refuses the estimator,
        of dicts of `toy`, `estimator` and `reason`.
    """
    path = pathlib.Path(folder) / FILE
    asked = ["exact", *(name for name in estimators if name != "exact")]
    key = {
        "schema_version": SCHEMA_VERSION,
        "estimators": asked,
        "draws": DRAWS,
        "versions": versions(),
        "git": git_commit(),
    }
    rows = _kept_rows(path, key)
    if rows is None:
        load_agents(asked)
        rows = [_row(toy, name) for toy in TOYS for name in asked]
        rows = [row for row in rows if row is not None]
        content = {**key, "rows": rows}
        write_text(path, json.dumps(content, indent=1) + "\n")
    return rows


def _kept_rows(path, key):
    """Return the rows in a file, `None` unless they are those of `key`."""
    if (key["git"] or {}).get("changed"):
        return None  # nobody knows what changed since
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        same = all(content[name] == value for name, value in key.items())
        return content["rows"] if same else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _row(toy, name):
    try:
        return measure(toy, name)
    except (ImportError, TypeError, ValueError) as error:
        return {"toy": toy.name, "estimator": name, "reason": str(error)}


COLUMNS = (
    "toy",
    "closed form",
    "estimator",
    "gradient drawn",
    "standard error",
    "variance of a draw",
    "largest z",
    "verdict",
)


def toy_table(rows) -> list:
    """Return the table's cells, row by row, as text.

    Args:
        rows: Rows of `toy_rows`.
    """
    exact = {toy.name: toy for toy in TOYS}
    table = []
    for row in rows:
        toy = exact[row["toy"]]
        cells = [
            f"{toy.name} ({toy.source})",
            _numbers(toy.gradient),
            row["estimator"],
        ]
        if "reason" in row:
            cells += ["", "", "", "", f"not measured: {row['reason']}"]
        else:
            cells += [
                _numbers(row["mean"]),
                f"{max(row['error']):.1g}",
                f"{row['variance']:.3g}",
                f"{row['z']:.1f}",
                _verdict(row),
            ]
        table.append(cells)
    return table


def _verdict(row) -> str:
    verdict = "unbiased" if row["unbiased"] else "declared biased"
    if row["unbiased"] and not row["passed"]:
        verdict = "BROKEN: declared unbiased"
    if "entropy_weight" in row["estimator"]:
        verdict += ", its bonus for entropy left out"
    return verdict


def _numbers(values) -> str:
    return ", ".join(f"{value:.4g}" for value in values)
