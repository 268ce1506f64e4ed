"""Two replicas on two logical CPUs against one, a process each."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

SCRIPT = pathlib.Path(__file__).with_name("mirrored_jobs.py")
ROOT = SCRIPT.parents[2]
# Sums of 32 float32 in another order (1e-6), through fifty steps of Adam,
# which divides by the gradient's own size.
RTOL, ATOL = 1e-5, 2e-6
PLAIN = ("functional", "subclassed")
OURS = (
    "vqvae",
    "vqvae_empty_replica",
    "residual",
    "prior",
    "autoencoder_uneven",
    "infomax_nce",
    "infomax_dv",
    "predictive",
    "quick_thought",
    "skip_thought",
)
# Noise is that of the global batch, and so are averages of losses.
DRAWN = ("one_hot", "gaussian", "leave_one_out", "disarm", "code_layers")
SCORED = ("value", "batch")
ALL = (*PLAIN, *OURS, *DRAWN, *SCORED, "agent")
ALONE = ("poisoned", "noise", "two_steps")
# Left to `-m slow`, since each is compiled twice: kin of one that is not.
SLOW = (
    "subclassed",
    "vqvae_empty_replica",
    "residual",
    "prior",
    "infomax_dv",
    "predictive",
    "disarm",
    "gaussian",
    "code_layers",
    "batch",
    "skip_thought",
)
STEPS = 51


def run(folder, jobs):
    """Return the results of jobs: `[replicas][job]`."""
    environment = dict(
        os.environ,
        PYTHONPATH=str(ROOT),
        CUDA_VISIBLE_DEVICES="-1",
        TF_CPP_MIN_LOG_LEVEL="3",
        TF_NUM_INTRAOP_THREADS="1",
    )
    started = {}
    for replicas in (1, 2):
        command = [sys.executable, str(SCRIPT), str(replicas)]
        started[replicas] = subprocess.Popen(
            [*command, str(folder / f"{replicas}.json"), ",".join(jobs)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    results = {}
    for replicas, process in started.items():
        output, _ = process.communicate(timeout=600)
        assert process.returncode == 0, output[-4_000:]
        results[replicas] = json.loads(
            (folder / f"{replicas}.json").read_text()
        )
    return results


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    jobs = (*PLAIN, *OURS, *DRAWN, *SCORED, "agent", *ALONE)
    asked = [job for job in jobs if job not in SLOW]
    return run(tmp_path_factory.mktemp("mirrored"), asked)


@pytest.fixture(scope="module")
def slow_runs(tmp_path_factory):
    return run(tmp_path_factory.mktemp("slow"), SLOW)


@pytest.fixture
def both(request, job):
    """The results of a job on one replica, and on two."""
    found = request.getfixturevalue("slow_runs" if job in SLOW else "runs")
    return found[1][job], found[2][job]


def each(*jobs):
    """Parametrise a test over jobs, of which some are slow."""
    marks = {job: pytest.mark.slow for job in SLOW} | {"agent": pytest.mark.rl}
    return pytest.mark.parametrize(
        "job",
        [pytest.param(j, marks=marks[j]) if j in marks else j for j in jobs],
    )


def assert_same_numbers(one, two):
    assert one.keys() == two.keys()
    for name in one:
        np.testing.assert_allclose(
            two[name], one[name], RTOL, ATOL, err_msg=name
        )


@each(*ALL, "poisoned")
def test_every_variable_is_equal_on_both_replicas(both):
    assert both[1]["copies"] == 2
    assert both[1]["spread"] == 0


@each(*ALL)
def test_weights_and_codebook_are_those_of_one_replica(both):
    assert_same_numbers(*(found["weights"] for found in both))


@each(*ALL)
def test_reported_numbers_are_those_of_one_replica(both):
    assert_same_numbers(*(found["history"] for found in both))
    assert_same_numbers(*(found["evaluate"] for found in both))


@each(*PLAIN, *OURS, *DRAWN, "agent")
def test_two_replicas_learn(both):
    loss = both[1]["history"]["loss"]
    assert loss[-1] < loss[0]


@pytest.mark.parametrize("job", ["functional", "vqvae"])
def test_the_codebook_moved_at_every_step(runs, job):
    weights = runs[2][job]["weights"]
    (step,) = [v for path, v in weights.items() if path.endswith("/step")]
    (fitted,) = [v for path, v in weights.items() if path.endswith("fitted")]
    assert (step, fitted) == (STEPS, 1)


def test_an_update_not_finite_on_one_replica_is_skipped_on_both(runs):
    # Row 40 is in the second of three batches, on the first replica only.
    one, two = runs[1]["poisoned"], runs[2]["poisoned"]
    assert one["skipped"] == two["skipped"] == STEPS // 3
    assert_same_numbers(one["weights"], two["weights"])
    assert all(np.isfinite(w).all() for w in two["weights"].values())


def test_replicas_draw_different_noise(runs):
    # 64 codes of 4 classes agree with probability 4^-64.
    first, second = runs[2]["noise"]
    assert first != second


def test_several_steps_in_one_execution_are_refused_while_keras_fails(runs):
    refused = "needs `steps_per_execution` = 1. Received: steps_per_execution=2"
    assert refused in runs[2]["two_steps"]["ours"]
    # When Keras no longer fails, `refuse_loops` can go.
    assert runs[2]["two_steps"]["keras"] != "none"
    assert set(runs[1]["two_steps"].values()) == {"none"}


def test_averages_of_losses_are_of_all_replicas(runs):
    # Their values are compared above; here, that they moved at every step.
    weights = runs[2]["value"]["weights"]
    found = {path.rpartition("/")[2]: v for path, v in weights.items()}
    assert found["loss_steps"] == STEPS
    assert found["loss_mean"] > 0 and found["loss_variance"] > 0
