"""Bit combinations that training never saw: do they decode to an object?

If each bit stands for a property of its own, new combinations of properties
should still be images. Bits are drawn independently, each with its frequency
in training, and combinations seen in training are rejected. A classifier says
how sure it is that a decoded image shows one of the classes. It is trained on
real training images and, as one class more, on images of nothing (noise, and
pixels shuffled between images): without that class an untrained decoder or
plain noise can be given a class with certainty.

The confidence, the probability of the likeliest real class, means little
alone. It stands beside the same for real test images, reconstructions, noise,
shuffled pixels, and blends (the mean of two test images, half of one object
and half of another); and, since one image shown a thousand times would also
look sure, beside the perplexity of the classes predicted.
"""

import warnings
from typing import Callable

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from keras_ae.metrics.codes import code_perplexity
from zoo.evaluation.batches import flat_pixels, in_batches

COMBINATIONS = 1_000  # Novel combinations decoded, and images beside them
DRAW_ROUNDS = 20  # Rounds of that many draws before giving up on more
HIDDEN_UNITS = 128  # Of the one hidden layer of the classifier
NOTHING = -1  # Label of images that show no object
# Such images for each real one. On 8x8 digits 0.1 left shuffled pixels with a
# confidence of 0.45 and real images with 0.96; 0.5 leaves 0.15 and 0.95.
NOTHING_SHARE = 0.5
CLASSIFIER_STEPS = 1_500  # Adam steps at 0.001, fewer if the loss stalls
CLASSIFIER_BATCH = 200  # Images a step


def novel_combinations(train_bits, count: int = COMBINATIONS, seed: int = 0):
    """Draw distinct bit combinations that do not occur in training.

    Args:
        train_bits: `(examples, bits)` of 0 and 1, of the *whole* training
            split.
        count: Int >= 1, combinations wanted. Defaults to `1000`.
        seed: Int. Defaults to `0`.

    Returns:
        Pair: `(found, bits)` int32, where `found` may be less than `count`
        (down to 0: training saw them all), and the share of independent
        draws that training had not seen, as a float.

    Raises:
        ValueError: If `train_bits` is not a matrix of 0 and 1.
    """
    train_bits = np.asarray(train_bits)
    if train_bits.ndim != 2 or not np.isin(train_bits, (0, 1)).all():
        raise ValueError(
            "`novel_combinations` needs `train_bits` of shape (examples, "
            "bits) holding 0 and 1. "
            f"Received: shape={train_bits.shape}"
        )
    seen = set(_keys(train_bits))
    marginal = train_bits.mean(axis=0)
    random = np.random.default_rng([seed, 3])
    found, drawn, unseen = {}, 0, 0
    for _ in range(DRAW_ROUNDS):
        bits = random.random((count, len(marginal))) < marginal
        bits = bits.astype(np.int32)
        for key, row in zip(_keys(bits), bits):
            drawn += 1
            if key not in seen:
                unseen += 1
                found.setdefault(key, row)
        if len(found) >= count:
            break
    rows = list(found.values())[:count]
    bits = np.array(rows, np.int32).reshape(len(rows), len(marginal))
    return bits, unseen / drawn


def _keys(bits):
    return [row.tobytes() for row in np.packbits(bits.astype(bool), axis=1)]


def shuffled_pixels(pixels, random) -> np.ndarray:
    """Shuffle each pixel between images: its values stay, all shapes go."""
    return random.permuted(pixels, axis=0)


def fit_classifier(images, y, seed: int = 0):
    """Fit the classifier that judges decoded images.

    Args:
        images: uint8 `(examples, height, width, channels)`.
        y: `(examples,)` int labels >= 0.
        seed: Int. Defaults to `0`.

    Returns:
        Fitted scikit-learn classifier on flat pixels in `[0, 1]`. Its first
        class, `-1`, is "nothing": half noise, half shuffled pixels.
    """
    pixels, y = flat_pixels(images), np.asarray(y)
    random = np.random.default_rng([seed, 6])
    count = max(1, int(NOTHING_SHARE * len(y) / 2))
    noise = random.random((count, pixels.shape[1]), dtype=np.float32)
    nothing = [noise, shuffled_pixels(pixels, random)[:count]]
    labels = np.concatenate([y, np.full(2 * len(noise), NOTHING)])
    batch_size = min(CLASSIFIER_BATCH, len(labels))
    model = MLPClassifier(
        (HIDDEN_UNITS,),
        batch_size=batch_size,
        max_iter=-(-CLASSIFIER_STEPS * batch_size // len(labels)),
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(np.concatenate([pixels, *nothing]), labels)


def _judged(classifier, pixels):
    pixels = np.clip(pixels.reshape(len(pixels), -1), 0, 1)
    probability = classifier.predict_proba(pixels)[:, 1:]
    predicted = probability.argmax(axis=1)
    classes = probability.shape[1]
    return (
        float(probability.max(axis=1).mean()),
        code_perplexity(predicted, classes),
    )


def _beside(real, seed):
    """The images that give a confidence its scale."""
    random = np.random.default_rng([seed, 7])
    return {
        "real": real,
        "noise": random.random(real.shape, dtype=np.float32),
        "shuffled": shuffled_pixels(real, random),
        "blends": (real + np.roll(real, 1, axis=0)) / 2,
    }


def binary_novelty(
    classifier,
    decode_index: Callable,
    reconstruct: Callable,
    train_bits,
    x_test,
    y_test,
    seed: int = 0,
    batch_size: int = 256,
) -> dict:
    """Confidence of a classifier in images decoded from novel combinations.

    Args:
        classifier: Result of `fit_classifier`.
        decode_index: The model's `decode_index`.
        reconstruct: The model's `reconstruct`.
        train_bits: `(examples, bits)` indices of the whole training split.
        x_test: uint8 `(examples, height, width, channels)`.
        y_test: `(examples,)` int labels.
        seed: Int. Defaults to `0`.
        batch_size: Int >= 1. Defaults to `256`.

    Returns:
        Dict: `bits`; `seen_combinations` (in training); `unseen_share` (of
        independent draws); `novel` (combinations decoded);
        `classifier_accuracy` (on `x_test`); `confidence` and
        `class_perplexity`, each a dict of `novel` (`None` if there is
        none), `reconstructions`, `real`, `noise`, `shuffled`, `blends`.
    """
    bits, unseen = novel_combinations(train_bits, COMBINATIONS, seed)
    rows = np.random.default_rng([seed, 4]).permutation(len(x_test))
    drawn = x_test[rows[:COMBINATIONS]]
    images = _beside(flat_pixels(drawn), seed)
    images["reconstructions"] = in_batches(reconstruct, drawn, batch_size)
    if len(bits):
        images["novel"] = in_batches(decode_index, bits, batch_size)
    judged = {name: _judged(classifier, x) for name, x in images.items()}
    judged.setdefault("novel", (None, None))
    accuracy = np.mean(classifier.predict(flat_pixels(x_test)) == y_test)
    return {
        "bits": int(bits.shape[1]),
        "seen_combinations": len(set(_keys(np.asarray(train_bits)))),
        "unseen_share": unseen,
        "novel": len(bits),
        "classifier_accuracy": float(accuracy),
        "confidence": {name: pair[0] for name, pair in judged.items()},
        "class_perplexity": {name: pair[1] for name, pair in judged.items()},
    }
