"""The commands: what they print, leave and refuse."""

import ast
import importlib.util
import json
import os
import pathlib
import subprocess
import sys

import pytest

from keras_ae.estimators import names
from tools import main as cli
from tools import train as train_command
from tools.command import guarded
from zoo.evaluation import gradient_variance
from zoo.recipe import recipe_names

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def run(tiny, capsys):
    def run(*arguments):
        code = cli.main([str(argument) for argument in arguments])
        return code, capsys.readouterr()

    return run


def test_list_names_every_recipe(run):
    code, shown = run("list")
    assert code == 0
    for name in recipe_names():
        assert f"\n{name} " in f"\n{shown.out}"


def test_list_json_keeps_its_schema(run):
    code, shown = run("list", "--json")
    listed = json.loads(shown.out)
    assert code == 0 and listed["schema_version"] == 1
    assert [r["name"] for r in listed["recipes"]] == recipe_names()
    for recipe in listed["recipes"]:
        keys = {"name", "summary", "data", "settings", "expected"}
        assert set(recipe) == keys
        for setting in recipe["settings"]:
            assert set(setting) == {"name", "default", "type", "help"}


def test_list_estimators_is_their_properties(run):
    code, shown = run("list", "--estimators")
    rows = [line.split() for line in shown.out.splitlines()]
    assert code == 0
    assert ["gumbel", "no", "yes", "1", "binary,", "one_hot"] in rows
    assert ["disarm", "yes", "no", "2", "binary"] in rows
    code, shown = run("list", "--estimators", "--json")
    listed = json.loads(shown.out)["estimators"]
    assert [row["name"] for row in listed] == [*names(), "tf_agents"]
    assert all(
        row["unbiased"] == (not row["needs_differentiable_loss"])
        for row in listed
    )


def test_tf_agents_is_listed_without_being_loaded(run, monkeypatch):
    for package in ("rl", "tf_agents"):
        monkeypatch.setitem(sys.modules, package, None)  # no import of it
    code, shown = run("list", "--estimators")
    rows = [line.split() for line in shown.out.splitlines()]
    assert code == 0
    assert ["tf_agents", "yes", "no", "1", "binary,", "one_hot"] in rows
    assert "not with normalize=true of reinforce or" in shown.out
    code, shown = run("list", "--estimators", "--json")
    assert json.loads(shown.out)["estimators"][-1] == {
        "name": "tf_agents",
        "unbiased": True,
        "needs_differentiable_loss": False,
        "decoder_evaluations": 1,
        "code_kinds": ["binary", "one_hot"],
    }


@pytest.mark.parametrize(
    "estimator, message",
    [
        ("disarm", "needs an estimator for one_hot codes, and `disarm`"),
        ("tf_agent", "`Recipe` needs `estimator` to be one of"),
        ("tf_agent(samples=2)", "Did you mean 'tf_agents'?"),
    ],
)
def test_an_impossible_estimator_is_one_line(run, estimator, message):
    code, shown = run(
        *("train", "onehot", "--batch-size", 16),
        *("--set", f"model.estimator={estimator}"),
    )
    assert code == 2 and shown.err.count("\n") == 1
    assert message in shown.err


def test_train_evaluate_report(run, tmp_path):
    out = tmp_path / "runs" / "a"
    code, shown = run(
        *("train", "tiny", "--epochs", 1, "--seed", 2, "--out", out),
        *("--set", "model.num_codes=4", "--no-evaluate"),
    )
    assert code == 0 and f"Run folder: {out}" in shown.out
    config = json.loads((out / "config.json").read_text())
    assert config["seed"] == 2
    assert config["changed"] == {"model.num_codes": 4, "train.epochs": 1}
    code, shown = run("evaluate", out)
    assert code == 0 and "linear_accuracy" in shown.out
    document = tmp_path / "docs" / "RESULTS.md"
    code, shown = run("report", tmp_path / "runs", "--out", document)
    assert code == 0 and shown.out == f"Wrote {document}\n"
    assert "tiny (model.num_codes=4, train.epochs=1)" in document.read_text()


def test_list_settings_shows_values_and_sentences(run, tmp_path):
    code, shown = run("train", "tiny", "--list-settings", "--epochs", 7)
    assert code == 0
    assert "train.epochs=7" in shown.out
    assert "Int, size of the codebook, on a second line." in shown.out
    assert "optimizer.clip_norm=none" in shown.out


