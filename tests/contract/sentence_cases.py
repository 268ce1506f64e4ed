"""Small models of sentences, for tests."""

import keras
import numpy as np

from keras_ae import layers, models

WORDS = ["the", "cat", "sat", "dog", "on", "a", "mat", "ran", "naïve", "off"]


def vectorizer(length=6):
    return keras.layers.TextVectorization(
        vocabulary=WORDS, output_sequence_length=length
    )


def encoder():
    return layers.GRUSentenceEncoder(12, 5, 6)


def quick_thought():
    return dict(
        vectorizer=vectorizer(),
        encoder=encoder(),
        candidate_encoder=layers.SentenceEncoder(12, 6),
        context=2,
        negatives=False,
    )


def skip_thought():
    return dict(
        vectorizer=vectorizer(),
        encoder=encoder(),
        units=7,
        written=9,
        word_dropout=0.25,
        seed=3,
    )


def sentences(count, seed=0):
    """Return `count` sentences of one to eight words, as strings."""
    random = np.random.default_rng(seed)
    return np.array(
        [
            " ".join(random.choice(WORDS, random.integers(1, 9)))
            for _ in range(count)
        ],
        dtype=object,
    )


def make(name, **arguments):
    target = {"quick": models.QuickThought, "skip": models.SkipThought}[name]
    given = {"quick": quick_thought, "skip": skip_thought}[name]()
    keras.utils.set_random_seed(0)
    model = target(**{**given, **arguments})
    model(sentences(2))
    return model
