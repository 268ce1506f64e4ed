"""What a run on audio shows: success by step ahead, and a projection."""

import pathlib

import numpy as np
from matplotlib.figure import Figure

from keras_ae.training.files import write_text
from zoo.data.audio_pipeline import middle_windows
from zoo.evaluation.audio_embeddings import recording_embeddings
from zoo.running.pictures import _curves, _draw_plane, _save

PROJECTED = 1_000  # Test recordings drawn, and in the embedding projector
_BATCH = 64


def draw(model, data, history, seed: int, out) -> dict:
    """Draw `ahead.png`, `codes.png` and `curves.png`.

    Args:
        model: The trained model, compiled.
        data: `zoo.data.audio_data.AudioData`.
        history: List of dicts, one an epoch.
        seed: Int, of the recordings shown.
        out: Path of the run folder.

    Returns:
        Dict from each picture that could not be drawn to the reason.
    """
    out, missing = pathlib.Path(out), {}
    _save(out / "ahead.png", _ahead(model, data))
    waves = _shown(data, seed)
    _save(out / "codes.png", _plane(recording_embeddings(model, waves), waves,
                                    data))
    if history:
        _save(out / "curves.png", _curves(history))
    else:
        missing["curves.png"] = "no epoch was trained"
    return missing


def _shown(data, seed):
    order = np.random.default_rng(seed).permutation(len(data.x_test))
    return data.x_test.take(np.sort(order[:PROJECTED]))


def _ahead(model, data) -> Figure:
    windows = middle_windows(
        data.x_test, _BATCH, data.window, data.per_speaker
    )
    logs = model.evaluate(windows, verbose=0, return_dict=True)
    steps = np.arange(1, model.steps + 1)
    figure = Figure(figsize=(6, 4), dpi=100, layout="tight")
    axes = figure.add_subplot()
    accuracy = [logs[f"accuracy_{k}_ahead"] for k in steps]
    axes.plot(steps, accuracy, marker="o", label="test windows")
    chance = 1 / (1 + model.num_negatives)
    axes.axhline(chance, color="black", linestyle=":", label="chance")
    axes.set(xlabel="frames ahead", ylabel="true frame found", ylim=(0, 1))
    axes.set_title(
        f"loss {logs['info_loss']:.2f} nats; log of "
        f"{1 + model.num_negatives} candidates is {-np.log(chance):.2f}",
        fontsize=10,
    )
    axes.legend()
    return figure


class _Named:
    """What `_draw_plane` asks of data: names of the classes."""

    def __init__(self, class_names):
        self.class_names = class_names


def _plane(z, waves, data) -> Figure:
    """Draw one plane coloured by label, and one by speaker."""
    panels = [
        (what, numbers, names)
        for what, numbers, names in (
            ("label", waves.y, data.class_names),
            ("speaker", waves.speakers, data.speaker_names),
        )
        if numbers is not None
    ] or [("nothing", None, ())]
    figure = Figure(figsize=(7 * len(panels), 4.5), dpi=100, layout="tight")
    for i, (what, numbers, names) in enumerate(panels, 1):
        axes = figure.add_subplot(1, len(panels), i)
        _draw_plane(axes, z, numbers, _Named(names))
        axes.set_xlabel(f"coloured by {what}")
    return figure


def audio_projector(model, data, folder) -> None:
    """Write the embedding projector: vectors, labels and speakers.

    Args:
        model: The trained model.
        data: `zoo.data.audio_data.AudioData`.
        folder: Path of the log folder.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    waves = _shown(data, 0)
    z = recording_embeddings(model, waves)
    np.savetxt(folder / "embedding.tsv", z, fmt="%.6g", delimiter="\t")
    lines = ["recording\tlabel\tspeaker"]
    for row in range(len(waves)):
        label = _name(data.class_names, waves.y, row)
        lines.append(f"{row}\t{label}\t"
                     + _name(data.speaker_names, waves.speakers, row))
    write_text(folder / "metadata.tsv", "\n".join(lines) + "\n")
    write_text(
        folder / "projector_config.pbtxt",
        "embeddings {\n"
        '  tensor_name: "embedding"\n'
        '  tensor_path: "embedding.tsv"\n'
        '  metadata_path: "metadata.tsv"\n'
        "}\n",
    )


def _name(names, numbers, row):
    return "" if numbers is None else names[numbers[row]].replace("\t", " ")
