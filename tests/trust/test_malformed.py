"""Malformed input over the public surface: our error first, disk unharmed.

Each case gives an error whose first line is ours: raised by our own code (not
by Keras, TensorFlow or NumPy), saying what is needed and what was received.
Everything on disk is afterwards what it was.
"""

import json
import shutil

import keras
import numpy as np
import pytest
from PIL import Image

from keras_ae.bottlenecks import VectorQuantizer
from keras_ae.metrics import collapse_report
from keras_ae.models import VQVAE, Autoencoder, CodePrior
from keras_ae.training import (
    CheckpointCallback,
    CollapseMonitor,
    load_checkpoint,
    load_model,
    save_checkpoint,
)
from tools import main as cli
from tools.command import _raised_by_us
from tools.serving.export import open_export
from zoo import data
from zoo.data import ImageData, eval_dataset, train_dataset
from zoo.running import evaluate_run, load_run, train_run
from zoo.running.config import resolve_config, write_config
from zoo.running.record import read_record

X = np.random.default_rng(0).random((6, 4)).astype("float32")
IMAGES = np.zeros((6, 8, 8, 1), "uint8")
LABELS = np.zeros(6, "int64")


def model():
    dense = keras.layers.Dense
    made = Autoencoder(dense(2), dense(4), likelihood="bernoulli")
    made(X)
    made.compile("sgd", jit_compile=False)
    return made


def vq(**options):
    dense = keras.layers.Dense
    made = VQVAE(dense(3), VectorQuantizer(8, 3), dense(4), **options)
    made(np.zeros((1, 2, 4), "float32"))
    return made


def holding(value):
    x = X.copy()
    x[2, 1] = value
    return x


def images(**changed):
    parts = {}
    for split in ("train", "valid", "test"):
        parts[f"x_{split}"], parts[f"y_{split}"] = IMAGES, LABELS
    return ImageData("own", **{**parts, "class_names": ("a",), **changed})


