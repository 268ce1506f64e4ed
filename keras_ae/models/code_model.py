"""The part that every model with a discrete code shares."""

import contextlib

import keras

from keras_ae.bottlenecks.bottleneck import Bottleneck
from keras_ae.metrics import CodePerplexity, CodesUsed, CodeUsage
from keras_ae.models.reconstructor import Reconstructor, as_layer


class CodeModel(Reconstructor):
    """Base of models encoder - bottleneck - decoder.

    It logs, beside the terms: `code_perplexity` and `code_usage`, means over
    batches, and `codes_used`, distinct codes since the epoch began.

    Args:
        encoder: Keras layer or model, objects to the bottleneck's features.
        bottleneck: `Bottleneck`.
        decoder: Keras layer or model, code values to objects (or logits).
        terms: Dict of the model's own further terms, from name to weight.
        likelihood: `"squared_error"` or `"bernoulli"`.
    """

    # Whether the decoder's loss has a gradient with respect to the code.
    differentiable_loss = True

    def __init__(
        self,
        encoder,
        bottleneck,
        decoder,
        terms=None,
        likelihood="squared_error",
        **kwargs,
    ):
        bottleneck = as_layer(bottleneck)
        if not isinstance(bottleneck, Bottleneck):
            raise TypeError(
                f"`{type(self).__name__}` needs a `Bottleneck`. "
                f"Received: {bottleneck!r}"
            )
        self.check_estimator(bottleneck)
        super().__init__(
            encoder,
            decoder,
            terms={**bottleneck.term_weights, **(terms or {})},
            likelihood=likelihood,
            **kwargs,
        )
        self.bottleneck = bottleneck
        sizes = dict(num_codes=bottleneck.num_codes, groups=bottleneck.groups)
        self.code_metrics = [
            CodePerplexity(**sizes),
            CodeUsage(**sizes),
            CodesUsed(**sizes),
        ]

    def check_estimator(self, bottleneck):
        """Refuse a code whose estimator needs a gradient that there is not.

        Args:
            bottleneck: `Bottleneck`, any of the model's.
        """
        estimator = bottleneck.estimator
        if estimator.needs_differentiable_loss > self.differentiable_loss:
            raise ValueError(
                f"`{type(self).__name__}` needs a score-function estimator, "
                "such as `reinforce`: its loss has no gradient with respect "
                f"to the code. Received: estimator={estimator.name!r}"
            )

    @property
    def stages(self):
        """List of pairs, each layer and the bottleneck that it feeds."""
        return [(self.encoder, self.bottleneck)]

    @contextlib.contextmanager
    def trained_by(self, estimators):
        """Let other estimators train the codes, for a `with` block.

        Args:
            estimators: List of `Estimator`, one for each of `stages`.
        """
        with contextlib.ExitStack() as stack:
            for (_, bottleneck), other in zip(self.stages, estimators):
                stack.enter_context(bottleneck.trained_by(other))
            yield

    def code(self, x, training=False):
        """Return the code of objects.

        Args:
            x: `(batch, ...)`.
            training: Bool. Defaults to `False`.

        Returns:
            `Code`.
        """
        features = self.encoder(x, training=training)
        return self.bottleneck(features, training=training)

    def call(self, x, training=False):
        code = self.code(x, training=training)
        x_hat = self.decoder_output(code.value, training)
        return {"z": code.value, "index": code.index, "x_hat": x_hat}

    def decoder_output(self, value, training=False):
        """Return what the decoder makes of code values.

        Args:
            value: Shape of `Code.value`.
            training: Bool. Defaults to `False`.

        Returns:
            The decoder's output.
        """
        return self.decoder(value, training=training)

    def encode(self, x):
        return self.code(x).value

    def encode_index(self, x):
        """Return the hard codes of objects.

        Args:
            x: `(batch, ...)`.

        Returns:
            Int32, shape of `Code.index`.
        """
        return self.code(x).index

    def decode_index(self, index):
        """Return the objects that codes stand for.

        Args:
            index: Int, shape of `Code.index`.

        Returns:
            `(batch, ...)`, float32.
        """
        return self.decode(self.bottleneck.decode_index(index))

    def serving_signatures(self):
        signatures = super().serving_signatures()
        signatures["codes"] = self.object_signature(
            "Give the discrete code of each object.",
            self.encode_index,
            codes=f"whole numbers in [0, {self.bottleneck.num_codes})",
        )
        return signatures

    def code_terms(self, code):
        """Return the model's own terms of a code.

        Args:
            code: `Code`.

        Returns:
            Dict from name to `(batch,)`, nats.
        """
        return {}

    def loss_terms(self, batch, training):
        code = self.code(batch.x, training=training)
        for metric in self.code_metrics:
            metric.update_state(code.index)

        own = self.code_terms(code)  # before any average of losses moves

        def loss_of(x, value):
            return self.value_loss(x, value, training, code.rows)

        reconstruction = self.bottleneck.expected_loss(
            batch.x, code, loss_of, self.observed(batch.x)
        )
        return {
            "reconstruction_loss": reconstruction,
            **code.terms,
            **own,
        }

    def observed(self, x):
        """Return the part of objects that the encoder sees.

        Args:
            x: `(batch, ...)`.

        Returns:
            `(batch, ...)`.
        """
        return x

    def value_loss(self, x, value, training, copies=1):
        """Return the negative log-likelihood of objects given code values.

        Args:
            x: `(batch, ...)`.
            value: Shape of `Code.value`.
            training: Bool.
            copies: Int >= 1: rows are this many copies of a batch, one after
                the other. Defaults to `1`.

        Returns:
            `(batch,)`, nats.
        """
        output = self.decoder_output(value, training)
        return self.reconstruction_loss(x, output)

    def get_config(self):
        config = super().get_config()
        config["bottleneck"] = keras.saving.serialize_keras_object(
            self.bottleneck
        )
        return config
