import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.bottlenecks import DeferredUpdates, VectorQuantizer
from keras_ae.models import VQVAE

CODES, DIM, LOOKUP = 7, 5, 3
OPTIONS = [
    {},
    {"distance": "cosine"},
    {"update": "gradient"},
    {"lookup_dim": LOOKUP},
    {"lookup_dim": LOOKUP, "distance": "cosine", "update": "gradient"},
    {"estimator": "rotation", "k_means": False},
]


def features(rows=40, seed=0, dim=DIM):
    random = np.random.default_rng(seed)
    return random.normal(size=(rows, dim)).astype("float32")


def quantizer(**options):
    layer = VectorQuantizer(CODES, DIM, **{"seed": 1, **options})
    layer.build((None, DIM))
    width = layer.codebook.shape[1]
    layer.codebook.assign(features(CODES, seed=9, dim=width))
    return layer


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def reference(layer, x):
    """Lookup vectors, their nearest codes, indices and values, in NumPy."""
    vectors, codes = x.astype("float64"), np.float64(layer.codebook)
    if layer.lookup_dim:
        kernel, bias = (np.float64(w) for w in layer.project_in.weights)
        vectors = vectors @ kernel + bias
    if layer.distance == "cosine":
        vectors, codes = unit(vectors), unit(codes)
    distances = np.sum((vectors[:, None] - codes) ** 2, axis=-1)
    index = distances.argmin(axis=1)
    value = nearest = codes[index]
    if layer.lookup_dim:
        kernel, bias = (np.float64(w) for w in layer.project_out.weights)
        value = nearest @ kernel + bias
    return vectors, nearest, index, value, distances


def state(layer):
    return [w.value.numpy() for w in layer.weights]


@pytest.mark.parametrize("options", OPTIONS)
def test_a_code_is_the_nearest_one_and_its_terms_the_distances(options):
    layer, x = quantizer(**options), features()
    vectors, nearest, index, value, distances = reference(layer, x)
    code = layer(x)
    np.testing.assert_array_equal(code.index, index)
    # Float32: |v|^2 + |c|^2 - 2 v c loses some 1e-6 of |v|^2 = 5.
    np.testing.assert_allclose(code.value, value, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(code.logits, -distances, rtol=1e-5, atol=1e-5)
    expected = np.sum((vectors - nearest) ** 2, axis=-1)
    assert code.terms.keys() == layer.term_weights.keys()
    for term in code.terms.values():
        np.testing.assert_allclose(term, expected, rtol=1e-5)


@pytest.mark.parametrize("options", OPTIONS)
def test_inference_changes_no_state_and_repeats(options):
    layer = quantizer(**options)
    layer(features(), training=True)
    before = state(layer)
    first, second = layer(features(seed=2)), layer(features(seed=2))
    for old, new in zip(before, state(layer)):
        np.testing.assert_array_equal(old, new)
    np.testing.assert_array_equal(first.value, second.value)


@pytest.mark.parametrize("options", OPTIONS)
def test_decode_index_gives_the_value_of_a_code(options):
    layer = quantizer(**options)
    for step in range(3):
        layer(features(seed=step), training=True)
    code = layer(features(60).reshape(3, 4, 5, DIM))
    assert code.index.shape == (3, 4, 5)
    # The projection of 3 x 20 rows and of one row may add in another order.
    np.testing.assert_allclose(
        layer.decode_index(code.index), code.value, rtol=1e-6, atol=1e-7
    )


@pytest.mark.parametrize("options", OPTIONS)
def test_terms_and_codes_are_the_same_at_training_and_inference(options):
    layer, x = quantizer(**{**options, "k_means": False}), features()
    inference = layer(x)
    with DeferredUpdates():  # the codebook stays
        training = layer(x, training=True)
    np.testing.assert_array_equal(inference.index, training.index)
    np.testing.assert_array_equal(inference.value, training.value)
    for name, term in inference.terms.items():
        np.testing.assert_array_equal(term, training.terms[name])


def test_the_added_loss_is_the_weighted_mean_of_the_terms():
    layer = quantizer(update="gradient", commitment_weight=0.5, k_means=False)
    for training in (False, True):
        layer._clear_losses()
        code = layer(features(12).reshape(4, 3, DIM), training=training)
        commitment, codebook = code.terms.values()
        assert commitment.shape == (4,)
        expected = np.mean(0.5 * commitment + codebook)
        assert float(sum(layer.losses)) == pytest.approx(expected, rel=1e-6)


def test_gradients_of_the_terms_match_numpy():
    layer, x = quantizer(update="gradient", k_means=False), features()
    _, nearest, index, _, _ = reference(layer, x)
    pulled = tf.constant(x)
    with tf.GradientTape(persistent=True) as tape, DeferredUpdates():
        tape.watch(pulled)
        terms = layer(pulled, training=True).terms
        sums = {name: tf.reduce_sum(term) for name, term in terms.items()}
    codebook = layer.codebook.value
    expected = np.zeros((CODES, DIM))
    np.add.at(expected, index, 2 * (nearest - x))
    actual = tape.gradient(sums["codebook_loss"], codebook)
    actual = tf.convert_to_tensor(actual)
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)
    actual = tape.gradient(sums["commitment_loss"], pulled)
    np.testing.assert_allclose(actual, 2 * (x - nearest), rtol=1e-5, atol=1e-6)
    assert tape.gradient(sums["codebook_loss"], pulled) is None
    assert tape.gradient(sums["commitment_loss"], codebook) is None


def test_a_codebook_moved_by_averages_is_not_trained_by_gradient():
    layer = quantizer(lookup_dim=LOOKUP)
    assert len(layer.trainable_weights) == 4  # the two linear maps
    assert len(quantizer(update="gradient").trainable_weights) == 1


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_codes_are_float32_under_every_policy(policy):
    layer = VectorQuantizer(CODES, DIM, dtype=policy)
    code = layer(features(), training=True)
    assert code.value.dtype == code.logits.dtype == "float32"
    assert {w.dtype for w in layer.weights} == {"float32", "int32"}


def model():
    layers = keras.layers
    return VQVAE(layers.Dense(DIM), quantizer(), layers.Dense(4))


@pytest.mark.parametrize("poisoned", [0, 1])
def test_a_nan_batch_does_not_reach_the_codebook_in_a_model(poisoned):
    keras.utils.set_random_seed(0)
    x = features(48, dim=4)
    broken, net = x.copy(), model()
    broken[16 * poisoned + 3, 2] = np.nan
    net(x)
    net.compile(keras.optimizers.Adam(1e-2))
    if poisoned:
        net.fit(x[:16], batch_size=16, verbose=0)
    before = state(net.bottleneck)
    batch = broken[16 * poisoned : 16 * (poisoned + 1)]
    with pytest.warns(RuntimeWarning, match="1 updates were skipped"):
        net.fit(batch, batch_size=16, verbose=0)
    for old, new in zip(before, state(net.bottleneck)):
        np.testing.assert_array_equal(old, new)
    net.fit(x[16:], batch_size=16, verbose=0)
    assert float(net.bottleneck.fitted) == 1
    assert all(np.isfinite(w).all() for w in state(net.bottleneck))


def test_a_feature_of_another_size_is_refused():
    message = r"needs features of shape \(batch, ..., 5\), where 5 is dim"
    with pytest.raises(ValueError, match=message):
        VectorQuantizer(CODES, DIM)(np.zeros((2, 4)))
