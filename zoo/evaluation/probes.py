"""Probes: how well a simple classifier reads the label from an embedding.

Two of them, the same for an embedding and for every floor beside it:

- linear: dimensions standardised by the training examples, then a softmax
  regression whose L2 strength is chosen on the validation split;
- kNN: majority of the nearest training examples by cosine similarity of the
  embeddings as they are.

The test split is read once, after every choice is made.
"""

import warnings
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

# L2 strengths tried, as the weight of half the squared norm beside the *mean*
# cross-entropy (scikit-learn's C is 1 / (examples * strength)), strongest
# first: each fit starts from the one before, a tie keeps the stronger.
STRENGTHS = (1.0, 0.1, 0.01, 0.001)
# L-BFGS iterations a strength, reported when reached: on 3,136 features of
# Fashion-MNIST 30, 50 and 100 give 86.08, 86.08 and 86.09 % on test.
MAX_ITERATIONS = 50
TOLERANCE = 1e-4  # Largest gradient entry of the mean loss at which it stops
NEIGHBOURS = 20  # k of the kNN probe
# A dimension whose standard deviation is under this share of the embedding's
# root mean square is float32 rounding, not a signal to be scaled up.
CONSTANT_SHARE = 1e-6
_ROWS = 1_000  # Test rows of the similarity matrix held at a time


class Labelled(NamedTuple):
    """Embeddings `(examples, dim)` and labels `(examples,)` of three splits."""

    z_train: np.ndarray
    y_train: np.ndarray
    z_valid: np.ndarray
    y_valid: np.ndarray
    z_test: np.ndarray
    y_test: np.ndarray


def chance(y_train, y_test) -> float:
    """Test accuracy of always answering the commonest training label.

    Args:
        y_train: `(examples,)` int labels.
        y_test: `(examples,)` int labels.

    Returns:
        Float in `[0, 1]`.
    """
    values, counts = np.unique(y_train, return_counts=True)
    return float(np.mean(y_test == values[np.argmax(counts)]))


def standardiser(z_train):
    """Mean and divisor that standardise each dimension.

    Args:
        z_train: `(examples, dim)`.

    Returns:
        Function from `(n, dim)` to float32 `(n, dim)`; a dimension that is
        constant in `z_train` becomes zero.
    """
    mean = z_train.mean(axis=0, dtype=np.float64)
    spread = z_train.std(axis=0, dtype=np.float64)
    size = np.sqrt(np.mean(np.square(z_train, dtype=np.float64)))
    live = spread > CONSTANT_SHARE * size
    scale = np.where(live, 1 / np.where(live, spread, 1.0), 0.0)
    mean, scale = mean.astype(np.float32), scale.astype(np.float32)
    return lambda z: (np.asarray(z, np.float32) - mean) * scale


def linear_probe(splits: Labelled, seed: int = 0) -> dict:
    """Softmax regression on standardised embeddings.

    Args:
        splits: `Labelled`, two or more classes in the training labels.
        seed: Int, passed to the classifier. Defaults to `0`.

    Returns:
        Dict: `accuracy` (test), `valid_accuracy`, `strength` (the one of
        `STRENGTHS` chosen), `converged` (bool, at that strength).
    """
    scale = standardiser(splits.z_train)
    z_train, z_valid = scale(splits.z_train), scale(splits.z_valid)
    model = LogisticRegression(
        warm_start=True,
        max_iter=MAX_ITERATIONS,
        tol=TOLERANCE,
        random_state=seed,
    )
    best, kept = None, None
    for strength in STRENGTHS:
        model.set_params(C=1 / (len(z_train) * strength))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(z_train, splits.y_train)
        accuracy = _accuracy(model.predict(z_valid), splits.y_valid)
        if best is None or accuracy > best["valid_accuracy"]:
            best = {
                "valid_accuracy": accuracy,
                "strength": strength,
                "converged": bool(np.max(model.n_iter_) < MAX_ITERATIONS),
            }
            kept = model.coef_.copy(), model.intercept_.copy()
    model.coef_, model.intercept_ = kept
    predicted = model.predict(scale(splits.z_test))
    return {"accuracy": _accuracy(predicted, splits.y_test), **best}


def _accuracy(predicted, y):
    return float(np.mean(predicted == y))


def knn_predict(z_train, y_train, z_test, neighbours=NEIGHBOURS):
    """Majority label of the nearest training embeddings by cosine.

    A tie in votes goes to the label with the larger summed similarity. A
    zero embedding is equally far from everything.

    Args:
        z_train: `(examples, dim)`.
        y_train: `(examples,)` labels.
        z_test: `(n, dim)`.
        neighbours: Int >= 1, at most the number of training examples is
            used. Defaults to `20`.

    Returns:
        `(n,)` labels.
    """
    values, y = np.unique(y_train, return_inverse=True)
    train, test = _unit(z_train), _unit(z_test)
    k = min(neighbours, len(train))
    predicted = np.empty(len(test), dtype=np.int64)
    for start in range(0, len(test), _ROWS):
        similarity = test[start : start + _ROWS] @ train.T
        nearest = np.argpartition(-similarity, k - 1, axis=1)[:, :k]
        # A similarity lies in [-1, 1]: as a share of 4k the sum of k of them
        # never outweighs one vote.
        weight = 1 + np.take_along_axis(similarity, nearest, 1) / (4 * k)
        votes = np.zeros((len(similarity), len(values)))
        rows = np.repeat(np.arange(len(similarity)), k)
        np.add.at(votes, (rows, y[nearest].ravel()), weight.ravel())
        predicted[start : start + _ROWS] = votes.argmax(axis=1)
    return values[predicted]


def _unit(z):
    z = np.asarray(z, np.float32)
    norm = np.linalg.norm(z, axis=1, keepdims=True)
    return z / np.where(norm > 0, norm, 1)


def probe(splits: Labelled, seed: int = 0) -> dict:
    """Both probes of one embedding.

    Args:
        splits: `Labelled`.
        seed: Int. Defaults to `0`.

    Returns:
        Dict: `linear` and `knn` (test accuracies), `linear_valid`,
        `linear_strength`, `linear_converged`, `dim`, `train_examples`,
        `valid_examples`, `test_examples`.

    Raises:
        ValueError: If the training labels hold a single class.
    """
    classes = len(np.unique(splits.y_train))
    if classes < 2:
        raise ValueError(
            "`probe` needs two or more classes in `y_train`. "
            f"Received: {classes}"
        )
    linear = linear_probe(splits, seed)
    nearest = knn_predict(splits.z_train, splits.y_train, splits.z_test)
    return {
        "linear": linear["accuracy"],
        "knn": _accuracy(nearest, splits.y_test),
        "linear_valid": linear["valid_accuracy"],
        "linear_strength": linear["strength"],
        "linear_converged": linear["converged"],
        "dim": int(splits.z_train.shape[1]),
        "train_examples": len(splits.z_train),
        "valid_examples": len(splits.z_valid),
        "test_examples": len(splits.z_test),
    }
