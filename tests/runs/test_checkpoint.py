"""Checkpoints: exact, atomic, and robust to damage."""

import json

import keras
import numpy as np
import pytest
from keras import ops

from keras_ae.training import load_checkpoint, save_checkpoint
from keras_ae.training.files import sha256


class Noisy(keras.layers.Layer):
    """Add noise whose seed is state."""

    def __init__(self):
        super().__init__()
        self.seed_generator = keras.random.SeedGenerator(1)

    def call(self, x):
        noise = keras.random.normal(ops.shape(x), seed=self.seed_generator)
        return x + noise


def make_model(units=3, dtype=None):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [Noisy(), keras.layers.Dense(units, dtype=dtype)]
    )
    model.build((None, 2))
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def fit(model, epochs=1):
    x = np.ones((8, 2), "float32")
    y = np.zeros((8, model.layers[-1].units), "float32")
    model.fit(x, y, epochs=epochs, verbose=0, shuffle=False)


def values(model):
    variables = [*model.variables, *model.optimizer.variables]
    return [ops.convert_to_numpy(v) for v in variables]


def assert_equal(model, other):
    for a, b in zip(values(model), values(other), strict=True):
        np.testing.assert_array_equal(a, b)


def damage(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_training_goes_on_bit_for_bit(tmp_path):
    straight = make_model()
    fit(straight, 2)
    save_checkpoint(tmp_path, straight, {"epoch": 2})
    fit(straight, 2)
    resumed = make_model()
    fit(resumed, 1)
    state = load_checkpoint(tmp_path, resumed)
    fit(resumed, 2)
    assert state == {"epoch": 2, "step": 2}
    assert_equal(straight, resumed)


def test_bfloat16_variables_are_kept_exactly(tmp_path):
    model = make_model(dtype="bfloat16")
    save_checkpoint(tmp_path, model, {"step": 1})
    other = make_model(dtype="bfloat16")
    fit(other)
    load_checkpoint(tmp_path, other)
    np.testing.assert_array_equal(
        np.asarray(values(model)[0], "float32"),
        np.asarray(values(other)[0], "float32"),
    )


def test_the_newest_checkpoints_are_kept(tmp_path):
    model = make_model()
    for step in (1, 2, 10):
        save_checkpoint(tmp_path, model, {"step": step}, keep=2)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["step-00000002", "step-00000010"]


def test_a_step_saved_again_is_replaced(tmp_path):
    model = make_model()
    save_checkpoint(tmp_path, model, {"step": 1, "a": 1})
    save_checkpoint(tmp_path, model, {"step": 1, "a": 2})
    assert load_checkpoint(tmp_path, model)["a"] == 2
    assert len(list(tmp_path.iterdir())) == 1


def test_a_checkpoint_that_was_cut_off_is_ignored(tmp_path):
    model = make_model()
    (tmp_path / ".tmp-abc").mkdir()
    assert load_checkpoint(tmp_path, model) is None
    save_checkpoint(tmp_path, model, {"step": 1})
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000001"]


def test_a_missing_folder_holds_no_checkpoint(tmp_path):
    assert load_checkpoint(tmp_path / "none", make_model()) is None


@pytest.mark.parametrize("name", ["variables.npz", "state.json"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path, name):
    model = make_model()
    save_checkpoint(tmp_path, model, {"step": 1})
    fit(model)
    newest = save_checkpoint(tmp_path, model, {"step": 2})
    damage(newest / name)
    with pytest.warns(UserWarning, match=f"{name} does not match its SHA-256"):
        state = load_checkpoint(tmp_path, model)
    assert state["step"] == 1
    assert_equal(model, make_model())


@pytest.mark.parametrize(
    "name, text, damage_named",
    [
        ("variables.npz", None, "variables.npz is missing"),
        ("manifest.json", None, "manifest.json is missing"),
        ("manifest.json", "{", "manifest.json cannot be read"),
        ("manifest.json", "[]", "manifest.json cannot be read"),
    ],
)
def test_missing_and_unreadable_files_are_named(
    tmp_path, name, text, damage_named
):
    model = make_model()
    save_checkpoint(tmp_path, model, {"step": 1})
    newest = save_checkpoint(tmp_path, model, {"step": 2})
    (newest / name).unlink()
    if text is not None:
        (newest / name).write_text(text)
    with pytest.warns(UserWarning, match=damage_named):
        assert load_checkpoint(tmp_path, model)["step"] == 1


@pytest.mark.filterwarnings("ignore:Checkpoint")
def test_a_folder_with_no_valid_checkpoint_is_an_error(tmp_path):
    model = make_model()
    newest = save_checkpoint(tmp_path, model, {"step": 2})
    damage(newest / "variables.npz")
    match = "which holds step-00000002: variables.npz does not match"
    with pytest.raises(ValueError, match=match):
        load_checkpoint(tmp_path, model)


def test_a_folder_of_other_things_is_an_error(tmp_path):
    (tmp_path / "letter.txt").write_text("hello")
    with pytest.raises(ValueError, match="which holds letter.txt"):
        load_checkpoint(tmp_path, make_model())


def test_another_shape_is_an_error_and_changes_nothing(tmp_path):
    save_checkpoint(tmp_path, make_model(3), {"step": 1})
    other = make_model(4)
    with pytest.raises(
        ValueError, match=r"of shape \(2, 3\).* Received: shape=\(2, 4\)"
    ):
        load_checkpoint(tmp_path, other)
    assert_equal(other, make_model(4))


def test_another_number_of_variables_is_an_error(tmp_path):
    save_checkpoint(tmp_path, make_model(), {"step": 1})
    other = keras.Sequential([keras.layers.Dense(3)])
    other.build((None, 2))
    with pytest.raises(ValueError, match="Received: 2 variables"):
        load_checkpoint(tmp_path, other)


def test_an_unbuilt_model_is_refused(tmp_path):
    model = keras.Sequential([keras.layers.Dense(3)])
    with pytest.raises(ValueError, match="needs a built `model`"):
        save_checkpoint(tmp_path, model, {})


def test_keep_below_one_is_refused(tmp_path):
    with pytest.raises(ValueError, match="`keep` >= 1. Received: keep=0"):
        save_checkpoint(tmp_path, make_model(), {}, keep=0)


def test_the_manifest_describes_each_variable(tmp_path):
    path = save_checkpoint(tmp_path, make_model(), {"step": 1})
    manifest = json.loads((path / "manifest.json").read_text())
    assert set(manifest["sha256"]) == {"variables.npz", "state.json"}
    shapes = [v["shape"] for v in manifest["variables"]]
    assert [2, 3] in shapes


def objects(arrays):
    return {**arrays, "v00000": np.array([{}], object)}


def other_shape(arrays):
    return {**arrays, "v00001": np.zeros((7, 7), "float32")}


def missing(arrays):
    return {key: value for key, value in arrays.items() if key != "v00001"}


def enormous(arrays):
    return {**arrays, "more": np.zeros(2**22, "uint8")}


@pytest.mark.parametrize(
    "forge, reason",
    [
        (objects, "Object arrays cannot be loaded when allow_pickle=False"),
        (other_shape, r"kernel has shape \(7, 7\)"),
        (missing, "v00001 is not a file in the archive"),
        (enormous, "bytes unpacked, more than described"),
    ],
)
def test_a_forged_checkpoint_is_passed_over(tmp_path, forge, reason):
    model = make_model()
    save_checkpoint(tmp_path, model, {"step": 1})
    newest = save_checkpoint(tmp_path, model, {"step": 2})
    file = newest / "variables.npz"
    with np.load(file) as arrays:
        forged = forge(dict(arrays))
    np.savez(file, **forged)
    manifest = json.loads((newest / "manifest.json").read_text())
    manifest["sha256"]["variables.npz"] = sha256(file)
    (newest / "manifest.json").write_text(json.dumps(manifest))
    with pytest.warns(UserWarning, match=reason):
        assert load_checkpoint(tmp_path, model)["step"] == 1
