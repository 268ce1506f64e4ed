"""Strategies by name, with the errors that TensorFlow leaves unclear."""

import json
import os
import socket

import tensorflow as tf

from keras_ae.checks import check_choice, check_int

NAMES = ("one_device", "mirrored", "multi_worker", "tpu")


def strategy(name, replicas=None, tpu=""):
    """Make a `tf.distribute` strategy by name.

    Build and compile the model in its `scope()`; `fit` does the rest. Make it
    before any other TensorFlow operation.

    Args:
        name: `"one_device"`: the first GPU, or the CPU. `"mirrored"`: every
            GPU of this machine. `"multi_worker"`: several processes or hosts,
            as `TF_CONFIG` says. `"tpu"`.
        replicas: Int >= 1 or `None`. With `"mirrored"`, this many GPUs, or
            on a machine without one, logical CPUs. Defaults to `None`, all.
        tpu: Str, name or address of the TPU. Defaults to `""`, the local one.

    Returns:
        `tf.distribute.Strategy`.

    Raises:
        ValueError: For another name, `replicas` without `"mirrored"`, more
            replicas than GPUs, or a `TF_CONFIG` that is missing or malformed.
        RuntimeError: If TensorFlow has already started, or the worker's own
            address is taken.
    """
    check_choice("strategy", "name", name, NAMES)
    if replicas is not None:
        check_int("strategy", "replicas", replicas)
        if name != "mirrored":
            raise ValueError(
                "`strategy` takes `replicas` with name='mirrored' only. "
                f"Received: name={name!r}, replicas={replicas}"
            )
    if name == "one_device":
        gpus = tf.config.list_logical_devices("GPU")
        return tf.distribute.OneDeviceStrategy("GPU:0" if gpus else "CPU:0")
    if name == "mirrored":
        return tf.distribute.MirroredStrategy(_devices(replicas))
    if name == "multi_worker":
        check_tf_config()
        return tf.distribute.MultiWorkerMirroredStrategy()
    resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu)
    tf.config.experimental_connect_to_cluster(resolver)
    tf.tpu.experimental.initialize_tpu_system(resolver)
    return tf.distribute.TPUStrategy(resolver)


def _devices(replicas):
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        if replicas is not None and replicas > len(gpus):
            raise ValueError(
                f"`strategy` needs `replicas` <= {len(gpus)}, the GPUs of "
                f"this machine. Received: replicas={replicas}"
            )
        return [f"GPU:{i}" for i in range(replicas or len(gpus))]
    if replicas is None or replicas == 1:
        return ["CPU:0"]
    part = tf.config.LogicalDeviceConfiguration()
    cpu = tf.config.list_physical_devices("CPU")[0]
    try:
        tf.config.set_logical_device_configuration(cpu, [part] * replicas)
    except RuntimeError as error:
        raise RuntimeError(
            "`strategy` needs to split the CPU before TensorFlow starts: make "
            f"the strategy first. Received: replicas={replicas}"
        ) from error
    return [f"CPU:{i}" for i in range(replicas)]


def check_tf_config():
    """Check the environment variable that says who the workers are.

    Returns:
        Pair of ints: this worker's index, and the number of workers.

    Raises:
        ValueError: If `TF_CONFIG` is missing or malformed.
        RuntimeError: If this worker's own address is taken.
    """
    text = os.environ.get("TF_CONFIG", "")
    example = (
        '{"cluster": {"worker": ["host0:12345", "host1:12345"]}, '
        '"task": {"type": "worker", "index": 0}}'
    )
    rule = f"`multi_worker` needs TF_CONFIG like {example}."
    try:
        config = json.loads(text)
        workers = config["cluster"]["worker"]
        kind, index = config["task"]["type"], config["task"]["index"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{rule} Received: TF_CONFIG={text!r}") from error
    index = int(index) if str(index).isdecimal() else -1
    good = isinstance(workers, list) and all(map(_is_address, workers))
    if not good or kind != "worker" or not 0 <= index < len(workers):
        raise ValueError(f"{rule} Received: TF_CONFIG={text!r}")
    if len(set(workers)) < len(workers):
        raise ValueError(
            "`multi_worker` needs a different address for every worker. "
            f"Received: {workers}"
        )
    _check_free(workers[index])
    return index, len(workers)


def _is_address(text):
    host, colon, port = str(text).rpartition(":")
    return bool(host and colon) and port.isdecimal() and 0 < int(port) < 65536


def _check_free(address):
    port = int(address.rpartition(":")[2])
    with socket.socket() as probe:
        # As the server that follows does: a port just closed is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            raise RuntimeError(
                "`multi_worker` needs this worker's port to be free: "
                f"{error.strerror}. Received: {address}"
            ) from error


def is_chief(of=None):
    """Tell whether this process is the one that writes files.

    Args:
        of: `tf.distribute.Strategy`. Defaults to `None`, the current one.

    Returns:
        Bool; always true with one process.
    """
    resolver = (of or tf.distribute.get_strategy()).cluster_resolver
    return not getattr(resolver, "task_id", None)


def check_batch_size(batch_size, of=None):
    """Check that every replica gets an example of every whole batch.

    Args:
        batch_size: Int, examples of one step on all replicas.
        of: `tf.distribute.Strategy`. Defaults to `None`, the current one.

    Raises:
        ValueError: If there are more replicas than examples.
    """
    replicas = (of or tf.distribute.get_strategy()).num_replicas_in_sync
    if batch_size < replicas:
        raise ValueError(
            f"A strategy of {replicas} replicas needs `batch_size` >= "
            f"{replicas}. Received: batch_size={batch_size}"
        )


def has_other_workers():
    """Tell whether other processes take part in the current strategy.

    Returns:
        Bool.
    """
    return isinstance(
        tf.distribute.get_strategy(), tf.distribute.MultiWorkerMirroredStrategy
    )


def wait_for_all():
    """Wait until every worker of the current strategy has come here."""
    strategy_here = tf.distribute.get_strategy()
    if has_other_workers():
        ones = strategy_here.run(lambda: tf.constant(1.0))
        strategy_here.reduce(tf.distribute.ReduceOp.SUM, ones, axis=None)
