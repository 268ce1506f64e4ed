"""Feeding models, and what happens to updates that are not finite."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.bottlenecks import DeferredUpdates, VectorQuantizer
from keras_ae.models import Batch
from keras_ae.training import load_checkpoint, save_checkpoint

from .helpers import assert_equal, each, make, values

NAMES = ("Autoencoder", "DiscreteAutoencoder", "VQVAE")
FED = pytest.mark.parametrize("name", NAMES)


def compiled(name, rate=0.1, **options):
    case, model = make(name)
    optimizer = keras.optimizers.SGD(rate)
    model.compile(optimizer=optimizer, jit_compile=False, **options)
    return case.inputs(8)[0], model


def fitted(name, feed, **options):
    """Weights after two epochs of two batches of four, fed by `feed`."""
    x, model = compiled(name, **options)
    model.fit(**feed(x), epochs=2, verbose=0)
    return values(model.weights)


def as_array(x):
    return dict(x=x, batch_size=4, shuffle=False)


def as_dataset(x):
    return dict(x=tf.data.Dataset.from_tensor_slices(x).batch(4))


def as_labelled_dataset(x):
    labels = np.arange(len(x))
    return dict(x=tf.data.Dataset.from_tensor_slices((x, labels)).batch(4))


def as_generator(x):
    def batches():
        while True:
            yield (x[:4],)
            yield (x[4:],)

    return dict(x=batches(), steps_per_epoch=2)


@pytest.mark.parametrize(
    "feed", [as_dataset, as_labelled_dataset, as_generator]
)
@FED
def test_other_feeds_train_as_an_array_does(name, feed):
    assert_equal(fitted(name, as_array), fitted(name, feed))


@FED
def test_two_steps_an_execution_train_as_one(name):
    two = fitted(name, as_array, steps_per_execution=2)
    assert_equal(fitted(name, as_array), two)


def all_state(model):
    """Values of all that training moves, but for what metrics sum up."""
    metrics = {id(v) for metric in model.metrics for v in metric.variables}
    found = [v for v in model.variables if id(v) not in metrics]
    for optimizer in (model.optimizer, *model.player_optimizers.values()):
        found += optimizer.variables
    return values(found)


@each("model")
def test_half_and_half_resumed_are_the_whole_bit_for_bit(name, tmp_path):
    def compiled_adam(seed):
        case, model = make(name, seed=seed)
        model.compile("adam", jit_compile=False)
        return case.inputs(24)[0], model

    def fit(model, x):
        model.fit(x, batch_size=4, shuffle=False, verbose=0)

    x, straight = compiled_adam(seed=0)
    fit(straight, x[:12])
    save_checkpoint(tmp_path, straight, {"step": 3})
    fit(straight, x[12:])
    _, resumed = compiled_adam(seed=1)
    assert load_checkpoint(tmp_path, resumed)["step"] == 3
    fit(resumed, x[12:])
    assert_equal(all_state(straight), all_state(resumed))


@FED
def test_validation_data_and_callbacks_are_served(name):
    x, model = compiled(name)
    seen = []
    callback = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(logs["val_loss"])
    )
    model.fit(x, validation_data=(x,), callbacks=[callback], verbose=0)
    loss = model.evaluate(x, verbose=0, return_dict=True)["loss"]
    assert seen == [pytest.approx(loss, 1e-5)]


def test_sample_weight_multiplies_the_loss_of_its_example():
    x, model = compiled("Autoencoder")
    weight = np.arange(8, dtype="float32")
    terms = model.loss_terms(Batch(x), training=False)
    expected = np.mean(weight * terms["reconstruction_loss"])
    logs = model.evaluate(
        x, x, sample_weight=weight, batch_size=8, verbose=0, return_dict=True
    )
    assert logs["loss"] == pytest.approx(expected, 1e-5)
    assert logs["loss"] == logs["reconstruction_loss"]


def test_an_example_of_weight_zero_trains_nothing():
    x, model = compiled("Autoencoder")
    _, other = compiled("Autoencoder")
    weight = np.array([2.0] * 4 + [0.0] * 4)
    model.fit(x, x, sample_weight=weight, batch_size=8, verbose=0)
    other.fit(x[:4], batch_size=8, verbose=0)
    # Means of eight and of four terms, summed in another order.
    assert_equal(
        values(model.trainable_weights),
        values(other.trainable_weights),
        rtol=1e-5,
        atol=1e-6,
    )


def broken(x, batches):
    """Batches of two, those numbered in `batches` with a NaN."""
    x = np.concatenate([x] * 2)
    for batch in batches:
        x[2 * batch, 0] = np.nan
    return x


def own_state(model):
    """Weights, but for the two counters of skipped updates."""
    return values(w for w in model.weights if "skipped" not in w.path)


@FED
def test_updates_that_are_not_finite_are_skipped_counted_and_warned_of(name):
    x, model = compiled(name)
    with pytest.warns(RuntimeWarning, match="3 updates were skipped"):
        model.fit(
            broken(x, (1, 2, 5)), batch_size=2, shuffle=False, verbose=0
        )
    assert model.skipped_updates == 3
    assert model.skipped_in_a_row == 0
    assert all(np.isfinite(value).all() for value in own_state(model))
    assert model.optimizer.iterations == 8 - 3


@FED
def test_the_skipped_updates_leave_no_trace(name):
    x, model = compiled(name)
    before = own_state(model)
    with pytest.warns(RuntimeWarning, match="2 updates were skipped"):
        model.fit(x * np.nan, batch_size=4, verbose=0)
    assert_equal(before, own_state(model))


@pytest.mark.parametrize("executions", [1, 2])
@FED
def test_too_many_skipped_in_a_row_stop_training(name, executions):
    x, model = compiled(
        name, max_skipped_updates=2, steps_per_execution=executions
    )
    before = own_state(model)
    with pytest.raises(FloatingPointError, match="max_skipped_updates=2"):
        model.fit(x * np.nan, batch_size=2, verbose=0)
    assert model.skipped_updates == 2
    assert_equal(before, own_state(model))


def test_an_infinite_weight_is_not_finite_either():
    x, model = compiled("Autoencoder", max_skipped_updates=1)
    with pytest.raises(FloatingPointError, match="skipped 1 updates"):
        model.fit(x, x, sample_weight=np.full(8, np.inf), verbose=0)


@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_sample_weight_without_labels_is_refused_not_dropped(method):
    x, model = compiled("Autoencoder")
    with pytest.raises(ValueError, match="needs `y` beside `sample_weight`"):
        getattr(model, method)(x, sample_weight=np.ones(8), verbose=0)


def test_deferred_updates_wait_and_are_dropped_when_not_finite():
    quantizer = VectorQuantizer(4, 3)
    x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    quantizer(x)
    before = values(quantizer.weights)
    with DeferredUpdates() as updates:
        quantizer(x, training=True)
    assert_equal(before, values(quantizer.weights))
    updates.apply(finite=tf.constant(False))
    assert_equal(before, values(quantizer.weights))
    updates.apply(finite=tf.constant(True))
    other = VectorQuantizer(4, 3)
    other(x)
    other(x, training=True)
    assert_equal(values(other.weights), values(quantizer.weights))
