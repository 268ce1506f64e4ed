"""`rl` sets itself up, whichever import comes first."""

import os
import subprocess
import sys

import pytest

WORKS = """
import keras
import tf_agents.agents.reinforce.reinforce_agent
assert keras.__version__.startswith("3."), keras.__version__
"""


def run(code):
    # As a fresh shell would start it: this process may have imported `rl`.
    fresh = {k: v for k, v in os.environ.items() if "LEGACY_KERAS" not in k}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=fresh
    )


@pytest.mark.rl
@pytest.mark.parametrize("first", ["rl", "tensorflow"])
def test_rl_works_whichever_is_imported_first(first):
    second = {"rl": "tensorflow", "tensorflow": "rl"}[first]
    done = run(f"import {first}, {second}\n{WORKS}")
    assert done.returncode == 0, done.stderr


@pytest.mark.rl
def test_rl_after_a_use_of_tf_keras_says_which_line_to_move():
    done = run("import tensorflow as tf\ntf.keras.Model\nimport rl")
    assert "Move `import rl` above the first line" in done.stderr


def test_rl_without_its_extra_names_it():
    hide = (
        "import importlib.util as u; real = u.find_spec\n"
        "u.find_spec = lambda n, *a: None if n == 'tf_agents' else real(n, *a)"
    )
    done = run(f"{hide}\nimport rl")
    assert "pip install 'keras-ae[rl]'" in done.stderr
