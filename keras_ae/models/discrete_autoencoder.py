"""Auto-encoder through a discrete code, one-hot or binary or other."""

import keras
from keras import ops

from keras_ae.bottlenecks.logit_code import LogitCode
from keras_ae.checks import check_number
from keras_ae.losses import sum_over_example
from keras_ae.models.code_model import CodeModel
from keras_ae.models.reconstructor import as_layer


@keras.saving.register_keras_serializable("keras_ae")
class DiscreteAutoencoder(CodeModel):
    """Minimise the reconstruction error through any bottleneck.

    Training uses the bottleneck's estimator; inference uses hard codes.
    For codes with logits, `kl_loss` is the divergence of the code from the
    uniform prior: with `kl_weight=1` and `"bernoulli"` the loss is minus the
    evidence lower bound.

    Args:
        encoder: Keras layer or model, objects to the bottleneck's features.
        bottleneck: `Bottleneck`.
        decoder: Keras layer or model, code values to objects (or logits).
        likelihood: `"squared_error"` or `"bernoulli"`. Defaults to
            `"squared_error"`.
        kl_weight: Float >= 0, for codes with logits. Defaults to `0.0`.

    Call arguments:
        x: `(batch, ...)`.
        training: Bool. Defaults to `False`.

    Returns:
        Dict: `z`, the code's value; `index`; `x_hat`, the decoder's output.

    Raises:
        TypeError: If `bottleneck` is no `Bottleneck`.
        ValueError: If `kl_weight` is set for a code without logits.

    Reference:
        arXiv:1611.01144, section 4.
    """

    def __init__(
        self,
        encoder,
        bottleneck,
        decoder,
        likelihood="squared_error",
        kl_weight=0.0,
        **kwargs,
    ):
        self.kl_weight = check_number(
            "DiscreteAutoencoder", "kl_weight", kl_weight, minimum=0
        )
        bottleneck = as_layer(bottleneck)
        has_logits = isinstance(bottleneck, LogitCode)
        if self.kl_weight and not has_logits:
            raise ValueError(
                "`DiscreteAutoencoder` needs `kl_weight` = 0 for a bottleneck "
                "without a distribution over codes. Received: "
                f"kl_weight={kl_weight}, bottleneck={type(bottleneck).__name__}"
            )
        super().__init__(
            encoder,
            bottleneck,
            decoder,
            terms={"kl_loss": self.kl_weight} if has_logits else {},
            likelihood=likelihood,
            **kwargs,
        )

    def code_terms(self, code):
        if "kl_loss" not in self.term_weights:
            return {}
        kl = sum_over_example(self.bottleneck.compute_kl(code.logits))
        return {"kl_loss": self.bottleneck.training_estimator.direct_term(kl)}

    def log_weights(self, x, copies=1):
        """Draw hard codes of each object and return their log-weights.

        `log p(x, code) - log q(code | x)` under the uniform prior. Its mean
        over draws is the evidence lower bound; the log of the mean of `m` of
        their exponentials is the tighter bound with `m` samples.

        Args:
            x: `(batch, ...)`.
            copies: Int >= 1, codes drawn of an object. Defaults to `1`.

        Returns:
            `(batch * copies,)`, nats, the copies of an object one after the
            other; up to the constant that `"squared_error"` leaves out.

        Raises:
            TypeError: If the code has no distribution.

        Reference:
            arXiv:1509.00519, equation 8.
        """
        code = self.bottleneck
        if not isinstance(code, LogitCode):
            raise TypeError(
                "`DiscreteAutoencoder.log_weights` needs a stochastic code, "
                f"one-hot or binary. Received: {type(code).__name__}"
            )
        logits = ops.cast(self.encoder(x, training=False), "float32")
        logits, x = (ops.repeat(part, copies, axis=0) for part in (logits, x))
        index = code.sample_index(logits)
        log_prob, _ = code.log_prob_and_entropy(logits, index)
        value = code.decode_index(index)
        loss = self.value_loss(x, value, training=False)
        direct = code.prior_log_prob(index) - sum_over_example(log_prob)
        return direct - loss

    def get_config(self):
        config = super().get_config()
        config["kl_weight"] = self.kl_weight
        return config
