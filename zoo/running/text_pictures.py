"""What a run on text shows: nearest sentences, and a projection."""

import pathlib

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from zoo.evaluation.text_tasks import load_task
from zoo.running.figures import curves, draw_plane, save_figure
from zoo.running.projector import PROJECTED, write_projector

SEARCHED = 4_000  # Test sentences among which the nearest are looked for
ASKED = 8  # Sentences shown with their neighbours
NEAREST = 3
DOCUMENTS = 10  # Told apart by colour, where there are no labels
_BATCH = 256
_WIDTH = 110  # Characters of a sentence in the picture


def sentence_embeddings(model, x) -> np.ndarray:
    """Return `(sentences, dim)` float32."""
    parts = [
        np.asarray(model.encode(tf.constant(x[i : i + _BATCH])))
        for i in range(0, len(x), _BATCH)
    ]
    return np.concatenate(parts).astype(np.float32)


def nearest_sentences(model, sentences, seed: int) -> list:
    """Return `[(sentence, [(cosine, sentence), ...]), ...]`.

    Args:
        model: Has `encode(x)`.
        sentences: `zoo.data.text_data.Sentences`.
        seed: Int, of the sentences asked for.
    """
    found = sentences[: min(SEARCHED, len(sentences))]
    z = sentence_embeddings(model, found)
    z = z - z.mean(axis=0)  # else the common part makes all look near
    z /= np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-12)
    random = np.random.default_rng(seed)
    asked = random.permutation(len(found))[:ASKED]
    text = [sentence.decode("utf-8") for sentence in found]
    result = []
    for row in asked:
        cosine = z @ z[row]
        same = [i for i in range(len(text)) if text[i] == text[row]]
        cosine[same] = -2
        best = np.argsort(-cosine, kind="stable")[:NEAREST]
        near = [(float(cosine[i]), text[i]) for i in best]
        result.append((text[row], near))
    return result


def draw(model, data, history, seed: int, out) -> dict:
    """Write `nearest.txt`, `nearest.png`, `codes.png` and `curves.png`.

    Args:
        model: The trained model.
        data: `zoo.data.text_data.TextData`.
        history: List of dicts, one an epoch.
        seed: Int, of the sentences shown.
        out: Path of the run folder.

    Returns:
        Dict from each picture that could not be drawn to the reason.
    """
    out, lines = pathlib.Path(out), []
    for sentence, near in nearest_sentences(model, data.x_test, seed):
        lines.append(sentence)
        lines += [f"    {cosine:.2f}  {text}" for cosine, text in near]
        lines.append("")
    (out / "nearest.txt").write_text("\n".join(lines), encoding="utf-8")
    save_figure(out / "nearest.png", _text_figure(lines))
    save_figure(out / "codes.png", _plane(model, data, seed))
    if history:
        save_figure(out / "curves.png", curves(history))
        return {}
    return {"curves.png": "no epoch was trained"}


def labelled_sentences(data, seed: int) -> tuple:
    """Return sentences to draw, their labels, and what the labels are.

    Of SUBJ where it is in `KERAS_AE_DATA`, else of the first test documents.

    Args:
        data: `zoo.data.text_data.TextData`.
        seed: Int, of the sentences drawn.

    Returns:
        Tuple: object array of bytes; ints; names of the labels; str.
    """
    x, task = data.x_test, load_task("subj")
    if task is None:
        y = np.cumsum(np.diff(x.places, prepend=x.places[0]) > 1)
        count = min(DOCUMENTS, y[-1] + 1)
        names = [f"document {i}" for i in range(1, count + 1)]
        what = "test sentences, coloured by document"
    else:
        x, y = task
        names = ["objective", "subjective"]
        what = "sentences of SUBJ, coloured by label"
    rows = np.random.default_rng(seed).permutation(
        np.flatnonzero(y < len(names))
    )
    rows = np.sort(rows[:PROJECTED])
    return x[rows], y[rows], names, what


def _plane(model, data, seed) -> Figure:
    x, y, names, what = labelled_sentences(data, seed)
    figure = Figure(figsize=(7, 4.5), dpi=100, layout="tight")
    axes = figure.add_subplot()
    draw_plane(axes, sentence_embeddings(model, x), y, names)
    axes.set_xlabel(what)
    return figure


def _text_figure(lines) -> Figure:
    figure = Figure(figsize=(11, 0.22 * len(lines) + 0.4))
    for i, line in enumerate(lines):
        short = line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"
        figure.text(
            0.01,
            1 - (i + 1) / (len(lines) + 1),
            short.replace("$", r"\$"),
            fontsize=8,
            weight="normal" if line.startswith(" ") else "bold",
        )
    return figure


def text_projector(model, data, folder) -> None:
    """Write the embedding projector: vectors and sentences.

    Args:
        model: The trained model.
        data: `zoo.data.text_data.TextData`.
        folder: Path of the log folder.
    """
    x = data.x_test[: min(PROJECTED, len(data.x_test))]
    text = [sentence.decode("utf-8") for sentence in x]
    z = sentence_embeddings(model, x)
    write_projector(folder, z, {"sentence": text})
