"""Warm-up records: requests a model server runs before it serves."""

import tensorflow as tf

from keras_ae.export.examples import BATCHES

FILE = "assets.extra/tf_serving_warmup_requests"
SIZES = (min(BATCHES), max(BATCHES))


def check_serving_api(owner):
    """Refuse to go on where the official messages are not installed.

    Args:
        owner: Str, who needs them.

    Raises:
        ImportError: With the command that installs them.
    """
    try:
        import tensorflow_serving.apis  # noqa: F401
    except ModuleNotFoundError:
        raise ImportError(
            f"`{owner}` needs tensorflow-serving-api for warm-up records: "
            "pip install 'keras-ae[serving]', or export without them. "
            "Received: no module tensorflow_serving"
        ) from None


def write_warm_up(path, model_name, records):
    """Write the records of the smallest and the largest batch.

    Args:
        path: Path of the file.
        model_name: Str, the name it is served under.
        records: As `record_examples` gives them.

    Returns:
        Int, how many were written.
    """
    from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

    count = 0
    with tf.io.TFRecordWriter(str(path)) as writer:
        for name, inputs, _ in records:
            sizes = {len(value) for value in inputs.values()}
            if not sizes <= set(SIZES):
                continue
            request = predict_pb2.PredictRequest()
            request.model_spec.name = model_name
            request.model_spec.signature_name = name
            for key, value in inputs.items():
                request.inputs[key].CopyFrom(tf.make_tensor_proto(value))
            log = prediction_log_pb2.PredictionLog(
                predict_log=prediction_log_pb2.PredictLog(request=request)
            )
            writer.write(log.SerializeToString())
            count += 1
    return count
