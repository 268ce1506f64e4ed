"""The loopback services speak TensorFlow Serving's grammar."""

import json
import urllib.error
import urllib.request

import grpc
import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from keras_ae.models import Autoencoder
from tools.serving.export import open_export
from tools.serving.prediction_service import PredictionService, serve_grpc
from tools.serving.rest_service import RestService, serve_rest

X = np.random.default_rng(0).random((3, 4)).astype("float32")


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    model = Autoencoder(keras.layers.Dense(2), keras.layers.Dense(4))
    model(X)
    root = tmp_path_factory.mktemp("models") / "name"
    return open_export(model.export_serving(root, X, warm_up=False))


@pytest.fixture(scope="module")
def encoded(export):
    return export.model.run("encode", {"x": X})["embedding"]


@pytest.fixture
def ask(export):
    with serve_rest(RestService("name", 1, export.model)) as address:

        def ask(path, body=None):
            data = None if body is None else json.dumps(body).encode()
            try:
                url = f"http://{address}/v1/models/{path}"
                with urllib.request.urlopen(url, data, 60) as reply:
                    return reply.status, json.loads(reply.read())
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, json.loads(error.read())

        yield ask


@pytest.fixture
def stub(export):
    with serve_grpc(PredictionService("name", 1, export.model)) as address:
        with grpc.insecure_channel(address) as channel:
            yield prediction_service_pb2_grpc.PredictionServiceStub(channel)


def test_rows_are_answered_by_predictions(ask, encoded):
    code, reply = ask("name:predict", {"instances": X.tolist()})
    assert code == 200 and list(reply) == ["predictions"]
    np.testing.assert_array_equal(np.float32(reply["predictions"]), encoded)
    named = {"instances": [{"x": row} for row in X.tolist()]}
    assert ask("name/versions/1:predict", named) == (200, reply)


def test_columns_are_answered_by_outputs(ask, encoded):
    body = {"signature_name": "encode", "inputs": {"x": X.tolist()}}
    code, reply = ask("name:predict", body)
    assert code == 200 and list(reply) == ["outputs"]
    np.testing.assert_array_equal(np.float32(reply["outputs"]), encoded)


def test_status_and_metadata(ask):
    code, reply = ask("name")
    (version,) = reply["model_version_status"]
    assert (code, version["version"], version["state"]) == (
        *(200, "1"),
        "AVAILABLE",
    )
    _, reply = ask("name/metadata")
    found = reply["metadata"]["signature_def"]["encode"]["inputs"]["x"]
    assert found == {"dtype": "float32", "shape": [-1, 4]}


@pytest.mark.parametrize(
    "path, body, code",
    [
        ("other:predict", {"instances": [[0]]}, 404),
        ("name/versions/2:predict", {"instances": [[0]]}, 404),
        ("name:classify", {}, 404),
        ("name:predict", {"signature_name": "none", "instances": [[0]]}, 400),
        ("name:predict", {}, 400),
        ("name:predict", {"instances": [[0, 1]]}, 400),
        ("name:predict", {"instances": [["a", 1, 2, 3]]}, 400),
    ],
)
def test_a_bad_request_is_answered_by_an_error(ask, path, body, code):
    found, reply = ask(path, body)
    assert found == code and reply["error"]


def request(name="name", signature="encode", **inputs):
    made = predict_pb2.PredictRequest()
    made.model_spec.name = name
    made.model_spec.signature_name = signature
    for key, value in inputs.items():
        made.inputs[key].CopyFrom(tf.make_tensor_proto(value))
    return made


@pytest.mark.parametrize("signature", ["encode", ""])
def test_the_official_stub_is_answered(stub, encoded, signature):
    reply = stub.Predict(request(signature=signature, x=X), timeout=60)
    found = tf.make_ndarray(reply.outputs["embedding"])
    np.testing.assert_array_equal(found, encoded)
    assert reply.model_spec.version.value == 1


@pytest.mark.parametrize(
    "made, code",
    [
        (request("other", x=X), grpc.StatusCode.NOT_FOUND),
        (request(signature="none", x=X), grpc.StatusCode.INVALID_ARGUMENT),
        (request(y=X), grpc.StatusCode.INVALID_ARGUMENT),
        (request(x=X[:, :2]), grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
def test_a_bad_call_has_the_official_code(stub, made, code):
    with pytest.raises(grpc.RpcError) as error:
        stub.Predict(made, timeout=60)
    assert error.value.code() == code


def test_metadata_over_grpc(stub):
    made = get_model_metadata_pb2.GetModelMetadataRequest()
    made.model_spec.name = "name"
    made.metadata_field.append("signature_def")
    reply = stub.GetModelMetadata(made, timeout=60)
    found = get_model_metadata_pb2.SignatureDefMap()
    assert reply.metadata["signature_def"].Unpack(found)
    assert {"encode", "serving_default"} <= set(found.signature_def)
