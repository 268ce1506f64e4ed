"""Run a SavedModel in the session loader that TensorFlow Serving uses.

It imports TensorFlow and NumPy and nothing else of any project, and runs
alone, so that a served model owes nothing to the code that made it:

    python -I session_model.py EXPORT/VERSION EXAMPLES.npz REPLIES.npz ...
"""

import json
import sys

import numpy as np
import tensorflow as tf

_INITIALISER = "__saved_model_init_op"


class SessionModel:
    """A SavedModel in a session of its own.

    Args:
        folder: Path of the version's folder.
    """

    def __init__(self, folder):
        v1 = tf.compat.v1
        level = tf.get_logger().level
        tf.get_logger().setLevel("ERROR")  # it calls itself deprecated
        self.graph = tf.Graph()
        with self.graph.as_default():
            self.session = v1.Session(graph=self.graph)
            self.meta_graph = v1.saved_model.loader.load(
                self.session, ["serve"], str(folder)
            )
        tf.get_logger().setLevel(level)
        self.signatures = {
            name: signature
            for name, signature in self.meta_graph.signature_def.items()
            if name != _INITIALISER
        }

    def run(self, name, inputs) -> dict:
        """Return the outputs of a signature.

        Args:
            name: Str, the signature's name.
            inputs: Dict from the name of each input to an array.
        """
        if name not in self.signatures:
            raise ValueError(
                f"The model needs a signature among {sorted(self.signatures)}."
                f" Received: {name}"
            )
        signature = self.signatures[name]
        if set(inputs) != set(signature.inputs):
            raise ValueError(
                f"Signature `{name}` needs the inputs "
                f"{sorted(signature.inputs)}. Received: {sorted(inputs)}"
            )
        feed = {signature.inputs[k].name: v for k, v in inputs.items()}
        fetch = {k: v.name for k, v in signature.outputs.items()}
        return self.session.run(fetch, feed)


def read_examples(path) -> dict:
    """Return `{(signature, case): {"in": arrays, "out": arrays}}` of a file."""
    found = {}
    with np.load(path, allow_pickle=False) as arrays:
        for key in arrays.files:
            name, case, side, tensor = key.split("/")
            both = found.setdefault((name, case), {"in": {}, "out": {}})
            both[side][tensor] = arrays[key]
    return found


def reply_all(folder, requests, replies) -> None:
    """Run every request of a file and write the replies into another."""
    model = SessionModel(folder)
    arrays = {}
    for (name, case), both in read_examples(requests).items():
        for key, value in model.run(name, both["in"]).items():
            value = value.astype("S") if value.dtype.kind == "O" else value
            arrays[f"{name}/{case}/out/{key}"] = value
    np.savez(replies, **arrays)


if __name__ == "__main__":
    for first in range(1, len(sys.argv), 3):
        reply_all(*sys.argv[first : first + 3])
    print(json.dumps(sorted(sys.modules)))
