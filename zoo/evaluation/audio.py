"""The protocol for audio, `audio-v2`: what an encoder of waveforms is worth.

An embedding is what `encode` gives of a whole recording: the mean over its
frames. `evaluate_audio` returns a JSON-able dict:

- `protocol`, `seed`, `seconds`; `data`: `name`, `sample_rate`, recordings of
  each split and, where a speaker was left out of training, `left_out`.
- `held_out_speaker`: the dict of `audio_probes.held_out_speakers`, a linear
  probe of the label tested on each speaker in turn and fitted on the others,
  and `floors`: `log_mel`, `random_encoder`, each the same, and `chance`.
- `left_out_speaker`: `accuracy` and `floors` of the fold of the speaker whom
  the encoder never heard either.
- `label`, `speaker`: the dict of `probes.linear_probe` on train, valid and
  test, and `floors`, as above. Recordings left out of the encoder's training
  are among those that the probe is fitted on.
- `prediction`: on the middle window of each test recording, `loss` in nats,
  `log_candidates`, what it is where nothing is known, `accuracy` for each
  step ahead, and `floors`: `random_encoder`, `chance`, mean accuracies. Both
  floors of knowing nothing count the candidates that are there: see
  `zoo.evaluation.ahead`.
- `collapse`, `warnings`, `skipped`: as in `zoo.evaluation.images`; pairs are
  test recordings of one label.

Log-mel statistics are mean and standard deviation over time of 40 log-mel
energies.
"""

import time

import numpy as np

from keras_ae.metrics.collapse import collapse_report, collapse_warnings
from zoo.data.audio_data import SPLITS, concatenate
from zoo.evaluation.ahead import nothing_known, tell_ahead
from zoo.evaluation.audio_embeddings import (
    log_mel_statistics,
    recording_embeddings,
)
from zoo.evaluation.audio_probes import (
    MOST_SPEAKERS,
    held_out_speakers,
    lacking,
)
from zoo.evaluation.probes import Labelled, chance, linear_probe

PROTOCOL = "audio-v2"


def evaluate_audio(model, data, seed: int = 0, untrained_model=None) -> dict:
    """Evaluate an encoder of waveforms by the protocol `audio-v2`.

    Args:
        model: `ContrastivePredictiveCoding`, compiled.
        data: `zoo.data.audio_data.AudioData`.
        seed: Int >= 0. Defaults to `0`.
        untrained_model: The same architecture with fresh weights, compiled,
            for the `random_encoder` floor, or `None`. Defaults to `None`.

    Returns:
        JSON-able dict; see the top of this file.

    Raises:
        ValueError: If embeddings are not finite.
    """
    started, skipped = time.perf_counter(), {}
    splits = _splits(data)
    sources = {"model": model, "random_encoder": untrained_model}
    found = {
        name: {k: recording_embeddings(source, w) for k, w in splits.items()}
        for name, source in sources.items()
        if source is not None
    }
    found["log_mel"] = {
        k: log_mel_statistics(w, data.sample_rate) for k, w in splits.items()
    }
    result = {
        "protocol": PROTOCOL,
        "seed": int(seed),
        "data": _data(data),
        **_held_out(found, splits, data, seed, skipped),
        "label": _probe(found, splits, "y", seed, skipped),
        "speaker": _probe(found, splits, "speakers", seed, skipped),
        "prediction": _prediction(model, untrained_model, data, skipped),
    }
    z = found["model"]["test"]
    result["collapse"] = collapse_report(z, _pairs(z, splits["test"].y))
    result["warnings"] = collapse_warnings(result["collapse"])
    seconds = time.perf_counter() - started
    return {**result, "skipped": skipped, "seconds": seconds}


def _data(data):
    found = {"name": str(data.name), "sample_rate": data.sample_rate}
    for split in SPLITS:
        found[split] = len(getattr(data, f"x_{split}"))
    if data.left_out is not None:
        found["left_out"] = data.notes["without_speaker"]
    return found


def _splits(data):
    train = data.x_train
    if data.left_out is not None:
        train = concatenate([train, data.left_out])
    return {"train": train, "valid": data.x_valid, "test": data.x_test}


def _held_out(found, splits, data, seed, skipped):
    result = {"held_out_speaker": None, "left_out_speaker": None}
    waves = concatenate(splits.values())
    sizes = [len(part) for part in splits.values()]
    tested = np.repeat([False, False, True], sizes)
    if waves.y is None or waves.speakers is None:
        reason = "needs labels and three speakers or more"
    else:
        reason = lacking(waves.y, waves.speakers, tested)
    if reason is not None:
        return {**result, **_skip(result, reason, skipped)}
    probes = {
        name: held_out_speakers(
            np.concatenate(list(z.values())),
            waves.y,
            waves.speakers,
            tested,
            data.speaker_names,
            seed,
        )
        for name, z in found.items()
    }
    own = probes.pop("model")
    floors = {**probes, "chance": own.pop("chance")}
    result["held_out_speaker"] = {**own, "floors": floors}
    name = data.notes.get("without_speaker")
    if name is None:
        reason = "every speaker was in training: see data.without_speaker"
        skipped["left_out_speaker"] = reason
    elif name not in own["folds"]:
        reason = f"{name} is none of the {MOST_SPEAKERS} who say the most"
        skipped["left_out_speaker"] = reason
    else:
        theirs = waves.speakers == data.speaker_names.index(name)
        known = chance(waves.y[~theirs], waves.y[theirs])
        heard = {k: probe["folds"][name] for k, probe in probes.items()}
        result["left_out_speaker"] = {
            "speaker": name,
            "accuracy": own["folds"][name],
            "floors": {**heard, "chance": known},
        }
    return result


def _skip(names, reason, skipped):
    skipped.update(dict.fromkeys(names, reason))
    return dict.fromkeys(names)


def _probe(found, splits, field, seed, skipped):
    y = {name: getattr(waves, field) for name, waves in splits.items()}
    what = {"y": "label", "speakers": "speaker"}[field]
    if y["train"] is None or len(np.unique(y["train"])) < 2:
        skipped[what] = f"no two {what}s in the training recordings"
        return None

    def accuracy(z):
        pairs = [(z[split], y[split]) for split in SPLITS]
        return linear_probe(Labelled(*(v for p in pairs for v in p)), seed)

    probes = {name: accuracy(z) for name, z in found.items()}
    own = probes.pop("model")
    floor = chance(y["train"], y["test"])
    return {**own, "floors": {**probes, "chance": floor}}


def _prediction(model, untrained, data, skipped):
    if model.negatives == "none":
        skipped["prediction"] = "frames are told from nothing"
        return None
    known = nothing_known(model, data)
    floors = {"chance": float(np.mean(known["chance"]))}
    if untrained is not None:
        floors["random_encoder"] = tell_ahead(untrained, data)["mean_accuracy"]
    return {
        **tell_ahead(model, data),
        "log_candidates": known["log_candidates"],
        "floors": floors,
    }


def _pairs(z, y):
    """Return embeddings of recordings and of the next of the same label."""
    if y is None:
        return None
    order = np.argsort(y, kind="stable")
    same = np.flatnonzero(np.diff(y[order]) == 0)
    if not len(same):
        return None
    return z[order[same]], z[order[same + 1]]
