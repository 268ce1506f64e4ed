"""Start several workers on this machine, for `--strategy multi_worker`.

    python -m tools.launch_local --workers 2 train vq_vae --out runs/x

The chief's output is shown, that of the others is kept in `--logs`. When one
worker fails the rest have `--grace` seconds to notice, then they are ended.
"""

import argparse
import json
import os
import pathlib
import socket
import subprocess
import sys
import time

_POLL = 0.2  # Seconds between looks at the workers


def free_addresses(count: int) -> list[str]:
    """Return addresses of this machine that nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{p.getsockname()[1]}" for p in probes]
    finally:
        for probe in probes:
            probe.close()


def start_worker(index: int, addresses, command, logs: pathlib.Path):
    """Start one worker of `keras-ae` and return its process.

    Args:
        index: Int, 0 is the chief.
        addresses: List of `host:port`, one for each worker.
        command: List of strings, arguments of `keras-ae`.
        logs: Folder of the logs of all but the chief.
    """
    task = {"type": "worker", "index": index}
    config = {"cluster": {"worker": list(addresses)}, "task": task}
    environment = {**os.environ, "TF_CONFIG": json.dumps(config)}
    line = [sys.executable, "-m", "tools.main", *command]
    if index == 0:
        return subprocess.Popen(line, env=environment)
    with open(logs / f"worker-{index}.log", "w", encoding="utf-8") as log:
        return subprocess.Popen(
            line, env=environment, stdout=log, stderr=subprocess.STDOUT
        )


def wait(processes, grace: float) -> list[int]:
    """Wait for all workers; end the rest `grace` seconds after a failure.

    Args:
        processes: List of `subprocess.Popen`.
        grace: Float, seconds.

    Returns:
        Exit codes.
    """
    deadline = None
    while any(process.poll() is None for process in processes):
        if deadline is None and any(p.returncode for p in processes):
            deadline = time.monotonic() + grace
        if deadline is not None and time.monotonic() > deadline:
            for process in processes:
                if process.poll() is None:
                    process.kill()
        time.sleep(_POLL)
    return [process.returncode for process in processes]


def main(argv=None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2, metavar="N")
    parser.add_argument("--logs", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--grace", type=float, default=120, metavar="SECONDS")
    parser.add_argument(
        "command", nargs=argparse.REMAINDER, help="arguments of keras-ae"
    )
    arguments = parser.parse_args(argv)
    if arguments.workers < 1 or not arguments.command:
        parser.error("give --workers >= 1 and a command, as `train vq_vae`")
    command = [*arguments.command, "--strategy", "multi_worker"]
    logs = arguments.logs or pathlib.Path("runs") / "worker-logs"
    logs.mkdir(parents=True, exist_ok=True)
    addresses = free_addresses(arguments.workers)
    processes = [
        start_worker(index, addresses, command, logs)
        for index in range(arguments.workers)
    ]
    codes = wait(processes, arguments.grace)
    if any(codes):
        print(f"exit codes of the workers: {codes}; logs: {logs}")
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main())
