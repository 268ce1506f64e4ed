"""How much the gradient of each estimator scatters, at frozen weights."""

import keras
import numpy as np
import tensorflow as tf

from keras_ae import estimators
from keras_ae.bottlenecks import DeferredUpdates
from keras_ae.bottlenecks.logit_code import LogitCode
from keras_ae.checks import check_int
from keras_ae.estimators import Gumbel, Reinforce
from keras_ae.estimators.exact import MAX_CODES
from keras_ae.models import Batch
from zoo.evaluation.bounds import seeded

CANDIDATES = (
    "straight_through",
    "gumbel",
    "gumbel_st",
    "reinforce(baseline=none)",
    "reinforce(baseline=ema)",
    "reinforce(baseline=batch)",
    "reinforce(baseline=greedy)",
    "leave_one_out(samples=2)",
    "leave_one_out(samples=4)",
    "disarm",
    "exact",
)


def gradient_variance(
    model, batches, draws: int = 32, seed: int = 0, own=None, others=()
) -> list:
    """Measure the encoder's gradient under every estimator that applies.

    The weights stay as they are. Every estimator sees the same minibatches
    and starts from the same noise. For a gradient `g` of the loss with
    respect to all weights of the encoders, variances are sums over the
    weights: `sampling_variance` over re-draws of the codes of a minibatch,
    averaged over the minibatches; `minibatch_variance` over minibatches of
    the mean gradient, less what sampling adds to it.

    Relaxations are at the model's own temperature, or at 1. Moving averages
    of losses that are empty are given the mean loss of codes drawn.

    Args:
        model: Built `CodeModel` whose code has logits.
        batches: List of arrays `(batch, ...)`, at least two.
        draws: Int >= 2, re-draws of each minibatch.
        seed: Int, of the noise.
        own: Pair, name and list of estimators that trained the model, or
            `None` for those of its bottlenecks.
        others: Pairs like `own`, to be measured too.

    Returns:
        List of dicts: `estimator`, `unbiased`, `decoder_evaluations`,
        `gradient_norm`, `sampling_variance`, `minibatch_variance`,
        `signal_to_noise` (squared norm over sampling variance, `None` where
        there is none), `variance_times_cost`.
    """
    check_int("gradient_variance", "draws", draws, 2)
    check_codes(model)
    if len(batches) < 2:
        raise ValueError(
            "`gradient_variance` needs at least 2 minibatches, to tell their "
            f"variance from the codes'. Received: {len(batches)}"
        )
    mean_loss = _mean_loss(model, batches, seed)
    rows = []
    for label, chosen in [*_applicable(model, batches[0], own), *others]:
        _fill_averages(chosen, mean_loss)
        with seeded(model, seed):
            rows.append(
                estimator_variance(model, label, chosen, batches, draws)
            )
    return rows


def check_codes(model) -> None:
    """Refuse a model whose codes have no gradient that scatters.

    Args:
        model: Keras model.
    """
    bottleneck = getattr(model, "bottleneck", None)
    if not isinstance(bottleneck, LogitCode):
        raise ValueError(
            "`gradient_variance` needs a model with a stochastic code, "
            f"one-hot or binary. Received: {type(model).__name__} with "
            f"bottleneck={type(bottleneck).__name__}"
        )


def _mean_loss(model, batches, seed) -> float:
    """Return what a moving average of the losses of drawn codes holds."""
    drawn = [Reinforce("none") for _ in model.stages]
    losses = []
    with seeded(model, seed), model.trained_by(drawn), DeferredUpdates():
        for x in batches:
            terms = model.loss_terms(Batch(tf.constant(x)), training=True)
            losses.append(terms["reconstruction_loss"])
    return float(np.mean(np.concatenate(losses)))


def _fill_averages(chosen, mean_loss) -> None:
    for one in chosen:
        average = getattr(one, "average", None)
        if average is not None and average.steps == 0:
            average.assign(mean_loss)


