"""Variational auto-encoder, diagonal Gaussian (arXiv:1312.6114)."""

import keras
from keras import ops

from keras_ae.checks import check_number
from keras_ae.layers import GaussianSample
from keras_ae.losses import gaussian_kl
from keras_ae.models.noise_each import normal_each
from keras_ae.models.reconstructor import Reconstructor
from keras_ae.models.servable_model import sample_signature


@keras.saving.register_keras_serializable("keras_ae")
class VariationalAutoencoder(Reconstructor):
    """Maximise the evidence lower bound of a Gaussian latent.

    Training draws the latent; inference uses its mean.

    Args:
        encoder: Keras layer or model, objects to `(batch, 2 * latent_dim)`:
            mean, then natural logarithm of the variance.
        decoder: Keras layer or model, latents to objects (or logits).
        likelihood: `"bernoulli"` or `"squared_error"`. Defaults to
            `"bernoulli"`.
        kl_weight: Float >= 0, beta in arXiv:1804.03599. Defaults to `1.0`.
        seed: Int or `None`, for the draw. Defaults to `None`.

    Call arguments:
        x: `(batch, ...)`.
        training: Bool. Defaults to `False`.

    Returns:
        Dict: `z`, `mean` and `log_var`, each `(batch, latent_dim)`, and
        `x_hat`, the decoder's output.

    Raises:
        ValueError: If the encoder's last dimension is odd.

    Reference:
        arXiv:1312.6114, equation 10.
    """

    def __init__(
        self,
        encoder,
        decoder,
        likelihood="bernoulli",
        kl_weight=1.0,
        seed=None,
        **kwargs,
    ):
        self.kl_weight = check_number(
            "VariationalAutoencoder", "kl_weight", kl_weight, minimum=0
        )
        super().__init__(
            encoder,
            decoder,
            terms={"kl_loss": self.kl_weight},
            likelihood=likelihood,
            **kwargs,
        )
        self.seed = seed
        self._latent_shape = None
        self.draw = GaussianSample(seed=seed)

    def posterior(self, x, training=False):
        """Return mean and log-variance of the latent.

        Args:
            x: `(batch, ...)`.
            training: Bool. Defaults to `False`.

        Returns:
            Two tensors `(batch, latent_dim)`, float32.
        """
        stats = self.encoder(x, training=training)
        if stats.shape[-1] % 2:
            raise ValueError(
                "`VariationalAutoencoder` needs an encoder with an even last "
                "dimension, mean and log-variance. Received: "
                f"shape={tuple(stats.shape)}"
            )
        return ops.split(ops.cast(stats, "float32"), 2, axis=-1)

    def call(self, x, training=False):
        mean, log_var = self.posterior(x, training=training)
        self._latent_shape = tuple(mean.shape[1:])
        z = self.draw(mean, log_var, training=training)
        x_hat = self.decoder(z, training=training)
        return {"z": z, "mean": mean, "log_var": log_var, "x_hat": x_hat}

    def encode(self, x):
        return self.posterior(x)[0]

    def sample_each(self, seed):
        """Draw one object a seed from the prior, a standard Gaussian.

        Args:
            seed: Int, `(batch,)`.

        Returns:
            `(batch, ...)`, float32: the mean under `likelihood`.

        Raises:
            ValueError: If the model is not built.
        """
        if self._latent_shape is None:
            raise ValueError(
                "`VariationalAutoencoder.sample_each` needs a built model: "
                "call it on a batch first. Received: an unbuilt model"
            )
        return self.decode(normal_each(seed, self._latent_shape))

    def serving_signatures(self):
        signatures = super().serving_signatures()
        signatures["sample"] = sample_signature(self.sample_each)
        return signatures

    def loss_terms(self, batch, training):
        outputs = self.call(batch.x, training=training)
        return {
            "reconstruction_loss": self.reconstruction_loss(
                batch.x, outputs["x_hat"]
            ),
            "kl_loss": gaussian_kl(outputs["mean"], outputs["log_var"]),
        }

    def get_config(self):
        config = super().get_config()
        config.update(kl_weight=self.kl_weight, seed=self.seed)
        return config
