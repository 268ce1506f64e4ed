"""What a run on audio shows: success by step ahead, and a projection."""

import pathlib

import numpy as np
from matplotlib.figure import Figure

from zoo.evaluation.ahead import nothing_known, tell_ahead
from zoo.evaluation.audio_embeddings import recording_embeddings
from zoo.running.figures import curves, draw_plane, save_figure
from zoo.running.projector import PROJECTED, write_projector


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
    if model.negatives == "none":
        missing["ahead.png"] = "frames are told from nothing"
    else:
        save_figure(out / "ahead.png", _ahead(model, data))
    waves = _shown(data, seed)
    z = recording_embeddings(model, waves)
    save_figure(out / "codes.png", _plane(z, waves, data))
    if history:
        save_figure(out / "curves.png", curves(history))
    else:
        missing["curves.png"] = "no epoch was trained"
    return missing


def _shown(data, seed):
    order = np.random.default_rng(seed).permutation(len(data.x_test))
    return data.x_test.take(np.sort(order[:PROJECTED]))


def _ahead(model, data) -> Figure:
    found, nothing = tell_ahead(model, data), nothing_known(model, data)
    steps = np.arange(1, model.steps + 1)
    figure = Figure(figsize=(6, 4), dpi=100, layout="tight")
    axes = figure.add_subplot()
    axes.plot(steps, found["accuracy"], marker="o", label="test windows")
    axes.plot(steps, nothing["chance"], "k:", label="chance")
    axes.set(xlabel="frames ahead", ylabel="true frame found", ylim=(0, 1))
    axes.set_title(
        f"loss {found['loss']:.2f} nats; "
        f"{nothing['log_candidates']:.2f} where nothing is known",
        fontsize=10,
    )
    axes.legend()
    return figure


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
        draw_plane(axes, z, numbers, names)
        axes.set_xlabel(f"coloured by {what}")
    return figure


def audio_projector(model, data, folder) -> None:
    """Write the embedding projector: vectors, labels and speakers.

    Args:
        model: The trained model.
        data: `zoo.data.audio_data.AudioData`.
        folder: Path of the log folder.
    """
    waves = _shown(data, 0)
    columns = {
        "recording": [str(row) for row in range(len(waves))],
        "label": _named(data.class_names, waves.y, len(waves)),
        "speaker": _named(data.speaker_names, waves.speakers, len(waves)),
    }
    write_projector(folder, recording_embeddings(model, waves), columns)


def _named(names, numbers, count):
    if numbers is None:
        return [""] * count
    return [names[number] for number in numbers]
