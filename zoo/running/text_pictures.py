"""What a run on text shows: sentences beside those that lie nearest."""

import pathlib

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from zoo.running.figures import curves, save_figure
from zoo.running.projector import PROJECTED, write_projector

SEARCHED = 4_000  # Test sentences among which the nearest are looked for
ASKED = 8  # Sentences shown with their neighbours
NEAREST = 3
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
    """Write `nearest.txt` and `nearest.png`, and `curves.png`.

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
    if history:
        save_figure(out / "curves.png", curves(history))
        return {}
    return {"curves.png": "no epoch was trained"}


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
