"""Frames ahead told from others, beside what knowing nothing gives."""

import numpy as np

from keras_ae.models import Batch
from zoo.data.audio_pipeline import middle_windows

_BATCH = 64


def tell_ahead(model, data) -> dict:
    """Tell frames ahead on the middle window of each test recording.

    Args:
        model: `ContrastivePredictiveCoding`, compiled, with negatives.
        data: `zoo.data.audio_data.AudioData`.

    Returns:
        Dict: `loss` in nats; `accuracy`, a list by step ahead, over the
        frames that a negative is left for; `mean_accuracy`.
    """
    logs = model.evaluate(_windows(data), verbose=0, return_dict=True)
    steps = range(1, model.steps + 1)
    accuracy = [float(logs[f"accuracy_{k}_ahead"]) for k in steps]
    return {
        "loss": float(logs["info_loss"]),
        "accuracy": accuracy,
        "mean_accuracy": float(np.mean(accuracy)),
    }


def nothing_known(model, data) -> dict:
    """Return what `tell_ahead` would give of scores that say nothing.

    A frame that is drawn twice counts twice among the candidates of the loss,
    but can be taken for the true one only once.

    Args:
        model: `ContrastivePredictiveCoding` with negatives.
        data: `zoo.data.audio_data.AudioData`.

    Returns:
        Dict: `log_candidates`, the loss of equal scores; `chance`, a list by
        step ahead, the accuracy that random scores of frames have on average.
    """
    batches = [
        model.count_negatives(Batch(x, speakers))
        for x, speakers in _windows(data)
    ]
    log_candidates, chance = [], []
    for counts in zip(*batches):  # of one step ahead
        left, different = (
            np.concatenate([np.ravel(count) for count in part])
            for part in zip(*counts)
        )
        log_candidates.append(np.mean(np.log1p(left)))
        told = different[left > 0]
        chance.append(float(np.sum(1 / (1 + told)) / max(len(told), 1)))
    return {"log_candidates": float(np.mean(log_candidates)), "chance": chance}


def _windows(data):
    return middle_windows(data.x_test, _BATCH, data.window, data.per_speaker)
