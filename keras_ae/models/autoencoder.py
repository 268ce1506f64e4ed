"""Auto-encoder: the embedding is what the decoder can rebuild from."""

import keras

from keras_ae.models.reconstructor import Reconstructor


@keras.saving.register_keras_serializable("keras_ae")
class Autoencoder(Reconstructor):
    """Minimise the reconstruction error through a continuous embedding.

    Args:
        encoder: Keras layer or model, objects to embeddings.
        decoder: Keras layer or model, embeddings to objects (or to logits,
            for `"bernoulli"`).
        likelihood: `"squared_error"` (half the squared error, nats under a
            unit variance) or `"bernoulli"`. Defaults to `"squared_error"`.

    Call arguments:
        x: `(batch, ...)`.
        training: Bool. Defaults to `False`.

    Returns:
        Dict: `z`, the embedding; `x_hat`, the decoder's output.
    """

    def __init__(self, encoder, decoder, likelihood="squared_error", **kwargs):
        super().__init__(
            encoder, decoder, terms={}, likelihood=likelihood, **kwargs
        )

    def call(self, x, training=False):
        z = self.encoder(x, training=training)
        return {"z": z, "x_hat": self.decoder(z, training=training)}

    def encode(self, x):
        return keras.ops.cast(self.encoder(x, training=False), "float32")

    def loss_terms(self, batch, training):
        outputs = self.call(batch.x, training=training)
        return {
            "reconstruction_loss": self.reconstruction_loss(
                batch.x, outputs["x_hat"]
            )
        }
