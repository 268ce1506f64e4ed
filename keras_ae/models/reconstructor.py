"""The part that every model with a decoder shares."""

import keras
from keras import ops

from keras_ae.checks import check_choice
from keras_ae.losses import bernoulli_nll, squared_error
from keras_ae.models.embedding_model import EmbeddingModel

_LIKELIHOODS = {
    "squared_error": (squared_error, lambda output: output),
    "bernoulli": (bernoulli_nll, ops.sigmoid),
}


class Reconstructor(EmbeddingModel):
    """Base of models that decode what they encoded.

    Args:
        encoder: Keras layer or model.
        decoder: Keras layer or model. Its output is the reconstruction for
            `"squared_error"`, its logits for `"bernoulli"`.
        terms: Dict from name to weight, `reconstruction_loss` added.
        likelihood: `"squared_error"` or `"bernoulli"`.
    """

    def __init__(
        self, encoder, decoder, terms, likelihood="squared_error", **kwargs
    ):
        self.likelihood = check_choice(
            type(self).__name__, "likelihood", likelihood, _LIKELIHOODS
        )
        super().__init__(terms={"reconstruction_loss": 1.0, **terms}, **kwargs)
        self.encoder = as_layer(encoder)
        self.decoder = as_layer(decoder)

    def decode(self, code):
        """Return the reconstruction for a code.

        Args:
            code: `(batch, ...)`, as `encode` returns it.

        Returns:
            Shape of the objects, float32: the mean under `likelihood`.
        """
        output = self.decoder(code, training=False)
        return self.expectation(output)

    def expectation(self, output):
        """Return the mean of the likelihood for a decoder's output.

        Args:
            output: `(batch, ...)`.

        Returns:
            Shape of `output`, float32.
        """
        return _LIKELIHOODS[self.likelihood][1](ops.cast(output, "float32"))

    def reconstruct(self, x):
        """Encode and decode, the same on every call.

        Args:
            x: `(batch, ...)`.

        Returns:
            Shape of `x`, float32.
        """
        return self.decode(self.encode(x))

    def check_objects(self, method, x):
        limits = (0, 1) if self.likelihood == "bernoulli" else (None, None)
        self._check_range(method, x, *limits)

    def serving_signatures(self):
        signatures = super().serving_signatures()
        signatures["decode"] = self.signature(
            "Rebuild the object that each embedding stands for.",
            self.decode,
            self.embedding_spec(),
            takes={"embedding": "embeddings, as `encode` gives them"},
            gives={"reconstruction": "the object, the mean of what it can be"},
            examples=self.encode,
        )
        signatures["reconstruct"] = self.object_signature(
            "Encode each object and decode it again.",
            self.reconstruct,
            reconstruction="the object, as far as its embedding tells",
        )
        return signatures

    def reconstruction_loss(self, x, output):
        """Return the negative log-likelihood of objects.

        Args:
            x: `(batch, ...)`.
            output: Shape of `x`, the decoder's output.

        Returns:
            `(batch,)`, nats.
        """
        if ops.shape(x)[1:] != ops.shape(output)[1:]:
            raise ValueError(
                f"`{type(self).__name__}` needs a decoder that returns the "
                f"shape of the objects. Received: x.shape={tuple(x.shape)}, "
                f"output.shape={tuple(output.shape)}"
            )
        return _LIKELIHOODS[self.likelihood][0](x, output)

    def get_config(self):
        config = super().get_config()
        config.update(
            encoder=keras.saving.serialize_keras_object(self.encoder),
            decoder=keras.saving.serialize_keras_object(self.decoder),
            likelihood=self.likelihood,
        )
        return config


def as_layer(value):
    """Return a layer, rebuilt if it is given as its serialised dict.

    Args:
        value: Layer, `None` or dict.

    Returns:
        The layer, or `None`.
    """
    if isinstance(value, dict):
        return keras.saving.deserialize_keras_object(value)
    return value
