"""`ReinforceTrainer.fit`: Keras callbacks, resume, skips, refusals."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import rl
from keras_ae.bottlenecks import VectorQuantizer
from keras_ae.models import VQVAE
from keras_ae.training import load_checkpoint, save_checkpoint

Dense = keras.layers.Dense


def data(x, batch=16):
    return tf.data.Dataset.from_tensor_slices(x).batch(batch)


def value_network():
    return keras.Sequential([keras.Input((7,)), Dense(8, "tanh"), Dense(1)])


def test_it_trains_as_the_estimator_of_the_same_name_does(make, x):
    ours = make(estimator="reinforce")
    expected = ours.fit(data(x), epochs=3, verbose=0).history
    model = make(estimator="gumbel")
    found = rl.ReinforceTrainer(model).fit(data(x), epochs=3, verbose=0)
    assert isinstance(found, keras.callbacks.History)
    for name, values in expected.items():
        # Twelve steps of Adam on gradients that agree to 1e-6.
        np.testing.assert_allclose(found.history[name], values, rtol=1e-4)


def test_fit_serves_validation_data_and_ordinary_callbacks(
    make, x, tmp_path
):
    model, seen = make(), []
    trainer = rl.ReinforceTrainer(model)
    callbacks = [
        keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: seen.append(logs["val_loss"])
        ),
        keras.callbacks.ModelCheckpoint(tmp_path / "best.keras"),
        keras.callbacks.LambdaCallback(
            on_epoch_end=lambda *_: setattr(model, "stop_training", True)
        ),
    ]
    history = trainer.fit(
        data(x),
        epochs=9,
        validation_data=data(x),
        callbacks=callbacks,
        verbose=0,
    )
    assert len(seen) == 1 and history.history["val_loss"] == seen
    loss = model.evaluate(data(x), verbose=0, return_dict=True)["loss"]
    assert seen == [pytest.approx(loss, 1e-5)]
    loaded = keras.saving.load_model(tmp_path / "best.keras")
    np.testing.assert_array_equal(loaded.encode(x), model.encode(x))


def test_afterwards_it_is_an_ordinary_keras_model(make, x, tmp_path):
    model = make(estimator="gumbel_st")
    rl.ReinforceTrainer(model, value_network=value_network()).fit(
        data(x), epochs=2, verbose=0
    )
    assert model.bottleneck.training_estimator.name == "gumbel_st"
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.encode(x), model.encode(x))
    before = model.encoder.weights[0].numpy()
    model.fit(data(x), verbose=0)
    loaded.fit(data(x), verbose=0)
    assert np.any(before != model.encoder.weights[0])


def test_resumed_from_a_checkpoint_it_goes_on_bit_for_bit(make, x, tmp_path):
    def start():
        keras.utils.set_random_seed(5)
        network, model = value_network(), make()
        return model, rl.ReinforceTrainer(model, value_network=network)

    model, trainer = start()
    trainer.fit(data(x), epochs=4, verbose=0)
    first, trainer = start()
    trainer.fit(data(x), epochs=2, verbose=0)
    save_checkpoint(tmp_path, first, {"epoch": 2})
    second, trainer = start()
    assert load_checkpoint(tmp_path, second)["epoch"] == 2
    trainer.fit(data(x), epochs=4, initial_epoch=2, verbose=0)
    for one, two in zip(model.get_weights(), second.get_weights()):
        np.testing.assert_array_equal(one, two)


def test_a_value_network_lowers_the_variance_of_the_advantage(make, x):
    model = make()
    trainer = rl.ReinforceTrainer(
        model,
        value_network=value_network(),
        value_optimizer=keras.optimizers.Adam(0.02),
    )
    model.decoder.trainable = False
    x = x * np.linspace(0.2, 2.0, 64)[:, None].astype("float32")
    trainer.fit(data(x, 64).repeat(200), verbose=0)
    losses = -rl.CodeEnvironment(model, x, 64).losses(x, model.encode_index(x))
    predicted, _ = trainer.estimator.critic(tf.constant(x))
    assert np.var(losses - predicted) < 0.3 * np.var(losses)


def test_a_step_that_is_not_finite_is_skipped_and_leaves_no_trace(make, x):
    model = make()
    trainer = rl.ReinforceTrainer(model, value_network=value_network())
    trainer.fit(data(x), verbose=0)
    moving = {id(v) for metric in model.metrics for v in metric.variables}
    kept = [
        variable
        for variable in trainer.checkpoint_variables()
        if id(variable) not in moving
        and not {"skip", "seed"} & set(variable.name.split("_"))
        and not variable.name.startswith("skipped")
    ]
    before = [np.array(v) for v in kept]
    with pytest.warns(RuntimeWarning, match="4 updates were skipped"):
        trainer.fit(data(x * np.nan), verbose=0)
    assert model.skipped_updates == 4
    for variable, value in zip(kept, before):
        np.testing.assert_array_equal(variable, value, variable.path)


def test_too_many_steps_that_are_not_finite_stop_the_training(make, x):
    model = make(max_skipped_updates=3)
    with pytest.raises(FloatingPointError, match="skipped 3 updates in a row"):
        rl.ReinforceTrainer(model).fit(data(x * np.nan), verbose=0)
    assert model.skipped_updates == 3
    assert model.bottleneck.training_estimator.name == "gumbel"


def test_several_steps_an_execution_are_the_same_steps(make, x):
    found = []
    for steps in (1, 4):
        model = make(steps_per_execution=steps)
        trainer = rl.ReinforceTrainer(model, samples=2)
        trainer.fit(data(x), epochs=2, verbose=0)
        assert float(trainer.estimator.average.steps) == 8
        found.append(weights_of(model))
    for one, two in zip(*found):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)


def weights_of(model):
    layers = model.encoder.weights + model.decoder.weights
    return [np.array(weight) for weight in layers]


class Weighted(keras.utils.PyDataset):
    """Batches of 16 with labels and weights."""

    def __init__(self, *arrays):
        super().__init__()
        self.arrays = arrays

    def __len__(self):
        return 4

    def __getitem__(self, number):
        rows = slice(16 * number, 16 * number + 16)
        return tuple(array[rows] for array in self.arrays)


def by_dataset(x, y, weight):
    return data((x, y, weight)), {}


def by_generator(x, y, weight):
    batches = Weighted(x, y, weight)
    return (batches[number] for number in range(4)), {}


def by_py_dataset(x, y, weight):
    return Weighted(x, y, weight), {}


def by_argument(x, y, weight):
    return x, dict(y=y, sample_weight=weight, batch_size=16)


def by_class(x, y, weight):
    return x, dict(y=y, class_weight={0: 0.2, 1: 5.0}, batch_size=16)


@pytest.mark.parametrize("baseline", ["none", "leave_one_out"])
@pytest.mark.parametrize(
    "given", [by_dataset, by_generator, by_py_dataset, by_argument, by_class]
)
def test_weights_weigh_the_agent_s_part_as_the_loss(make, x, given, baseline):
    y = (x[:, 0] > 0).astype("int64")
    weight = np.where(y > 0, 5.0, 0.2).astype("float32")
    named = f"reinforce(baseline={baseline}, samples=2)"
    ours, model = (
        make(estimator=name, optimizer=keras.optimizers.SGD(0.01))
        for name in (named, "gumbel")
    )
    start = weights_of(model)
    for fit in (ours.fit, rl.ReinforceTrainer(model, baseline, samples=2).fit):
        first, options = given(x, y, weight)
        fit(first, **options, shuffle=False, verbose=0)
    for old, one, two in zip(start, weights_of(ours), weights_of(model)):
        # Four steps on gradients that agree to 1e-6.
        np.testing.assert_allclose(two - old, one - old, rtol=1e-3, atol=1e-6)


def test_bad_arguments_are_refused(make, x):
    model = make()
    with pytest.raises(ValueError, match="`value_network` with `baseline='v"):
        rl.ReinforceTrainer(model, "value")
    with pytest.raises(ValueError, match="Received: baseline='ema', value_n"):
        rl.ReinforceTrainer(model, "ema", value_network=value_network())
    spec = tf.TensorSpec((7,), tf.float32)
    with pytest.raises(ValueError, match="`baseline='none'` and a `value_n"):
        rl.AgentEstimator(model.encoder, model.bottleneck, spec, "value")
    with pytest.raises(ValueError, match="`entropy_weight` >= 0") as refused:
        rl.ReinforceTrainer(model, entropy_weight=-1)
    assert "`ReinforceTrainer` needs" in str(refused.value)
    with pytest.raises(ValueError, match="`AgentEstimator` needs `entropy_w"):
        rl.AgentEstimator(
            model.encoder, model.bottleneck, spec, entropy_weight=-1
        )
    with pytest.raises(TypeError, match="a model with encoder, bottleneck"):
        rl.ReinforceTrainer(Dense(3))


def test_a_model_without_a_stochastic_code_is_refused():
    model = VQVAE(Dense(3), VectorQuantizer(4, 3), Dense(7))
    with pytest.raises(ValueError, match="stochastic code, one-hot or binary"):
        rl.ReinforceTrainer(model)
