"""What every loss and every metric keeps."""

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from .cases import CASES
from .helpers import each

JIT = pytest.mark.parametrize("jit", [False, True], ids=["no_jit", "jit"])
# XLA fuses and reorders float32 sums of at most a few dozen terms.
XLA = dict(rtol=1e-4, atol=1e-5)


@each("loss")
def test_losses_are_float32_one_per_example_under_every_dtype(name):
    case = CASES[name]
    for count in (4, 0):
        inputs = case.inputs(count)
        full = case.target(*inputs)
        assert full.shape == (count,)
        for dtype in ("bfloat16", "float16"):
            lower = case.target(*(ops.cast(x, dtype) for x in inputs))
            assert lower.dtype == tf.float32
            # Inputs in [0, 1) with 8 bits: 2^-8 each, six terms of slope <= 1.
            np.testing.assert_allclose(lower, full, atol=12 * 2**-8)


@JIT
@each("loss")
def test_losses_compile_and_have_finite_gradients(name, jit):
    case = CASES[name]

    @tf.function(jit_compile=jit)
    def value_and_gradients(*inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = case.target(*inputs)
        return loss, tape.gradient(loss, inputs)

    tensors = [tf.constant(x) for x in case.inputs()]
    loss, gradients = value_and_gradients(*tensors)
    np.testing.assert_allclose(loss, case.target(*tensors), **XLA)
    assert all(np.isfinite(gradient).all() for gradient in gradients)


@JIT
@each("metric")
def test_metrics_compile_and_reset(name, jit):
    metric, other = CASES[name].make(), CASES[name].make()
    (index,) = CASES[name].inputs()
    tf.function(metric.update_state, jit_compile=jit)(tf.constant(index))
    other.update_state(index)
    assert float(metric.result()) == float(other.result()) > 0
    metric.reset_state()
    fresh = float(CASES[name].make().result())
    assert float(metric.result()) == fresh
