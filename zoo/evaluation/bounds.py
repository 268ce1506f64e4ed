"""Bounds on the likelihood with drawn hard codes, in both conventions.

With `m` codes drawn for an image, of log-weights `w` (`model.log_weights`):

- `bound` is minus the log of the mean of `exp(w)`, the multi-sample bound of
  arXiv:1509.00519: at most `nelbo`, and lower for more samples;
- `nelbo` is minus the mean of `w`: the negative evidence lower bound, the
  same for any number of samples but for noise.

Both are means over images, in nats, lower is better. For a model that
predicts one part of an object from another they are conditional.
"""

import contextlib
import time

import numpy as np
import tensorflow as tf
from keras import ops

from keras_ae.bottlenecks import DeferredUpdates
from keras_ae.bottlenecks.logit_code import LogitCode
from keras_ae.checks import check_int
from keras_ae.estimators import StraightThrough
from keras_ae.models import Batch
from zoo.data.image_data import to_unit

ROWS = 5_000  # Codes decoded at a time


def has_bounds(model) -> bool:
    """Return whether the model can draw the log-weights of hard codes.

    Args:
        model: Keras model.
    """
    stages = getattr(model, "stages", [])
    drawn = all(isinstance(code, LogitCode) for _, code in stages)
    return callable(getattr(model, "log_weights", None)) and drawn


def bounds(model, images, samples: int = 1000, seed: int = 0) -> dict:
    """Return both bounds on images.

    Args:
        model: Built model with `log_weights`.
        images: uint8 `(examples, height, width, channels)`.
        samples: Int >= 1, codes drawn for each image.
        seed: Int, of the draws.

    Returns:
        Dict: `bound`, `nelbo`, `bound_error` (standard error of `bound` over
        images), `samples`, `images`, `seconds`.
    """
    check_int("bounds", "samples", samples)
    if not has_bounds(model):
        raise ValueError(
            "`bounds` needs a model of stochastic codes, with `log_weights`. "
            f"Received: {type(model).__name__}"
        )
    started = time.perf_counter()
    size = min(100, len(images))
    chunk = max(min(ROWS // size, samples), 1)
    weights = _compiled_weights(model)
    found = []
    with seeded(model, seed):
        for start in range(0, len(images), size):
            x = tf.constant(to_unit(images[start : start + size]))
            found.append(_of_batch(weights, x, samples, chunk))
    bound, mean = (-np.concatenate(part) for part in zip(*found))
    return {
        "bound": float(bound.mean()),
        "nelbo": float(mean.mean()),
        "bound_error": float(bound.std() / np.sqrt(len(bound))),
        "samples": int(samples),
        "images": len(images),
        "seconds": round(time.perf_counter() - started, 3),
    }


def _compiled_weights(model):
    @tf.function(reduce_retracing=True)
    def weights(x, copies):
        found = model.log_weights(x, copies)
        found = tf.reshape(found, (tf.shape(x)[0], copies))
        return tf.reduce_logsumexp(found, axis=1), tf.reduce_sum(found, axis=1)

    return weights


def _of_batch(weights, x, samples, chunk):
    """Return the two bounds of each image, not yet negative."""
    parts, left = [], samples
    while left:
        copies = min(chunk, left)
        parts.append([v.numpy() for v in weights(x, tf.constant(copies))])
        left -= copies
    logs, sums = (np.stack(part).astype("float64") for part in zip(*parts))
    multi = np.logaddexp.reduce(logs, axis=0) - np.log(samples)
    return multi, sums.sum(axis=0) / samples


@contextlib.contextmanager
def seeded(model, seed: int):
    """Draw codes from a seed, and leave the model's own draws as they were.

    Args:
        model: Model with `stages`.
        seed: Int.
    """
    states = [code.seed_generator.state for _, code in model.stages]
    before = [ops.convert_to_numpy(state).copy() for state in states]
    for number, state in enumerate(states):
        state.assign([seed, number << 24])
    try:
        yield
    finally:
        for state, value in zip(states, before):
            state.assign(value)


def relaxation_gap(model, x, seed: int = 0) -> dict:
    """Return the loss with the codes of training, and with hard codes.

    Both are drawn, with the same noise: what is left between them is what
    the relaxation of the training codes hides. A score-function estimator
    relaxes nothing: there is nothing left.

    Args:
        model: Built `CodeModel` whose codes have logits.
        x: Float32 images.
        seed: Int, of the draws.

    Returns:
        Dict: `relaxed_loss`, `hard_loss`, `relaxation_gap` (hard less
        relaxed), nats.
    """
    x = tf.convert_to_tensor(x)
    hard = [StraightThrough() for _ in model.stages]
    with seeded(model, seed), model.trained_by(hard):
        drawn = relaxed = _training_loss(model, x)
    if any(code.training_estimator.pathwise for _, code in model.stages):
        with seeded(model, seed):
            relaxed = _training_loss(model, x)
    return {
        "relaxed_loss": relaxed,
        "hard_loss": drawn,
        "relaxation_gap": drawn - relaxed,
    }


def _training_loss(model, x) -> float:
    with DeferredUpdates():  # dropped: the state stays where it is
        terms = model.loss_terms(Batch(x), training=True)
    return float(
        sum(
            weight * tf.reduce_mean(terms[name])
            for name, weight in model.term_weights.items()
        )
    )
