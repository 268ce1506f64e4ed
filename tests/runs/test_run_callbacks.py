"""The metrics log and the collapse monitor."""

import json
import logging

import keras
import numpy as np
import pytest

from keras_ae.training import CollapseMonitor, MetricsLog
from keras_ae.training.metrics_log import read_lines


def log_epochs(path, first, last, initial_epoch=0, loss=1.0):
    log = MetricsLog(path, initial_epoch)
    log.on_train_begin()
    for epoch in range(first, last):
        log.on_epoch_begin(epoch)
        log.on_epoch_end(epoch, {"loss": loss})


def test_one_line_an_epoch(tmp_path):
    log_epochs(tmp_path / "m", 0, 2)
    lines = read_lines(tmp_path / "m")
    assert [line["epoch"] for line in lines] == [1, 2]
    assert all(line["loss"] == 1.0 and "seconds" in line for line in lines)


def test_resuming_removes_the_epochs_to_come(tmp_path):
    log_epochs(tmp_path / "m", 0, 3)
    log_epochs(tmp_path / "m", 1, 2, initial_epoch=1, loss=2.0)
    lines = read_lines(tmp_path / "m")
    assert [(line["epoch"], line["loss"]) for line in lines] == [
        (1, 1.0),
        (2, 2.0),
    ]


def test_a_half_written_last_line_is_dropped(tmp_path):
    log_epochs(tmp_path / "m", 0, 1)
    with open(tmp_path / "m", "a") as file:
        file.write('{"epoch": 2, "lo')
    assert len(read_lines(tmp_path / "m")) == 1


def test_a_broken_line_in_the_middle_is_an_error(tmp_path):
    (tmp_path / "m").write_text('{"epoch": 1\n{"epoch": 2}\n')
    with pytest.raises(ValueError, match="Received: line 1 is"):
        read_lines(tmp_path / "m")


def test_a_loss_that_is_not_finite_is_null(tmp_path):
    log_epochs(tmp_path / "m", 0, 1, loss=float("nan"))
    line = json.loads((tmp_path / "m").read_text())
    assert line["loss"] is None


class Constant(keras.Model):
    """Encode everything as the same vector, times a scale."""

    scale = 0.0

    def encode(self, x):
        spread = np.asarray(x).reshape(len(x), -1) * self.scale
        return np.ones_like(spread) + spread


def monitor(scale, every=1):
    x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    callback = CollapseMonitor(x, every=every, batch_size=10)
    model = Constant()
    model.scale = scale
    callback.set_model(model)
    callback.set_params({"epochs": 5})
    return callback


def test_a_collapse_is_said_once_a_kind(caplog):
    callback = monitor(0.0)
    with caplog.at_level(logging.WARNING, "keras_ae"):
        callback.on_epoch_end(0, {})
        callback.on_epoch_end(1, {})
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("Epoch 1: The embedding is constant")


def test_a_healthy_embedding_is_logged_in_silence(caplog):
    logs = {}
    monitor(1.0).on_epoch_end(0, logs)
    assert caplog.messages == []
    assert logs["collapse_active_share"] == 1.0
    assert logs["collapse_effective_rank"] > 3


class Growing(keras.Model):
    """Encode as so many directions as are asked for."""

    rank = 1

    def encode(self, x):
        random = np.random.default_rng(0)
        z = random.normal(size=(len(x), self.rank))
        return z @ random.normal(size=(self.rank, 40))


def low_ranks(callback, caplog, *ranks):
    for epoch, rank in enumerate(ranks):
        callback.model.rank = rank
        callback.on_epoch_end(epoch, {})
    return kinds(caplog)


def kinds(caplog):
    return [":".join(line.split(":")[:2]) for line in caplog.messages]


@pytest.mark.parametrize(
    "ranks, named, at_the_end",
    [
        ((1, 2, 3, 30), None, None),  # it grew out of it
        ((1, 2, 2, 30), "Epoch 3", "Epoch 3"),  # it stopped growing
        ((30, 1), "Epoch 2", "Epoch 2"),  # it fell
        ((1, 2, 3), None, "Epoch 3"),  # it grew, and ended low
    ],
)
def test_a_low_rank_is_named_once_it_stops_rising(
    ranks, named, at_the_end, caplog
):
    callback = CollapseMonitor(np.zeros((200, 2)), batch_size=200)
    callback.set_model(Growing())
    callback.set_params({"epochs": 9})
    said = "{}: The effective rank is low"
    wanted = [] if named is None else [said.format(named)]
    assert low_ranks(callback, caplog, *ranks) == wanted
    callback.on_train_end()
    wanted = [] if at_the_end is None else [said.format(at_the_end)]
    assert kinds(caplog) == wanted


def test_nan_embeddings_are_said(caplog):
    monitor(float("nan")).on_epoch_end(0, {})
    assert "not finite" in caplog.messages[0]


def test_reports_come_every_few_epochs_and_at_the_end():
    callback, counts = monitor(1.0, every=2), []
    for epoch in range(5):
        logs = {}
        callback.on_epoch_end(epoch, logs)
        counts.append(len(logs))
    assert [count > 0 for count in counts] == [False, True, False, True, True]


def test_a_single_example_is_refused():
    with pytest.raises(ValueError, match="at least 2 examples"):
        CollapseMonitor(np.zeros((1, 2)))
