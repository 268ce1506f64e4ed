"""Two worker processes on this machine against one, on the same batches."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from .ports import free_ports

SCRIPT = pathlib.Path(__file__).with_name("worker_jobs.py")
ROOT = SCRIPT.parents[2]
# Sums of 32 float32 in another order (1e-6), through fifty steps of Adam,
# which divides by the gradient's own size.
RTOL, ATOL = 1e-5, 2e-6
FEW = ("vqvae", "autoencoder")
# Slow, since each has three processes of its own.
OTHERS = (
    "residual",
    "prior",
    "one_hot",
    "gaussian",
    "leave_one_out",
    "code_layers",
    "infomax",
    "predictive",
    "quick_thought",
    "skip_thought",
)
REFUSED = ("two_steps", "unbuilt", "without_the_axis")


def start(jobs, out, config=None):
    environment = dict(
        os.environ,
        PYTHONPATH=str(ROOT),
        CUDA_VISIBLE_DEVICES="-1",
        TF_CPP_MIN_LOG_LEVEL="3",
        TF_NUM_INTRAOP_THREADS="1",
    )
    if config is not None:
        environment["TF_CONFIG"] = json.dumps(config)
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), ",".join(jobs), str(out)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(folder, trained, refused=()):
    """Return the results of one process, and of each of two workers."""
    workers = [f"127.0.0.1:{port}" for port in free_ports(2)]
    started = [start(trained, folder / "0.json")]
    for index in range(2):
        task = {"type": "worker", "index": index}
        config = {"cluster": {"worker": workers}, "task": task}
        out = folder / f"{index + 1}.json"
        started.append(start((*trained, *refused), out, config))
    for process in started:
        output, _ = process.communicate(timeout=600)
        assert process.returncode == 0, output[-4_000:]
    return [json.loads((folder / f"{i}.json").read_text()) for i in range(3)]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return run(tmp_path_factory.mktemp("few"), FEW, REFUSED)


def assert_one_training(runs, job):
    for worker in (1, 2):
        for part in ("history", "weights"):
            one, many = runs[0][job][part], runs[worker][job][part]
            assert one.keys() == many.keys()
            for name in one:
                np.testing.assert_allclose(
                    many[name], one[name], RTOL, ATOL, err_msg=name
                )
        assert runs[0][job]["skipped"] == runs[worker][job]["skipped"] == 0
    assert runs[1][job]["weights"] == runs[2][job]["weights"]
    assert runs[1][job]["history"] == runs[2][job]["history"]
    assert [found[job]["chief"] for found in runs] == [True, True, False]


@pytest.mark.parametrize("job", FEW)
def test_workers_end_alike_and_as_one_process_does(runs, job):
    assert_one_training(runs, job)


@pytest.mark.slow
@pytest.mark.parametrize("job", OTHERS)
def test_workers_with_other_models_end_so_too(tmp_path, job):
    assert_one_training(run(tmp_path, (job,)), job)


def test_a_model_that_is_not_built_is_refused(runs):
    error = runs[1]["unbuilt"]["error"]
    assert "needs a built model: call it once on a batch" in error


def test_several_steps_in_one_execution_are_refused(runs):
    error = runs[1]["two_steps"]["error"]
    assert error.endswith("Received: steps_per_execution=2")


def test_keras_still_needs_the_axis(runs):
    # When this fails, `keras_ae/models/fit_repairs.py` can lose it.
    assert "Invalid reduction dimension" in runs[1]["without_the_axis"]["error"]