ARRAYS = {
    "fit: empty": (lambda: model().fit(X[:0]), "examples >= 1"),
    "fit: no feature": (lambda: model().fit(X[:, :0]), "x.shape=(6, 0)"),
    "fit: a number": (lambda: model().fit(np.array(1.0)), "x.shape=()"),
    "fit: rank": (lambda: model().fit(X[0]), "(examples, 4), as the model"),
    "fit: more rank": (lambda: model().fit(X[None]), "x.shape=(1, 6, 4)"),
    "fit: width": (lambda: model().fit(X[:, :3]), "x.shape=(6, 3)"),
    "fit: 0 to 255": (lambda: model().fit(X * 255), "`x` in [0, 1]. Received"),
    "fit: negative": (lambda: model().fit(X - 1), "needs `x` in [0, 1]"),
    "fit: complex": (lambda: model().fit(X + 1j), "`x` of numbers. Received"),
    "fit: objects": (
        lambda: model().fit(np.array([[{}] * 4])),
        "x.dtype=object",
    ),
    "fit: dates": (
        lambda: model().fit(np.zeros((2, 4), "datetime64[s]")),
        "x.dtype=datetime64",
    ),
    "fit: held out": (
        lambda: model().fit(X, validation_data=(X[:, :2], None)),
        "fit(validation_data)` needs `x` of shape (examples, 4)",
    ),
    "fit: weights": (
        lambda: model().fit(X, X, sample_weight=X[:2, 0]),
        "one `sample_weight` an example, of shape (6,). Received: shape=(2,)",
    ),
    "fit: weight below 0": (
        lambda: model().fit(X, X, sample_weight=-X[:, 0]),
        "`sample_weight` >= 0. Received: -",
    ),
    "fit: weights alone": (
        lambda: model().fit(X, sample_weight=X[:, 0]),
        "needs `y` beside `sample_weight`",
    ),
    "fit: all NaN": (
        lambda: model().fit(np.repeat(X * np.nan, 5, 0), batch_size=1),
        "max_skipped_updates=10",
    ),
    "evaluate: NaN": (
        lambda: model().evaluate(holding(np.nan)),
        "needs finite `x`. Received: x[2, 1]=nan",
    ),
    "evaluate: infinite": (
        lambda: model().evaluate(holding(np.inf)),
        "Received: x[2, 1]=inf",
    ),
    "evaluate: empty": (lambda: model().evaluate(X[:0]), "x.shape=(0, 4)"),
    "predict: NaN": (lambda: model().predict(holding(np.nan)), "predict` nee"),
    "predict: rank": (lambda: model().predict(X[0]), "x.shape=(4,)"),
    "prior: none": (lambda: vq().fit_prior(X), "needs a prior: pass"),
    "prior: empty": (
        lambda: vq(prior=CodePrior(8, 2, 8, 1, 2)).fit_prior(X[:0]),
        "needs at least one object. Received: len(x)=0",
    ),
    "prior: length": (
        lambda: vq(prior=CodePrior(8, 3, 8, 1, 2)).fit_prior(X[None]),
        "to be the codes of one object, 6. Received: prior.length=3",
    ),
    "collapse: one": (lambda: collapse_report(X[:1]), "with at least"),
    "collapse: NaN": (lambda: collapse_report(X * np.nan), "finite values"),
    "collapse: words": (lambda: collapse_report(np.array([["a"]])), "numeric"),
    "monitor: one": (lambda: CollapseMonitor(X[:1]), "at least 2 examples"),
    "callback: none": (
        lambda: CheckpointCallback("checkpoints", 0),
        "`steps_per_epoch` >= 1. Received: steps_per_epoch=0",
    ),
}
DATA = {
    "no name": (lambda: data.load("digit"), "Did you mean `digits`?"),
    "a number": (lambda: data.load(3), "`name` as a string. Received: 3"),
    "no path": (lambda: data.load("folder:"), "needs a path after `folder:`"),
    "no folder": (lambda: data.load("folder:none"), "nothing there"),
    "a file": (lambda: data.load("folder:letter.txt"), "a file"),
    "no image": (lambda: data.load("folder:run"), "which has none"),
    "few images": (lambda: data.load("folder:two"), "at least 10 readable"),
    "broken images": (lambda: data.load("folder:broken"), "skips at most 5"),
    "size": (lambda: data.load("digits", image_size=0), "image_size=0"),
    "channels": (lambda: data.load("digits", channels=2), "as 1 or 3"),
    "limit": (lambda: data.load("digits", limit=-1), "limit=-1"),
    "seed": (lambda: data.load("digits", seed="a"), "an integer `seed`"),
    "rank": (lambda: train_dataset(X), "(n >= 1, height, width, channels)"),
    "floats": (lambda: train_dataset(IMAGES + 2.0), "in [0, 1]. Received"),
    "NaN": (lambda: eval_dataset(IMAGES * np.nan), "in [0, 1]. Received: nan"),
    "int64": (lambda: train_dataset(IMAGES.astype("int64")), "dtype=int64"),
    "labels": (lambda: eval_dataset(IMAGES, LABELS[:2]), "one label an image"),
    "float labels": (lambda: eval_dataset(IMAGES, LABELS / 2), "integer label"),
    "batch": (lambda: train_dataset(IMAGES, batch_size=7), "batch_size=7"),
    "no batch": (lambda: eval_dataset(IMAGES, batch_size=0), "batch_size=0"),
    "step": (
        lambda: train_dataset(IMAGES, None, 2, 0, -1),
        "`start_step` >= 0",
    ),
    "some labels": (lambda: images(y_test=None), "in every split or in none"),
    "unknown label": (lambda: images(y_train=LABELS + 1), "`y_train` in 0..0"),
    "other size": (lambda: images(x_test=IMAGES[:, :4]), "image shape of"),
    "empty": (lambda: images(x_test=IMAGES[:0]), "(n >= 1, height"),
}
SETTINGS = {
    "recipe": (lambda: resolve_config("vqvae"), "Did you mean `vq_vae`?"),
    "path": (lambda: resolve_config("../evil"), "No recipe `../evil`."),
    "key": (
        lambda: resolve_config("vq_vae", settings={"model.num_code": 4}),
        "Did you mean `model.num_codes`?",
    ),
    "type": (
        lambda: resolve_config("vq_vae", settings={"model.num_codes": "many"}),
        "`model.num_codes` needs a value of type",
    ),
    "range": (
        lambda: resolve_config("vq_vae", settings={"train.batch_size": 0}),
        "needs a value >= 1. Received: train.batch_size=0",
    ),
    "not finite": (
        lambda: resolve_config(
            "vq_vae", settings={"optimizer.learning_rate": float("inf")}
        ),
        "optimizer.learning_rate=inf",
    ),
    "seed": (lambda: resolve_config("vq_vae", seed=-1), "`seed` in [0, 2**32)"),
    "seed kind": (lambda: resolve_config("vq_vae", seed=1.5), "to be an int"),
    "optimizer": (
        lambda: train_run("vq_vae", settings={"optimizer.name": "adm"}),
        "Did you mean `adam`?",
    ),
    "both": (
        lambda: train_run("vq_vae", resume=True, overwrite=True),
        "one of `resume` and `overwrite`",
    ),
    "batch": (
        lambda: train_run("vq_vae", settings={"train.batch_size": 100_000}),
        "at most the 1266 training examples",
    ),
}
FILES = {
    "run: none": (lambda: evaluate_run("none"), "holds no config.json"),
    "run: other": (lambda: train_run("vq_vae", out="other"), "is left alone"),
    "run: file": (
        lambda: train_run("vq_vae", out="letter.txt"),
        "which is a file",
    ),
    "run: exists": (lambda: train_run("vq_vae", out="run"), "--resume goes on"),
    "run: no weights": (lambda: load_run("run"), "left no checkpoint there"),
    "run: cut": (lambda: load_run("cut"), "needs the config.json of a run"),
    "run: list": (lambda: load_run("list"), "needs the config.json of a run"),
    "run: kinds": (lambda: load_run("kinds"), "needs the config.json of a run"),
    "run: value": (lambda: load_run("value"), "`model.dim` needs a value of"),
    "run: version": (lambda: load_run("version"), "schema_version=1. Received"),
    "run: inputs": (lambda: load_run("inputs"), "the inputs.json of a run. R"),
    "run: recipe": (lambda: load_run("recipe"), "No recipe `evil`"),
    "record: none": (lambda: read_record("run"), "No record at run"),
    "record: cut": (lambda: read_record("record.json"), "it is not JSON"),
    "record: list": (lambda: read_record("list.json"), "it is no JSON object"),
    "checkpoint: other": (
        lambda: load_checkpoint("other", model()),
        "which holds letter.txt",
    ),
    "checkpoint: shape": (
        lambda: load_checkpoint("checkpoints", vq()),
        "needs a model with the",
    ),
    "checkpoint: unbuilt": (
        lambda: save_checkpoint("new", keras.Sequential(), {}),
        "needs a built `model`",
    ),
    "model: none": (lambda: load_model("none.keras"), "where there is none"),
    "model: text": (lambda: load_model("letter.txt"), "is no zip archive"),
    "model: cut": (lambda: load_model("cut.keras"), "`load_model` needs a"),
    "model: folder": (lambda: load_model("run"), "is a folder"),
    "export: none": (lambda: open_export("none"), "holds no numbered version"),
    "export: run": (lambda: open_export("run"), "holds no numbered version"),
    "export: into other": (
        lambda: model().export_serving("other", X),
        "holds letter.txt and is left alone",
    ),
    "export: to file": (
        lambda: model().export_serving("letter.txt", X),
        "which is a file",
    ),
    "export: NaN": (
        lambda: model().export_serving("new", holding(np.nan)),
        "needs finite `examples`",
    ),
}
CASES = {
    f"{kind}: {name}": case
    for kind, cases in (
        ("array", ARRAYS),
        ("data", DATA),
        ("setting", SETTINGS),
        ("file", FILES),
    )
    for name, case in cases.items()
}
LINES = {
    "no recipe": (["train", "tinny"], "No recipe `tinny`."),
    "no epochs": (["train", "vq_vae", "--epochs", "x"], "`train.epochs` needs"),
    "below 0": (["train", "vq_vae", "--epochs", "-1"], "needs a value >= 0"),
    "form": (["train", "vq_vae", "--set", "a"], "`--set` needs the form"),
    "threads": (["train", "vq_vae", "--threads", "0"], "`--threads` needs"),
    "data": (["train", "vq_vae", "--data", "minst"], "Did you mean `mnist`?"),
    "seed": (["train", "vq_vae", "--seed", "-1"], "A run needs `seed` in"),
    "folder": (["train", "vq_vae", "--out", "other"], "A run needs a new fold"),
    "evaluate": (["evaluate", "none"], "No run in none"),
    "report": (["report", "none"], "No record at none"),
    "export": (["export", "other", "--out", "new"], "No run in other"),
    "weights": (["export", "run", "--out", "new"], "No weights in run"),
    "check": (["serve-check", "other"], "No export in"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a run, a checkpoint, images, and things of others."""
    root = tmp_path_factory.mktemp("place")
    config = resolve_config("vq_vae")
    for name, change in {
        "run": {},
        "inputs": {},
        "version": {"schema_version": 99},
        "recipe": {"recipe": "evil"},
        "kinds": {"settings": 3},
        "value": {"settings": {**config.settings, "model": {"dim": "x"}}},
    }.items():
        (root / name).mkdir()
        write_config(root / name, config)
        text = json.loads((root / name / "config.json").read_text())
        (root / name / "config.json").write_text(json.dumps({**text, **change}))
    (root / "inputs" / "inputs.json").write_text('{"train_examples": "x"')
    for name, text in {"cut": '{"recipe": "vq', "list": "[1]"}.items():
        (root / name).mkdir()
        (root / name / "config.json").write_text(text)
    (root / "record.json").write_text("{")
    (root / "list.json").write_text("[]")
    (root / "other").mkdir()
    (root / "other" / "letter.txt").write_text("mine")
    (root / "letter.txt").write_text("mine")
    for name, count, good in (("two", 2, 2), ("broken", 20, 12)):
        (root / name).mkdir()
        for i in range(count):
            path = root / name / f"{i}.png"
            path.write_bytes(b"not an image")
            if i < good:
                Image.new("L", (8, 8), i).save(path)
    save_checkpoint(root / "checkpoints", model(), {"step": 1})
    model().save(root / "whole.keras")
    whole = (root / "whole.keras").read_bytes()
    (root / "cut.keras").write_bytes(whole[: len(whole) // 2])
    return root


@pytest.fixture
def place(made, tmp_path, monkeypatch):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def content(root):
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", CASES)
def test_our_error_comes_first_and_nothing_is_harmed(place, name):
    act, needed = CASES[name]
    before = content(place)
    kinds = (ValueError, TypeError, FloatingPointError, FileNotFoundError)
    with pytest.raises(kinds) as caught:
        act()
    first = " ".join(str(caught.value).split())
    assert needed in first
    assert _raised_by_us(caught.value) and caught.value.__cause__ is None
    assert "Traceback" not in first and "tensorflow" not in first.lower()
    assert content(place) == before


@pytest.mark.parametrize("name", LINES)
def test_a_command_says_it_in_one_line(place, capsys, name):
    arguments, needed = LINES[name]
    before = content(place)
    assert cli.main(arguments) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("keras-ae: error: ") and needed in shown
    assert shown.count("\n") == 1
    assert content(place) == before


def test_the_table_is_as_long_as_promised():
    assert len(CASES) + len(LINES) >= 60


def test_one_example_is_enough_to_fit_and_to_evaluate():
    made = model()
    made.fit(X[:1], verbose=0)
    assert made.evaluate(X[:1], verbose=0, return_dict=True)["loss"] > 0
