"""What every folder of tests shares."""

import importlib.util
import os

import pytest

# Processes of tests share the cores: threads of each would wait for those of
# the others. Before TensorFlow is imported, and for the processes they start.
for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")

HAS_AGENTS = importlib.util.find_spec("tf_agents") is not None


def pytest_collection_modifyitems(items):
    skip = pytest.mark.skip(
        reason="the extra `rl` (TF-Agents, Python 3.11) is not installed"
    )
    for item in items:
        if item.get_closest_marker("rl") and not HAS_AGENTS:
            item.add_marker(skip)
