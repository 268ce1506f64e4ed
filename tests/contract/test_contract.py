"""What every public class keeps: one test id per class and check."""

import inspect
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from keras_ae.bottlenecks import Code
from keras_ae.models import Batch

from .cases import CASES
from .helpers import (
    CALLED,
    arrays,
    assert_equal,
    call,
    each,
    fit_once,
    make,
    values,
)

POLICIES = pytest.mark.parametrize(
    "policy", ["mixed_bfloat16", "mixed_float16"]
)
JIT = pytest.mark.parametrize("jit", [False, True], ids=["no_jit", "jit"])
# TensorFlow 2.21's oneDNN convolution gives an empty batch the shape of its
# input, not of its output.
CONVOLUTIONS = (
    "ContrastivePredictiveCoding",
    "ConvDecoder",
    "ConvEncoder",
    "DeepInfoMax",
    "FeatureEncoder",
    "ResidualStack",
    "WaveEncoder",
)


def plain(value):
    return keras.saving.serialize_keras_object(value)


@each(*CALLED, "metric", "model", full=True)
def test_config_is_the_arguments_and_none_is_at_its_default(name):
    case = CASES[name]
    arguments = case.arguments()
    parameters = dict(inspect.signature(case.target).parameters)
    parameters.pop("kwargs", None)
    assert set(arguments) == set(parameters)
    for key, value in arguments.items():
        assert value != parameters[key].default, key
    config = case.target(**arguments).get_config()
    assert set(config) - {"name", "trainable", "dtype"} == set(arguments) - {
        "name"
    }
    for key, value in arguments.items():
        assert config[key] == plain(value), key


@each(*CALLED, "metric", "model")
def test_serialised_through_json_it_is_the_same(name):
    text = json.dumps(plain(CASES[name].make()))
    copy = keras.saving.deserialize_keras_object(json.loads(text))
    assert type(copy) is CASES[name].target
    assert json.dumps(plain(copy)) == text


@each(*CALLED, "model")
def test_symbolic_shape_is_eager_shape_also_for_unknown_batch(name):
    case, layer = make(name)
    eager = arrays(call(layer, case.inputs(), training=False))
    for batch in (4, None):
        tensors = [
            keras.Input(
                batch_shape=(batch, *x.shape[1:]),
                dtype="string" if case.words else x.dtype.name,
            )
            for x in case.inputs()
        ]
        symbolic = keras.tree.flatten(layer(*tensors))
        assert len(symbolic) == len(eager)
        for spec, value in zip(symbolic, eager):
            assert tuple(spec.shape) == (batch, *value.shape[1:])
            assert keras.backend.standardize_dtype(spec.dtype) == value.dtype


@each(*CALLED, "model", but=CONVOLUTIONS)
def test_empty_batch_gives_an_empty_batch(name):
    case, layer = make(name)
    full = arrays(call(layer, case.inputs(), training=False))
    empty = arrays(call(layer, case.inputs(0), training=False))
    for some, none in zip(full, empty):
        assert none.shape == (0, *some.shape[1:])


@each(*CALLED, "model")
def test_inference_repeats_and_changes_no_variable(name):
    case, layer = make(name)
    before = values(layer.variables)
    first = arrays(call(layer, case.inputs(), training=False))
    assert_equal(first, arrays(call(layer, case.inputs(), training=False)))
    assert_equal(before, values(layer.variables))


@each(*CALLED, "model")
def test_the_same_seed_argument_repeats_training(name):
    case, one = make(name, seed=0)
    _, two = make(name, weights_of=one, seed=1)
    for _ in range(2):
        first = arrays(call(one, case.inputs(), training=True))
        assert_equal(first, arrays(call(two, case.inputs(), training=True)))
    assert_equal(values(one.variables), values(two.variables))


def loss_of(case, layer):
    """A loss that every output has a share in."""
    if case.kind == "model":
        terms = layer.loss_terms(Batch(*case.inputs()), training=True)
        return ops.sum(sum(terms.values()))
    outputs = call(layer, case.inputs(), training=True)
    terms = []
    if isinstance(outputs, Code) and outputs.draws:
        (x,) = case.inputs()
        return ops.sum(
            layer.expected_loss(x, outputs, lambda x, z: ops.sum(z * x, -1))
        )
    if isinstance(outputs, Code):
        terms = list(outputs.terms.values())
        outputs = outputs.value
    outputs = ops.cast(outputs, "float32")
    ramp = ops.reshape(ops.arange(ops.size(outputs)), ops.shape(outputs))
    return sum(
        (ops.sum(term) for term in terms),
        ops.sum(outputs * (1.0 + ops.cast(ramp, "float32"))),
    )


@each(*CALLED, "model")
def test_gradient_is_finite_for_every_trainable_weight(name):
    case, layer = make(name)
    weights = layer.trainable_weights
    if case.kind == "model":
        weights = layer.own_weights()
    with tf.GradientTape() as tape:
        loss = loss_of(case, layer)
    assert np.isfinite(loss)
    for weight, gradient in zip(weights, tape.gradient(loss, weights)):
        assert gradient is not None, weight.path
        assert np.isfinite(ops.convert_to_numpy(gradient)).all(), weight.path


@POLICIES
@each(*CALLED, "model")
def test_mixed_precision_keeps_codes_losses_and_weights_in_float32(
    name, policy
):
    keras.config.set_dtype_policy(policy)
    case, layer = make(name)
    outputs = call(layer, case.inputs(), training=True)
    if isinstance(outputs, dict):
        outputs = layer.encode(*case.inputs())
    dtypes = {
        keras.backend.standardize_dtype(leaf.dtype)
        for leaf in keras.tree.flatten(outputs)
    }
    assert dtypes <= (
        {"float32", "int32"} if case.float32 else {layer.compute_dtype}
    )
    if case.kind == "model":
        terms = layer.loss_terms(Batch(*case.inputs()), training=True)
        assert {term.dtype for term in terms.values()} == {tf.float32}
    assert {w.dtype for w in layer.weights} <= {"float32", "int32"}
    if case.kind == "model":
        fit_once(case, layer)
        assert all(np.isfinite(value).all() for value in values(layer.weights))


@JIT
@each("layer", "bottleneck", "model")
def test_one_compiled_fit_step_keeps_weights_finite(name, jit):
    case, layer = make(name)
    before = values(layer.trainable_weights)
    model = fit_once(case, layer, jit_compile=jit)
    assert all(np.isfinite(value).all() for value in values(model.weights))
    after = values(layer.trainable_weights)
    moved = [np.any(one != two) for one, two in zip(before, after)]
    assert any(moved) or not moved


@each(*CALLED, "model")
def test_saved_and_loaded_it_gives_the_same_output(name, tmp_path):
    case, layer = make(name)
    model = fit_once(case, layer)
    path = tmp_path / "model.keras"
    model.save(path)
    loaded = keras.saving.load_model(path)
    inputs = [ops.convert_to_tensor(x) for x in case.inputs()]
    inputs = inputs[0] if len(inputs) == 1 else inputs
    assert_equal(arrays(model(inputs)), arrays(loaded(inputs)))
    assert_equal(values(model.weights), values(loaded.weights))
