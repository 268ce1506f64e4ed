"""The interface of every score-function estimator."""

import tensorflow as tf
from keras import ops

from keras_ae.estimators.estimator import Estimator


class ScoreEstimator(Estimator):
    """Train a code by the losses of some codes, not through their gradient.

    The estimator names `rows` codes of each example (`draw_index`), is told
    the loss of each, and gives the expected loss with its gradient
    (`expected_loss`). That gradient has two paths: into the logits, the
    score term; and into whatever computed the losses, such as a decoder,
    pathwise. Terms that do not depend on the code drawn, such as a
    divergence or an entropy, are the model's and keep theirs, but for what
    `direct_term` makes of them.

    Both methods are functions of their arguments alone but for averages of
    past losses, which move in `update_state`, after the gradient step.
    """

    code_kinds = frozenset({"one_hot", "binary"})
    unbiased = True
    pathwise = False
    needs_differentiable_loss = False

    def draw_index(self, bottleneck, logits, drawn):
        """Return the codes whose losses are wanted.

        Args:
            bottleneck: The bottleneck, which offers `to_index` and `noise`.
            logits: `(batch, ..., width)`, float32.
            drawn: Shape of `logits`: logits plus noise, one draw of each
                example.

        Returns:
            Int32 `(rows, batch, ..., groups)`, the rows known beforehand.
        """
        raise TypeError(f"`{self.name}` defines no `draw_index`.")

    def expected_loss(self, draws, losses):
        """Return the loss of every example, with the gradient's estimate.

        Args:
            draws: `Draws`.
            losses: `(rows, batch)`, the loss of each of the codes.

        Returns:
            `(batch,)`, and the statistics that `update_state` needs.
        """
        raise TypeError(f"`{self.name}` defines no `expected_loss`.")

    def update_state(self, statistics, finite):
        """Move the averages of past losses by one step, if there are any.

        Args:
            statistics: What `expected_loss` returned.
            finite: Bool, or bool tensor; where false nothing changes.
        """

    def estimate(self, bottleneck, logits, drawn):
        hard = bottleneck.hard(drawn)
        return _without_gradient(hard, logits, self.name)


def zero_with_gradient(values):
    """Return zeros whose gradient is that of `values`.

    Args:
        values: Tensor.

    Returns:
        Tensor of that shape.
    """
    return values - ops.stop_gradient(values)


def _without_gradient(value, logits, name):
    """Return `value`; refuse to be differentiated with respect to `logits`."""

    @tf.custom_gradient
    def identity(value, logits):
        def gradient(upstream):
            raise ValueError(
                f"`{name}` needs the loss of every example, and gives no "
                "gradient through `Code.value`. Train it in a model that "
                "takes its losses through `Bottleneck.expected_loss`, such "
                "as `DiscreteAutoencoder`, or stop the gradient of the value "
                "and use `Code.log_prob`. Received: a gradient with respect "
                "to `Code.value`"
            )

        return tf.identity(value), gradient

    return identity(value, logits)
