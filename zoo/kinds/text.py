"""Text: sentences in order, given to models as strings."""

import json

import keras
import numpy as np
import tensorflow as tf

from zoo.kinds.reading import find_files
from zoo.running.epoch_log import EpochLog as epoch_log
from zoo.running.text_pictures import draw
from zoo.running.text_pictures import text_projector as projector

__all__ = [
    "batches",
    "build",
    "draw",
    "epoch_log",
    "evaluate",
    "examples",
    "files",
    "held_out",
    "info",
    "inputs",
    "load",
    "projector",
    "samples",
]

VALIDATED = 8_000  # Validation sentences after each epoch


def load(config):
    """Return the `zoo.data.text_data.TextData` of a run."""
    from zoo.data.text_load import load_text

    given = config.settings["data"]
    return load_text(config.data, given["limit"], given["encoding"])


def inputs(data, config):
    """Return the commonest words of the training text."""
    from zoo.data.text_pipeline import check_block

    given = config.settings
    check_block(given["train"]["batch_size"], given["data"]["block"])
    size = config.settings["data"]["vocabulary_size"]
    return {"vocabulary": common_words(data.x_train, size)}


def build(recipe, inputs, config):
    """Return the model of a recipe that knows these words."""
    vectorizer = keras.layers.TextVectorization(
        vocabulary=inputs["vocabulary"],
        output_sequence_length=config.settings["data"]["max_words"],
    )
    model = recipe.build(vectorizer, **config.settings["model"])
    model(tf.constant(samples(inputs, 2)), training=False)
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


def samples(inputs, count):
    """Return word after word of the vocabulary, three a sentence."""
    words = inputs["vocabulary"]
    found = np.empty(count, object)
    for i in range(count):
        three = [words[(3 * i + k) % len(words)] for k in range(3)]
        found[i] = " ".join(three).encode("utf-8")
    return found


def files(path, inputs, config):
    """Return `file:line` of each sentence at a path, and what reads them.

    A line is a sentence; empty lines are passed over. A file in another
    encoding is one object, which cannot be read.
    """
    from zoo.data.text_load import SUFFIXES, find_codec

    encoding = config.settings["data"]["encoding"]
    codec = find_codec(encoding)
    what = "files with a sentence a line"
    names, root = find_files(path, what, SUFFIXES)
    sentences, bad = {}, {}
    for file in names:
        try:
            text = (root / file).read_bytes().decode(codec)
        except UnicodeDecodeError as error:
            bad[file] = (
                f"{file}: not {encoding}, byte {error.start}; `--encoding` "
                "names another"
            )
            continue
        for i, line in enumerate(text.splitlines(), 1):
            if line.strip():
                sentences[f"{file}:{i}"] = " ".join(line.split()).encode()
    if not sentences and not bad:
        raise ValueError(
            "`encode` needs .txt files with a sentence a line. Received: "
            f"`{path}`, which has none"
        )

    def read(some):
        kept = [name for name in some if name in sentences]
        x = np.empty(len(kept), object)
        x[:] = [sentences[name] for name in kept]
        return kept, x, [bad[name] for name in some if name in bad]

    return [*sentences, *bad], read


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
