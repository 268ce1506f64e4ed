"""Encoders of sentences: padding, directions, and the recipes' names."""

import numpy as np
import pytest

from keras_ae import layers
from tests.contract.sentence_cases import vectorizer
from zoo.text_networks import ENCODERS, sentence_encoder

DIRECTIONS = ("forward", "both", "combined")
NUMBERS = np.array([[3, 7, 2, 0, 0, 0], [5, 4, 0, 0, 0, 0]])


def gru(direction, units=6):
    encoder = layers.GRUSentenceEncoder(12, 5, units, direction)
    encoder(NUMBERS)
    return encoder


def transformer():
    encoder = layers.TransformerSentenceEncoder(12, 8)
    encoder(NUMBERS)
    return encoder


@pytest.mark.parametrize("kind", [*DIRECTIONS, "transformer"])
def test_the_vector_of_padding_is_in_no_embedding(kind):
    encoder = transformer() if kind == "transformer" else gru(kind)
    before = np.array(encoder(NUMBERS))
    (vectors,) = encoder.words.get_weights()
    vectors[0] += 3
    encoder.words.embeddings.assign(vectors)
    np.testing.assert_array_equal(encoder(NUMBERS), before)
    vectors[3] += 3  # a word of the first sentence alone
    encoder.words.embeddings.assign(vectors)
    moved = np.any(np.array(encoder(NUMBERS)) != before, axis=1)
    np.testing.assert_array_equal(moved, [True, False])


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_more_padding_changes_no_embedding_of_a_gru(direction):
    encoder = gru(direction)
    longer = np.pad(NUMBERS, [(0, 0), (0, 6)])
    # The same sums in the same order.
    np.testing.assert_allclose(encoder(longer), encoder(NUMBERS), rtol=1e-6)


def test_both_ways_are_one_forward_and_one_of_the_words_reversed():
    both = gru("both", units=8)
    reversed_words = np.array([[2, 7, 3, 0, 0, 0], [4, 5, 0, 0, 0, 0]])
    parts = []
    for reader, numbers in zip(both.readers, (NUMBERS, reversed_words)):
        one = gru("forward", units=4)  # half of them
        one.words.set_weights(both.words.get_weights())
        one.readers[0].set_weights(reader.get_weights())
        parts.append(one(numbers))
    expected = np.concatenate(parts, axis=1)
    assert expected.shape == (2, 8)
    np.testing.assert_allclose(both(NUMBERS), expected, rtol=1e-6)


def test_combined_is_forward_and_both_side_by_side():
    combined, forward, both = map(gru, ("combined", "forward", "both"))
    for one, readers in (
        (forward, combined.readers[:1]),
        (both, combined.readers[1:]),
    ):
        one.words.set_weights(combined.words.get_weights())
        for reader, source in zip(one.readers, readers, strict=True):
            reader.set_weights(source.get_weights())
    expected = np.concatenate([forward(NUMBERS), both(NUMBERS)], axis=1)
    assert expected.shape == (2, 12)
    np.testing.assert_allclose(combined(NUMBERS), expected, rtol=1e-6)


@pytest.mark.parametrize("name", ENCODERS)
def test_each_name_of_the_recipes_is_its_encoder(name):
    direction, size = {
        "uni": ("forward", 6),
        "bi": ("both", 6),
        "combined": ("combined", 12),
        "transformer": (None, 8),
    }[name]
    words = dict(word_scale=0.5, word_dropout=0.25)
    encoder = sentence_encoder(vectorizer(), name, 8, 6, **words)
    assert getattr(encoder, "direction", None) == direction
    assert encoder(NUMBERS).shape == (2, size)
    config = encoder.get_config()
    assert {**config, **words, "vocabulary_size": 12} == config


def test_another_name_is_refused():
    with pytest.raises(ValueError, match="model.encoder.*Received: .*gru"):
        sentence_encoder(vectorizer(), "gru", 8, 6)
