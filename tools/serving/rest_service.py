"""A loopback double of the model server's REST interface."""

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import tensorflow as tf

_PATH = re.compile(
    r"^/v1/models/(?P<name>[^/:]+)(?:/versions/(?P<version>\d+))?"
    r"(?P<call>:predict|/metadata)?$"
)


class RestService:
    """Answer `:predict`, `/metadata` and status requests for one model.

    The grammar is that of TensorFlow Serving's `api_rest.md`: rows under
    `instances`, answered by `predictions`, or columns under `inputs`,
    answered by `outputs`; a single named tensor may drop its name.

    Args:
        name: Str, the model's name.
        version: Int, the version's number.
        model: `SessionModel`.
    """

    def __init__(self, name, version, model):
        self.name, self.version, self.model = name, version, model

    def answer(self, method, path, body) -> tuple:
        """Return status code and reply.

        Args:
            method: `"GET"` or `"POST"`.
            path: Str, the path of the address.
            body: Bytes, JSON for a post.
        """
        match = _PATH.match(path)
        if not match:
            return 404, {"error": f"Malformed request: {method} {path}"}
        version = match["version"]
        known = version is None or int(version) == self.version
        if match["name"] != self.name or not known:
            return 404, {"error": f"Servable not found for request: {path}"}
        if match["call"] == ":predict" and method == "POST":
            try:
                return 200, self._predict(json.loads(body))
            except (ValueError, TypeError, tf.errors.OpError) as error:
                return 400, {"error": str(error)}
        if method == "GET" and match["call"] != ":predict":
            return 200, self._metadata() if match["call"] else self._status()
        return 404, {"error": f"Malformed request: {method} {path}"}

    def _predict(self, request):
        name = request.get("signature_name", "serving_default")
        if name not in self.model.signatures:
            raise ValueError(f'Serving signature name: "{name}" not found')
        specs = self.model.signatures[name].inputs
        rows = "instances" in request
        if rows == ("inputs" in request):
            raise ValueError('Needs one of "instances" and "inputs".')
        given = request["instances"] if rows else request["inputs"]
        columns = _columns(given, rows, specs)
        inputs = {
            key: np.asarray(
                _bytes(columns[key]),
                tf.as_dtype(spec.dtype).as_numpy_dtype,
            )
            for key, spec in specs.items()
        }
        outputs = {k: _json(v) for k, v in self.model.run(name, inputs).items()}
        if not rows:
            one = len(outputs) == 1
            return {"outputs": next(iter(outputs.values())) if one else outputs}
        if len(outputs) == 1:
            return {"predictions": next(iter(outputs.values()))}
        lines = zip(*outputs.values())
        return {"predictions": [dict(zip(outputs, line)) for line in lines]}

    def _status(self):
        status = {"error_code": "OK", "error_message": ""}
        version = {"version": str(self.version), "state": "AVAILABLE"}
        return {"model_version_status": [{**version, "status": status}]}

    def _metadata(self):
        found = {
            name: {
                side: {
                    key: {
                        "dtype": tf.as_dtype(info.dtype).name,
                        "shape": [d.size for d in info.tensor_shape.dim],
                    }
                    for key, info in getattr(signature, side).items()
                }
                for side in ("inputs", "outputs")
            }
            for name, signature in self.model.signatures.items()
        }
        spec = {"name": self.name, "version": str(self.version)}
        return {"model_spec": spec, "metadata": {"signature_def": found}}


def _columns(given, rows, specs) -> dict:
    if rows:
        named = given and all(
            isinstance(row, dict) and set(row) == set(specs) for row in given
        )
        if named:
            return {key: [row[key] for row in given] for key in specs}
    elif isinstance(given, dict) and set(given) == set(specs):
        return given
    if len(specs) != 1:
        raise ValueError(f"Needs the inputs {sorted(specs)} by name.")
    return {next(iter(specs)): given}


def _bytes(value):
    if isinstance(value, list):
        return [_bytes(part) for part in value]
    return value.encode() if isinstance(value, str) else value


def _json(array):
    if array.dtype.kind in "OS":
        return _text(array.tolist())
    if array.dtype.kind == "f":
        # The shortest digits that give the same float32 back.
        shortest = [float(str(number)) for number in array.ravel()]
        return np.reshape(shortest, array.shape).tolist()
    return array.tolist()


def _text(part):
    if isinstance(part, list):
        return [_text(inner) for inner in part]
    return part.decode()


@contextmanager
def serve_rest(service, port=0):
    """Serve on 127.0.0.1 for a `with` block; gives the address.

    Args:
        service: `RestService`.
        port: Int, 0 for any free one.
    """

    class Handler(BaseHTTPRequestHandler):
        def _reply(self, method):
            size = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(size)
            code, reply = service.answer(method, self.path, body)
            body = (json.dumps(reply, indent=1) + "\n").encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            self._reply("GET")

        def do_POST(self):
            self._reply("POST")

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
