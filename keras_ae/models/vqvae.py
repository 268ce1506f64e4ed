"""Vector-quantised variational auto-encoder (arXiv:1711.00937)."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_ae.models.code_model import CodeModel
from keras_ae.models.code_prior import CodePrior
from keras_ae.models.reconstructor import as_layer
from keras_ae.models.servable_model import sample_signature


@keras.saving.register_keras_serializable("keras_ae")
class VQVAE(CodeModel):
    """Auto-encode through a map of codes; sample through a prior over them.

    The prior is trained after the auto-encoder, on the codes of the
    training set (`fit_prior`), and moves none of its weights.

    Args:
        encoder: Keras layer or model, `(batch, ..., dim)` out.
        bottleneck: `VectorQuantizer`, `ResidualQuantizer` or
            `FiniteScalarQuantizer`.
        decoder: Keras layer or model, code values to objects (or logits).
        prior: `CodePrior` or `None`. Its `length` is the number of codes of
            one object. Defaults to `None`.
        likelihood: `"squared_error"` or `"bernoulli"`. Defaults to
            `"squared_error"`.

    Call arguments:
        x: `(batch, ...)`.
        training: Bool. Defaults to `False`.

    Returns:
        Dict: `z`, the codes' values; `index`; `x_hat`, the decoder's output.

    Raises:
        ValueError: If the bottleneck has no nearest-code rule, or its codes
            do not fit the prior.

    Reference:
        arXiv:1711.00937, sections 3.1 to 3.3.
    """

    def __init__(
        self,
        encoder,
        bottleneck,
        decoder,
        prior=None,
        likelihood="squared_error",
        **kwargs,
    ):
        super().__init__(
            encoder, bottleneck, decoder, likelihood=likelihood, **kwargs
        )
        kind = self.bottleneck.kind
        if kind not in ("vector_quantized", "finite_scalar"):
            raise ValueError(
                "`VQVAE` needs a bottleneck that quantises vectors or "
                f"scalars; take `DiscreteAutoencoder` for {kind} codes. "
                f"Received: bottleneck={type(self.bottleneck).__name__}"
            )
        self._index_shape = None
        self.prior = as_layer(prior)
        if self.prior is not None:
            self._check_prior()

    def _check_prior(self):
        codes = self.bottleneck.num_codes
        if not isinstance(self.prior, CodePrior):
            raise TypeError(
                f"`VQVAE` needs `prior` to be a `CodePrior`. "
                f"Received: prior={self.prior!r}"
            )
        if self.prior.num_codes != codes:
            raise ValueError(
                f"`VQVAE` needs a prior over its {codes} codes. "
                f"Received: prior.num_codes={self.prior.num_codes}"
            )

    def call(self, x, training=False):
        outputs = super().call(x, training=training)
        self._index_shape = tuple(outputs["index"].shape[1:])
        if self.prior is not None and not self.prior.built:
            self.prior(ops.zeros((1, self.prior.length), "int32"))
        return outputs

    def fit_prior(self, x, epochs=10, batch_size=128, seed=0, **kwargs):
        """Train the prior on the codes of objects.

        Args:
            x: Array `(n, ...)` of objects.
            epochs: Int >= 1. Defaults to `10`.
            batch_size: Int >= 1. Defaults to `128`.
            seed: Int, of the order of the examples. Defaults to `0`.
            **kwargs: As in `keras.Model.fit`.

        Returns:
            `History`; `loss` is in nats a code.

        Raises:
            ValueError: If there is no prior, or an object has not `length`
                codes.
        """
        index = self._sequences(x, batch_size)
        if not self.prior.compiled:
            self.prior.compile_prior()
        data = tf.data.Dataset.from_tensor_slices((index, index))
        data = data.shuffle(len(index), seed=seed).batch(batch_size)
        options = tf.data.Options()
        policy = tf.data.experimental.AutoShardPolicy.DATA
        options.experimental_distribute.auto_shard_policy = policy
        data = data.with_options(options)
        return self.prior.fit(data, epochs=epochs, shuffle=False, **kwargs)

    def own_weights(self):
        if self.prior is None:
            return super().own_weights()
        prior = {id(weight) for weight in self.prior.weights}
        return [v for v in super().own_weights() if id(v) not in prior]

    def _sequences(self, x, batch_size):
        self._need_prior("fit_prior")
        if len(x) == 0:
            raise ValueError(
                "`VQVAE.fit_prior` needs at least one object. "
                "Received: len(x)=0"
            )
        encode = tf.function(self.encode_index, reduce_retracing=True)
        parts = [
            encode(ops.convert_to_tensor(x[start : start + batch_size]))
            for start in range(0, len(x), batch_size)
        ]
        index = np.concatenate(parts)
        self._index_shape = index.shape[1:]
        index = index.reshape(len(index), -1)
        if index.shape[1] != self.prior.length:
            raise ValueError(
                "`VQVAE` needs `prior.length` to be the codes of one object, "
                f"{index.shape[1]}. Received: "
                f"prior.length={self.prior.length}"
            )
        return index

    def _need_prior(self, name):
        if self.prior is None:
            raise ValueError(
                f"`VQVAE.{name}` needs a prior: pass `prior=CodePrior(...)` "
                "and train it with `fit_prior`. Received: prior=None"
            )

    def sample(self, count, seed):
        """Draw objects: codes from the prior, then decoded.

        Args:
            count: Int >= 1.
            seed: Int or pair of ints; the same seed, the same objects.

        Returns:
            `(count, ...)`, float32.

        Raises:
            ValueError: If there is no prior.
        """
        self._need_prior("sample")
        if self._index_shape is None:
            raise ValueError(
                "`VQVAE.sample` needs a built model: call it on a batch or "
                "load its weights first. Received: an unbuilt model"
            )
        pair = (0, seed) if np.ndim(seed) == 0 else seed
        return self._decode_sequences(self.prior.sample(count, pair))

    def sample_each(self, seed):
        """Draw one object a seed, whatever the others in the batch.

        Args:
            seed: Int, `(batch,)`.

        Returns:
            `(batch, ...)`, float32.

        Raises:
            ValueError: If there is no prior.
        """
        self._need_prior("sample_each")
        return self._decode_sequences(self.prior.sample_each(seed))

    def _decode_sequences(self, index):
        return self.decode_index(ops.reshape(index, (-1, *self._index_shape)))

    def serving_signatures(self):
        signatures = super().serving_signatures()
        if self.prior is not None:
            signatures["sample"] = sample_signature(self.sample_each)
        return signatures

    def get_config(self):
        config = super().get_config()
        config["prior"] = keras.saving.serialize_keras_object(self.prior)
        return config
