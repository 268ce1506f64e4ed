"""Versions, settings and words of an export; what is refused."""

import builtins
import json
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from keras_ae.bottlenecks import VectorQuantizer
from keras_ae.export import publish
from keras_ae.models import VQVAE, Autoencoder, CodePrior
from tools.serving.export import open_export
from tools.serving.session_model import SessionModel

X = np.random.default_rng(0).random((20, 6)).astype("float32")


def autoencoder(**options):
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense
    model = Autoencoder(dense(3, **options), dense(6, **options))
    model(X[:1])
    return model


def sampler():
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense
    prior = CodePrior(8, 4, width=8, blocks=1, heads=2)
    model = VQVAE(dense(3), VectorQuantizer(8, 3), dense(5), prior=prior)
    model(np.zeros((1, 4, 5), "float32"))
    return model


def held(folder):
    return sorted(path.name for path in folder.iterdir())


def test_each_export_is_the_next_version(tmp_path):
    root, model = tmp_path / "name", autoencoder()
    first = model.export_serving(root, X)
    (root / "9").mkdir()
    second = model.export_serving(root, X)
    assert (first, second) == (root / "1", root / "10")


def test_the_number_another_export_took_is_left_to_it(tmp_path, monkeypatch):
    root = tmp_path / "name"
    root.mkdir()
    seen = iter([[], [1]])
    monkeypatch.setattr(publish, "versions", lambda _: next(seen))

    def write(folder):
        (folder / "file").write_text("ours")
        (root / "1").mkdir()
        (root / "1" / "file").write_text("theirs")

    assert publish.publish(root, write) == root / "2"
    assert (root / "1" / "file").read_text() == "theirs"


