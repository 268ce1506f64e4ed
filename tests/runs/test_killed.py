"""A run killed at random moments ends as one that never was."""

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
AGENT = "model.estimator=tf_agents(baseline=ema, samples=2)"


def start(out, recipe, setting):
    command = ["train", recipe, "--out", str(out), "--resume"]
    command += ["--no-evaluate", "--threads", "1", "--epochs", "60"]
    command += ["--set", "data.limit=256", "--set", setting]
    return subprocess.Popen(
        [sys.executable, "-m", "tools.main", *command],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(out, *what):
    _, error = start(out, *what).communicate(timeout=900)
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
@pytest.mark.parametrize(
    "kills, recipe, setting",
    [
        (20, "vq_vae", "train.prior_epochs=1"),
        pytest.param(5, "onehot", AGENT, marks=pytest.mark.rl),
        (5, "deep_infomax", "model.prior_weight=0.1"),
    ],
)
def test_kills_change_nothing(tmp_path, kills, recipe, setting):
    what = (recipe, setting)
    straight = finish(tmp_path / "a", *what)
    out, draw = tmp_path / "b", random.Random(0)
    within = 0
    for _ in range(kills):
        before, process = newest(out), start(out, *what)
        while process.poll() is None and newest(out) == before:
            time.sleep(0.01)
        # An epoch takes tenths of a second, of which saving is a large part.
        time.sleep(draw.uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        _, error = process.communicate()
        if process.returncode != -signal.SIGKILL:
            assert process.returncode == 0, error[-3_000:]
        within += process.returncode == -signal.SIGKILL
    assert within == kills  # none came after the end of the run
    assert finish(out, *what) == straight
