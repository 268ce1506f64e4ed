"""Encoders of sentences that the recipes on text share."""

from keras_ae.checks import check_choice
from keras_ae.layers import GRUSentenceEncoder, TransformerSentenceEncoder

ENCODERS = ("uni", "bi", "combined", "transformer")
_DIRECTIONS = {"uni": "forward", "bi": "both", "combined": "combined"}


def sentence_encoder(
    vectorizer, encoder: str, word_dim: int, units: int, **words
):
    """Return the encoder of this name.

    Args:
        vectorizer: `keras.layers.TextVectorization` with its vocabulary.
        encoder: Str, one of `ENCODERS`.
        word_dim: Int, size of a word's vector.
        units: Int, size of an embedding; a Transformer has `word_dim`.
        **words: `word_scale` and `word_dropout` of `SentenceEncoder`.
    """
    check_choice("sentence_encoder", "model.encoder", encoder, ENCODERS)
    size = vectorizer.vocabulary_size()
    if encoder == "transformer":
        return TransformerSentenceEncoder(size, word_dim, **words)
    return GRUSentenceEncoder(
        size, word_dim, units, _DIRECTIONS[encoder], **words
    )
