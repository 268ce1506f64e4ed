"""`train --strategy multi_worker`, on two processes of this machine."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from keras_ae.training.metrics_log import read_lines

ROOT = pathlib.Path(__file__).parents[2]
TRAIN = "train autoencoder --threads 1 --no-evaluate --set data.limit=256"


def start(module, *command, **options):
    environment = dict(
        os.environ,
        PYTHONPATH=str(ROOT),
        CUDA_VISIBLE_DEVICES="-1",
        TF_CPP_MIN_LOG_LEVEL="3",
    )
    return subprocess.Popen(
        [sys.executable, "-m", module, *map(str, command)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )


def two_workers(folder, epochs, *more):
    options = ("--workers", 2, "--logs", folder / "logs", "--grace", 150)
    command = (*TRAIN.split(), "--epochs", epochs, "--out", folder / "run")
    return start("tools.launch_local", *options, *command, *more)


def finished(process, seconds=300):
    output, _ = process.communicate(timeout=seconds)
    return process.returncode, output


def logged(folder):
    lines = read_lines(folder / "metrics.jsonl")
    return [{k: v for k, v in x.items() if k != "seconds"} for x in lines]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The metrics of three epochs in one process."""
    out = tmp_path_factory.mktemp("alone") / "run"
    command = (*TRAIN.split(), "--epochs", 3, "--out", out)
    code, output = finished(start("tools.main", *command))
    assert code == 0, output[-4_000:]
    return logged(out)


def assert_same(found, expected):
    assert [line.keys() for line in found] == [x.keys() for x in expected]
    for line, one in zip(found, expected):
        # Twelve steps of Adam on sums of floats in another order.
        assert line == pytest.approx(one, rel=1e-4, abs=1e-5)


def test_two_workers_leave_the_run_of_one_process(tmp_path, alone):
    code, output = finished(two_workers(tmp_path, 3))
    assert code == 0, output[-4_000:]
    assert_same(logged(tmp_path / "run"), alone)
    for name in ("record.json", "model.keras", "reconstructions.png"):
        assert (tmp_path / "run" / name).is_file()
    log = (tmp_path / "logs" / "worker-1.log").read_text()
    assert "the chief writes the run folder" in log


def worker_of(launcher):
    """Return the process id of the launcher's second worker."""
    children = f"/proc/{launcher.pid}/task/{launcher.pid}/children"
    for child in map(int, pathlib.Path(children).read_text().split()):
        settings = pathlib.Path(f"/proc/{child}/environ").read_text()
        for setting in settings.split("\0"):
            name, _, value = setting.partition("=")
            if name == "TF_CONFIG" and json.loads(value)["task"]["index"]:
                return child
    raise AssertionError("no second worker")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_lost_worker_ends_the_others_and_the_job_resumes(tmp_path, alone):
    launcher = two_workers(tmp_path, 100_000)
    run = tmp_path / "run"
    deadline = time.monotonic() + 200
    while not read_lines(run / "metrics.jsonl"):
        assert time.monotonic() < deadline and launcher.poll() is None
        time.sleep(0.2)
    os.kill(worker_of(launcher), signal.SIGKILL)
    killed = time.monotonic()
    code, output = finished(launcher)
    assert time.monotonic() - killed < 150
    assert code != 0
    assert "Another worker was lost" in output
    done = len(logged(run))
    code, output = finished(two_workers(tmp_path, done + 2, "--resume"))
    assert code == 0, output[-4_000:]
    assert [line["epoch"] for line in logged(run)] == [
        *range(1, done + 3)
    ]
