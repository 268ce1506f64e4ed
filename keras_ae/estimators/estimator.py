"""The interface of every gradient estimator."""


class Estimator:
    """Say how gradient gets through, or around, a code.

    A bottleneck draws a code and asks its estimator for the value that the
    decoder sees; the estimator decides what gradient flows back through it.
    A score-function estimator returns a value without gradient (`pathwise`
    is false) and is trained through `Code.log_prob`; those of the house are
    `ScoreEstimator`s.

    Subclasses declare, as class attributes:

    - `name`: Str, what `estimators.get` knows it by.
    - `code_kinds`: Frozen set out of `"one_hot"`, `"binary"`,
      `"vector_quantized"`, `"finite_scalar"`.
    - `unbiased`: Bool, whether the gradient's expectation is the gradient
      of the expected loss with hard codes.
    - `pathwise`: Bool, whether gradient flows through the code's value.
    - `needs_differentiable_loss`: Bool.
    - `stochastic`: Bool, whether training draws the code with noise.
    - `decoder_evaluations`: Int, decoder evaluations of an example in a
      training step; `"codes"` where it is one for every possible code.
    """

    name = ""
    code_kinds = frozenset()
    unbiased = False
    pathwise = True
    needs_differentiable_loss = True
    stochastic = True
    decoder_evaluations = 1

    def build(self, layer):
        """Create the estimator's weights, if any, as weights of `layer`.

        Args:
            layer: The bottleneck that owns the estimator.
        """

    def estimate(self, bottleneck, logits, drawn):
        """Give the code value of a training step for a code with logits.

        Args:
            bottleneck: The bottleneck, which offers `hard`, `relax`, `mean`
                and `step`.
            logits: `(batch, ..., width)`, float32.
            drawn: Shape of `logits`: logits plus the noise whose `hard`
                value is an exact sample of the code; the bare logits where
                the estimator is not `stochastic`.

        Returns:
            The code's value, of `logits`' shape.

        Raises:
            TypeError: If the estimator is not made for codes with logits.
        """
        raise TypeError(f"`{self.name}` has no rule for codes with logits.")

    def estimate_nearest(self, features, nearest):
        """Give the code value of a training step for a codebook.

        Args:
            features: `(n, dim)`, float32, the encoder's output.
            nearest: `(n, dim)`, the nearest codes.

        Returns:
            `(n, dim)`, equal to `nearest` in value.

        Raises:
            TypeError: If the estimator is not made for codebooks.
        """
        raise TypeError(f"`{self.name}` has no rule for codebooks.")

    def direct_term(self, term):
        """Weigh the gradient of a term of the code's probabilities alone.

        Such a term, a divergence say, has a gradient without any draw. An
        estimator that divides its own gradient by a number divides this one
        too: the sum of both is what the encoder follows.

        Args:
            term: `(batch,)`, a function of the logits.

        Returns:
            `(batch,)`, the same values.
        """
        return term

    def get_config(self):
        """Return the constructor's arguments as a dict."""
        return {}

    def settings(self):
        """Return what it was made with, as a dict that is JSON, for records."""
        return self.get_config()

    @classmethod
    def from_config(cls, config):
        """Build the estimator from `get_config`'s dict.

        Args:
            config: Dict, as `get_config` returns it.

        Returns:
            An estimator.
        """
        return cls(**config)
