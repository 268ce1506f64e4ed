"""Ask an export over gRPC and REST, on the loopback."""

import json
import urllib.request

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from tools.serving.check import Check, compare
from tools.serving.prediction_service import PredictionService, serve_grpc
from tools.serving.rest_service import RestService, serve_rest

_SECONDS = 60


def check_services(export) -> list:
    """Return a line for each signature and service: the replies agree.

    Args:
        export: `Export`.
    """
    parts = (export.name, export.version, export.model)
    rows = []
    with serve_grpc(PredictionService(*parts)) as address:
        with grpc.insecure_channel(address) as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            for name in export.described["signatures"]:
                rows.append(
                    _row("gRPC", name, export, _ask_stub(stub, export.name))
                )
    with serve_rest(RestService(*parts)) as address:
        url = f"http://{address}/v1/models/{export.name}:predict"
        for name in export.described["signatures"]:
            rows.append(_row("REST", name, export, _ask_rest(url)))
    return rows


def _row(check, name, export, ask):
    known = export.of(name)
    replies = [ask(name, both) for both in known]
    outputs = [both["out"] for both in known]
    compared = compare(replies, outputs, export.tolerance(name))
    return Check(check, name, *compared)


def _ask_stub(stub, model_name):
    def ask(name, both):
        request = predict_pb2.PredictRequest()
        request.model_spec.name = model_name
        request.model_spec.signature_name = name
        for key, value in both["in"].items():
            request.inputs[key].CopyFrom(tf.make_tensor_proto(value))
        reply = stub.Predict(request, timeout=_SECONDS)
        return {k: tf.make_ndarray(v) for k, v in reply.outputs.items()}

    return ask


def _ask_rest(url):
    def ask(name, both):
        inputs = {k: _plain(v).tolist() for k, v in both["in"].items()}
        body = json.dumps({"signature_name": name, "inputs": inputs})
        request = urllib.request.Request(url, body.encode())
        with urllib.request.urlopen(request, timeout=_SECONDS) as reply:
            outputs = json.loads(reply.read())["outputs"]
        known = both["out"]
        if len(known) == 1:
            outputs = {next(iter(known)): outputs}
        return {
            key: np.asarray(value, known[key].dtype)
            for key, value in outputs.items()
        }

    return ask


def _plain(array):
    return np.char.decode(array) if array.dtype.kind == "S" else array
