"""Imports go one way, and `keras_ae` needs little."""

import ast
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
ORDER = ("keras_ae", "rl", "zoo", "tools")
FORBIDDEN = {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve"}
LIBRARY = {"keras", "keras_ae", "numpy", "tensorflow"}
# Messages of the extra `serving`, imported late; h5py comes with Keras.
EXTRA = {
    "keras_ae/export/warm_up.py": {"tensorflow_serving"},
    "keras_ae/training/archive_checks.py": {"h5py"},
}
FILES = [
    path.relative_to(ROOT)
    for folder in ORDER
    for path in sorted((ROOT / folder).rglob("*.py"))
]
EACH = pytest.mark.parametrize("file", FILES, ids=str)


def parse(file):
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


def imports(file):
    """Return the dotted names that a file imports, wherever it does."""
    names = set()
    for node in ast.walk(parse(file)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} has a relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def roots(file):
    return {name.partition(".")[0] for name in imports(file)}


def refused(file):
    """Return what a file imports against the rules."""
    first = pathlib.Path(file).parts[0]
    later = set(ORDER[ORDER.index(first) + 1 :])
    bad = roots(file) & (later | FORBIDDEN)
    bad |= {n for n in imports(file) if n.startswith("tensorflow.keras")}
    bad |= roots(file) & {"tf_keras"}
    if first == "keras_ae":
        known = LIBRARY | EXTRA.get(pathlib.Path(file).as_posix(), set())
        bad |= roots(file) - known - set(sys.stdlib_module_names)
    return bad


@EACH
def test_imports_go_one_way_and_none_is_forbidden(file):
    assert not refused(file)


@EACH
def test_nothing_uses_the_keras_inside_tensorflow(file):
    # `rl/legacy_keras.py` asks which Keras it is, and uses no more of it.
    found = [
        node
        for node in ast.walk(parse(file))
        if isinstance(node, ast.Attribute)
        and node.attr == "keras"
        and getattr(node.value, "id", "") in ("tf", "tensorflow")
    ]
    assert not found or file.name == "legacy_keras.py"


@EACH
def test_numpy_reads_no_pickle(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    assert "allow_pickle=True" not in text


def test_the_rules_refuse_what_they_should(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    (tmp_path / "keras_ae").mkdir()
    file = pathlib.Path("keras_ae", "bad.py")
    lines = "import pickle, torch\nfrom zoo import x\nimport tensorflow.keras"
    (tmp_path / file).write_text(lines, encoding="utf-8")
    assert refused(file) == {"pickle", "torch", "zoo", "tensorflow.keras"}


@pytest.mark.parametrize("package", ["keras_ae", "keras_ae.training"])
def test_importing_it_warns_of_nothing_of_ours(package):
    # As an error, but for what TensorFlow's own modules warn of.
    code = (
        "import warnings\n"
        "import keras, tensorflow\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.simplefilter('always')\n"
        f"    import {package}\n"
        "assert not caught, [str(w) for w in caught]\n"
    )
    run_python(code)


def test_importing_it_brings_no_other_package_of_the_house():
    code = (
        "import sys, keras_ae, keras_ae.training\n"
        "brought = {'rl', 'zoo', 'tools', 'tensorflow_serving'}\n"
        "assert not brought & set(sys.modules)\n"
    )
    run_python(code)


def run_python(code):
    environment = dict(
        os.environ, TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
