"""A small causal transformer over sequences of codes."""

import keras
import tensorflow as tf
from keras import ops

from keras_ae.checks import check_int
from keras_ae.models.fit_repairs import ReplicaModel
from keras_ae.models.noise_each import gumbel_each


@keras.saving.register_keras_serializable("keras_ae")
class CodePrior(ReplicaModel):
    """Predict each code of a sequence from those before it.

    Training and inference are the same. Train it with plain `fit` on
    `(index, index)` after `compile_prior()`, or through `VQVAE.fit_prior`.

    Args:
        num_codes: Int >= 2, values of a code.
        length: Int >= 1, codes in a sequence.
        width: Int, size of the embeddings, a multiple of `heads`. Defaults
            to `128`.
        blocks: Int >= 1. Defaults to `2`.
        heads: Int >= 1. Defaults to `4`.

    Call arguments:
        index: Int, `(batch, length)`.

    Returns:
        Logits `(batch, length, num_codes)`, float32: position t sees the
        codes before t only.

    Raises:
        ValueError: If `width` is not a multiple of `heads`.

    Reference:
        arXiv:1711.00937, section 3.3; the transformer is that of
        arXiv:1706.03762 with normalisation before each part.
    """

    def __init__(
        self, num_codes, length, width=128, blocks=2, heads=4, **kwargs
    ):
        super().__init__(**kwargs)
        owner = "CodePrior"
        self.num_codes = check_int(owner, "num_codes", num_codes, 2)
        self.length = check_int(owner, "length", length)
        self.width = check_int(owner, "width", width)
        self.blocks = check_int(owner, "blocks", blocks)
        self.heads = check_int(owner, "heads", heads)
        if width % heads:
            raise ValueError(
                "`CodePrior` needs `width` to be a multiple of `heads`. "
                f"Received: width={width}, heads={heads}"
            )
        # One more code than there are: the start of a sequence.
        self.embed = keras.layers.Embedding(num_codes + 1, width)
        self.position = keras.layers.Embedding(length, width)
        self.parts = [self._block() for _ in range(blocks)]
        self.final_norm = keras.layers.LayerNormalization()
        self.to_logits = keras.layers.Dense(num_codes, dtype="float32")

    def _block(self):
        return [
            keras.layers.LayerNormalization(),
            keras.layers.MultiHeadAttention(
                self.heads, self.width // self.heads
            ),
            keras.layers.LayerNormalization(),
            keras.layers.Dense(4 * self.width, activation="gelu"),
            keras.layers.Dense(self.width),
        ]

    def call(self, index, training=False):
        index = ops.cast(index, "int32")
        start = ops.full_like(index[:, :1], self.num_codes)
        before = ops.concatenate([start, index[:, :-1]], axis=1)
        h = self.embed(before) + self.position(ops.arange(self.length))
        for norm, attend, norm_dense, widen, narrow in self.parts:
            normed = norm(h)
            h = h + attend(normed, normed, use_causal_mask=True)
            h = h + narrow(widen(norm_dense(h)))
        return self.to_logits(self.final_norm(h))

    def compile_prior(self, learning_rate=1e-3, **kwargs):
        """Compile with the negative log-likelihood of a code, in nats.

        Args:
            learning_rate: Float > 0, of Adam. Defaults to `1e-3`.
            **kwargs: As in `keras.Model.compile`.
        """
        self.compile(
            optimizer=keras.optimizers.Adam(learning_rate),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            **kwargs,
        )

    def sample(self, count, seed):
        """Draw sequences, code by code.

        Args:
            count: Int >= 1, or int tensor.
            seed: `(2,)` int tensor or pair of ints; the same seed gives the
                same codes.

        Returns:
            Int32, `(count, length)`.
        """
        seed = ops.cast(ops.convert_to_tensor(seed), "int32")
        return self._sample(ops.convert_to_tensor(count, "int32"), seed)

    def sample_each(self, seed):
        """Draw one sequence a seed, whatever the others in the batch.

        Args:
            seed: Int tensor, `(batch,)`.

        Returns:
            Int32, `(batch, length)`.
        """
        return self._sample_each(ops.convert_to_tensor(seed, "int64"))

    @tf.function(reduce_retracing=True)
    def _sample(self, count, seed):
        def draw(position, logits):
            return tf.random.stateless_categorical(
                logits, 1, seed + tf.stack([0, position]), dtype=tf.int32
            )

        return self._draw_in_order(count, draw)

    @tf.function(reduce_retracing=True)
    def _sample_each(self, seed):
        shape = (self.length, self.num_codes)
        noise = gumbel_each(seed, shape)

        def draw(position, logits):
            drawn = tf.argmax(logits + noise[:, position], -1, tf.int32)
            return drawn[:, None]

        return self._draw_in_order(tf.shape(seed)[0], draw)

    def _draw_in_order(self, count, draw):
        def step(position, index):
            drawn = draw(position, self(index)[:, position])
            here = tf.range(self.length)[None] == position
            return position + 1, tf.where(here, drawn, index)

        start = tf.zeros(tf.stack([count, self.length]), tf.int32)
        return tf.while_loop(
            lambda position, index: position < self.length,
            step,
            (tf.constant(0), start),
            shape_invariants=(
                tf.TensorShape([]),
                tf.TensorShape([None, self.length]),
            ),
        )[1]

    def get_config(self):
        config = super().get_config()
        config.update(
            num_codes=self.num_codes,
            length=self.length,
            width=self.width,
            blocks=self.blocks,
            heads=self.heads,
        )
        return config
