"""Sentence tasks MR, SUBJ and CR: nested folds of logistic regression."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.preprocessing import StandardScaler

from zoo.data.fetch import data_folders

# Names of the files of the two classes, and their encoding.
TASKS = {
    "mr": ("rt-polarity.neg", "rt-polarity.pos", "latin-1"),
    "subj": ("subj.objective", "subj.subjective", "latin-1"),
    "cr": ("custrev.neg", "custrev.pos", "latin-1"),
}
FOLDS = 10
INNER_FOLDS = 3  # Of a fold's training part, to choose C
STRENGTHS = (0.001, 0.01, 0.1, 1.0)  # C, on standardised embeddings
SPARSE_STRENGTHS = (0.3, 1.0, 3.0, 10.0)  # C, on TF-IDF
ITERATIONS = 300


def load_task(name: str):
    """Return the sentences and labels of a task, `None` if not on disk.

    Args:
        name: Str, a key of `TASKS`.

    Returns:
        Pair: object array of UTF-8 bytes; ints, 0 or 1.
    """
    *files, encoding = TASKS[name]
    for folder in data_folders("sentences"):
        if all((folder / file).is_file() for file in files):
            break
    else:
        return None
    x, y = [], []
    for label, file in enumerate(files):
        text = (folder / file).read_bytes().decode(encoding)
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        x += [line.encode("utf-8") for line in lines]
        y += [label] * len(lines)
    found = np.empty(len(x), object)
    found[:] = x
    return found, np.array(y)


def embedding_accuracy(z, y, seed: int) -> float:
    """Return the mean test accuracy of ten folds on embeddings.

    C is chosen anew within each fold, by cross-validation on its training
    part alone, which also standardises the embeddings.

    Args:
        z: `(examples, dim)`.
        y: `(examples,)` ints.
        seed: Int >= 0, of the folds.
    """

    def prepare(train, test):
        scaler = StandardScaler().fit(z[train])
        return scaler.transform(z[train]), scaler.transform(z[test])

    return _folds(prepare, y, seed, STRENGTHS)


def tfidf_accuracy(x, y, seed: int) -> float:
    """Return the same of TF-IDF of single words, fitted in each fold.

    Args:
        x: Object array of UTF-8 bytes.
        y: `(examples,)` ints.
        seed: Int >= 0, of the folds.
    """
    text = np.array([sentence.decode("utf-8") for sentence in x], object)

    def prepare(train, test):
        words = TfidfVectorizer(token_pattern=r"\S+", sublinear_tf=True)
        return words.fit_transform(text[train]), words.transform(text[test])

    return _folds(prepare, y, seed, SPARSE_STRENGTHS)


def _folds(prepare, y, seed, strengths):
    outer, inner = (
        StratifiedKFold(count, shuffle=True, random_state=seed)
        for count in (FOLDS, INNER_FOLDS)
    )
    scores = []
    for train, test in outer.split(y, y):
        a, b = prepare(train, test)
        probe = GridSearchCV(
            LogisticRegression(max_iter=ITERATIONS, tol=1e-3),
            {"C": strengths},
            cv=inner,
        )
        with warnings.catch_warnings():
            # A probe that stops early is still a probe; the limit is stated.
            warnings.simplefilter("ignore", ConvergenceWarning)
            probe.fit(a, y[train])
        scores.append(probe.score(b, y[test]))
    return float(np.mean(scores))
