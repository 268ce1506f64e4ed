"""No public name is left out of the contract."""

import importlib
import pathlib
import pkgutil
import re

import keras_ae

from .cases import CASES

TESTS = pathlib.Path(__file__).parents[1]
ABSTRACT = "abstract: its subclasses are cases"
NUMPY = "a NumPy function: evaluation/test_collapse.py"
CALLBACK = "a callback, not serialised: runs/test_run_callbacks.py"
CHECKPOINT = "writes and reads a folder: runs/test_checkpoint.py"
STRATEGY = "of tf.distribute: replicas/test_strategies.py"
ERRORS = "looks up and refuses: contract/test_errors.py"
EXPORTED = "not constructed: contract/test_export.py runs it on every model"
EXCUSED = {
    "Signature": EXPORTED,
    "export_serving": EXPORTED,
    "Batch": "three fields without behaviour, in contract/helpers.py",
    "Bottleneck": ABSTRACT,
    "Code": "fields without behaviour; every bottleneck returns one",
    "CodeCounts": ABSTRACT,
    "DeferredUpdates": "a block: contract/test_models_training.py",
    "Draws": "fields without behaviour: estimators/test_bias_gate.py",
    "EmbeddingModel": "abstract: contract/test_players.py has a toy",
    "Estimator": ABSTRACT,
    "Player": "declared, not built: contract/test_players.py",
    "ScoreEstimator": ABSTRACT,
    "SentenceModel": ABSTRACT,
    "Temperature": ABSTRACT,
    "get": ERRORS,
    "names": ERRORS,
    "alignment": NUMPY,
    "collapse_report": NUMPY,
    "collapse_warnings": NUMPY,
    "dimension_variance": NUMPY,
    "effective_rank": NUMPY,
    "uniformity": NUMPY,
    "CheckpointCallback": CALLBACK,
    "CollapseMonitor": CALLBACK,
    "MetricsLog": CALLBACK,
    "BestCheckpoint": "a callback, not serialised: runs/test_patience.py",
    "StopCheckpoint": "a callback, not serialised: runs/test_stop.py",
    "TrainingStopped": "an exception without behaviour: runs/test_stop.py",
    "load_checkpoint": CHECKPOINT,
    "load_model": "reads a file: trust/test_load_model.py",
    "save_checkpoint": CHECKPOINT,
    "check_batch_size": STRATEGY,
    "is_chief": STRATEGY,
    "strategy": STRATEGY,
    "wait_for_all": STRATEGY,
}


def families():
    """Every package below `keras_ae`, by name."""
    return {
        module.name: importlib.import_module(f"keras_ae.{module.name}")
        for module in pkgutil.iter_modules(keras_ae.__path__)
        if module.ispkg
    }


def public_names():
    return {name for family in families().values() for name in family.__all__}


def covered():
    return {name.partition("-")[0] for name in CASES}


def test_every_public_name_has_a_case_or_an_excuse():
    assert public_names() == covered() | set(EXCUSED)


def test_no_name_has_both_a_case_and_an_excuse():
    assert not covered() & set(EXCUSED)


def test_every_test_that_an_excuse_names_exists():
    for reason in EXCUSED.values():
        for path in re.findall(r"\S+\.py", reason):
            assert (TESTS / path).is_file(), path


def test_a_case_has_the_name_of_what_it_makes():
    for name, case in CASES.items():
        assert name.partition("-")[0] == case.target.__name__


def test_every_class_with_a_case_has_a_case_with_every_argument():
    full = {name for name, case in CASES.items() if case.full}
    assert covered() <= full


def test_all_lists_are_sorted_and_hold_what_the_package_imports():
    for name, family in families().items():
        assert sorted(family.__all__) == list(family.__all__), name
        own = {
            key
            for key, value in vars(family).items()
            if getattr(value, "__module__", "").startswith("keras_ae.")
            and not key.startswith("_")
        }
        assert own == set(family.__all__), name
