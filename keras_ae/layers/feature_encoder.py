"""An image encoder that shows its features on the way to the embedding."""

import keras
from keras import ops

from keras_ae.checks import check_int
from keras_ae.layers.batch_norm import BatchNorm


@keras.saving.register_keras_serializable("keras_ae")
class FeatureEncoder(keras.layers.Layer):
    """Strided convolutions, a dense layer, and a linear one.

    Each convolution halves the image; it and the dense layer have batch
    normalisation and relu.

    Args:
        dim: Int >= 1, size of the embedding. Defaults to `64`.
        filters: List of ints >= 1, channels of the convolutions. Defaults to
            `(64, 128)`.
        units: Int >= 1, size of the dense layer. Defaults to `1024`.
        kernel_size: Int >= 1. Defaults to `5`.

    Call arguments:
        x: `(batch, height, width, channels)`.
        training: Bool. Defaults to `False`.

    Returns:
        `(batch, dim)`, in the layer's compute dtype. `features` gives all.

    Raises:
        ValueError: If there is no convolution, or `x` holds no images.

    Reference:
        rdevon/DIM, cortex_DIM/configs/convnets.py, `_basic28x28`.
    """

    def __init__(
        self, dim=64, filters=(64, 128), units=1024, kernel_size=5, **kwargs
    ):
        super().__init__(**kwargs)
        owner, policy = "FeatureEncoder", dict(dtype=self.dtype_policy)
        self.dim = check_int(owner, "dim", dim)
        self.filters = [check_int(owner, "filters", n) for n in filters]
        self.units = check_int(owner, "units", units)
        self.kernel_size = check_int(owner, "kernel_size", kernel_size)
        check_int(owner, "len(filters)", len(self.filters))
        self.convolutions = [
            keras.layers.Conv2D(
                n,
                kernel_size,
                strides=2,
                padding="same",
                use_bias=False,
                name=f"conv_{i}",
                **policy,
            )
            for i, n in enumerate(self.filters)
        ]
        self.norms = [
            BatchNorm(name=f"norm_{i}", **policy)
            for i in range(len(self.filters))
        ]
        self.dense = keras.layers.Dense(
            units, use_bias=False, name="dense", **policy
        )
        self.dense_norm = BatchNorm(name="dense_norm", **policy)
        self.linear = keras.layers.Dense(dim, name="linear", **policy)

    def build(self, input_shape):
        if len(input_shape) != 4 or None in input_shape[1:]:
            raise ValueError(
                "`FeatureEncoder` needs images (batch, height, width, "
                f"channels). Received: shape={tuple(input_shape)}"
            )
        for convolution, norm in zip(self.convolutions, self.norms):
            convolution.build(input_shape)
            input_shape = convolution.compute_output_shape(input_shape)
            norm.build(input_shape)
        _, height, width, channels = input_shape
        self.dense.build((None, height * width * channels))
        self.dense_norm.build((None, self.units))
        self.linear.build((None, self.units))

    def features(self, x, training=False):
        """Return the features at three depths.

        Args:
            x: `(batch, height, width, channels)`.
            training: Bool. Defaults to `False`.

        Returns:
            Dict: `conv`, `(batch, h, w, channels)`, of the last convolution;
            `fc`, `(batch, units)`; `embedding`, `(batch, dim)`.
        """
        for convolution, norm in zip(self.convolutions, self.norms):
            x = ops.relu(norm(convolution(x), training=training))
        flat = ops.reshape(x, (-1, self.dense.kernel.shape[0]))
        fc = self.dense_norm(self.dense(flat), training=training)
        fc = ops.relu(fc)
        return {"conv": x, "fc": fc, "embedding": self.linear(fc)}

    def call(self, x, training=False):
        return self.features(x, training=training)["embedding"]

    def get_config(self):
        config = super().get_config()
        config.update(
            dim=self.dim,
            filters=self.filters,
            units=self.units,
            kernel_size=self.kernel_size,
        )
        return config
