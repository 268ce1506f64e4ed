"""Strategies by name, and what is refused before TensorFlow hangs on it."""

import json
import socket
import subprocess
import sys

import pytest
import tensorflow as tf

from keras_ae.training import check_batch_size, is_chief, strategy

from .ports import free_ports

TWO = """
import tensorflow as tf
from keras_ae.training import check_batch_size, is_chief, strategy
made = strategy("mirrored", replicas=2)
assert type(made) is tf.distribute.MirroredStrategy
assert made.num_replicas_in_sync == 2 and is_chief(made)
check_batch_size(2, made)
try:
    check_batch_size(1, made)
except ValueError as error:
    assert "`batch_size` >= 2. Received: batch_size=1" in str(error)
try:
    strategy("mirrored", replicas=3)
except RuntimeError as error:
    print(error)
"""


def config(workers, index=0, kind="worker"):
    task = {"type": kind, "index": index}
    return json.dumps({"cluster": {"worker": workers}, "task": task})


def test_one_device_and_no_strategy():
    made = strategy("one_device")
    assert type(made) is tf.distribute.OneDeviceStrategy
    assert made.num_replicas_in_sync == 1 and is_chief(made) and is_chief()
    check_batch_size(1)


def test_mirrored_without_a_gpu_is_one_replica():
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("this machine has a GPU")
    assert strategy("mirrored").num_replicas_in_sync == 1


def test_a_cpu_is_split_before_tensorflow_starts_and_refused_after():
    command = [sys.executable, "-c", TWO]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2_000:]
    assert "make the strategy first. Received: replicas=3" in done.stdout


@pytest.mark.parametrize(
    "arguments, match",
    [
        (("mirored",), "Did you mean 'mirrored'"),
        (("mirrored", 0), "`replicas` >= 1. Received"),
        (("one_device", 2), "name='mirrored' only. Received: name='one_dev"),
    ],
)
def test_bad_arguments_are_refused(arguments, match):
    with pytest.raises(ValueError, match=match):
        strategy(*arguments)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{",
        "[]",
        '{"cluster": {}}',
        config("host:1"),
        config(["host"]),
        config(["host:99999"]),
        config(["host:1"], index=1),
        config(["host:1"], index="x"),
        config(["host:1"], kind="ps"),
    ],
)
def test_a_missing_or_malformed_tf_config_is_refused(monkeypatch, text):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if text is not None:
        monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(ValueError, match="`multi_worker` needs TF_CONFIG like"):
        strategy("multi_worker")


def test_two_workers_of_one_address_are_refused(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", config(["host:1", "host:1"]))
    with pytest.raises(ValueError, match="a different address for every"):
        strategy("multi_worker")


def test_a_taken_port_is_refused(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        other = f"127.0.0.1:{free_ports(1)[0]}"
        monkeypatch.setenv("TF_CONFIG", config([address, other]))
        with pytest.raises(RuntimeError, match=f"in use. Received: {address}"):
            strategy("multi_worker")
