"""What every model keeps beside what every class keeps."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from .cases import CASES
from .helpers import assert_equal, each, make, values

# Sums of at most five float32 terms, each the mean of eight examples.
RTOL = 1e-5


def weighted(model, logs):
    return sum(
        weight * logs[name] for name, weight in model.term_weights.items()
    )


def compiled(name, **options):
    case, model = make(name)
    model.compile(optimizer=options.pop("optimizer", "sgd"), **options)
    return case, model


@each("model")
def test_loss_is_the_weighted_sum_of_the_logged_terms(name):
    case, model = compiled(name, jit_compile=False)
    (x,) = case.inputs(8)
    history = model.fit(x, batch_size=4, validation_data=(x,), verbose=0)
    logs = {key: value[0] for key, value in history.history.items()}
    held_out = {
        key.removeprefix("val_"): value
        for key, value in logs.items()
        if key.startswith("val_")
    }
    evaluated = model.evaluate(x, batch_size=4, verbose=0, return_dict=True)
    for found in (logs, held_out, evaluated):
        assert found["loss"] == pytest.approx(weighted(model, found), RTOL)
        assert found["loss"] != 0


@each("model")
def test_evaluating_twice_gives_the_same_and_moves_nothing(name):
    case, model = compiled(name, jit_compile=False)
    (x,) = case.inputs(8)
    before = values(model.variables)
    first = model.evaluate(x, batch_size=3, verbose=0, return_dict=True)
    names = {m.name for m in model.metrics}
    unchanged = [
        (old, new)
        for variable, old, new in zip(
            model.variables, before, values(model.variables)
        )
        if not names & set(variable.path.split("/"))
    ]
    assert_equal(*zip(*unchanged))
    second = model.evaluate(x, batch_size=3, verbose=0, return_dict=True)
    assert first == second


@each("model")
def test_eight_examples_can_be_overfitted(name):
    case, model = compiled(
        name, optimizer=keras.optimizers.Adam(0.02), jit_compile=False
    )
    # Black and white, so that the Bernoulli likelihood has no floor; large,
    # so that the divergence of the Gaussian is small beside the error.
    scale = 5.0 if name == "VariationalAutoencoder" else 1.0
    (x,) = case.inputs(8)
    x = x if case.words else scale * np.round(x)
    before = model.evaluate(x, verbose=0, return_dict=True)["loss"]
    data = tf.data.Dataset.from_tensors(x).repeat(150)
    model.fit(data, verbose=0)
    after = model.evaluate(x, verbose=0, return_dict=True)["loss"]
    # Four codes cannot tell 32 random vectors apart, hence not lower.
    assert after < 0.75 * before


@each("model")
def test_embedding_is_float32_and_repeats(name):
    case, model = make(name)
    (x,) = case.inputs()
    first, second = model.encode(x), model.encode(x)
    assert first.dtype == tf.float32
    np.testing.assert_array_equal(first, second)


@each(
    "model",
    but=(
        "ContrastivePredictiveCoding",
        "DeepInfoMax",
        "QuickThought",
        "SkipThought",
    ),
)
def test_reconstruction_decodes_the_embedding(name):
    case, model = make(name)
    (x,) = case.inputs()
    x_hat = model.reconstruct(x)
    assert x_hat.shape == x.shape and x_hat.dtype == tf.float32
    decoded = model.decode(model.encode(x))
    # All of the object, or the rows of it that are predicted.
    predicted = x_hat[:, x_hat.shape[1] - decoded.shape[1] :]
    np.testing.assert_array_equal(predicted, decoded)


CODED = pytest.mark.parametrize(
    "name", [name for name in CASES if name.startswith(("Discrete", "VQVAE"))]
)


@CODED
def test_embedding_and_reconstruction_are_those_of_the_index(name):
    case, model = make(name)
    (x,) = case.inputs()
    index = model.encode_index(x)
    assert index.dtype == tf.int32
    np.testing.assert_array_equal(
        model.bottleneck.decode_index(index), model.encode(x)
    )
    np.testing.assert_array_equal(
        model.decode_index(index), model.reconstruct(x)
    )


@CODED
def test_codes_used_start_anew_each_epoch(name):
    case, model = compiled(
        name, optimizer=keras.optimizers.SGD(0.0), jit_compile=False
    )
    (x,) = case.inputs(8)
    logs = [
        model.evaluate(x, verbose=0, return_dict=True)["codes_used"]
        for _ in range(2)
    ]
    index = np.array(model.encode_index(x)).reshape(-1, model.bottleneck.groups)
    distinct = sum(len(np.unique(column)) for column in index.T)
    assert logs == [distinct, distinct]


@each("model")
def test_a_loaded_compiled_model_trains_on_as_the_saved_one(name, tmp_path):
    case, model = compiled(name, optimizer="adam", jit_compile=False)
    (x,) = case.inputs(8)
    model.fit(x, batch_size=8, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.compiled and loaded.max_skipped_updates == 10
    assert_equal(
        values(model.optimizer.variables), values(loaded.optimizer.variables)
    )
    for one in (model, loaded):
        # Keras saves no seeds: the noise of the next step is drawn alike.
        reseed(one)
        one.fit(x, batch_size=8, verbose=0)
    assert_equal(values(model.weights), values(loaded.weights))


def reseed(model):
    weights = {id(weight) for weight in model.weights}
    for variable in model.variables:
        if "seed_generator_state" in variable.path:
            assert id(variable) not in weights
            variable.assign([3, 0])


@each("model")
def test_an_uncompiled_model_stays_uncompiled_when_loaded(name, tmp_path):
    _, model = make(name)
    model.save(tmp_path / "model.keras")
    assert not keras.saving.load_model(tmp_path / "model.keras").compiled
