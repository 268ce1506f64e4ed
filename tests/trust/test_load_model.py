"""Loading never runs what came with a file; each refusal has its reason."""

import io
import json
import pickle
import stat
import zipfile

import h5py
import keras
import numpy as np
import pytest

from keras_ae.models import Autoencoder
from keras_ae.training import load_model
from tests.contract.helpers import assert_equal, each, make, values

X = np.random.default_rng(0).random((4, 6)).astype("float32")


class Bomb:
    """Leaves a file where it is unpickled."""

    def __reduce__(self):
        return open, ("ran.txt", "w")


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    model = Autoencoder(keras.layers.Dense(3), keras.layers.Dense(6))
    model(X)
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    model.save(path)
    return path


def rewritten(saved, path, **changed):
    """Copy an archive with some members changed, or with `None` left out."""
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = changed.pop(name.replace(".", "_"), old.read(name))
            if content is not None:
                new.writestr(name, content)
    return path


def configured(saved, change):
    with zipfile.ZipFile(saved) as archive:
        config = json.loads(archive.read("config.json"))
    change(config)
    return json.dumps(config)


@each("model")
def test_a_model_of_ours_is_loaded_as_it_was(name, tmp_path):
    case, model = make(name)
    model.compile("adam", jit_compile=False)
    model.fit(case.inputs(8)[0], verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    assert_equal(values(model.weights), values(loaded.weights))
    assert loaded.compiled


def lambda_layer(saved, path):
    layers = [keras.layers.Dense(3), keras.layers.Lambda(lambda x: x * 2)]
    model = Autoencoder(keras.Sequential(layers), keras.layers.Dense(6))
    model(X)
    model.save(path)


def lambda_renamed(saved, path):
    def change(config):
        config["config"]["encoder"]["class_name"] = "X"
        config["config"]["encoder"]["registered_name"] = "keras_ae>Lambda"

    new = configured(saved, change)
    rewritten(saved, path, config_json=new)


def other_class(module, name, registered=None):
    def write(saved, path):
        def change(config):
            config["config"]["encoder"].update(
                module=module, class_name=name, registered_name=registered
            )

        rewritten(saved, path, config_json=configured(saved, change))

    return write


def vocabulary_file(saved, path):
    def change(config):
        config["config"]["encoder"]["config"]["vocabulary"] = "/etc/passwd"

    rewritten(saved, path, config_json=configured(saved, change))


def weights(write):
    """An archive whose weights are an HDF5 file of somebody else's."""

    def make_file(saved, path):
        content = io.BytesIO()
        with h5py.File(content, "w") as file:
            write(file)
        rewritten(saved, path, model_weights_h5=content.getvalue())

    return make_file


def external_link(file):
    file["encoder"] = h5py.ExternalLink("secret.h5", "/")


def soft_link(file):
    file["encoder"] = h5py.SoftLink("/other")


def external_data(file):
    file.create_dataset("a", (4,), "u1", external=[("secret", 0, 4)])


def virtual_data(file):
    layout = h5py.VirtualLayout((4,), "u1")
    layout[:] = h5py.VirtualSource("secret.h5", "a", (4,))
    file.create_virtual_dataset("a", layout)


def object_data(file):
    file["a"] = np.array(["text"], object)


def group_in_itself(file):
    group = file.create_group("a")
    group["again"] = group


def huge_data(file):
    file.create_dataset("a", (2**40,), "u1", chunks=(2**20,))


def added(name, mode=0o600, content=b"x"):
    def write(saved, path):
        rewritten(saved, path)
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(info, content)

    return write


def without(name):
    def write(saved, path):
        rewritten(saved, path, **{name: None})

    return write


def with_config(text):
    def write(saved, path):
        rewritten(saved, path, config_json=text)

    return write


def cut(saved, path):
    path.write_bytes(saved.read_bytes()[:-100])


def flipped(saved, path):
    content = bytearray(saved.read_bytes())
    content[content.index(b"\x89HDF") + 3000] ^= 1
    path.write_bytes(content)


def h5_model(saved, path):
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = "{}"


def pickled(saved, path):
    path.write_bytes(pickle.dumps(Bomb()))


BAD = {
    "lambda": (lambda_layer, "`Lambda`, which can carry code"),
    "lambda renamed": (lambda_renamed, "which can carry code"),
    "saved model layer": (
        other_class("keras.layers", "TFSMLayer"),
        "`TFSMLayer`, which can carry code",
    ),
    "torch": (
        other_class("keras.layers", "TorchModuleWrapper"),
        "which can carry code",
    ),
    "other module": (
        other_class("os", "system"),
        "`os.system`, not of Keras or ours",
    ),
    "keras utility": (
        other_class("keras.utils", "get_file"),
        "`keras.utils.get_file`, not of Keras or ours",
    ),
    "unregistered": (
        other_class("evil.layers", "Evil", "evil>Evil"),
        "`evil>Evil`, not registered here",
    ),
    "vocabulary": (vocabulary_file, "a vocabulary in a file, '/etc/passwd'"),
    "external link": (weights(external_link), "/encoder .* is ExternalLink"),
    "soft link": (weights(soft_link), "/encoder in .* is SoftLink"),
    "external data": (weights(external_data), "/a in .* in another file"),
    "virtual data": (weights(virtual_data), "/a in .* in another file"),
    "object data": (weights(object_data), "/a in .* no array of numbers"),
    "a group in itself": (weights(group_in_itself), "comes twice"),
    "huge data": (weights(huge_data), "1099511627776 bytes of weights"),
    "parent": (added("../evil.py"), "'../evil.py' leads out of it"),
    "deep parent": (added("assets/../../evil"), "leads out of it"),
    "windows parent": (added("..\\evil.py"), "leads out of it"),
    "absolute": (added("/etc/evil"), "'/etc/evil' leads out of it"),
    "drive": (added("C:/evil"), "'C:/evil' leads out of it"),
    "link": (added("assets/link", stat.S_IFLNK | 0o777), "link' is a link"),
    "no weights": (without("model_weights_h5"), "weights.h5 is missing"),
    "no config": (without("config_json"), "config.json is missing"),
    "no metadata": (without("metadata_json"), "metadata.json is missing"),
    "text": (with_config("hello"), "config.json is no JSON"),
    "list": (with_config("[1]"), "config.json describes no object"),
    "nested": (with_config("[" * 100_000), "config.json is no JSON"),
    "cut": (cut, "is no zip archive|is damaged"),
    "flipped": (flipped, "model.weights.h5 fails its checksum"),
    "h5": (h5_model, "is HDF5, which can hold code"),
    "pickle": (pickled, "looks like a pickle, which is a program"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_not_safe_is_refused(saved, place, name):
    write, match = BAD[name]
    write(saved, place / "bad.keras")
    with pytest.raises(ValueError, match=match) as error:
        load_model(place / "bad.keras")
    assert "bad.keras" in str(error.value)
    assert [path.name for path in place.iterdir()] == ["bad.keras"]


def test_two_members_of_one_name_are_refused(saved, place):
    with pytest.warns(UserWarning, match="Duplicate name"):
        added("config.json")(saved, place / "bad.keras")
    with pytest.raises(ValueError, match="two members have one name"):
        load_model(place / "bad.keras")


def test_a_saved_model_folder_is_refused(place):
    (place / "saved_model.pb").write_bytes(b"")
    with pytest.raises(ValueError, match="a SavedModel is a program"):
        load_model(place)


def test_a_missing_file_is_named(place):
    with pytest.raises(FileNotFoundError, match="path='none.keras', where"):
        load_model("none.keras")


def test_more_than_may_be_unpacked_is_refused(saved):
    with pytest.raises(ValueError, match="bytes unpacked, of at most 1000"):
        load_model(saved, max_bytes=1000)
    with pytest.raises(ValueError, match="`max_bytes` >= 1"):
        load_model(saved, max_bytes=0)


def test_weights_of_another_model_are_refused(saved, place):
    other = Autoencoder(keras.layers.Dense(2), keras.layers.Dense(6))
    other(X)
    other.save(place / "other.keras")
    with zipfile.ZipFile(place / "other.keras") as archive:
        content = archive.read("model.weights.h5")
    rewritten(saved, place / "bad.keras", model_weights_h5=content)
    with pytest.raises(ValueError, match="needs a model that can be rebuilt"):
        load_model(place / "bad.keras")
