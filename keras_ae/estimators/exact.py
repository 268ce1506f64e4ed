"""The exact gradient, by going through all codes."""

import math

import keras
import numpy as np
from keras import ops

from keras_ae.estimators.score_estimator import ScoreEstimator

MAX_CODES = 4096


@keras.saving.register_keras_serializable("keras_ae")
class Exact(ScoreEstimator):
    """Decode every code and weigh its loss by its probability.

    No variance at all: the ground truth for the others, and the estimator of
    choice for a handful of codes. One training step evaluates the decoder
    once for each code of an example, at most 4,096.

    Raises:
        ValueError: At the first training step, if there are more codes.
    """

    name = "exact"
    decoder_evaluations = "codes"

    def draw_index(self, bottleneck, logits, drawn):
        positions = tuple(logits.shape[1:-1])
        variables = math.prod(positions) * bottleneck.groups
        codes = bottleneck.num_codes**variables
        if codes > MAX_CODES:
            raise ValueError(
                f"`exact` needs at most {MAX_CODES} codes an example, to go "
                f"through all. Received: {bottleneck.num_codes}**{variables} "
                f"codes of `{type(bottleneck).__name__}`"
            )
        grid = np.unravel_index(
            np.arange(codes), (bottleneck.num_codes,) * variables
        )
        index = np.stack(grid, axis=-1).astype("int32")
        index = index.reshape((codes, 1, *positions, bottleneck.groups))
        batch = ops.shape(logits)[0]
        return ops.repeat(index, batch, axis=1)

    def expected_loss(self, draws, losses):
        return ops.sum(ops.exp(draws.log_prob) * losses, axis=0), ()
