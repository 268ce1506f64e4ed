"""A model trained on two replicas is served as exactly as one on one."""

import os
import pathlib
import subprocess
import sys

from tools.serving.checks import check_exports

SCRIPT = pathlib.Path(__file__).with_name("mirrored_export.py")


def test_a_model_trained_on_two_replicas_is_exact(tmp_path):
    environment = dict(
        os.environ,
        PYTHONPATH=str(SCRIPT.parents[2]),
        CUDA_VISIBLE_DEVICES="-1",
        TF_CPP_MIN_LOG_LEVEL="3",
    )
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path / "mirrored")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    (rows,) = check_exports([done.stdout.splitlines()[-1]])
    assert [row for row in rows if not row.passed] == []
    assert {"sample", "codes"} <= {row.signature for row in rows}
