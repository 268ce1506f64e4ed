"""Waveforms to frames: what is too short for one."""

import numpy as np
import pytest
import tensorflow as tf

from keras_ae.layers import WaveEncoder


def test_less_than_a_frame_is_refused_also_where_the_length_is_free():
    encoder = WaveEncoder(4, [3], [4])
    graph = tf.function(encoder, [tf.TensorSpec((None, None), tf.float32)])
    x = np.random.default_rng(0).normal(size=(2, 3)).astype("float32")
    np.testing.assert_allclose(graph(x), encoder(x), atol=1e-6)
    rule = "of 3 samples, one frame, or more. Received:"
    with pytest.raises(ValueError, match=f"{rule} 2 samples"):
        encoder(x[:, :2])
    with pytest.raises(tf.errors.InvalidArgumentError, match=rule):
        graph(x[:, :2])
