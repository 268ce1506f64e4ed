"""Audio: recordings as waveforms, fed as windows of one length."""

import dataclasses
import json

import numpy as np

from zoo.kinds.reading import find_files, read_each
from zoo.running.audio_pictures import audio_projector as projector
from zoo.running.audio_pictures import draw
from zoo.running.epoch_log import EpochLog as epoch_log

__all__ = [
    "batches",
    "build",
    "draw",
    "encode",
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


def load(config):
    """Return the `zoo.data.audio_data.AudioData` of a run."""
    from zoo.data.audio_load import load_audio

    given = dict(config.settings["data"])
    seconds, per_speaker = given.pop("window"), given.pop("per_speaker")
    data = load_audio(config.data, **given)
    if not data.speaker_names:
        per_speaker = 1
    window = round(seconds * data.sample_rate)
    return dataclasses.replace(data, window=window, per_speaker=per_speaker)


def inputs(data, config):
    """Return the rate of the recordings, and how long windows are.

    Raises:
        ValueError: The model asks for speakers, and the data name none, or
            batches cannot be made of windows.
    """
    from zoo.data.audio_pipeline import check_windows

    asked = config.settings["model"].get("negatives")
    if asked == "speaker" and not data.speaker_names:
        unused = data.notes.get("folders_unused", [])
        raise ValueError(
            "`model.negatives=speaker` needs data that name their speakers, "
            "as a folder does with `data.folders=speaker`; utterance and "
            "mixed need none. Received: "
            + "; ".join([data.description, *unused])
        )
    batch_size = config.settings["train"]["batch_size"]
    check_windows(data.x_train, batch_size, data.window, data.per_speaker)
    return {"sample_rate": data.sample_rate, "window": data.window}


def build(recipe, inputs, config):
    """Return the model of a recipe for waveforms at this rate."""
    model = recipe.build(inputs["sample_rate"], **config.settings["model"])
    found = model(np.zeros((1, inputs["window"]), "float32"), training=False)
    frames, steps = found["context"].shape[1], model.steps
    if frames <= steps:
        raise ValueError(
            "`data.window` needs to hold more frames than `model.steps`. "
            f"Received: {inputs['window']} samples, {frames} frames, and "
            f"model.steps={steps}"
        )
    return model


def batches(data, config, start_step):
    """Return endless training batches, from a step on."""
    from zoo.data.audio_pipeline import window_batches

    return window_batches(
        data.x_train,
        config.settings["train"]["batch_size"],
        data.window,
        data.per_speaker,
        config.seed,
        start_step,
    )


def held_out(data, config):
    """Return the validation batches."""
    from zoo.data.audio_pipeline import middle_windows

    batch_size = config.settings["train"]["batch_size"]
    return middle_windows(
        data.x_valid, batch_size, data.window, data.per_speaker
    )


def examples(data, count):
    """Return the middle windows of validation recordings."""
    from zoo.data.audio_pipeline import middle_windows

    windows = middle_windows(data.x_valid, count, data.window)
    return next(iter(windows))[0].numpy()


def samples(inputs, count):
    """Return windows of noise."""
    random = np.random.default_rng(0)
    noise = random.uniform(-1, 1, (count, inputs["window"]))
    return noise.astype("float32")


def files(path, inputs, config):
    """Return the names of the recordings at a path, and what reads them."""
    from zoo.data.audio_data import join_waves
    from zoo.data.audio_files import SUFFIXES, read_recording

    names, root = find_files(path, "recordings", SUFFIXES)
    rate = inputs["sample_rate"]

    def read(some):
        kept, found, skipped = read_each(
            some,
            lambda name: read_recording(root / name, rate),
            (OSError, ValueError),
        )
        return kept, join_waves(found), skipped

    return names, read


def encode(model, x):
    """Return the embedding of each whole recording."""
    from zoo.evaluation.audio_embeddings import recording_embeddings

    return recording_embeddings(model, x)


def evaluate(model, data, seed, untrained_model, cache_dir):
    """Return the numbers of the protocol for audio."""
    from zoo.evaluation.audio import evaluate_audio

    return evaluate_audio(model, data, seed, untrained_model)


def info(data):
    """Return what the record says of the data."""
    return {
        "description": data.description,
        "sample_rate": data.sample_rate,
        "train": len(data.x_train),
        "valid": len(data.x_valid),
        "test": len(data.x_test),
        "class_names": list(data.class_names),
        "speaker_names": list(data.speaker_names),
        "notes": json.loads(json.dumps(data.notes, default=str)),
    }
