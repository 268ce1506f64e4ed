"""Text: sentences in order, given to models as strings."""

import json

import keras
import tensorflow as tf

from zoo.running.text_pictures import TextLog as epoch_log
from zoo.running.text_pictures import draw
from zoo.running.text_pictures import text_projector as projector

__all__ = [
    "batches",
    "build",
    "draw",
    "epoch_log",
    "evaluate",
    "examples",
    "held_out",
    "info",
    "load",
    "projector",
]

VALIDATED = 8_000  # Validation sentences after each epoch


def load(config):
    """Return the `zoo.data.text_data.TextData` of a run."""
    from zoo.data.text_load import load_text

    given = config.settings["data"]
    return load_text(config.data, given["limit"], given["encoding"])


def build(recipe, data, config):
    """Return the model of a recipe, its words those of the training text."""
    given = config.settings["data"]
    vectorizer = keras.layers.TextVectorization(
        vocabulary=common_words(data.x_train, given["vocabulary_size"]),
        output_sequence_length=given["max_words"],
    )
    model = recipe.build(vectorizer, **config.settings["model"])
    model(tf.constant(data.x_valid[:2]), training=False)
    return model


def common_words(sentences, size):
    """Return the commonest words of a text.

    Args:
        sentences: `zoo.data.text_data.Sentences`.
        size: Int >= 3, numbers in all: two of them are padding and unknown.
    """
    from zoo.data.text_pipeline import sentences_in_order

    counter = keras.layers.TextVectorization(max_tokens=size)
    counter.adapt(sentences_in_order(sentences, 4096).map(lambda x, y: x))
    return [str(word) for word in counter.get_vocabulary()[2:]]


def batches(data, config, start_step):
    """Return endless training batches, from a step on."""
    from zoo.data.text_pipeline import sentence_batches

    return sentence_batches(
        data.x_train,
        config.settings["train"]["batch_size"],
        config.settings["data"]["block"],
        config.seed,
        start_step,
    )


def held_out(data, config):
    """Return the validation batches, at most `VALIDATED` sentences."""
    from zoo.data.text_pipeline import sentences_in_order

    batch_size = config.settings["train"]["batch_size"]
    return sentences_in_order(data.x_valid.head(VALIDATED), batch_size)


def examples(data, count):
    """Return validation sentences as the model takes them."""
    return data.x_valid[:count]


def evaluate(model, data, seed, untrained_model, cache_dir):
    """Return the numbers of the protocol for text."""
    from zoo.evaluation.text import evaluate_text

    return evaluate_text(model, data, seed, untrained_model)


def info(data):
    """Return what the record says of the data."""
    return {
        "description": data.description,
        "train": len(data.x_train),
        "valid": len(data.x_valid),
        "test": len(data.x_test),
        "notes": json.loads(json.dumps(data.notes, default=str)),
    }
