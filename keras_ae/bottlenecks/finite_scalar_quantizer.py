"""Finite scalar quantiser: a fixed grid instead of a codebook."""

import math

import keras
import numpy as np
from keras import ops

from keras_ae.bottlenecks.bottleneck import Bottleneck
from keras_ae.bottlenecks.code import Code
from keras_ae.checks import check_int, check_last_dimension

# Widens the tanh a little, so that the outermost levels are reached at
# finite features.
EPSILON = 1e-3
# Logit of a level that a dimension does not have.
ABSENT = -1e9


@keras.saving.register_keras_serializable("keras_ae")
class FiniteScalarQuantizer(Bottleneck):
    """Bound every dimension by tanh and round it to one of its levels.

    Nothing is learned and nothing can die. Training passes the gradient
    straight through the rounding; inference gives the same values.

    Args:
        levels: List of int >= 2, levels of each dimension, such as
            `[8, 5, 5, 5]` for 1,000 codes.
        estimator: `"straight_through"` or an `Estimator`. Defaults to
            `"straight_through"`.
        seed: Int or `None`, unused: there is no noise. Defaults to `None`.

    Call arguments:
        features: `(batch, ..., len(levels))`.
        training: Bool. Defaults to `False`.

    Returns:
        `Code`: `value` in the shape of `features`, from -1 to 1; `index`
        `(batch, ...)`, the first dimension varying fastest; `logits`
        `(batch, ..., len(levels), max(levels))`, minus the squared distance
        to each level; no terms.

    Raises:
        ValueError: If the last dimension is not `len(levels)`.

    Reference:
        arXiv:2309.15505, section 3.1.
    """

    kind = "finite_scalar"

    def __init__(
        self, levels, estimator="straight_through", seed=None, **kwargs
    ):
        owner = "FiniteScalarQuantizer"
        levels = list(levels)
        check_int(owner, "len(levels)", len(levels))
        self.levels = [check_int(owner, "levels", level, 2) for level in levels]
        super().__init__(estimator, seed=seed, **kwargs)
        sizes = np.array(self.levels)
        self._half = ((sizes - 1) * (1 + EPSILON) / 2).astype("float32")
        self._offset = np.where(sizes % 2 == 0, 0.5, 0.0).astype("float32")
        self._shift = np.arctanh(self._offset / self._half)
        self._scale = (sizes // 2).astype("float32")
        self._radix = np.concatenate([[1], np.cumprod(sizes[:-1])]).astype(
            "int32"
        )

    @property
    def num_codes(self):
        return math.prod(self.levels)

    def build(self, input_shape):
        check_last_dimension(
            "FiniteScalarQuantizer",
            input_shape,
            len(self.levels),
            "len(levels)",
        )
        super().build(input_shape)

    def make_code(self, features, training):
        bounded = ops.tanh(features + self._shift) * self._half - self._offset
        rounded = ops.round(bounded)
        value = rounded
        if training:
            value = self.estimator.estimate_nearest(bounded, rounded)
        digits = ops.cast(rounded + self._scale, "int32")
        zero = ops.zeros((ops.shape(features)[0],), "float32")
        code = Code(
            value=value / self._scale,
            index=ops.sum(digits * self._radix, axis=-1),
            logits=self._logits(bounded),
            log_prob=zero,
            entropy=zero,
            terms={},
        )
        return code, ()

    def _logits(self, bounded):
        level = np.arange(max(self.levels))
        values = level[None, :] - self._scale[:, None]
        exists = level[None, :] < np.array(self.levels)[:, None]
        distance = ops.square(bounded[..., None] - values.astype("float32"))
        return ops.where(exists, -distance, ABSENT)

    def decode_index(self, index):
        index = ops.cast(index, "int32")[..., None]
        digits = index // self._radix % np.array(self.levels, "int32")
        return ops.cast(digits, "float32") / self._scale - 1.0

    def get_config(self):
        config = super().get_config()
        config["levels"] = self.levels
        return config
