"""An encoder that reads a sentence with gated recurrent units."""

import keras
from keras import ops

from keras_ae.checks import check_choice, check_int
from keras_ae.layers.packed_gru import PackedGRU
from keras_ae.layers.sentence_encoder import SentenceEncoder

_DIRECTIONS = ("forward", "both", "combined")


@keras.saving.register_keras_serializable("keras_ae")
class GRUSentenceEncoder(SentenceEncoder):
    """Read a sentence word by word; the last state is its embedding.

    `forward` reads once with `units`; `both` reads once each way with half of
    them; `combined` does both, so its embedding has twice `units`.

    Args:
        vocabulary_size: Int >= 2, word numbers; 0 is padding.
        word_dim: Int >= 1, size of a word's vector.
        units: Int >= 2, even: size of an embedding.
        direction: `"forward"`, `"both"` or `"combined"`. Defaults to
            `"forward"`.
        word_scale: Float > 0: words' vectors begin uniform in plus or minus
            this. Defaults to `0.1`.
        word_dropout: Float in [0, 1), the share of words that are read as
            unknown in training, others each time. Defaults to `0`.
        seed: Int or `None`, of that choice. Defaults to `None`.

    Call arguments:
        numbers: `(batch, time)` ints, padded with 0 on the right.
        training: Bool. Defaults to `False`.

    Returns:
        `(batch, units)`, twice that if combined, in the layer's compute
        dtype.

    Raises:
        ValueError: If `units` is odd.

    Reference:
        arXiv:1803.02893, section 4.1: uni, bi and combine.
    """

    def __init__(
        self,
        vocabulary_size,
        word_dim,
        units,
        direction="forward",
        word_scale=0.1,
        word_dropout=0.0,
        seed=None,
        **kwargs,
    ):
        shared = (vocabulary_size, word_dim, word_scale, word_dropout, seed)
        super().__init__(*shared, **kwargs)
        check_choice("GRUSentenceEncoder", "direction", direction, _DIRECTIONS)
        self.units = check_int("GRUSentenceEncoder", "units", units, 2)
        if units % 2:
            raise ValueError(
                "`GRUSentenceEncoder` needs an even `units`. "
                f"Received: units={units}"
            )
        self.direction, self.readers = direction, []
        if direction != "both":
            self.readers.append(self._reader("once", units, False))
        if direction != "forward":
            self.readers.append(self._reader("forth", units // 2, False))
            self.readers.append(self._reader("back", units // 2, True))

    def _reader(self, name, units, backwards):
        return PackedGRU(
            units,
            go_backwards=backwards,
            seed=0,  # of dropout, which there is none of
            name=name,
            dtype=self.dtype_policy,
        )

    def build_reader(self, shape):
        for reader in self.readers:
            reader.build(shape)

    def read(self, x, mask, training):
        last = [
            reader(x, mask=mask, training=training) for reader in self.readers
        ]
        return ops.concatenate(last, axis=-1)

    def get_config(self):
        config = super().get_config()
        config.update(units=self.units, direction=self.direction)
        return config
