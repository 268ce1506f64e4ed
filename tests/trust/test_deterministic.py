"""Two runs of a recipe with `--deterministic` have equal hashes."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from keras_ae.training.metrics_log import read_lines

ROOT = pathlib.Path(__file__).parents[2]


def train(recipe, out, *options):
    command = ["-m", "tools.main", "train", recipe, "--out", str(out)]
    command += ["--deterministic", "--no-evaluate", "--epochs", "2"]
    command += ["--set", "data.limit=128", "--set", "train.prior_epochs=1"]
    done = subprocess.run(
        [sys.executable, *command, *options],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    (line,) = [x for x in done.stdout.splitlines() if x.startswith("Weights")]
    (manifest,) = (out / "final").glob("step-*/manifest.json")
    weights = json.loads(manifest.read_text())["sha256"]["variables.npz"]
    assert line == f"Weights: sha256 {weights}"
    metrics = read_lines(out / "metrics.jsonl")
    return weights, [{**line, "seconds": 0} for line in metrics]


# All threads, as a user runs it: one thread would hide an order that varies.
@pytest.mark.parametrize(
    "recipe",
    ["vq_vae", pytest.param("binary", marks=pytest.mark.slow)],
)
def test_two_runs_have_equal_hashes(recipe, tmp_path):
    first = train(recipe, tmp_path / "a")
    assert train(recipe, tmp_path / "b") == first
    if recipe == "binary":
        assert train(recipe, tmp_path / "c", "--seed", "1")[0] != first[0]
