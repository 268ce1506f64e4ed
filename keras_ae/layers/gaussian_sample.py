"""The reparameterised draw of a variational auto-encoder."""

import keras
import tensorflow as tf
from keras import ops

from keras_ae.bottlenecks.replicas import row_noise
from keras_ae.checks import check_number
from keras_ae.losses.gaussian_kl import MAX_LOG_VAR


@keras.saving.register_keras_serializable("keras_ae")
class GaussianSample(keras.layers.Layer):
    """Draw `z = mean + temperature * exp(log_var / 2) * noise`.

    Fresh noise on each training call, different on each replica; inference
    returns `mean`, so `predict()` repeats exactly.

    Args:
        temperature: Float > 0, scale of the noise. Defaults to `1.0`.
        seed: Int or `None`. Defaults to `None`.

    Call arguments:
        mean: `(batch, ..., latent_dim)`.
        log_var: Shape of `mean`, natural logarithm of the variance.
        training: Bool. Defaults to `False`.

    Returns:
        Shape of `mean`, float32.

    Reference:
        arXiv:1312.6114, section 2.4.
    """

    def __init__(self, temperature=1.0, seed=None, **kwargs):
        self.temperature = check_number(
            "GaussianSample", "temperature", temperature, above=0
        )
        super().__init__(autocast=False, **kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, mean, log_var, training=False):
        mean, log_var = ops.cast(mean, "float32"), ops.cast(log_var, "float32")
        if not training:
            return mean
        noise = row_noise(
            tf.random.stateless_normal, ops.shape(mean), self.seed_generator
        )
        log_var = ops.clip(log_var, -MAX_LOG_VAR, MAX_LOG_VAR)
        return mean + self.temperature * ops.exp(0.5 * log_var) * noise

    def get_config(self):
        config = super().get_config()
        config.update(temperature=self.temperature, seed=self.seed)
        return config
