"""Layers of discrete codes that predict a part of an object from the rest."""

import keras
from keras import ops

from keras_ae.bottlenecks.logit_code import LogitCode
from keras_ae.checks import check_int
from keras_ae.models.code_model import CodeModel
from keras_ae.models.reconstructor import as_layer


@keras.saving.register_keras_serializable("keras_ae")
class BeliefNetwork(CodeModel):
    """Predict the last rows of objects from the first, through codes.

    A feed-forward chain of stochastic layers: the given rows say the
    probabilities of the first code, each code those of the next, and the
    last one is decoded. Training minimises the expected negative
    log-likelihood of the predicted rows, with the codes drawn and each
    bottleneck's estimator for its gradient; a score-function estimator of a
    bottleneck takes the loss that the rest of the chain expects as its own,
    so numbers of samples multiply. Inference takes the most probable codes.

    Args:
        encoder: Keras layer or model, the given rows to the first
            bottleneck's features.
        bottleneck: `LogitCode`, the first code.
        decoder: Keras layer or model, the last code to the predicted rows
            (or their logits).
        given_rows: Int >= 1, rows that are given, along the first axis of an
            object.
        deeper_encoders: List of Keras layers, each from one code to the
            features of the next. Defaults to `()`.
        deeper_bottlenecks: List of `LogitCode`, as many. Defaults to `()`.
        likelihood: `"squared_error"` or `"bernoulli"`. Defaults to
            `"bernoulli"`.

    Call arguments:
        x: `(batch, rows, ...)`.
        training: Bool. Defaults to `False`.

    Returns:
        Dict: `z`, the first code's value; `index`; `x_hat`, the decoder's
        output.

    Raises:
        TypeError: If a code is not drawn from logits.
        ValueError: If there are not as many deeper encoders as bottlenecks.

    Reference:
        arXiv:1611.01144, section 4.1; arXiv:1406.2989.
    """

    def __init__(
        self,
        encoder,
        bottleneck,
        decoder,
        given_rows,
        deeper_encoders=(),
        deeper_bottlenecks=(),
        likelihood="bernoulli",
        **kwargs,
    ):
        owner = "BeliefNetwork"
        self.given_rows = check_int(owner, "given_rows", given_rows)
        encoders = [as_layer(layer) for layer in deeper_encoders]
        codes = [as_layer(layer) for layer in [bottleneck, *deeper_bottlenecks]]
        for code in codes:
            if not isinstance(code, LogitCode):
                raise TypeError(
                    f"`{owner}` needs stochastic codes, one-hot or binary. "
                    f"Received: {code!r}"
                )
        if len(encoders) != len(codes) - 1:
            raise ValueError(
                f"`{owner}` needs as many `deeper_encoders` as "
                f"`deeper_bottlenecks`. Received: {len(encoders)} and "
                f"{len(codes) - 1}"
            )
        super().__init__(
            encoder, codes[0], decoder, likelihood=likelihood, **kwargs
        )
        for code in codes[1:]:
            self.check_estimator(code)
        self.deeper_encoders = encoders
        self.deeper_bottlenecks = codes[1:]

    @property
    def stages(self):
        deeper = zip(self.deeper_encoders, self.deeper_bottlenecks)
        return [*super().stages, *deeper]

    def observed(self, x):
        return x[:, : self.given_rows]

    def predicted(self, x):
        """Return the part of objects that is predicted.

        Args:
            x: `(batch, rows, ...)`.

        Returns:
            `(batch, rows - given_rows, ...)`.
        """
        return x[:, self.given_rows :]

    def code(self, x, training=False):
        return super().code(self.observed(x), training=training)

    def decoder_output(self, value, training=False):
        for encoder, bottleneck in self.stages[1:]:
            features = encoder(value, training=training)
            value = bottleneck(features, training=training).value
        return self.decoder(value, training=training)

    def value_loss(self, x, value, training, copies=1):
        return self._rest(1, x, value, training, copies)

    def _rest(self, depth, x, value, training, copies):
        """Return the loss that the chain expects from a code on."""
        if depth == len(self.stages):
            output = self.decoder(value, training=training)
            return self.reconstruction_loss(self.predicted(x), output)
        encoder, bottleneck = self.stages[depth]
        features = encoder(value, training=training)
        with bottleneck.for_copies(copies):
            code = bottleneck(features, training=training)

        def loss_of(x, value):
            rows = copies * code.rows
            return self._rest(depth + 1, x, value, training, rows)

        return bottleneck.expected_loss(x, code, loss_of, value)

    def decode(self, code):
        """Return the predicted rows for a first code.

        Args:
            code: `(batch, ...)`, as `encode` returns it.

        Returns:
            `(batch, rows - given_rows, ...)`, float32: the mean under
            `likelihood`, given the most probable deeper codes.
        """
        return self.expectation(self.decoder_output(code, training=False))

    def reconstruct(self, x):
        """Complete the given rows of objects, the same on every call.

        Args:
            x: `(batch, rows, ...)`.

        Returns:
            Shape of `x`, float32: the given rows as they are.
        """
        given = ops.cast(self.observed(x), "float32")
        return ops.concatenate([given, self.decode(self.encode(x))], axis=1)

    def log_weights(self, x, copies=1):
        """Draw chains of codes and return the log-likelihoods they give.

        The log of the mean of `m` of their exponentials is a lower bound on
        the conditional log-likelihood of the predicted rows, tight for many
        samples; their mean is the bound that training maximises.

        Args:
            x: `(batch, rows, ...)`.
            copies: Int >= 1, chains drawn of an object. Defaults to `1`.

        Returns:
            `(batch * copies,)`, nats, the copies of an object one after the
            other; up to the constant that `"squared_error"` leaves out.

        Reference:
            arXiv:1611.01144, section 4.1.
        """
        logits = self.encoder(self.observed(x), training=False)
        logits = ops.repeat(logits, copies, axis=0)
        value = self._drawn(self.bottleneck, logits)
        for encoder, bottleneck in self.stages[1:]:
            value = self._drawn(bottleneck, encoder(value, training=False))
        output = self.decoder(value, training=False)
        x = ops.repeat(self.predicted(x), copies, axis=0)
        return -self.reconstruction_loss(x, output)

    @staticmethod
    def _drawn(bottleneck, logits):
        return bottleneck.decode_index(bottleneck.sample_index(logits))

    def get_config(self):
        config = super().get_config()
        config["given_rows"] = self.given_rows
        for name in ("deeper_encoders", "deeper_bottlenecks"):
            config[name] = [
                keras.saving.serialize_keras_object(layer)
                for layer in getattr(self, name)
            ]
        return config
