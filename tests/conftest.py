"""What every folder of tests shares."""

import importlib.util

import pytest

HAS_AGENTS = importlib.util.find_spec("tf_agents") is not None


def pytest_collection_modifyitems(items):
    skip = pytest.mark.skip(
        reason="the extra `rl` (TF-Agents, Python 3.11) is not installed"
    )
    for item in items:
        if item.get_closest_marker("rl") and not HAS_AGENTS:
            item.add_marker(skip)
