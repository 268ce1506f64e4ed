"""The quantiser in other people's models, under plain Keras `fit`."""

import keras
import numpy as np
import pytest

from keras_ae.bottlenecks import (
    FiniteScalarQuantizer,
    OneHotCode,
    ResidualQuantizer,
    VectorQuantizer,
)

CODES, BLOBS, WIDTH = 12, 6, 8
Dense = keras.layers.Dense


@keras.saving.register_keras_serializable("tests")
class Users(keras.Model):
    def __init__(self, bottleneck, width):
        super().__init__()
        self.narrow, self.bottleneck = Dense(width), bottleneck
        self.widen = Dense(WIDTH)

    def call(self, x, training=False):
        code = self.bottleneck(self.narrow(x), training=training)
        return self.widen(code.value)


def functional(bottleneck, width):
    inputs = keras.Input((WIDTH,))
    code = bottleneck(Dense(width)(inputs))
    return keras.Model(inputs, Dense(WIDTH)(code.value))


def blobs(rows=240, seed=0):
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(7).normal(size=(BLOBS, WIDTH))
    x = centres[random.integers(0, BLOBS, rows)]
    return (x + 0.05 * random.normal(size=x.shape)).astype("float32")


def trained(make, bottleneck, width=3, epochs=15, **options):
    keras.utils.set_random_seed(0)
    model, x = make(bottleneck, width), blobs()
    model.compile(keras.optimizers.Adam(2e-2), "mse", **options)
    return model, model.fit(x, x, batch_size=24, epochs=epochs, verbose=0)


@pytest.mark.parametrize(
    "make, update",
    [(functional, "ema"), (Users, "ema"), (functional, "gradient")],
)
def test_it_learns_and_its_codebook_follows(make, update):
    # With a decay of 0.9 an unused code is restarted after 22 steps.
    layer = VectorQuantizer(CODES, 3, update=update, decay=0.9, seed=1)
    model, history = trained(make, layer, epochs=1)
    before, x = layer.codebook.value.numpy(), blobs()
    model.fit(x, x, batch_size=24, epochs=12, verbose=0)
    moved = np.linalg.norm(layer.codebook.value.numpy() - before, axis=1)
    assert moved.min() > 1e-2
    assert int(layer.step) == 130
    loss, again = (model.evaluate(x, x, verbose=0) for _ in range(2))
    assert loss == again
    # The blobs' own variance, 0.05^2, is far below the data's, about 1.
    assert loss < 0.2 * history.history["loss"][0]
    assert len(np.unique(layer(model_features(model, x)).index)) >= BLOBS


def model_features(model, x):
    narrow = [part for part in model.layers if isinstance(part, Dense)][0]
    return narrow(x)


def test_the_loss_of_evaluate_is_error_plus_weighted_commitment():
    layer = VectorQuantizer(CODES, 3, commitment_weight=0.7, seed=1)
    model, _ = trained(functional, layer, epochs=2)
    x = blobs(seed=5)
    terms = layer(model_features(model, x)).terms
    error = np.mean((model.predict(x, verbose=0) - x) ** 2)
    expected = error + 0.7 * np.mean(terms["commitment_loss"])
    # One batch: 240 rows.
    loss = model.evaluate(x, x, batch_size=240, verbose=0)
    assert loss == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    "bottleneck, width",
    [
        (lambda: ResidualQuantizer(2, 3, 3), 3),
        (lambda: FiniteScalarQuantizer([5, 4, 3]), 3),
        (lambda: OneHotCode(2, 4, seed=1), 8),
    ],
)
def test_every_other_bottleneck_learns_as_well(bottleneck, width):
    model, history = trained(functional, bottleneck(), width)
    loss = history.history["loss"]
    assert loss[-1] < 0.5 * loss[0]


def test_it_learns_when_compiled_by_xla():
    layer = VectorQuantizer(CODES, 3, seed=1)
    _, history = trained(functional, layer, epochs=5, jit_compile=True)
    loss = history.history["loss"]
    assert loss[-1] < 0.5 * loss[0]
    assert float(layer.fitted) == 1


def test_one_quantiser_used_twice_adds_both_losses():
    layer = VectorQuantizer(CODES, 3, k_means=False, commitment_weight=1.0)
    first, second = keras.Input((3,)), keras.Input((3,))
    model = keras.Model(
        [first, second], [layer(first).value, layer(second).value]
    )
    random = np.random.default_rng(0)
    x, y = random.normal(size=(2, 10, 3)).astype("float32")
    model([x, y])
    terms = [layer(part).terms["commitment_loss"] for part in (x, y)]
    model([x, y])
    assert float(sum(model.losses)) == pytest.approx(
        float(np.mean(terms[0]) + np.mean(terms[1])), rel=1e-5
    )


def test_a_saved_model_gives_the_same_codes(tmp_path):
    model, _ = trained(functional, VectorQuantizer(CODES, 3), epochs=2)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    x = blobs(seed=3)
    np.testing.assert_array_equal(
        again.predict(x, verbose=0), model.predict(x, verbose=0)
    )
