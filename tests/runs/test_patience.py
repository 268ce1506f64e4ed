"""The best epoch kept, and a stop that a kill does not move."""

import json
import math

import keras
import numpy as np
import pytest

from keras_ae.training import BestCheckpoint
from keras_ae.training.metrics_log import read_lines

from .test_run_folder import (
    Killed,
    assert_same_weights,
    kill_in_epoch,
    timeless,
    train,
)

# A step size at which the loss goes up and down.
BUMPY = {"train.epochs": 8, "train.patience": 2, "optimizer.learning_rate": 0.2}


def state(folder):
    (path,) = folder.glob("step-*/state.json")
    return json.loads(path.read_text())


def test_the_best_epoch_is_kept_and_the_end_comes_after_patience(
    tiny, tmp_path
):
    run = train("plain", tmp_path / "a", settings=BUMPY)
    losses = [x["val_loss"] for x in read_lines(tmp_path / "a/metrics.jsonl")]
    best = int(np.argmin(losses)) + 1
    assert best + 2 == len(losses) < 8
    assert state(tmp_path / "a" / "best")["epoch"] == best
    short = {**BUMPY, "train.epochs": best, "train.patience": None}
    assert_same_weights(run, train("plain", tmp_path / "b", settings=short))


@pytest.mark.parametrize("fatal", range(1, 5))
def test_a_killed_run_keeps_and_stops_the_same(
    tiny, tmp_path, monkeypatch, fatal
):
    straight = train("plain", tmp_path / "a", settings=BUMPY)
    revive = kill_in_epoch(monkeypatch, fatal)
    if fatal <= len(timeless(tmp_path / "a")):
        with pytest.raises(Killed):
            train("plain", tmp_path / "b", settings=BUMPY)
    revive()
    resumed = train("plain", tmp_path / "b", settings=BUMPY, resume=True)
    assert_same_weights(straight, resumed)
    assert timeless(tmp_path / "a") == timeless(tmp_path / "b")
    assert state(tmp_path / "a" / "best") == state(tmp_path / "b" / "best")


def test_what_is_not_a_number_is_not_the_best():
    callback = BestCheckpoint(None, 1, 3, history=(None, 1.0, math.nan, 2.0))
    assert callback.best == 1.0 and callback.waited == 2
    assert not callback.exhausted


def test_logs_without_the_monitored_value_are_refused():
    callback = BestCheckpoint(None, 1, 3)
    callback.set_model(keras.Sequential())
    rule = "`BestCheckpoint` needs `monitor` among the logs of an epoch"
    with pytest.raises(ValueError, match=rule):
        callback.on_epoch_end(0, {"loss": 1.0})
