"""What the public names of `rl` keep, where its extra is installed."""

import ast
import inspect
import pathlib
import re

import keras
import numpy as np
import pytest

from keras_ae.bottlenecks import OneHotCode
from keras_ae.models import DiscreteAutoencoder

from .rl_cases import CASES, EXCUSED

ROOT = pathlib.Path(__file__).parents[2]
TESTS = ROOT / "tests"
EACH = pytest.mark.parametrize("name", CASES)


def public_names():
    """Names in `rl.__all__`, read without importing it."""
    tree = ast.parse((ROOT / "rl" / "__init__.py").read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "__all__":
            return ast.literal_eval(node.value)
    raise AssertionError("`rl` has no `__all__`")


def test_every_public_name_has_a_case_or_an_excuse_and_none_both():
    names = public_names()
    assert names == sorted(names)
    assert set(names) == set(CASES) | set(EXCUSED)
    assert not set(CASES) & set(EXCUSED)


def test_every_test_that_an_excuse_names_exists():
    for reason in EXCUSED.values():
        for path in re.findall(r"\S+\.py", reason):
            assert (TESTS / path).is_file(), path


def made(name):
    """The target of a case, its arguments, and a new model."""
    import rl

    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense
    model = DiscreteAutoencoder(dense(6), OneHotCode(2, 3, seed=1), dense(7))
    model(np.zeros((1, 7), "float32"))
    model.compile(keras.optimizers.SGD(0.1), jit_compile=False)
    target, arguments = CASES[name](rl, model)
    return target, arguments, model


@pytest.mark.rl
@EACH
def test_a_case_gives_every_argument_and_none_at_its_default(name):
    target, arguments, _ = made(name)
    assert target.__name__ == name
    parameters = inspect.signature(target).parameters
    assert set(arguments) == set(parameters)
    for key, value in arguments.items():
        default = parameters[key].default
        assert default is inspect.Parameter.empty or value is not default, key


@pytest.mark.rl
@EACH
def test_the_docstring_names_every_argument(name):
    target, arguments, _ = made(name)
    text = inspect.cleandoc(target.__doc__)
    found = re.findall(r"^ {4}(\w+): ", text, re.M)
    assert [key for key in found if key in arguments] == list(arguments)


@pytest.mark.rl
@EACH
def test_it_is_made_from_its_arguments_and_leaves_the_model_alone(name):
    target, arguments, model = made(name)
    before = [w.copy() for w in model.get_weights()]
    assert target(**arguments) is not None
    for old, new in zip(before, model.get_weights()):
        np.testing.assert_array_equal(old, new)
    assert model.bottleneck.training_estimator.name == "gumbel"


@pytest.mark.rl
@pytest.mark.parametrize("name", ["EncoderNetwork", "ValueNetwork"])
def test_a_network_has_the_layer_s_variables_and_float32_outputs(name):
    target, arguments, _ = made(name)
    network = target(**arguments)
    network.create_variables()
    layer = arguments.get("encoder", arguments.get("layer"))
    wanted = [id(weight.value) for weight in layer.weights]
    assert [id(variable) for variable in network.variables] == wanted
    assert network.name == arguments["name"]
    for outer in ((4,), (2, 3)):
        x = np.zeros((*outer, 7), "float32")
        output, state = network(x, network_state=())
        assert state == ()
        if name == "ValueNetwork":
            assert output.shape == outer and output.dtype == "float32"
        else:
            assert output.batch_shape == outer
            assert output.log_prob(output.mode()).dtype == "float32"


@pytest.mark.rl
def test_no_estimator_of_an_agent_is_saved_with_a_model():
    target, arguments, _ = made("AgentEstimator")
    with pytest.raises(TypeError, match="has no config: it stands in"):
        target(**arguments).get_config()
