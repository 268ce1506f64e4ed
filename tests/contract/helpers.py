"""What the contract's tests do with a case."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_ae.estimators import ScoreEstimator
from keras_ae.models import DiscreteAutoencoder

from .cases import CASES

CALLED = ("layer", "bottleneck", "estimator", "temperature")


def each(*kinds, full=False, but=()):
    """Parametrise a test over the cases of these kinds."""
    names = [
        name
        for name, case in CASES.items()
        if case.kind in kinds and (case.full or not full)
        if name.partition("-")[0] not in but
    ]
    return pytest.mark.parametrize("name", names)


def make(name, weights_of=None, seed=0):
    """Return a case and its built layer or model, seeded."""
    case = CASES[name]
    keras.utils.set_random_seed(seed)
    layer = case.make_layer()
    call(layer, case.inputs(), training=False)
    if weights_of is not None:
        layer.set_weights(weights_of.get_weights())
    return case, layer


def call(layer, inputs, training):
    """Call a layer or model as a user does."""
    return layer(*(ops.convert_to_tensor(x) for x in inputs), training=training)


def arrays(nest):
    """Return the leaves of a nest of tensors, as arrays."""
    return [ops.convert_to_numpy(leaf) for leaf in keras.tree.flatten(nest)]


def values(variables):
    """Return copies of the values of variables."""
    return [
        np.array(ops.convert_to_tensor(variable)) for variable in variables
    ]


def assert_equal(first, second, **tolerance):
    """Compare two lists of arrays, shape, type and value."""
    assert len(first) == len(second)
    for one, two in zip(first, second):
        assert one.dtype == two.dtype
        assert one.shape == two.shape
        if tolerance:
            np.testing.assert_allclose(one, two, **tolerance)
        else:
            np.testing.assert_array_equal(one, two)


def functional(case, layer):
    """Return a functional model of a layer, as somebody's own would be.

    A score-function estimator needs a model that takes losses through it.
    """
    estimator = getattr(layer, "estimator", None)
    if isinstance(estimator, ScoreEstimator):
        decoder = keras.layers.Dense(case.shapes[0][-1])
        identity = keras.layers.Identity()
        return DiscreteAutoencoder(identity, layer, decoder)
    inputs = case.inputs(1)
    tensors = [keras.Input(x.shape[1:], dtype=x.dtype.name) for x in inputs]
    outputs = layer(*tensors)
    outputs = getattr(outputs, "value", outputs)
    return keras.Model(tensors, keras.layers.Flatten()(outputs))


def fit_once(case, layer, **compile_options):
    """Run one compiled step of `fit`; return the model that was fitted."""
    inputs = case.inputs(8)
    if case.kind == "model":
        layer.compile(optimizer="sgd", **compile_options)
        layer.fit(*inputs, batch_size=8, epochs=1, verbose=0)
        return layer
    model = functional(case, layer)
    if isinstance(model, DiscreteAutoencoder):
        model.compile(optimizer="sgd", **compile_options)
        model.fit(*inputs, batch_size=8, epochs=1, verbose=0)
        return model
    model.compile(optimizer="sgd", loss="mse", **compile_options)
    target = np.full((8, model.output_shape[-1]), 0.5, "float32")
    model.fit(list(inputs), target, batch_size=8, epochs=1, verbose=0)
    return model