@pytest.mark.parametrize(
    "arguments, error",
    [
        (("train", "tinny"), "No recipe `tinny`."),
        (
            ("train", "tiny", "--set", "model.num_code=4"),
            "No setting `model.num_code` in this recipe. Did you mean "
            "`model.num_codes`?",
        ),
        (("train", "tiny", "--epochs", "x"), "`train.epochs` needs a value"),
        (
            ("train", "tiny", "--epochs", "2", "--set", "train.epochs=3"),
            "`train.epochs` needs to be set once.",
        ),
        (("train", "tiny", "--threads", "0"), "`--threads` needs N >= 1."),
        (("evaluate", "no-such-folder"), "No run in no-such-folder"),
        (("report", "no-such-folder"), "No record at no-such-folder"),
    ],
)
def test_an_error_is_one_line_and_the_code_2(run, arguments, error):
    code, shown = run(*arguments)
    assert code == 2
    assert shown.err.startswith(f"keras-ae: error: {error}")
    assert shown.err.count("\n") == 1
    assert shown.out == ""


def test_traceback_is_shown_when_asked_for(run):
    code, shown = run("train", "tinny", "--traceback")
    assert code == 2
    assert shown.err.startswith("Traceback")
    assert "keras-ae: error: No recipe `tinny`." in shown.err


def test_a_refused_folder_leaves_it_alone(run, tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    code, shown = run("train", "plain", "--overwrite", "--out", tmp_path)
    assert code == 2 and "is no run and is left alone" in shown.err


def test_resume_and_overwrite_exclude_each_other(run, capsys):
    with pytest.raises(SystemExit):
        run("train", "tiny", "--resume", "--overwrite")
    assert "not allowed with" in capsys.readouterr().err


def test_no_command_is_an_error(run):
    with pytest.raises(SystemExit) as stop:
        run()
    assert stop.value.code == 2


def test_a_fault_that_is_not_ours_keeps_its_traceback():
    def fault(_):
        return json.loads("{")

    with pytest.raises(json.JSONDecodeError):
        guarded(fault, None)


def test_an_interrupt_has_its_own_code(capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    assert guarded(interrupted, None) == 130
    assert capsys.readouterr().err == "keras-ae: interrupted\n"


def test_a_command_runs_alone(tiny, capsys):
    assert train_command.main(["tiny", "--list-settings"]) == 0
    assert "model.num_codes=8" in capsys.readouterr().out


def test_the_version_is_shown(run, capsys):
    import keras_ae

    with pytest.raises(SystemExit):
        run("--version")
    assert capsys.readouterr().out == f"keras-ae {keras_ae.__version__}\n"


def start(*arguments):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    return subprocess.Popen(
        [sys.executable, "-m", "tools.main", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_help_is_quick_and_quiet():
    out, err = start("--help").communicate(timeout=60)
    assert "keras-ae train vq_vae" in out and err == ""


def test_variance_of_a_run_is_printed_and_kept(run, tmp_path, monkeypatch):
    few = ("reinforce(baseline=ema)", "disarm", "rotation")
    monkeypatch.setattr(gradient_variance, "CANDIDATES", few)
    out = tmp_path / "a"
    code, shown = run(
        *("train", "binary", "--epochs", 1, "--batch-size", 16, "--out", out),
        *("--set", "model.bits=3", "--set", "model.filters=4"),
        "--no-evaluate",
    )
    assert code == 0, shown.err
    code, shown = run("variance", out, "--batches", 2, "--draws", 3)
    assert code == 0, shown.err
    kept = json.loads((out / "variance.json").read_text())
    assert kept["step"] == 3 and kept["batch_size"] == 16
    labels = [row["estimator"] for row in kept["estimators"]]
    there = importlib.util.find_spec("tf_agents") is not None
    agents = ["tf_agents(baseline=ema)"] if there else []
    own = "the run's own, gumbel_st(temperature=1)"
    assert labels == [own, *few[:2], *agents]
    for row in kept["estimators"]:
        assert f"\n{row['estimator']}" in shown.out
    code, shown = run("variance", tmp_path / "none")
    assert code == 2 and "No run in" in shown.err


def test_a_reader_that_leaves_early_is_no_error():
    # `true` ends before anything is written.
    command = f"{sys.executable} -m tools.main list | true"
    script = f"{command}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 141
    assert "keras-ae:" not in done.stderr and "Trace" not in done.stderr


def test_threads_bind_the_numeric_libraries_too():
    # As a command does it: TensorFlow, and with it NumPy, is loaded before.
    code = (
        "from tools.main import main\n"
        "import zoo.running\n"
        "def stop(*args, **kwargs):\n"
        "    import sklearn.linear_model, threadpoolctl\n"
        "    info = threadpoolctl.threadpool_info()\n"
        "    print({(p['user_api'], p['num_threads']) for p in info})\n"
        "    raise SystemExit(0)\n"
        "zoo.running.train_run = stop\n"
        "main(['train', 'onehot', '--threads', '1'])\n"
    )
    free = {k: v for k, v in os.environ.items() if "NUM_THREADS" not in k}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=free
    )
    bound = {("blas", 1), ("openmp", 1)}
    assert ast.literal_eval(done.stdout) == bound, done.stderr[-2000:]
