"""A run killed at twenty random moments ends as one that never was."""

import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest

from keras_ae.training.metrics_log import read_lines

ROOT = pathlib.Path(__file__).resolve().parents[2]
KILLS = 20


def start(out):
    command = ["train", "vq_vae", "--out", str(out), "--resume"]
    command += ["--no-evaluate", "--threads", "1", "--epochs", "60"]
    command += ["--set", "data.limit=256", "--set", "train.prior_epochs=1"]
    return subprocess.Popen(
        [sys.executable, "-m", "tools.main", *command],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(out):
    _, error = start(out).communicate(timeout=900)
    manifests = list((out / "final").glob("step-*/manifest.json"))
    assert len(manifests) == 1, error[-3_000:]
    weights = json.loads(manifests[0].read_text())["sha256"]["variables.npz"]
    lines = read_lines(out / "metrics.jsonl")
    return weights, [{**line, "seconds": 0} for line in lines]


def newest(out):
    """Return what changes as the run goes on."""
    log = out / "metrics.jsonl"
    return log.stat().st_mtime_ns if log.exists() else 0


@pytest.mark.slow
def test_twenty_kills_change_nothing(tmp_path):
    straight = finish(tmp_path / "a")
    out, draw = tmp_path / "b", random.Random(0)
    within = 0
    for _ in range(KILLS):
        before, process = newest(out), start(out)
        while process.poll() is None and newest(out) == before:
            time.sleep(0.01)
        # An epoch takes tenths of a second, of which saving is a large part.
        time.sleep(draw.uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        _, error = process.communicate()
        if process.returncode != -signal.SIGKILL:
            assert process.returncode == 0, error[-3_000:]
        within += process.returncode == -signal.SIGKILL
    assert within == KILLS  # none came after the end of the run
    assert finish(out) == straight
