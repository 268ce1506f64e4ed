"""Rotation trick for codebooks (arXiv:2410.06424)."""

import keras
from keras import ops

from keras_ae.estimators.estimator import Estimator

# Below this length a vector has no direction that float32 can hold.
EPSILON = 1e-6


@keras.saving.register_keras_serializable("keras_ae")
class Rotation(Estimator):
    """Turn and scale the features onto the code, both held constant.

    Forward the value is the nearest code; backward the gradient is rotated
    and scaled by the same linear map, so that the angle between gradient
    and code is the angle between the features' gradient and the features.

    Reference:
        arXiv:2410.06424, section 4.2 (Householder form).
    """

    name = "rotation"
    code_kinds = frozenset({"vector_quantized"})

    def estimate_nearest(self, features, nearest):
        e, q = ops.stop_gradient(features), ops.stop_gradient(nearest)
        e_norm = ops.maximum(ops.norm(e, axis=-1, keepdims=True), EPSILON)
        q_norm = ops.maximum(ops.norm(q, axis=-1, keepdims=True), EPSILON)
        e_unit, q_unit = e / e_norm, q / q_norm
        middle = e_unit + q_unit
        middle = middle / ops.maximum(
            ops.norm(middle, axis=-1, keepdims=True), EPSILON
        )
        reflected = ops.sum(features * middle, axis=-1, keepdims=True) * middle
        along = ops.sum(features * e_unit, axis=-1, keepdims=True) * q_unit
        turned = features - 2.0 * reflected + 2.0 * along
        turned = turned * (q_norm / e_norm)
        # Exactly the code in value, whatever rounding the rotation has.
        return q + (turned - ops.stop_gradient(turned))
