"""Models whose front-end is in the graph: strings and waveforms go in raw."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.models import EmbeddingModel
from tools.serving.checks import check_exports

SENTENCES = ["the cat sat", "a dog", "the dog sat on the cat", "naïve été"]


class Words(EmbeddingModel):
    """The mean of the vectors of the words of a string."""

    def __init__(self):
        super().__init__({"word_loss": 1.0})
        self.split = keras.layers.TextVectorization(
            vocabulary=["the", "cat", "sat", "dog", "naïve"]
        )
        self.embed = keras.layers.Embedding(7, 4)

    def call(self, text, training=False):
        return keras.ops.mean(self.embed(self.split(text)), axis=1)

    def encode(self, x):
        return self.call(x)

    def serving_input(self):
        return tf.TensorSpec((None,), tf.string, name="text")


class Wave(EmbeddingModel):
    """The mean spectrum of a waveform of any length."""

    def __init__(self):
        super().__init__({"wave_loss": 1.0})
        self.narrow = keras.layers.Dense(4)

    def call(self, waveform, training=False):
        frames = tf.signal.stft(waveform, 64, 32)
        return self.narrow(keras.ops.mean(tf.abs(frames), axis=1))

    def encode(self, x):
        return self.call(x)

    def serving_input(self):
        return tf.TensorSpec((None, None), tf.float32, name="waveform")


def wave(length):
    random = np.random.default_rng(length)
    return random.normal(size=(5, length)).astype("float32")


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    words, waves = Words(), Wave()
    words(tf.constant(SENTENCES))
    waves(wave(200))
    lengths = [wave(length) for length in (64, 200, 1_000)]
    folders = [
        words.export_serving(root / "words", np.array(SENTENCES)),
        waves.export_serving(root / "waves", lengths),
    ]
    return dict(zip(("words", "waves"), check_exports(folders)))


@pytest.mark.parametrize("name", ["words", "waves"])
def test_every_check_passes(checked, name):
    assert [row for row in checked[name] if not row.passed] == []


def test_strings_go_in_and_lengths_are_free(checked):
    types = {
        name: next(row.detail for row in rows if row.check == "types")
        for name, rows in checked.items()
    }
    assert types["words"].startswith("text string(?); embedding")
    assert types["waves"].startswith("waveform float32(?, ?); embedding")


def test_objects_that_noise_cannot_stand_for_need_examples(tmp_path):
    words = Words()
    words(tf.constant(SENTENCES))
    with pytest.raises(ValueError, match="needs `examples` for objects of str"):
        words.export_serving(tmp_path / "words")
