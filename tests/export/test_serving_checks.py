"""The checks find what they are there to find."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.export import Signature
from keras_ae.models import Autoencoder
from keras_ae.training.files import sha256
from tools.serving.check import compare
from tools.serving.export import find_version, open_export
from tools.serving.graph import operations, stateful

X = np.random.default_rng(0).random((8, 6)).astype("float32")


class Faulty(Autoencoder):
    """An auto-encoder with an endpoint that does `fault`."""

    def __init__(self, fault):
        dense = keras.layers.Dense
        super().__init__(dense(3), dense(6))
        self.count = self.add_weight(shape=(), initializer="zeros")
        self.noise = keras.random.SeedGenerator(1)
        self.fault = fault

    def serving_signatures(self):
        signatures = super().serving_signatures()
        signatures["faulty"] = self.object_signature(
            "Do what none should.",
            lambda x: self.fault(self, x),
            result="what it gives",
        )
        return signatures


def counting(model, x):
    model.count.assign(model.count + 1.0)
    return x + model.count


def nested(model, x):
    return tf.cond(x[0, 0] > 0, lambda: counting(model, x), lambda: x)


def seed_generator(model, x):
    return x + keras.random.normal(keras.ops.shape(x), seed=model.noise)


def unseeded(model, x):
    return x + tf.random.normal(tf.shape(x))


def harmless(model, x):
    return x + tf.random.stateless_normal(tf.shape(x), (1, 2))


def found_in(tmp_path, fault):
    model = Faulty(fault)
    model(X)
    export = open_export(model.export_serving(tmp_path / "name", X))
    signature = export.model.signatures["faulty"]
    return stateful(operations(export.model.meta_graph, signature))


@pytest.mark.parametrize(
    "fault, operation",
    [
        (counting, "AssignVariableOp"),
        (nested, "AssignVariableOp"),
        (seed_generator, "AssignVariableOp"),
        (unseeded, "RandomStandardNormal"),
    ],
)
def test_an_endpoint_that_keeps_state_is_found(tmp_path, fault, operation):
    assert operation in found_in(tmp_path, fault)


def test_an_endpoint_with_a_seed_is_harmless(tmp_path):
    assert found_in(tmp_path, harmless) == []


@pytest.mark.parametrize(
    "reply, passed",
    [
        ([[100.0]], True),
        ([[100.00005]], True),  # 5e-7 of the largest
        ([[100.0002]], False),
        ([[np.nan]], False),
        ([[100]], False),
        ([[100.0], [100.0]], False),
    ],
)
def test_replies_are_near_or_not(reply, passed):
    known = [{"a": np.array([[100.0]])}]
    assert compare([{"a": np.array(reply)}], known)[1] is passed


def test_other_names_whole_numbers_and_strings_differ():
    one = {"a": np.array([1, 2])}
    assert compare([one], [one])[1]
    assert not compare([{"a": np.array([1, 3])}], [one])[1]
    assert not compare([{"b": one["a"]}], [one])[1]
    words = {"a": np.array([b"one"])}
    assert compare([{"a": np.array([b"one"], object)}], [words])[1]
    assert not compare([{"a": np.array([b"two"], object)}], [words])[1]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    model = Autoencoder(keras.layers.Dense(3), keras.layers.Dense(6))
    model(X)
    root = tmp_path_factory.mktemp("models") / "name"
    return model.export_serving(root, X)


def copy(exported, tmp_path):
    import shutil

    return shutil.copytree(exported, tmp_path / "name" / "1")


def test_a_changed_missing_or_added_file_is_named(exported, tmp_path):
    version = copy(exported, tmp_path)
    file = version / "variables" / "variables.index"
    content = file.read_bytes()
    file.write_bytes(content[:-1])
    with pytest.raises(ValueError, match="variables.index changed since"):
        open_export(version)
    file.unlink()
    with pytest.raises(ValueError, match="variables.index where it is missi"):
        open_export(version)
    file.write_bytes(content)
    (version / "assets" / "extra").write_text("more")
    with pytest.raises(ValueError, match="assets/extra of which model.json"):
        open_export(version)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sha256": 1}'])
def test_a_damaged_description_is_refused(exported, tmp_path, text):
    version = copy(exported, tmp_path)
    (version / "model.json").write_text(text)
    with pytest.raises(ValueError, match="needs a readable model.json"):
        open_export(version)


def test_the_newest_version_is_found_by_number(tmp_path):
    for name in ("2", "10", "9", "x"):
        (tmp_path / name).mkdir()
    assert find_version(tmp_path).name == "10"
    with pytest.raises(FileNotFoundError, match="holds no numbered version"):
        find_version(tmp_path / "x")


def test_a_reply_that_is_not_the_models_is_found(exported, tmp_path):
    from tools.serving.services import check_services

    version = copy(exported, tmp_path)
    file = version / "assets.extra" / "keras_ae_examples.npz"
    with np.load(file) as arrays:
        changed = {
            key: value + 1e-4 if "/out/embedding" in key else value
            for key, value in arrays.items()
        }
    np.savez(file, **changed)
    described = json.loads((version / "model.json").read_text())
    described["sha256"]["assets.extra/keras_ae_examples.npz"] = sha256(file)
    (version / "model.json").write_text(json.dumps(described))
    rows = check_services(open_export(version))
    failed = {(row.check, row.signature) for row in rows if not row.passed}
    assert failed == {("gRPC", "encode"), ("REST", "encode")}


BATCH_FIRST = Signature(
    "Say it.",
    lambda x: {"y": x},
    {"x": tf.TensorSpec((3, 6), tf.float32)},
    {"x": "it"},
    {"y": "it"},
    lambda x: {"x": x},
)


@pytest.mark.parametrize(
    "changes, match",
    [
        (dict(), r"`x` of shape \(None, ...\).* Received: shape=\(3, 6\)"),
        (dict(gives={"z": "it"}), r"needs the outputs \['z'\]. Received: \['y"),
        (
            dict(function=lambda x: {"y": tf.cast(x, tf.complex64)}),
            "needs outputs of numbers or strings. Received: dtype=complex64",
        ),
    ],
)
def test_a_signature_no_server_takes_is_refused(tmp_path, changes, match):
    class Wrong(Autoencoder):
        def serving_signatures(self):
            return {"say": BATCH_FIRST._replace(**changes)}

    model = Wrong(keras.layers.Dense(3), keras.layers.Dense(6))
    model(X)
    with pytest.raises((ValueError, TypeError), match=match):
        model.export_serving(tmp_path / "name", X)
    assert not list(tmp_path.glob("name/*"))
