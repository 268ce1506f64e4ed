"""An encoder that reads a sentence with a small Transformer."""

import keras
from keras import ops

from keras_ae.checks import check_int
from keras_ae.layers.sentence_encoder import SentenceEncoder


@keras.saving.register_keras_serializable("keras_ae")
class TransformerSentenceEncoder(SentenceEncoder):
    """Let the words attend to each other; their mean is the embedding.

    Blocks with normalisation first, learned positions, and a last
    normalisation.

    Args:
        vocabulary_size: Int >= 2, word numbers; 0 is padding.
        word_dim: Int >= 1, size of a word's vector and of the embedding; a
            multiple of `heads`.
        blocks: Int >= 1. Defaults to `2`.
        heads: Int >= 1. Defaults to `4`.
        word_scale: Float > 0: words' vectors begin uniform in plus or minus
            this. Defaults to `0.1`.
        word_dropout: Float in [0, 1), the share of words that are read as
            unknown in training, others each time. Defaults to `0`.
        seed: Int or `None`, of that choice. Defaults to `None`.

    Call arguments:
        numbers: `(batch, time)` ints, padded with 0 on the right.
        training: Bool. Defaults to `False`.

    Returns:
        `(batch, word_dim)`, in the layer's compute dtype.

    Raises:
        ValueError: If `heads` does not divide `word_dim`.

    Reference:
        arXiv:1706.03762, section 3; arXiv:2002.04745 for the order.
    """

    def __init__(
        self,
        vocabulary_size,
        word_dim,
        blocks=2,
        heads=4,
        word_scale=0.1,
        word_dropout=0.0,
        seed=None,
        **kwargs,
    ):
        shared = (vocabulary_size, word_dim, word_scale, word_dropout, seed)
        super().__init__(*shared, **kwargs)
        owner, policy = "TransformerSentenceEncoder", self.dtype_policy
        self.blocks = check_int(owner, "blocks", blocks)
        self.heads = check_int(owner, "heads", heads)
        if word_dim % heads:
            raise ValueError(
                f"`{owner}` needs `word_dim` to be a multiple of `heads`, "
                f"{heads}. Received: word_dim={word_dim}"
            )
        make = keras.layers
        self.attentions, self.hidden, self.outer = [], [], []
        self.norms = [
            make.LayerNormalization(name=f"norm_{i}", dtype=policy)
            for i in range(2 * blocks + 1)
        ]
        for i in range(blocks):
            self.attentions.append(
                make.MultiHeadAttention(
                    heads, word_dim // heads, name=f"attend_{i}", dtype=policy
                )
            )
            self.hidden.append(
                make.Dense(
                    4 * word_dim, "gelu", name=f"hidden_{i}", dtype=policy
                )
            )
            self.outer.append(
                make.Dense(word_dim, name=f"outer_{i}", dtype=policy)
            )

    def build_reader(self, shape):
        self.positions = self.add_weight(
            name="positions", shape=shape[1:], initializer="random_normal"
        )
        for norm in self.norms:
            norm.build(shape)
        for i in range(self.blocks):
            self.attentions[i].build(shape, shape)
            self.hidden[i].build(shape)
            self.outer[i].build((*shape[:-1], 4 * self.word_dim))

    def read(self, x, mask, training):
        x = x + ops.cast(self.positions, x.dtype)
        for i in range(self.blocks):
            y = self.norms[2 * i](x)
            x = x + self.attentions[i](
                y, y, attention_mask=mask[:, None], training=training
            )
            y = self.hidden[i](self.norms[2 * i + 1](x))
            x = x + self.outer[i](y)
        return SentenceEncoder.read(self, self.norms[-1](x), mask, training)

    def get_config(self):
        config = super().get_config()
        config.update(blocks=self.blocks, heads=self.heads)
        return config