def test_an_export_that_fails_leaves_no_version(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("keras_ae.export.warm_up.write_warm_up", full)
    with pytest.raises(OSError, match="No space left"):
        autoencoder().export_serving(tmp_path / "name", X)
    assert held(tmp_path / "name") == []


def test_the_settings_name_the_model_and_stay_as_edited(tmp_path):
    root, model = tmp_path / "name", autoencoder()
    model.export_serving(root, X)
    names = ["1", "batching.config", "models.config", "monitoring.config"]
    assert held(root) == names
    config = text_format.Parse(
        (root / "models.config").read_text(),
        model_server_config_pb2.ModelServerConfig(),
    )
    (entry,) = config.model_config_list.config
    assert (entry.name, entry.base_path) == ("name", "/models/name")
    (root / "batching.config").write_text("mine")
    model.export_serving(root, X)
    assert (root / "batching.config").read_text() == "mine"


def test_model_json_says_what_each_signature_takes_and_gives(tmp_path):
    version = sampler().export_serving(tmp_path / "name")
    described = json.loads((version / "model.json").read_text())
    assert described["default"] == "encode"
    signatures = described["signatures"]
    order = ["encode", "decode", "codes", "reconstruct", "sample"]
    assert list(signatures) == order
    loaded = SessionModel(version).signatures
    for name, said in signatures.items():
        assert said["words"].endswith(".")
        for side in ("inputs", "outputs"):
            infos = getattr(loaded[name], side)
            assert said[side].keys() == infos.keys()
            for key, tensor in said[side].items():
                assert tensor["words"]
                dtype = tf.as_dtype(infos[key].dtype).name
                assert tensor["dtype"] == dtype
                sizes = [d.size for d in infos[key].tensor_shape.dim]
                said_sizes = [-1 if n is None else n for n in tensor["shape"]]
                assert sizes == said_sizes


def test_a_sample_depends_on_its_own_seed_alone(tmp_path):
    model = sampler()
    served = SessionModel(model.export_serving(tmp_path / "name"))

    def sample(*seeds):
        seed = np.array(seeds, "int64")
        return served.run("sample", {"seed": seed})["samples"]

    together = sample(5, 6, 5, 2**62)
    np.testing.assert_array_equal(together, sample(5, 6, 5, 2**62))
    # Products of another row or batch size may round differently.
    np.testing.assert_allclose(together[0], together[2], atol=1e-6)
    assert not np.array_equal(together[0], together[1])
    assert not np.array_equal(together[0], together[3])
    np.testing.assert_allclose(sample(6)[0], together[1], atol=1e-6)
    in_memory = np.asarray(model.sample_each([5, 6]))
    np.testing.assert_allclose(in_memory, together[:2], atol=1e-6)


def test_samples_of_the_prior_have_its_frequencies():
    prior = CodePrior(3, 1, width=8, blocks=1, heads=2)
    prior(np.zeros((1, 1), "int32"))
    prior.to_logits.bias.assign(np.log([0.5, 0.3, 0.2]))
    prior.to_logits.kernel.assign(0 * prior.to_logits.kernel)
    drawn = np.asarray(prior.sample_each(np.arange(20_000)))
    share = np.bincount(drawn[:, 0], minlength=3) / 20_000
    # Four standard errors of a share of 20,000 draws: 4 * sqrt(.25 / 20000).
    np.testing.assert_allclose(share, [0.5, 0.3, 0.2], atol=0.0142)


def test_half_precision_models_reply_in_float32(tmp_path):
    model = autoencoder(dtype="mixed_bfloat16")
    export = open_export(model.export_serving(tmp_path / "name", X))
    for (name, _), both in export.examples.items():
        for reply in export.model.run(name, both["in"]).values():
            assert reply.dtype == np.float32


def test_the_parts_share_one_set_of_variables(tmp_path):
    model = autoencoder()
    version = model.export_serving(tmp_path / "name", X)
    reader = tf.train.load_checkpoint(str(version / "variables/variables"))
    sizes = reader.get_variable_to_shape_map().values()
    assert sum(sorted(s) == [3, 6] for s in sizes) == 2  # both kernels, once


def test_without_the_extra_it_says_how_to_get_it(tmp_path, monkeypatch):
    find = builtins.__import__

    def missing(name, *arguments, **options):
        if name.startswith("tensorflow_serving"):
            raise ModuleNotFoundError(f"No module named {name!r}")
        return find(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ImportError, match=r"pip install 'keras-ae\[serving\]'"):
        autoencoder().export_serving(tmp_path / "name", X)
    assert not (tmp_path / "name").exists()
    version = autoencoder().export_serving(tmp_path / "n", X, warm_up=False)
    extra = version / "assets.extra"
    assert held(extra) == ["keras_ae_examples.npz"]


REFUSED = {
    "nothing": (X[:0], r"of shape \(None, 6\), at least one object"),
    "rank": (X[0], r"of shape \(None, 6\).* Received: shape=\(6,\)"),
    "width": (X[:, :5], r"Received: shape=\(20, 5\)"),
    "not finite": (np.full((2, 6), np.nan), "needs finite `examples`"),
    "words": (np.array([["a"] * 6]), "needs `examples` of float32. Received"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_examples_that_do_not_fit_are_refused(tmp_path, case):
    examples, match = REFUSED[case]
    with pytest.raises(ValueError, match=match):
        autoencoder().export_serving(tmp_path / "name", examples)
    assert not (tmp_path / "name").exists()


def test_a_model_that_was_never_called_is_refused(tmp_path):
    dense = keras.layers.Dense
    with pytest.raises(ValueError, match="needs a built model: call it"):
        Autoencoder(dense(3), dense(6)).export_serving(tmp_path / "name")
    assert not (tmp_path / "name").exists()


def test_a_folder_of_other_things_is_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(ValueError, match="holds letter.txt and is left alone"):
        autoencoder().export_serving(tmp_path, X)
    assert held(tmp_path) == ["letter.txt"]
    with pytest.raises(ValueError, match="letter.txt', which is a file"):
        autoencoder().export_serving(tmp_path / "letter.txt", X)
    match = re.escape("needs `path` to end in the model's name")
    with pytest.raises(ValueError, match=match):
        autoencoder().export_serving("/", X)
