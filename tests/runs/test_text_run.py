"""A run on text, from its command line to its resumption; and collapse."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from keras_ae.metrics.collapse import collapse_report, collapse_warnings
from keras_ae.training import StopCheckpoint, TrainingStopped
from tools.main import main
from zoo.kinds import kind_of
from zoo.running import train_run
from zoo.running.build import build_model
from zoo.running.config import resolve_config
from zoo.running.folder import final_hash

SMALL = {
    "model.word_dim": 16,
    "model.units": 16,
    "train.batch_size": 64,
    "data.block": 16,
    "data.max_words": 12,
    "data.vocabulary_size": 500,
    "train.epochs": 2,
}


@pytest.fixture(autouse=True)
def no_sentences(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_AE_DATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))


def train(tmp_path, recipe, name="run", settings=(), **options):
    given = {**SMALL, **dict(settings)}
    out = tmp_path / name
    return train_run(
        recipe, settings=given, out=out, verbose=0, **options
    )


def assert_pictures(folder):
    for picture in ("nearest.txt", "nearest.png", "codes.png", "curves.png"):
        assert (folder / picture).stat().st_size > 0


def test_quick_thought_leaves_pictures_and_numbers_and_no_warning(tmp_path):
    run = train(tmp_path, "quick_thought")
    assert run.record["warnings"] == []
    assert run.record["floors"]["next_of_100"]["chance"] == 0.01
    skipped = run.record["evaluation"]["skipped"]
    assert skipped["retrieval.400"].endswith("there are 168")
    assert_pictures(run.folder)


@pytest.mark.slow
def test_skip_thought_leaves_a_run_with_pictures_and_numbers(tmp_path):
    run = train(tmp_path, "skip_thought", settings={"train.epochs": 1})
    record = run.record
    assert record["protocol"] == "text-v2"
    assert record["warnings"] == []
    floors = record["floors"]["word_perplexity"]
    assert floors.keys() == {"unigram", "other_message"}
    assert record["floors"]["next_of_10"]["chance"] == 0.1
    assert "no rt-pol" in record["evaluation"]["skipped"]["tasks.mr"]
    assert_pictures(run.folder)
    assert main(["report", str(run.folder)]) == 0
    served = str(tmp_path / "models" / "skip")
    assert main(["export", str(run.folder), "--out", served]) == 0
    assert main(["serve-check", served]) == 0


@pytest.fixture
def own(tmp_path):
    """A folder of text, a document a file."""
    path = tmp_path / "own"
    path.mkdir()
    for i, text in enumerate(protocol_text().x_train[i::8] for i in range(8)):
        lines = b"\n\n".join(text[:300])
        (path / f"{i}.txt").write_bytes(lines)
    return path


def test_without_its_text_a_run_is_loaded_and_exported(tmp_path, own):
    run = train(
        tmp_path,
        "quick_thought",
        settings={"train.epochs": 1},
        data=f"folder:{own}",
        evaluate=False,
    )
    x = np.array(["Names are bound.", "zzz"], object)
    z = np.array(run.model.encode(x))
    shutil.rmtree(own)
    code = (
        "import sys, numpy as np\n"
        "from tools.main import main\n"
        "from zoo.running import load_run\n"
        "x = np.array(['Names are bound.', 'zzz'], object)\n"
        "np.save(sys.argv[2], load_run(sys.argv[1]).model.encode(x))\n"
        "assert main(['evaluate', sys.argv[1]]) == 2\n"
        "sys.exit(main(['export', sys.argv[1], '--out', sys.argv[3],"
        " '--no-warm-up']))\n"
    )
    out = [str(tmp_path / name) for name in ("run", "z.npy", "served")]
    done = subprocess.run(
        [sys.executable, "-c", code, *out], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert f"needs an existing folder. Received: `{own}`" in done.stderr
    # The same weights and operations, in another process.
    np.testing.assert_array_equal(np.load(out[1]), z)
    served = tf.saved_model.load(str(next(pathlib.Path(out[2]).glob("[0-9]*"))))
    (found,) = served.signatures["encode"](text=tf.constant(x)).values()
    np.testing.assert_allclose(found, z, rtol=1e-5, atol=1e-6)


def test_files_passed_over_are_said(tmp_path, own, caplog):
    (own / "b.txt").write_bytes("A é class.".encode("latin-1"))
    options = dict(data=f"folder:{own}", evaluate=False)
    train(tmp_path, "quick_thought", settings={"train.epochs": 0}, **options)
    assert "skipped: 1, b.txt: not utf-8, byte 2" in caplog.text


def test_a_block_that_does_not_fit_is_refused_before_a_folder(tmp_path):
    with pytest.raises(ValueError, match="a multiple of `data.block`"):
        train(tmp_path, "quick_thought", settings={"data.block": 7})
    assert not (tmp_path / "run").exists()


def test_a_run_is_not_resumed_on_text_that_changed(tmp_path, own):
    given = {**SMALL, "train.epochs": 1}
    options = dict(
        data=f"folder:{own}", out=tmp_path / "run", evaluate=False, verbose=0
    )
    train_run("quick_thought", settings=given, **options)
    for file in own.iterdir():
        file.write_text("Zebras, zebras and zebras. " * 40 + file.read_text())
    with pytest.raises(ValueError, match="needs the data it began with"):
        train_run("quick_thought", resume=True, **options)


def test_stopped_amid_an_epoch_and_resumed_it_is_exact(tmp_path, monkeypatch):
    short = {"data.limit": 640}  # ten steps an epoch
    straight = train(
        tmp_path, "quick_thought", "straight", short, evaluate=False
    )
    begun = iter(range(1, 100))

    def on_train_batch_begin(self, batch, logs=None):
        if next(begun) == 14:
            os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patch:
        patch.setattr(
            StopCheckpoint, "on_train_batch_begin", on_train_batch_begin
        )
        with pytest.raises(TrainingStopped, match="stopped after step 14"):
            train(tmp_path, "quick_thought", "parts", short, evaluate=False)
    resumed = train_run(
        "quick_thought",
        out=tmp_path / "parts",
        resume=True,
        evaluate=False,
        verbose=0,
    )
    assert final_hash(resumed.folder) == final_hash(straight.folder)


@pytest.mark.parametrize("negatives", [True, False])
def test_only_pulling_together_collapses_and_is_named(negatives):
    # Ten times the recipe's rate: a collapse takes its time.
    config = resolve_config(
        "quick_thought",
        settings={
            **SMALL,
            "model.negatives": negatives,
            "optimizer.learning_rate": 0.01,
            "optimizer.schedule": "constant",
        },
    )
    text, kind = protocol_text(), kind_of("quick_thought")
    model = build_model(config, text)
    model.fit(kind.batches(text, config, 0), steps_per_epoch=120, verbose=0)
    found = collapse_warnings(collapse_report(model.encode(text.x_test[:500])))
    if negatives:
        assert found == []
    else:
        assert any("nearly one direction" in line for line in found)


def protocol_text():
    from zoo.data.text_load import load_text

    return load_text("prose")


def test_a_text_recipe_lists_its_own_data_settings(capsys):
    assert main(["train", "quick_thought", "--list-settings"]) == 0
    listed = capsys.readouterr().out
    assert "data.block" in listed and "data.image_size" not in listed
    assert main(["list", "--json"]) == 0
    recipes = json.loads(capsys.readouterr().out)["recipes"]
    assert {"quick_thought", "skip_thought"} <= {r["name"] for r in recipes}
