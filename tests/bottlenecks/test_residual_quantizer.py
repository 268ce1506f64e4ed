import numpy as np
import pytest
import tensorflow as tf

from keras_ae.bottlenecks import DeferredUpdates, ResidualQuantizer

STAGES, CODES, DIM = 3, 4, 5


def features(rows=30, seed=0):
    random = np.random.default_rng(seed)
    return random.normal(size=(rows, DIM)).astype("float32")


def quantizer(**options):
    layer = ResidualQuantizer(STAGES, CODES, DIM, k_means=False, **options)
    layer.build((None, DIM))
    for number, stage in enumerate(layer.stages):
        scale = 0.5**number
        stage.codebook.assign(scale * features(CODES, seed=10 + number))
    return layer


def reference(layer, x):
    """Index, codes and squared distances of every stage, in NumPy."""
    residual, found = x.astype("float64"), []
    for stage in layer.stages:
        codes = stage.codebook.value.numpy().astype("float64")
        distances = np.sum((residual[:, None] - codes) ** 2, axis=-1)
        index = distances.argmin(axis=1)
        residual = residual - codes[index]
        found.append((index, codes[index], np.sum(residual**2, axis=-1)))
    return [np.stack(part) for part in zip(*found)]


@pytest.mark.parametrize("update", ["ema", "gradient"])
def test_codes_and_terms_equal_numpy(update):
    layer, x = quantizer(update=update), features()
    index, codes, distances = reference(layer, x)
    code = layer(x)
    np.testing.assert_array_equal(code.index, index.T)
    np.testing.assert_allclose(code.value, codes.sum(0), rtol=1e-5, atol=1e-6)
    assert code.terms.keys() == layer.term_weights.keys()
    for term in code.terms.values():
        np.testing.assert_allclose(term, distances.sum(axis=0), rtol=1e-5)


@pytest.mark.parametrize("stage", range(STAGES))
def test_the_commitment_of_every_stage_pulls_the_features(stage, monkeypatch):
    layer, x = quantizer(), features()
    _, codes, _ = reference(layer, x)
    # Silence the other stages' own terms.
    for other in set(range(STAGES)) - {stage}:
        monkeypatch.setattr(
            layer.stages[other],
            "distance_terms",
            lambda vectors, nearest, batch: {"commitment_loss": 0.0},
        )
    pulled = tf.constant(x)
    with tf.GradientTape() as tape, DeferredUpdates():
        tape.watch(pulled)
        term = layer(pulled, training=True).terms["commitment_loss"]
        total = tf.reduce_sum(term)
    residual = x - codes[: stage + 1].sum(axis=0)
    assert np.abs(residual).min(axis=0).max() > 1e-3
    np.testing.assert_allclose(
        tape.gradient(total, pulled), 2 * residual, rtol=1e-4, atol=1e-5
    )


def test_the_value_passes_the_gradient_once():
    layer, upstream = quantizer(), features(seed=3)
    pulled = tf.constant(features())
    with tf.GradientTape() as tape, DeferredUpdates():
        tape.watch(pulled)
        value = layer(pulled, training=True).value
        total = tf.reduce_sum(value * upstream)
    np.testing.assert_array_equal(tape.gradient(total, pulled), upstream)


def test_every_codebook_has_the_gradient_of_its_own_stage():
    layer, x = quantizer(update="gradient"), features()
    index, codes, _ = reference(layer, x)
    books = [stage.codebook.value for stage in layer.stages]
    with tf.GradientTape() as tape, DeferredUpdates():
        term = layer(tf.constant(x), training=True).terms["codebook_loss"]
        total = tf.reduce_sum(term)
    for number, gradient in enumerate(tape.gradient(total, books)):
        expected = np.zeros((CODES, DIM))
        residual = x - codes[: number + 1].sum(axis=0)
        np.add.at(expected, index[number], -2 * residual)
        np.testing.assert_allclose(
            tf.convert_to_tensor(gradient), expected, rtol=1e-4, atol=1e-5
        )


def test_every_stage_is_fitted_to_what_the_ones_before_left():
    layer = ResidualQuantizer(STAGES, CODES, DIM, seed=2)
    errors = []
    for step in range(60):
        x = features(200, seed=step)
        code = layer(x, training=True)
        errors.append(np.mean((x - code.value.numpy()) ** 2))
    assert [float(stage.fitted) for stage in layer.stages] == [1.0] * STAGES
    assert [int(stage.step) for stage in layer.stages] == [60] * STAGES
    _, codes, _ = reference(layer, features(500, seed=99))
    x = features(500, seed=99)
    left = [np.mean((x - codes[: n + 1].sum(0)) ** 2) for n in range(STAGES)]
    # Each stage of 2 bits over 5 dimensions: 2^(-4 / 5) = 0.57 at best.
    assert left[0] < 0.8 and left[1] < 0.8 * left[0] and left[2] < 0.8 * left[1]


def test_decode_index_is_the_sum_of_the_stages():
    layer = quantizer()
    code = layer(features(24).reshape(4, 3, 2, DIM))
    assert code.index.shape == (4, 3, 2, STAGES)
    decoded = layer.decode_index(code.index)
    np.testing.assert_allclose(decoded, code.value, rtol=1e-6, atol=1e-7)


def test_inference_changes_no_state_and_has_the_terms_of_training():
    layer, x = quantizer(), features()
    before = [w.value.numpy() for w in layer.weights]
    inference = layer(x)
    for old, new in zip(before, layer.weights):
        np.testing.assert_array_equal(old, new.value.numpy())
    training = layer(x, training=True)
    np.testing.assert_array_equal(
        inference.terms["commitment_loss"], training.terms["commitment_loss"]
    )
    np.testing.assert_array_equal(inference.value, training.value)
