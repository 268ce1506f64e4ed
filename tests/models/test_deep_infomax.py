"""Deep InfoMax: its scores, its negatives, its prior, and that it learns."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.bottlenecks import DeferredUpdates
from keras_ae.layers import BatchNorm, ConcatScore, DotScore, FeatureEncoder
from keras_ae.losses import donsker_varadhan, info_nce, jensen_shannon
from keras_ae.models import Batch, DeepInfoMax

MEASURES = {
    "jensen_shannon": jensen_shannon,
    "info_nce": info_nce,
    "donsker_varadhan": donsker_varadhan,
}


def images(count=6, seed=0):
    random = np.random.default_rng(seed)
    return random.uniform(size=(count, 8, 8, 1)).astype("float32")


def made(seed=0, **arguments):
    keras.utils.set_random_seed(seed)
    arguments.setdefault("score_units", 8)
    model = DeepInfoMax(FeatureEncoder(4, [6], 10, 3), **arguments)
    model(images())
    return model


def sides(model, x):
    """Embedding, and the map as `(batch, positions, channels)`."""
    found = model.features(x)
    conv = np.array(found["conv"])
    return np.array(found["embedding"]), conv.reshape(len(x), -1, 6)


@pytest.mark.parametrize("scoring", ["dot", "concat"])
@pytest.mark.parametrize("measure", MEASURES)
def test_local_loss_is_the_measure_of_all_pairs_of_the_batch(measure, scoring):
    model, x = made(measure=measure, scoring=scoring), images()
    z, local = sides(model, x)
    # Each pair scored alone: object i's embedding with j's feature map.
    scores = [
        model.local_score(np.repeat(row[None], len(x), 0), local) for row in z
    ]
    scores = np.array(scores).reshape(len(x), -1)
    positives = np.repeat(np.eye(len(x), dtype=bool), local.shape[1], axis=1)
    expected = MEASURES[measure](scores, positives)
    terms = model.loss_terms(Batch(x), training=False)
    # Sums of 96 float32 products in another order.
    np.testing.assert_allclose(
        terms["local_loss"], expected, rtol=1e-4, atol=1e-5
    )


def test_global_loss_takes_the_whole_map_as_one_side():
    model, x = made(local_weight=0.0, global_weight=1.0), images()
    z, local = sides(model, x)
    flat = local.reshape(len(x), 1, -1)
    scores = model.global_score.compare(*model.global_score.code(z, flat))
    expected = jensen_shannon(scores[:, :, 0])
    terms = model.loss_terms(Batch(x), training=False)
    assert set(terms) == {"global_loss"}
    np.testing.assert_allclose(terms["global_loss"], expected, rtol=1e-4)


@pytest.mark.parametrize("make", [DotScore, ConcatScore])
def test_scores_of_own_pairs_are_the_diagonal_of_all_pairs(make):
    random = np.random.default_rng(0)
    z = random.normal(size=(5, 3)).astype("float32")
    local = random.normal(size=(5, 4, 2)).astype("float32")
    score = make(7)
    own = score(z, local)
    pairs = np.array(score.compare(*score.code(z, local)))
    np.testing.assert_allclose(
        pairs[range(5), range(5)], own, rtol=1e-4, atol=1e-5
    )


def test_concat_score_is_a_network_on_the_sides_joined():
    random = np.random.default_rng(0)
    z = random.normal(size=(5, 3)).astype("float32")
    local = random.normal(size=(5, 4, 2)).astype("float32")
    score = ConcatScore(7)
    actual = score(z, local)
    parts = score.global_part, score.local_part
    kernel = np.concatenate([np.array(part.kernel.value) for part in parts])
    joined = np.concatenate([np.repeat(z[:, None], 4, 1), local], axis=-1)
    first = np.maximum(joined @ kernel + score.global_part.bias.value, 0)
    second = first @ np.array(score.hidden.kernel.value)
    second = second + score.hidden.bias.value
    expected = np.maximum(second, 0) @ np.array(score.out.kernel.value)
    np.testing.assert_allclose(actual, expected[..., 0], rtol=1e-4, atol=1e-5)


def test_objects_whose_patches_share_something_are_told_apart():
    # Each image has its own brightness, in all patches.
    x = np.linspace(0, 1, 32)[:, None, None, None] * np.ones((1, 8, 8, 1))
    x = x.astype("float32")
    model = made(measure="info_nce")
    model.compile(optimizer=keras.optimizers.Adam(0.01))
    before = model.evaluate(x, verbose=0, return_dict=True)["loss"]
    model.fit(x, batch_size=32, epochs=60, verbose=0)
    after = model.evaluate(x, verbose=0, return_dict=True)["loss"]
    # Chance is the logarithm of 1 + 31 * 16 candidates, 6.2; a nat less is
    # one image in 12 instead of 32.
    assert before > 0.9 * np.log(497)
    assert after < np.log(497) - 1


def test_the_adversary_moves_the_embedding_to_the_prior():
    model = made(prior_weight=1.0, local_weight=0.01, critic_units=[16])
    model.compile(
        optimizer=keras.optimizers.Adam(0.005),
        player_optimizers={"critic": keras.optimizers.Adam(0.005)},
    )
    model.encoder.linear.bias.assign([4.0, -4.0, 4.0, -4.0])
    x = images(64)
    before = np.abs(np.mean(model.encode(x), axis=0) - 0.5)
    model.fit(x, batch_size=64, epochs=300, verbose=0)
    after = np.abs(np.mean(model.encode(x), axis=0) - 0.5)
    # The prior's mean is 0.5 in every dimension; it lies within [0, 1).
    assert before.min() > 2
    assert after.max() < 0.5


def test_the_prior_is_drawn_anew_in_training_and_fixed_in_evaluation():
    model, z = made(prior_weight=1.0), np.zeros((5, 4), "float32")
    first, second = (model._draw_prior(z, True) for _ in range(2))
    assert np.abs(first - second).max() > 0
    assert 0 <= np.min(first) and np.max(first) < 1
    fixed = [model._draw_prior(z, False) for _ in range(2)]
    np.testing.assert_array_equal(*fixed)


def test_batch_norm_is_that_of_keras():
    x = np.random.default_rng(0).normal(2, 3, (8, 4, 3)).astype("float32")
    ours = BatchNorm(momentum=0.8, epsilon=1e-3)
    keras_own = keras.layers.BatchNormalization(momentum=0.8, epsilon=1e-3)
    for training in (True, True, False):
        np.testing.assert_allclose(
            ours(x, training=training),
            keras_own(x, training=training),
            rtol=1e-4,
            atol=1e-5,
        )


def test_batch_norm_forgets_a_batch_that_was_not_finite():
    x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    layer = BatchNorm()
    layer(x)
    before = layer.get_weights()
    with DeferredUpdates() as updates:
        layer(x * np.nan, training=True)
    updates.apply(finite=tf.constant(False))
    for old, new in zip(before, layer.get_weights()):
        np.testing.assert_array_equal(old, new)
    with DeferredUpdates() as updates:
        layer(x, training=True)
    updates.apply(finite=tf.constant(True))
    assert np.abs(layer.moving_mean).max() > 0


def test_an_update_that_is_not_finite_leaves_the_model_whole():
    model, x = made(prior_weight=0.1), images()
    before = [w for w in model.get_weights()]
    model.compile(optimizer="sgd")
    with pytest.warns(RuntimeWarning, match="2 updates were skipped"):
        model.fit(x * np.nan, batch_size=6, verbose=0)
    for old, new, weight in zip(before, model.get_weights(), model.weights):
        if "skipped" not in weight.path:
            np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    "change, error, match",
    [
        (dict(measure="infonce"), ValueError, "Did you mean 'info_nce'"),
        (dict(scoring="dots"), ValueError, "Did you mean 'dot'"),
        (dict(prior="gauss"), ValueError, "`prior` to be one of"),
        (dict(prior_weight=-1), ValueError, "`prior_weight` >= 0. Received"),
        (dict(local_weight=0), ValueError, "`local_weight` > 0 or `global"),
        (dict(critic_units=[0], prior_weight=1), ValueError, "units` >= 1"),
        (dict(encoder=keras.layers.Dense(2)), TypeError, "with `features`"),
    ],
)
def test_a_bad_argument_is_refused(change, error, match):
    arguments = {"encoder": FeatureEncoder(4, [6], 10), **change}
    with pytest.raises(error, match=match):
        DeepInfoMax(**arguments)


def test_an_encoder_of_images_refuses_rows():
    with pytest.raises(ValueError, match=r"images .* Received: shape=\(2, 3\)"):
        FeatureEncoder()(np.zeros((2, 3), "float32"))
