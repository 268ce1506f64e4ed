"""The protocol for text, `text-v2`: what an encoder of sentences is worth.

The test split is read after all choices are made. `evaluate_text` returns a
JSON-able dict:

- `protocol`, `seed`, `seconds`; `data`: `name`, sentences of each split.
- `tasks`: for each of `mr`, `subj`, `cr` that is in `KERAS_AE_DATA` a dict:
  `accuracy` of ten folds of logistic regression (`text_tasks`) and `floors`:
  `tfidf`, `mean_words` (the model's own word vectors), `random_encoder`
  (untrained), `chance` (the commoner label); and `mean`, the same over the
  three, where all are there.
- `retrieval`: for 10, 100 and 400 candidates `accuracy` of finding the next
  sentence of the test text among it and others of the test text, never the
  sentence itself, and `floors`: `random_encoder`, `chance`. The score is the
  model's own where it has `pair_codes`, else the cosine of embeddings less
  their mean.
- `perplexity`: of a model that writes, on the test text: `words`; and
  `unigram`, of the training text's shares of the same words, and
  `other_message`, of the same decoders given the embedding of another
  sentence, half a batch away in the running text.
- `collapse`, `warnings`, `skipped`: as in `zoo.evaluation.images`; pairs are
  sentences that follow each other.
"""

import time

import numpy as np
import tensorflow as tf

from keras_ae.layers.sentence_encoder import UNKNOWN
from keras_ae.metrics.collapse import collapse_report, collapse_warnings
from zoo.data.text_pipeline import sentences_in_order
from zoo.evaluation.batches import graph_of
from zoo.evaluation.text_tasks import (
    TASKS,
    embedding_accuracy,
    load_task,
    tfidf_accuracy,
)

PROTOCOL = "text-v2"
CANDIDATES = (10, 100, 400)
QUERIES = 2_000  # Test sentences asked for their next
COLLAPSE_EXAMPLES = 4_000
WRITTEN = 8_000  # Test sentences whose perplexity is taken
_BATCH = 256
_STRINGS = tf.TensorSpec((None,), tf.string)
_PLACES = tf.TensorSpec((None,), tf.int64)


def evaluate_text(model, data, seed: int = 0, untrained_model=None) -> dict:
    """Evaluate an encoder of sentences by the protocol `text-v2`.

    Args:
        model: Has `encode(x)` of strings, and `mean_words(x)`.
        data: `zoo.data.text_data.TextData`.
        seed: Int >= 0, of every draw. Defaults to `0`.
        untrained_model: The same architecture with fresh weights, for the
            `random_encoder` floor, or `None`. Defaults to `None`.

    Returns:
        JSON-able dict; see the top of this file.

    Raises:
        ValueError: If embeddings are not finite.
    """
    started, skipped = time.perf_counter(), {}
    result = {
        "protocol": PROTOCOL,
        "seed": int(seed),
        "data": {"name": str(data.name)},
        "tasks": _tasks(model, untrained_model, seed, skipped),
        "retrieval": _retrieval(model, untrained_model, data, seed, skipped),
        "perplexity": _perplexity(model, data, skipped),
    }
    for split in ("train", "valid", "test"):
        result["data"][split] = len(getattr(data, f"x_{split}"))
    result["collapse"] = _collapse(model, data.x_test)
    result["warnings"] = collapse_warnings(result["collapse"])
    seconds = time.perf_counter() - started
    return {**result, "skipped": skipped, "seconds": seconds}


def apply_batches(function, x) -> np.ndarray:
    """Return `function` of strings, a batch at a time, float32.

    Raises:
        ValueError: If the result is not finite.
    """
    function = graph_of(function, _STRINGS)
    parts = [
        np.asarray(function(tf.constant(x[i : i + _BATCH])))
        for i in range(0, len(x), _BATCH)
    ]
    z = np.concatenate(parts).astype(np.float32)
    if not np.isfinite(z).all():
        raise ValueError(
            "`evaluate_text` needs finite embeddings. Received: NaN or "
            "infinity"
        )
    return z


def _tasks(model, untrained, seed, skipped):
    result = {}
    for name, (*files, _) in TASKS.items():
        task = load_task(name)
        if task is None:
            skipped[f"tasks.{name}"] = (
                f"no {' and '.join(files)} in the folder `sentences` of "
                "KERAS_AE_DATA"
            )
        else:
            result[name] = _task(model, untrained, *task, seed)
    if len(result) < len(TASKS):
        skipped["tasks.mean"] = f"needs all of {', '.join(TASKS)}"
        return result
    floors = {
        floor: float(np.mean([r["floors"][floor] for r in result.values()]))
        for floor in result["mr"]["floors"]
    }
    accuracy = float(np.mean([r["accuracy"] for r in result.values()]))
    return {**result, "mean": {"accuracy": accuracy, "floors": floors}}


