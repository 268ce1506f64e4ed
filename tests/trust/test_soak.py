"""The long run's judgement, and that it runs."""

import json

import pytest

from tools import soak


def samples(memory=0.0, time=0.0, files=0.0):
    """A run that warms up, then grows by these shares to the end."""
    made = []
    for i in range(soak.PARTS):
        share = i / (soak.PARTS - 1)
        warm = 2.0 if i < soak.TENTH else 1.0
        made.append(
            {
                "step": i + 1,
                "memory": 500.0 * (1 + memory * share),
                "processor_milliseconds": 10.0 * warm * (1 + time * share),
                "files": int(20 + files * share),
            }
        )
    return made


@pytest.mark.parametrize(
    "growth, passed",
    [
        (dict(), True),
        (dict(memory=0.01), True),
        (dict(memory=0.05), False),
        (dict(time=0.05), True),
        (dict(time=0.2), False),
        (dict(files=2), False),
        (dict(memory=-0.1, time=-0.1, files=-2), True),
    ],
)
def test_what_grows_is_found(growth, passed):
    assert soak.judge(samples(**growth))["passed"] is passed


def test_one_slow_sample_is_no_trend():
    slow = samples()
    slow[-1]["processor_milliseconds"] = 1000.0
    assert soak.judge(slow)["passed"]


def test_a_short_run_is_measured(tmp_path, capsys):
    out = tmp_path / "soak.json"
    # So short a run may pass or not; that is what the long one is for.
    code = soak.main(["--steps", "40", "--batch-size", "8", "--out", str(out)])
    found = json.loads(out.read_text())
    assert code == (0 if found["passed"] else 1)
    assert found["steps"] == 40 and len(found["samples"]) == soak.PARTS
    assert all(s["memory"] > 0 and s["files"] > 0 for s in found["samples"])
    assert found["files_left_open"] <= 0


@pytest.mark.parametrize("option", ["--steps", "--batch-size"])
def test_too_little_is_refused(option, capsys):
    assert soak.main([option, "0"]) == 2
    assert f"`{option}` needs N >=" in capsys.readouterr().err