def _applicable(model, x, own):
    """Yield label and estimators of each that can train these codes."""
    bottleneck = model.bottleneck
    variables = np.prod(model.encode_index(x).shape[1:])
    countable = variables * np.log(bottleneck.num_codes) <= np.log(MAX_CODES)
    codes = [code for _, code in model.stages]
    if own is None:
        own = codes[0].estimator.name, [code.estimator for code in codes]
    yield f"the run's own, {_label(own[0], codes, own[1])}", own[1]
    for name in CANDIDATES:
        found = [_candidate(name, code) for code in codes]
        if bottleneck.kind not in found[0].code_kinds:
            continue
        if found[0].name == "exact" and not countable:
            continue
        if found[0].needs_differentiable_loss > model.differentiable_loss:
            continue
        yield _label(name, codes, found), found


def _candidate(name, code):
    """Return an estimator, at the temperature of the code's own."""
    found, own = estimators.get(name), code.estimator
    if isinstance(found, Gumbel) and isinstance(own, Gumbel):
        return type(found)(float(own.temperature(code.step)))
    if isinstance(found, Reinforce):
        found.build(keras.layers.Layer(dtype="float32"))
    return found


def _label(name, codes, chosen) -> str:
    """Return a name that says the temperature, where there is one."""
    if not isinstance(chosen[0], Gumbel):
        return name
    values = {
        f"{float(one.temperature(code.step)):.3g}"
        for one, code in zip(chosen, codes)
    }
    return f"{chosen[0].name}(temperature={'/'.join(sorted(values))})"


def decoder_evaluations(model, x) -> int:
    """Return the decoder evaluations of an example in a training step.

    Args:
        model: Built `CodeModel`, under the estimators that train it.
        x: Float32 images.
    """
    rows, value = 1, model.observed(tf.convert_to_tensor(x))
    with DeferredUpdates():  # dropped: the step stays where it is
        for encoder, bottleneck in model.stages:
            code = bottleneck(encoder(value, training=True), training=True)
            rows, value = rows * code.rows, bottleneck.decode_index(code.index)
    return rows


def estimator_variance(model, label, chosen, batches, draws) -> dict:
    """Return the row of one estimator; see `gradient_variance`.

    Args:
        model: Built `CodeModel` whose code has logits.
        label: Str, its name in the row.
        chosen: List of `Estimator`, with their state, one for each layer of
            codes.
        batches: List of arrays `(batch, ...)`, at least two.
        draws: Int >= 2.
    """
    weights = [w for layer, _ in model.stages for w in layer.trainable_weights]
    size = sum(int(np.prod(weight.shape)) for weight in weights)

    def gradient(x):
        with tf.GradientTape() as tape, DeferredUpdates():
            terms = model.loss_terms(Batch(x), training=True)
            loss = sum(
                weight * tf.reduce_mean(terms[name])
                for name, weight in model.term_weights.items()
            )
        found = tape.gradient(loss, weights)
        flat = tf.concat([tf.reshape(g, (-1,)) for g in found], axis=0)
        return tf.cast(flat, tf.float64)

    @tf.function
    def moments(x):
        total = tf.zeros((size,), tf.float64)
        squares = tf.constant(0.0, tf.float64)
        for _ in tf.range(draws):
            found = gradient(x)
            total, squares = total + found, squares + tf.reduce_sum(found**2)
        return total, squares

    means, within = [], []
    with model.trained_by(chosen):
        evaluations = decoder_evaluations(model, batches[0][:1])
        for x in batches:
            total, squares = (m.numpy() for m in moments(tf.constant(x)))
            mean = total / draws
            means.append(mean)
            within.append((squares - draws * mean @ mean) / (draws - 1))
    return _row(label, chosen[0], evaluations, np.stack(means), within, draws)


def _row(label, estimator, evaluations, means, within, draws) -> dict:
    sampling = max(float(np.mean(within)), 0.0)
    if not estimator.stochastic or estimator.name == "exact":
        sampling = 0.0  # the same every time; what is left is rounding
    grand = means.mean(axis=0)
    between = float(np.sum(np.var(means, axis=0, ddof=1)))
    norm = float(np.linalg.norm(grand))
    return {
        "estimator": label,
        "unbiased": bool(estimator.unbiased),
        "decoder_evaluations": int(evaluations),
        "gradient_norm": norm,
        "sampling_variance": sampling,
        "minibatch_variance": max(between - sampling / draws, 0.0),
        "signal_to_noise": norm**2 / sampling if sampling else None,
        "variance_times_cost": sampling * evaluations,
    }
