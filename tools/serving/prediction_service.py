"""A loopback double of the model server's gRPC services."""

from concurrent import futures
from contextlib import contextmanager

import grpc
import tensorflow as tf
from google.protobuf import any_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Answer `Predict` and `GetModelMetadata` for one model.

    It speaks the official messages over the official stubs' server half, and
    computes in the official session loader; it is no model server.

    Args:
        name: Str, the model's name.
        version: Int, the version's number.
        model: `SessionModel`.
    """

    def __init__(self, name, version, model):
        self.name, self.version, self.model = name, version, model

    def Predict(self, request, context):
        """Run a signature.

        Args:
            request: `PredictRequest`.
            context: The call's gRPC context.
        """
        self._check(request.model_spec, context)
        name = request.model_spec.signature_name or "serving_default"
        inputs = {k: tf.make_ndarray(v) for k, v in request.inputs.items()}
        try:
            outputs = self.model.run(name, inputs)
        except (ValueError, tf.errors.OpError) as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        response = predict_pb2.PredictResponse()
        self._fill(response.model_spec)
        response.model_spec.signature_name = name
        for key, value in outputs.items():
            response.outputs[key].CopyFrom(tf.make_tensor_proto(value))
        return response

    def GetModelMetadata(self, request, context):
        """Give the signatures.

        Args:
            request: `GetModelMetadataRequest`.
            context: The call's gRPC context.
        """
        self._check(request.model_spec, context)
        found = get_model_metadata_pb2.SignatureDefMap()
        for name, signature in self.model.signatures.items():
            found.signature_def[name].CopyFrom(signature)
        packed = any_pb2.Any()
        packed.Pack(found)
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        self._fill(response.model_spec)
        response.metadata["signature_def"].CopyFrom(packed)
        return response

    def _fill(self, spec):
        spec.name = self.name
        spec.version.value = self.version

    def _check(self, spec, context):
        version = spec.version.value if spec.HasField("version") else None
        if spec.name != self.name or version not in (None, self.version):
            context.abort(
                grpc.StatusCode.NOT_FOUND,
                f"Servable not found for request: {spec.name}"
                + ("" if version is None else f", version {version}"),
            )


@contextmanager
def serve_grpc(service, port=0):
    """Serve on 127.0.0.1 for a `with` block; gives the address.

    Args:
        service: `PredictionService`.
        port: Int, 0 for any free one.
    """
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        service, server
    )
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    try:
        yield f"127.0.0.1:{bound}"
    finally:
        server.stop(grace=None).wait()
