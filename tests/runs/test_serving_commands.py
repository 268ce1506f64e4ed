"""`keras-ae export` and `keras-ae serve-check`."""

import json

import numpy as np
import pytest

from keras_ae.training.files import sha256
from tools import main as cli
from tools.export import docker_line


@pytest.fixture
def run(tiny, capsys):
    def run(*arguments):
        code = cli.main([str(argument) for argument in arguments])
        return code, capsys.readouterr()

    return run


def falsify(version):
    """Change the replies that the export is compared with."""
    file = version / "assets.extra" / "keras_ae_examples.npz"
    with np.load(file) as arrays:
        changed = {
            key: value + 1 if "/out/codes" in key else value
            for key, value in arrays.items()
        }
    np.savez(file, **changed)
    described = json.loads((version / "model.json").read_text())
    described["sha256"]["assets.extra/keras_ae_examples.npz"] = sha256(file)
    (version / "model.json").write_text(json.dumps(described))


def test_a_run_is_exported_checked_and_found_out(run, tmp_path):
    folder, root = tmp_path / "run", tmp_path / "models" / "tiny"
    code, _ = run(
        *("train", "tiny", "--out", folder, "--no-evaluate"),
        *("--set", "model.prior=true", "--epochs", 1),
    )
    assert code == 0
    code, shown = run("export", folder, "--out", root)
    assert code == 0 and f"Exported: {root / '1'}" in shown.out
    assert docker_line(root) in shown.out
    code, shown = run("serve-check", root)
    assert code == 0, shown.out
    assert "0 failed. No real model server was run." in shown.out
    for name in ("encode", "decode", "codes", "reconstruct", "sample"):
        assert f"gRPC        {name}" in shown.out
    falsify(root / "1")
    code, shown = run("serve-check", root)
    assert code == 1
    failed = [x for x in shown.out.splitlines() if x.startswith("FAILED")]
    assert [line.split()[1:3] for line in failed] == [
        [check, "codes"] for check in ("loader", "cli", "gRPC", "REST")
    ]


@pytest.mark.parametrize(
    "arguments, error",
    [
        (("export", "none", "--out", "out"), "No run in none"),
        (("serve-check", "none"), "No export in"),
    ],
)
def test_what_is_not_there_is_named(
    run, tmp_path, monkeypatch, arguments, error
):
    monkeypatch.chdir(tmp_path)
    code, shown = run(*arguments)
    assert code == 2 and shown.err.startswith(f"keras-ae: error: {error}")
    assert list(tmp_path.iterdir()) == []


def test_the_docker_line_names_the_settings(tmp_path):
    line = docker_line(tmp_path / "name")
    for file in ("models", "monitoring", "batching"):
        assert f"=/models/name/{file}.config" in line
