"""Pictures of a run on text: which sentences are drawn, in which colour."""

import numpy as np
import pytest

from zoo.data.text_load import load_text
from zoo.running.text_pictures import labelled_sentences


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_AE_DATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))


def test_test_sentences_are_coloured_by_document():
    data = load_text("prose")
    x, y, names, what = labelled_sentences(data, seed=0)
    assert what == "test sentences, coloured by document"
    assert names == [f"document {i}" for i in range(1, 9)]
    assert list(x) == list(data.x_test[:])  # All 176 are few enough.
    places = data.x_test.places
    lengths = [np.ptp(places[y == i]) + 1 for i in range(8)]
    np.testing.assert_array_equal(lengths, np.bincount(y))


def test_sentences_of_subj_are_coloured_by_label(tmp_path):
    (tmp_path / "sentences").mkdir()
    for name in ("objective", "subjective"):
        lines = "\n".join(f"{name} {i}" for i in range(600))
        (tmp_path / "sentences" / f"subj.{name}").write_text(lines)
    x, y, names, what = labelled_sentences(load_text("prose"), seed=0)
    assert what == "sentences of SUBJ, coloured by label"
    assert len(x) == 1_000
    assert [s.split()[0].decode() for s in x] == [names[i] for i in y]
