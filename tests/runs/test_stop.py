"""SIGTERM, kills and full disks: every run can be gone on with, exactly."""

import errno
import os
import resource
import signal
import threading

import pytest

from keras_ae.training import (
    StopCheckpoint,
    TrainingStopped,
    load_checkpoint,
    save_checkpoint,
)
from tools import main as cli
from tools.command import STOPPED
from zoo.running import train_run

from .test_checkpoint import assert_equal, fit, make_model
from .test_run_folder import DROPOUT, assert_same_weights, timeless

SETTINGS = {**DROPOUT, "train.epochs": 3}  # of three steps each


def train(out, **options):
    options = {"settings": SETTINGS, "resume": True, **options}
    return train_run("tiny", out=out, evaluate=False, verbose=0, **options)


@pytest.fixture
def ask(monkeypatch):
    """Have the process asked to end in the given step, counted from 1."""

    def ask(fatal):
        begun = iter(range(1, 1_000))

        def on_train_batch_begin(self, batch, logs=None):
            if next(begun) == fatal:
                os.kill(os.getpid(), signal.SIGTERM)

        monkeypatch.setattr(
            StopCheckpoint, "on_train_batch_begin", on_train_batch_begin
        )

    return ask


@pytest.mark.parametrize("step", [1, 3, 5, 9])
def test_sigterm_saves_the_step_and_the_rest_is_exact(
    tiny, tmp_path, ask, step
):
    straight = train(tmp_path / "a")
    ask(step)
    with pytest.raises(TrainingStopped, match="stopped after "):
        train(tmp_path / "b")
    newest = max(p.name for p in (tmp_path / "b" / "checkpoints").iterdir())
    # The last step of an epoch ends it; what follows begins an epoch.
    done = step if step % 3 else min(step + 1, 9)
    assert newest == f"step-{done:08d}"
    assert not (tmp_path / "b" / "record.json").exists()
    ask(0)
    assert_same_weights(straight, train(tmp_path / "b"))
    assert timeless(tmp_path / "a") == timeless(tmp_path / "b")


def test_sigterm_twice_in_one_epoch(tiny, tmp_path, ask):
    straight = train(tmp_path / "a")
    for _ in range(2):
        ask(1)
        with pytest.raises(TrainingStopped):
            train(tmp_path / "b")
    ask(0)
    assert_same_weights(straight, train(tmp_path / "b"))
    assert timeless(tmp_path / "a") == timeless(tmp_path / "b")


def test_several_steps_an_execution_stop_after_all_of_them(
    tiny, tmp_path, ask
):
    settings = {**SETTINGS, "train.batch_size": 12}
    settings["train.steps_per_execution"] = 2  # four steps an epoch
    straight = train(tmp_path / "a", settings=settings)
    ask(1)
    with pytest.raises(TrainingStopped, match="stopped after step 2"):
        train(tmp_path / "b", settings=settings)
    ask(0)
    resumed = train(tmp_path / "b", settings=settings)
    assert_same_weights(straight, resumed)
    assert timeless(tmp_path / "a") == timeless(tmp_path / "b")


def test_the_command_has_a_code_of_its_own(tiny, tmp_path, ask, capsys):
    ask(2)
    out = str(tmp_path / "run")
    command = ["train", "tiny", "--out", out, "--no-evaluate"]
    assert cli.main(command) == STOPPED == 75
    shown = capsys.readouterr().err
    assert "stopped after step 2, saved in " in shown
    assert "--resume goes on" in shown
    ask(0)
    assert cli.main([*command, "--resume"]) == 0


def test_the_signal_is_given_back(tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    callback = StopCheckpoint(tmp_path, 1)
    with callback.listening():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_another_thread_takes_no_signal(tmp_path):
    before = signal.getsignal(signal.SIGTERM)

    def listen():
        with StopCheckpoint(tmp_path, 1).listening():
            found.append(signal.getsignal(signal.SIGTERM))

    found = []
    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert found == [before]


class Killed(BaseException):
    """Stands for the end of a process."""


FILE_OPERATIONS = ("mkdir", "rename", "fsync", "open")


def kill_at(monkeypatch, fatal):
    """Have the n-th file operation of `os` end the process; count them."""
    done = []

    def wrapped(name):
        original = getattr(os, name)

        def operation(*arguments, **options):
            done.append(name)
            if len(done) == fatal:
                raise Killed
            return original(*arguments, **options)

        return operation

    for name in FILE_OPERATIONS:
        monkeypatch.setattr(os, name, wrapped(name))
    return done


def test_a_kill_at_any_moment_of_a_save_leaves_a_whole_checkpoint(
    tmp_path, monkeypatch
):
    model = make_model()
    with monkeypatch.context() as patch:
        done = kill_at(patch, 0)
        save_checkpoint(tmp_path / "count", model, {"step": 1})
    assert {"rename", "fsync"} <= set(done)
    for fatal in range(1, len(done) + 1):
        folder = tmp_path / str(fatal)
        model = make_model()
        save_checkpoint(folder, model, {"step": 1})
        fit(model)
        for step in (1, 2):  # over the one that is there, then beside it
            with monkeypatch.context() as patch:
                kill_at(patch, fatal)
                try:
                    save_checkpoint(folder, model, {"step": step})
                except Killed:
                    pass
            loaded = make_model()
            assert load_checkpoint(folder, loaded)["step"] in (1, step)
        save_checkpoint(folder, model, {"step": 3})
        loaded = make_model()
        assert load_checkpoint(folder, loaded)["step"] == 3
        assert_equal(loaded, model)


def test_a_full_disk_is_said_and_the_last_checkpoint_is_whole(tmp_path):
    model = make_model()
    save_checkpoint(tmp_path, model, {"step": 1})
    fit(model)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The system itself then refuses to write, in the middle of a file.
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(OSError, match="needs room .* step 2") as error:
            save_checkpoint(tmp_path, model, {"step": 2})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert error.value.errno in (errno.EFBIG, errno.ENOSPC)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000001"]
    loaded = make_model()
    assert load_checkpoint(tmp_path, loaded)["step"] == 1
    assert_equal(loaded, make_model())


@pytest.mark.parametrize(
    "options, match",
    [
        (dict(steps_per_epoch=0), "`steps_per_epoch` >= 1"),
        (dict(steps_per_epoch=1, first_step=-1), "`first_step` >= 0"),
        (dict(steps_per_epoch=1, keep=0), "`keep` >= 1"),
    ],
)
def test_bad_arguments_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        StopCheckpoint("folder", **options)
