"""Train on two replicas and export, in a process of its own.

    python mirrored_export.py FOLDER
"""

import sys

import numpy as np
import tensorflow as tf

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)

import keras  # noqa: E402

from keras_ae.bottlenecks import VectorQuantizer  # noqa: E402
from keras_ae.models import VQVAE, CodePrior  # noqa: E402

if __name__ == "__main__":
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    x = np.random.default_rng(0).random((64, 4, 6)).astype("float32")
    with strategy.scope():
        keras.utils.set_random_seed(1)
        model = VQVAE(
            keras.layers.Dense(3),
            VectorQuantizer(8, 3),
            keras.layers.Dense(6),
            prior=CodePrior(8, 4, width=8, blocks=1, heads=2),
        )
        model.compile("adam", jit_compile=False)
    model.fit(x, epochs=2, batch_size=32, verbose=0)
    copies = model.bottleneck.codebook.value.values
    assert len(copies) == 2
    print(model.export_serving(sys.argv[1], x))
