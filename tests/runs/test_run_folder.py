"""Run folders: what a run leaves, who may write, resuming exactly."""

import json

import numpy as np
import pytest
from keras import ops

import keras_ae
from keras_ae.training import CheckpointCallback
from keras_ae.training.metrics_log import read_lines
from zoo.evaluation import PROTOCOL
from zoo.running import evaluate_run, train_run
from zoo.running.config import read_config, resolve_config, write_config
from zoo.running.folder import default_folder, prepare_folder
from zoo.running.record import read_record

DROPOUT = {"model.dropout": 0.2}


def train(recipe, out, **options):
    options = {"evaluate": False, "verbose": 0, **options}
    return train_run(recipe, out=out, **options)


def weights(run):
    variables = [*run.model.variables, *run.model.optimizer.variables]
    return [ops.convert_to_numpy(variable) for variable in variables]


def assert_same_weights(run, other):
    for a, b in zip(weights(run), weights(other), strict=True):
        np.testing.assert_array_equal(a, b)


def timeless(folder):
    lines = read_lines(folder / "metrics.jsonl")
    return [{k: v for k, v in x.items() if k != "seconds"} for x in lines]


class Killed(Exception):
    """Stands for the end of a process."""


def kill_in_epoch(monkeypatch, fatal):
    save = CheckpointCallback.on_epoch_end

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 == fatal:
            raise Killed  # after the metrics line, before the checkpoint
        save(self, epoch, logs)

    monkeypatch.setattr(CheckpointCallback, "on_epoch_end", on_epoch_end)
    return lambda: monkeypatch.setattr(CheckpointCallback, "on_epoch_end", save)


def test_a_run_leaves_what_is_promised(tiny, tmp_path):
    out = tmp_path / "run"
    run = train(tiny, out, evaluate=True, settings={"model.prior": True})
    names = {path.name for path in out.iterdir()}
    assert names == {
        "checkpoints",
        "codes.png",
        "config.json",
        "curves.png",
        "final",
        "inputs.json",
        "metrics.jsonl",
        "model.keras",
        "reconstructions.png",
        "record.json",
        "samples.png",
        "tensorboard",
    }
    logged = {path.name for path in (out / "tensorboard").iterdir()}
    assert {
        "embedding.tsv",
        "metadata.tsv",
        "projector_config.pbtxt",
        "sprite.png",
    } <= logged
    assert any(name.startswith("events.out") for name in logged)
    record = read_record(out)
    assert record == run.record
    assert record["protocol"] == PROTOCOL
    assert record["changed"] == {"model.prior": True}
    assert record["config"]["model"]["num_codes"] == 8
    assert record["versions"]["keras_ae"] == keras_ae.__version__
    assert int(record["versions"]["threads"]) >= 1
    assert record["history"]["epochs"] == 2
    assert set(record["seconds"]) == {"train", "prior", "evaluate"}
    assert set(record["floors"]["linear_accuracy"]) == {
        "raw_pixels",
        "pca",
        "random_encoder",
        "chance",
    }
    assert record["command"] == (
        "keras-ae train tiny --data digits --seed 0 --set model.prior=true"
    )
    before = (out / "record.json").read_text()
    again = evaluate_run(out)
    assert again["numbers"] == record["numbers"]
    assert again["floors"] == record["floors"]
    rewritten = json.loads((out / "record.json").read_text())
    assert rewritten["history"] == json.loads(before)["history"]


@pytest.mark.parametrize("data", ["digits", "folder:bare"])
def test_a_continuous_model_leaves_its_pictures(tiny, tmp_path, data):
    run = train("plain", tmp_path / "run", data=data)
    for name in ("codes.png", "samples.png", "reconstructions.png"):
        assert (run.folder / name).read_bytes().startswith(b"\x89PNG")
    assert run.record["protocol"] is None
    assert run.record["numbers"] == {}


def test_two_epochs_and_two_resumed_are_four(tiny, tmp_path):
    straight = train(
        tiny, tmp_path / "a", settings={**DROPOUT, "train.epochs": 4}
    )
    train(tiny, tmp_path / "b", settings={**DROPOUT, "train.epochs": 2})
    resumed = train(
        tiny, tmp_path / "b", settings={"train.epochs": 4}, resume=True
    )
    assert_same_weights(straight, resumed)
    assert timeless(tmp_path / "a") == timeless(tmp_path / "b")
    assert straight.record["config"] == resumed.record["config"]


def test_a_killed_run_goes_on_with_its_prior(tiny, tmp_path, monkeypatch):
    settings = {**DROPOUT, "model.prior": True, "train.epochs": 3}
    straight = train(tiny, tmp_path / "a", settings=settings)
    revive = kill_in_epoch(monkeypatch, 3)
    with pytest.raises(Killed):
        train(tiny, tmp_path / "b", settings=settings)
    revive()
    assert len(timeless(tmp_path / "b")) == 3
    resumed = train(tiny, tmp_path / "b", resume=True)
    assert_same_weights(straight, resumed)
    assert timeless(tmp_path / "a") == timeless(tmp_path / "b")


