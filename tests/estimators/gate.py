"""The bias gate: drawn gradients against enumeration of all codes.

A step of a small batch is drawn 100,000 / batch times at once: the codes in
one call, then `expected_loss`, a function of draws and losses, on every
group of `BATCH` rows alone, so that a baseline that looks at its own batch is
caught.
"""

import itertools
import statistics

import numpy as np
import tensorflow as tf

from keras_ae.bottlenecks import BinaryCode, OneHotCode
from keras_ae.estimators import Draws

DRAWS, BATCH = 100_000, 4
# A right estimator exceeds it in one of 10,000 gates, all coordinates
# together (Bonferroni); the seeds are fixed.
FALSE_ALARM = 1e-4
LOGITS = {
    "one_hot": np.array([0.5, -0.3, 0.8, -1.0, 0.2, 0.9]),
    "binary": np.array([0.4, -0.7, 1.1, 0.2, -1.5]),
}
KINDS = tuple(LOGITS)


def bottleneck(kind, estimator):
    if kind == "one_hot":
        return OneHotCode(2, 3, estimator, seed=7)
    return BinaryCode(5, estimator, seed=7)


def loss_of(value):
    """A loss that is no sum over the code's parts, about 5, float64."""
    value = np.asarray(value, "float64")
    mixing = np.random.default_rng(5).normal(size=(7, value.shape[-1]))
    return 5 + 0.4 * np.sum(np.square(value @ mixing.T - 0.5), axis=-1)


def exact_gradient(kind):
    """Sum over all codes of `loss * d p(code)`, float64."""
    theta = LOGITS[kind]
    if kind == "binary":
        codes = np.array(list(itertools.product([0.0, 1.0], repeat=5)))
        mean = 1 / (1 + np.exp(-theta))
        p = np.prod(np.where(codes > 0, mean, 1 - mean), axis=1)
    else:
        pairs = list(itertools.product(np.eye(3), repeat=2))
        codes = np.array([np.concatenate(pair) for pair in pairs])
        parts = np.exp(theta.reshape(2, 3))
        mean = (parts / parts.sum(axis=1, keepdims=True)).ravel()
        p = np.prod(np.where(codes > 0, mean, 1.0), axis=1)
    # d log p(code) / d logits is code - mean for both kinds.
    return (p * loss_of(codes)) @ (codes - mean)


def groups_of(draws, losses):
    """Split draws and losses of all rows into batches of `BATCH`."""
    rows, count = losses.shape
    many = count // BATCH

    def split(values, leading):
        rest = values.shape[len(leading) :]
        values = tf.reshape(values, (*leading[:-1], many, BATCH, *rest))
        return tf.experimental.numpy.moveaxis(values, len(leading) - 1, 0)

    by_row = tf.reshape(draws.index, (rows, count, *draws.index.shape[1:]))
    return (
        split(draws.log_prob, (rows, count)),
        split(by_row, (rows, count)),
        split(draws.logits, (count,)),
        split(losses, (rows, count)),
    )


def drawn_gradients(kind, estimator, stand_in=None):
    """Gradients with respect to the logits, one a row, `(DRAWS, width)`.

    `stand_in`, a function of the bottleneck, makes an estimator to train it.
    """
    layer = bottleneck(kind, estimator)
    layer.build((None, layer.width))
    perturb_state(layer)
    trained_by = layer.estimator if stand_in is None else stand_in(layer)
    features = tf.constant(np.tile(LOGITS[kind], (DRAWS, 1)), "float32")

    @tf.function
    def gradients():
        with tf.GradientTape() as tape:
            tape.watch(features)
            draws = layer(features, training=True).draws
            losses = tf.numpy_function(loss_of, [draws.value], tf.float64)
            losses = tf.reshape(
                tf.cast(losses, "float32"), draws.log_prob.shape
            )
            loss = tf.vectorized_map(
                lambda group: step(layer, *group), groups_of(draws, losses)
            )
            total = tf.reduce_sum(loss)
        return tape.gradient(total, features)

    with layer.trained_by(trained_by):
        return gradients().numpy().astype("float64")


def step(layer, log_prob, index, logits, losses):
    index = tf.reshape(index, (-1, *index.shape[2:]))
    draws = Draws(None, index, log_prob, logits, tf.ones((BATCH, 1)))
    return layer.training_estimator.expected_loss(draws, losses)[0]


def perturb_state(layer):
    """Put averages and value heads where training could have them."""
    random = np.random.default_rng(3)
    for weight in layer.weights:
        if weight.name == "loss_mean":
            weight.assign(6.0)
        elif weight.name in ("loss_variance", "loss_steps"):
            weight.assign(9.0)
        elif weight.name.startswith("value_"):
            weight.assign(random.normal(size=weight.shape))


def gate(gradients, exact):
    """Return what a set of drawn gradients breaks, as a list of sentences."""
    count = len(gradients)
    apart = gradients.mean(axis=0) - exact
    error = gradients.std(axis=0, ddof=1) / np.sqrt(count)
    # Rounding of float32 losses of about 5, the same sign in every draw.
    error = np.hypot(error, 5e-6)
    limit = -statistics.NormalDist().inv_cdf(FALSE_ALARM / 2 / exact.size)
    z = np.abs(apart / error).max()
    broken = []
    if z > limit:
        broken.append(f"z: largest |z| is {z:.1f}, over {limit:.1f}")
    # The norm of pure noise, three times over.
    noise = 3 * np.linalg.norm(error) / np.linalg.norm(exact)
    bias = np.linalg.norm(apart) / np.linalg.norm(exact)
    if bias > noise:
        broken.append(f"bias: {bias:.3f} of the gradient, over {noise:.3f}")
    mean = gradients.mean(axis=0)
    norms = np.linalg.norm(mean) * np.linalg.norm(exact)
    cosine = mean @ exact / norms
    if cosine < 1 - noise**2:  # an error of that size at right angles
        broken.append(f"cosine: {cosine:.5f}")
    return broken
