import numpy as np
import tensorflow as tf

from keras_ae.bottlenecks import VectorQuantizer


def test_a_gaussian_stream_uses_every_code_near_the_rate_bound():
    # The bound is 0.3^2 * 2^(-2 * 9 / 64) = 0.0741 for 9 bits over 64
    # dimensions; a codebook of which four codes live reaches 0.088.
    layer = VectorQuantizer(num_codes=512, dim=64)
    layer.build((2048, 64))

    @tf.function
    def step(x):
        code = layer(x, training=True)
        return code.index, tf.reduce_mean(tf.square(x - code.value))

    random, used, errors = np.random.default_rng(0), set(), []
    for number in range(500):
        x = random.normal(0, 0.3, (2048, 64)).astype("float32")
        index, error = step(x)
        if number >= 490:
            used.update(index.numpy().tolist())
            errors.append(float(error))
    share, error = len(used) / 512, np.mean(errors)
    print(f"\nstream: {share:.1%} of codes used, mse {error:.5f}")
    assert share >= 0.95
    assert error <= 0.080