def _task(model, untrained, x, y, seed):
    def accuracy(function):
        return embedding_accuracy(apply_batches(function, x), y, seed)

    floors = {
        "tfidf": tfidf_accuracy(x, y, seed),
        "mean_words": accuracy(model.mean_words),
        "chance": float(max(np.mean(y), 1 - np.mean(y))),
    }
    if untrained is not None:
        floors["random_encoder"] = accuracy(untrained.encode)
    return {"accuracy": accuracy(model.encode), "floors": floors}


def _retrieval(model, untrained, data, seed, skipped):
    x = data.x_test
    follows = np.flatnonzero(np.diff(x.places) == 1)
    if not len(follows):
        skipped["retrieval"] = "no two test sentences follow each other"
        return None
    random = np.random.default_rng(seed)
    rows = np.sort(random.permutation(follows)[:QUERIES])
    codes = {"model": _pair_codes(model, x, rows)}
    if untrained is not None:
        codes["random_encoder"] = _pair_codes(untrained, x, rows)
    result = {}
    for count in CANDIDATES:
        if count >= len(rows):
            skipped[f"retrieval.{count}"] = (
                f"needs more than {count} test sentences with a next one; "
                f"there are {len(rows)}"
            )
            continue
        others = _others(rows, count - 1, random)
        found = {name: _hits(*pair, others) for name, pair in codes.items()}
        accuracy = found.pop("model")
        floors = {**found, "chance": 1 / count}
        result[str(count)] = {"accuracy": accuracy, "floors": floors}
    return result


def _others(rows, count, random):
    """Return for each row so many others whose next is not the row itself."""
    found = [
        random.choice(
            np.flatnonzero((rows != row) & (rows + 1 != row)),
            count,
            replace=False,
        )
        for row in rows
    ]
    return np.array(found)


def _pair_codes(model, x, rows):
    """Return codes of sentences and of those that follow them."""
    if hasattr(model, "pair_codes"):
        one = apply_batches(lambda s: model.pair_codes(s)[0], x[rows])
        two = apply_batches(lambda s: model.pair_codes(s)[1], x[rows + 1])
        return one, two
    codes = [apply_batches(model.encode, x[r]) for r in (rows, rows + 1)]
    mean = np.mean(codes, axis=(0, 1))
    codes = [code - mean for code in codes]
    return tuple(
        code / np.maximum(np.linalg.norm(code, axis=1, keepdims=True), 1e-12)
        for code in codes
    )


def _hits(one, two, others):
    """Return the share whose own next beats the others; ties share it."""
    scores = one @ two.T
    own = np.diagonal(scores)[:, None]
    rivals = np.take_along_axis(scores, others, axis=1)
    ties = (rivals == own).sum(axis=1)
    best = (rivals <= own).all(axis=1)
    return float(np.mean(best / (1 + ties)))


def _perplexity(model, data, skipped):
    if not hasattr(model, "decoders"):
        skipped["perplexity"] = "the model writes nothing"
        return None
    test = data.x_test.head(WRITTEN)
    batches = sentences_in_order(test, _BATCH)
    logs = model.evaluate(batches, verbose=0, return_dict=True)
    counts = _word_counts(model, data.x_train)
    held_out = _word_counts(model, test)
    shares = (counts + 1) / (counts + 1).sum()
    nats = -(held_out * np.log(shares)).sum() / held_out.sum()
    return {
        "words": float(logs["word_perplexity"]),
        "unigram": float(np.exp(nats)),
        "other_message": _other_message(model, test),
    }


def _other_message(model, sentences):
    """Return the perplexity of neighbours written from others' embeddings."""
    cost = graph_of(model.other_message_nats, _STRINGS, _PLACES)
    costs = [cost(*batch) for batch in sentences_in_order(sentences, _BATCH)]
    nats, words = (sum(np.sum(part) for part in half) for half in zip(*costs))
    return float(np.exp(nats / words))


def _word_counts(model, sentences):
    """Return how often each number is written; 0 ends a sentence."""
    size = model.written
    counts = np.zeros(size, np.int64)
    for x, _ in sentences_in_order(sentences, 4096):
        numbers = np.asarray(model.numbers(x))
        numbers = np.where(numbers < size, numbers, UNKNOWN)
        counts += np.bincount(numbers[numbers > 0], minlength=size)
        counts[0] += len(numbers)
    return counts


def _collapse(model, x):
    z = apply_batches(model.encode, x[: min(COLLAPSE_EXAMPLES, len(x))])
    follows = np.flatnonzero(np.diff(x.places[: len(z)]) == 1)
    return collapse_report(z, (z[follows], z[follows + 1]))
