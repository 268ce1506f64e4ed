"""What a model serves: signatures, and their export."""

import keras
import numpy as np
import tensorflow as tf

from keras_ae.export import Signature, export_serving
from keras_ae.models.array_checks import check_objects


class ServableModel(keras.Model):
    """A Keras model with an `encode` that can be exported.

    A model whose objects are strings, or waveforms of any length, gives its
    own `serving_input`; one that serves more than `encode` adds to
    `serving_signatures`.
    """

    def check_objects(self, method, x):
        """Refuse an array of objects that the model cannot be given.

        Args:
            method: Str, the method that was given it.
            x: The objects.

        Raises:
            TypeError: If it holds neither numbers nor strings.
            ValueError: If it is empty, not finite, or of another shape.
        """
        self._check_range(method, x, None, None)

    def _check_range(self, method, x, low, high):
        built = (self.get_build_config() or {}) if self.built else {}
        owner = f"{type(self).__name__}.{method}"
        shape = built.get("input_shape")
        check_objects(owner, x, shape, low, high, may_be_nan=method == "fit")

    def serving_input(self):
        """Return what one batch of objects is to a client.

        Returns:
            `tf.TensorSpec` with a name, the batch first and free.

        Raises:
            ValueError: If the model is not built.
        """
        shape = (self.get_build_config() or {}).get("input_shape")
        if not self.built or not isinstance(shape, (list, tuple)):
            raise ValueError(
                f"`{type(self).__name__}.export_serving` needs a built model: "
                "call it on a batch first, or give `serving_input`. "
                f"Received: input_shape={shape}"
            )
        return tf.TensorSpec((None, *shape[1:]), tf.float32, name="x")

    def serving_signatures(self):
        """Return what is served.

        Returns:
            Dict from name to `keras_ae.export.Signature`.
        """
        return {
            "encode": self.object_signature(
                "Give one embedding for each object.",
                self.encode,
                embedding="the embedding",
            )
        }

    def object_signature(self, words, function, **gives):
        """Return a signature from objects to one output.

        Args:
            words: Str, what it does.
            function: Takes a batch of objects, returns a tensor.
            **gives: The output's name, with words.

        Returns:
            `Signature`.
        """
        spec = self.serving_input()
        takes = {spec.name: "the objects, as they were in training"}
        return self.signature(words, function, spec, takes, gives)

    def signature(self, words, function, spec, takes, gives, examples=None):
        """Return a signature from one input to one output.

        Args:
            words: Str, what it does.
            function: Takes a tensor, returns one.
            spec: `tf.TensorSpec` of the input, with its name.
            takes: Dict from the input's name to words.
            gives: Dict from the output's name to words.
            examples: Function from a batch of objects to an input, or `None`
                where they are the same. Defaults to `None`.

        Returns:
            `Signature`.
        """
        (output,) = gives
        return Signature(
            words=words,
            function=lambda **inputs: {output: function(inputs[spec.name])},
            inputs={spec.name: spec},
            takes=takes,
            gives=gives,
            examples=lambda x: {spec.name: examples(x) if examples else x},
        )

    def embedding_spec(self):
        """Return what one batch of embeddings is.

        Returns:
            `tf.TensorSpec` named `embedding`, float32.
        """
        encode = tf.function(self.encode, autograph=False)
        output = encode.get_concrete_function(self.serving_input()).outputs[0]
        return tf.TensorSpec(
            (None, *output.shape[1:]), tf.float32, name="embedding"
        )

    def export_serving(self, path, examples=None, warm_up=True):
        """Export for TensorFlow Serving, as the next version in a folder.

        Args:
            path: Path of the model's folder; its last part is the name it is
                served under.
            examples: Array of objects, list of such arrays of several
                lengths, or `None` for noise: what the export is checked and
                warmed up with. Defaults to `None`.
            warm_up: Bool, whether to write warm-up records. Defaults to
                `True`.

        Returns:
            Path of the new version; see `keras_ae.export.export_serving`.
        """
        return export_serving(self, path, examples=examples, warm_up=warm_up)


def sample_signature(sample_each):
    """Return the signature that draws one object a seed.

    Args:
        sample_each: Function from seeds `(batch,)` to objects.

    Returns:
        `Signature`. A seed for each object, rather than one for all, so that
        a server may put requests together into one batch.
    """
    return Signature(
        words="Make up one object for each seed; equal seeds, equal objects.",
        function=lambda seed: {"samples": sample_each(seed)},
        inputs={"seed": tf.TensorSpec((None,), tf.int64, name="seed")},
        takes={"seed": "one whole number for each object wanted"},
        gives={"samples": "the objects"},
        examples=lambda x: {"seed": np.arange(len(x))},
    )
