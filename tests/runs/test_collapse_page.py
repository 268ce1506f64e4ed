"""The page that draws runs side by side."""

import json

import numpy as np
import pytest

from tools.collapse import cosines, main
from zoo.running import train_run

SMALL = {"train.epochs": 1, "data.limit": 200, "model.units": 8}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder, found = tmp_path_factory.mktemp("runs"), []
    for negatives in (True, False):
        settings = {**SMALL, "model.negatives": negatives}
        out = folder / str(negatives)
        options = dict(settings=settings, evaluate=False, verbose=0)
        found.append(train_run("quick_thought", out=out, **options).folder)
    return found


@pytest.mark.slow
def test_each_run_is_drawn_with_its_command(runs, tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("# Collapse\n\nwords\n")
    assert main([*map(str, runs), "--out", str(page)]) == 0
    text = page.read_text()
    assert text.startswith("# Collapse\n\nwords\n\n## quick_thought\n")
    assert "model.negatives=false" in text
    for run in runs:
        command = json.loads((run / "record.json").read_text())["command"]
        assert f"    {command}\n" in text
    picture = tmp_path / "pictures" / "collapse-quick_thought.png"
    assert picture.stat().st_size > 10_000


def test_cosines_are_those_of_each_pair():
    z = np.array([[2.0, 0.0], [0.0, 3.0], [-1.0, 0.0]])
    np.testing.assert_allclose(cosines(z), [0, -1, 0], atol=1e-12)