def test_a_damaged_checkpoint_costs_one_epoch(tiny, tmp_path, monkeypatch):
    settings = {"train.epochs": 3}
    straight = train("plain", tmp_path / "a", settings=settings)
    revive = kill_in_epoch(monkeypatch, 3)
    with pytest.raises(Killed):
        train("plain", tmp_path / "b", settings=settings)
    revive()
    newest = tmp_path / "b" / "checkpoints" / "step-00000006"
    (newest / "variables.npz").write_bytes(b"nothing")
    with pytest.warns(UserWarning, match="step-00000006 is damaged"):
        resumed = train("plain", tmp_path / "b", resume=True)
    assert_same_weights(straight, resumed)


def test_a_finished_run_is_not_trained_again(tiny, tmp_path):
    first = train("plain", tmp_path)
    before = timeless(tmp_path)
    again = train("plain", tmp_path, resume=True)
    assert_same_weights(first, again)
    assert timeless(tmp_path) == before
    assert first.record["seconds"] == again.record["seconds"]


def test_seeds_differ_and_repeat(tiny, tmp_path):
    runs = [
        train("plain", tmp_path / str(i), seed=seed)
        for i, seed in enumerate((1, 1, 2))
    ]
    assert_same_weights(runs[0], runs[1])
    kernels = [run.model.encoder.weights[0].numpy() for run in runs]
    assert not np.array_equal(kernels[0], kernels[2])


def test_resume_begins_where_there_is_no_run(tiny, tmp_path):
    run = train("plain", tmp_path / "new", resume=True)
    assert run.record["history"]["epochs"] == 2


def test_an_existing_run_is_refused(tiny, tmp_path):
    train("plain", tmp_path)
    with pytest.raises(ValueError, match="--resume goes on with it"):
        train("plain", tmp_path)


def test_overwrite_removes_a_run_and_nothing_else(tiny, tmp_path):
    config = resolve_config("plain")
    write_config(tmp_path, config)
    (tmp_path / "old.txt").write_text("old")
    train("plain", tmp_path, overwrite=True)
    assert not (tmp_path / "old.txt").exists()
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("mine")
    with pytest.raises(ValueError, match="no run and is left alone"):
        train("plain", other, overwrite=True)
    assert (other / "letter.txt").read_text() == "mine"


def test_overwrite_leaves_a_foreign_config_alone(tmp_path):
    (tmp_path / "config.json").write_text('{"name": "something else"}')
    with pytest.raises(ValueError, match="needs the config.json of a run"):
        prepare_folder(tmp_path, resume=False, overwrite=True)
    assert (tmp_path / "config.json").exists()


def test_a_bad_setting_leaves_no_folder_and_removes_none(tiny, tmp_path):
    train("plain", tmp_path / "run")
    with pytest.raises(ValueError, match="at most the 48 training examples"):
        train(
            "plain",
            tmp_path / "run",
            overwrite=True,
            settings={"train.batch_size": 49},
        )
    assert (tmp_path / "run" / "record.json").exists()
    with pytest.raises(ValueError, match="Did you mean `adam`"):
        train("plain", tmp_path / "new", settings={"optimizer.name": "adm"})
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "options, match",
    [
        (dict(seed=1), "needs the `seed` it began with, 0. Received: seed=1"),
        (dict(data="mnist"), "needs the `data` it began with, digits"),
        (
            dict(settings={"model.size": 4}),
            "needs the `model.size` it began with, 3. Received: model.size=4",
        ),
        (dict(settings={"train.epochs": 1}), "needs `train.epochs` >= 2"),
    ],
)
def test_resuming_as_something_else_is_refused(tiny, tmp_path, options, match):
    train("plain", tmp_path)
    with pytest.raises(ValueError, match=match):
        train("plain", tmp_path, resume=True, **options)


def test_resuming_another_recipe_is_refused(tiny, tmp_path):
    train("plain", tmp_path)
    with pytest.raises(ValueError, match="needs the `recipe` it began with"):
        train(tiny, tmp_path, resume=True)


def test_resume_with_overwrite_is_refused(tiny, tmp_path):
    with pytest.raises(ValueError, match="one of `resume` and `overwrite`"):
        train("plain", tmp_path, resume=True, overwrite=True)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_refused(tiny, seed):
    with pytest.raises(ValueError, match="seed"):
        resolve_config("plain", seed=seed)


def test_an_unknown_policy_names_the_nearest(tiny, tmp_path):
    with pytest.raises(ValueError, match="Did you mean `mixed_bfloat16`"):
        settings = {"train.mixed_precision": "mixed_bfloat"}
        train("plain", tmp_path / "a", settings=settings)


def test_several_steps_an_execution_and_mixed_precision(tiny, tmp_path):
    settings = {
        "train.steps_per_execution": 2,
        "train.mixed_precision": "mixed_bfloat16",
    }
    run = train("plain", tmp_path / "a", settings=settings)
    assert int(run.model.optimizer.iterations) == 4  # 2 of 3 steps, 2 epochs


def test_evaluating_a_folder_without_weights_says_what_to_do(tiny, tmp_path):
    write_config(tmp_path, resolve_config("plain"))
    with pytest.raises(FileNotFoundError, match="--resume"):
        evaluate_run(tmp_path)


def test_evaluating_no_run_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no config.json"):
        evaluate_run(tmp_path)


def test_the_configuration_is_read_back(tiny, tmp_path):
    config = resolve_config("plain", "folder:a/b", 3, {"model.size": "4"})
    write_config(tmp_path, config)
    assert read_config(tmp_path) == config
    assert config.settings["train"]["epochs"] == 5
    assert default_folder(config).as_posix() == "runs/plain-folder-b-seed3"
