import json

import keras
import numpy as np
import pytest
from keras import layers

from zoo.evaluation import PROTOCOL, evaluate_images
from zoo.evaluation.batches import draw_splits, in_batches
from zoo.evaluation.probes import linear_probe
from zoo.running.numbers import flat_numbers


def test_the_evaluation_is_json_and_repeats(data, fakes):
    model, untrained = fakes.autoencoder(), fakes.encoder(0.0)
    result = evaluate_images(model, data, untrained_model=untrained)
    again = evaluate_images(model, data, untrained_model=untrained)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result.pop("seconds") > 0 and again.pop("seconds") > 0
    assert result == again
    assert result["protocol"] == PROTOCOL == "images-v1"


def test_every_probe_stands_beside_its_floors(data, fakes):
    result = evaluate_images(
        fakes.autoencoder(), data, untrained_model=fakes.encoder(0.0)
    )
    floors = result["floors"]
    assert result["probe"] == floors["raw_pixels"]
    assert result["probe"]["linear"] == 1
    assert floors["random_encoder"]["linear"] == floors["chance"]
    assert floors["pca"]["dim"] == 24
    assert result["clustering"]["nmi"] == pytest.approx(1)
    assert result["clustering"]["floors"]["raw_pixels"] == pytest.approx(1)
    assert result["clustering"]["floors"]["random_encoder"] == 0


def test_the_error_is_measured_from_the_mean_training_image(data, fakes):
    data.x_test = data.x_test // 2
    model = fakes.one_hot()
    result = evaluate_images(model, data, floors=False)["reconstruction"]
    x = data.x_test / 255
    error = np.sum((x - model.reconstruct(x)) ** 2)
    spread = np.sum((x - data.x_train.mean(axis=0) / 255) ** 2)
    assert result["nmse"] == pytest.approx(error / spread, rel=1e-5)


def test_pairs_of_one_class_lie_closer_than_any_pairs(data, fakes):
    report = evaluate_images(fakes.encoder(), data, floors=False)["collapse"]
    z = data.x_test.reshape(60, -1) / 255
    z = z / np.linalg.norm(z, axis=1, keepdims=True)
    any_pair = np.mean(np.sum((z - np.roll(z, 1, axis=0)) ** 2, axis=1))
    assert 0 < report["alignment"] < any_pair


def test_what_does_not_apply_is_named(data, fakes):
    data.y_train = data.y_valid = data.y_test = None
    result = evaluate_images(fakes.encoder(), data)
    for part in ("probe", "floors", "clustering", "codes", "reconstruction"):
        assert result[part] is None and result["skipped"][part]
    assert result["collapse"]["alignment"] is None
    assert result["data"]["classes"] is None


def test_floors_can_be_left_out(data, fakes):
    result = evaluate_images(fakes.autoencoder(), data, floors=False)
    assert result["floors"] is None
    assert result["skipped"]["floors"] == "floors=False"
    assert result["reconstruction"] == {
        "nmse": 0.0,
        "pca_same_bits": None,
        "pca_same_size": None,
    }


def test_a_constant_encoder_is_warned_of(data, fakes):
    result = evaluate_images(fakes.encoder(0.0), data, floors=False)
    assert "The embedding is constant" in result["warnings"][0]
    assert result["probe"]["linear"] == pytest.approx(1 / 3)


def test_a_keras_model_is_run_in_batches_of_any_size(data):
    class Flat(keras.Model):
        def __init__(self):
            super().__init__()
            self.flatten = layers.Flatten()

        def encode(self, x):
            return self.flatten(x)

    result = evaluate_images(Flat(), data, batch_size=7, floors=False)
    assert result["probe"]["linear"] == 1


def test_large_splits_are_drawn_by_the_seed(data, monkeypatch):
    monkeypatch.setattr("zoo.evaluation.batches.TRAIN_EXAMPLES", 50)
    first, same, other = (draw_splits(data, seed) for seed in (0, 0, 1))
    assert first.x_train.shape[0] == 50
    np.testing.assert_array_equal(first.x_train, same.x_train)
    assert not np.array_equal(first.x_train, other.x_train)
    np.testing.assert_array_equal(first.x_test, data.x_test)


def test_only_images_are_scaled():
    images = np.full((3, 1, 1, 1), 255, np.uint8)
    assert in_batches(lambda x: x, images, 2).max() == 1
    index = np.full((3, 2), 255, np.int32)
    assert in_batches(lambda x: x, index, 2).max() == 255


def test_an_embedding_that_is_not_finite_is_refused(data, fakes):
    with pytest.raises(ValueError, match="finite embeddings.*120 of 120"):
        evaluate_images(fakes.encoder(np.nan), data)


def test_an_empty_split_is_refused(data, fakes):
    data.x_valid, data.y_valid = data.x_valid[:0], data.y_valid[:0]
    with pytest.raises(ValueError, match="2 images in `x_valid`. Received: 0"):
        evaluate_images(fakes.encoder(), data)


def test_a_negative_seed_is_refused(data, fakes):
    with pytest.raises(ValueError, match="`seed` >= 0. Received: seed=-1"):
        evaluate_images(fakes.encoder(), data, seed=-1)


class WithFeatures:
    """A bright or a blank feature beside the pixels as embedding."""

    def __init__(self, scale=1.0):
        self.scale = scale

    def features(self, x):
        flat = x.reshape(len(x), -1)
        return {"conv": self.scale * x, "fc": 0 * flat, "embedding": flat}

    def encode(self, x):
        return self.features(x)["embedding"]


def test_each_feature_is_probed_beside_its_own_untrained_floor(data):
    result = evaluate_images(
        WithFeatures(), data, untrained_model=WithFeatures(0.0)
    )
    found = result["features"]
    assert set(found) == {"conv", "fc", "embedding"}
    assert found["conv"]["accuracy"] == found["embedding"]["accuracy"] == 1
    assert found["conv"]["floors"]["random_encoder"]["accuracy"] < 0.5
    assert found["fc"]["accuracy"] == found["fc"]["floors"]["chance"]
    assert found["fc"]["floors"]["raw_pixels"]["accuracy"] == 1
    numbers, floors = flat_numbers(result)
    assert numbers["conv_accuracy"] == 1
    assert set(floors["fc_accuracy"]) == {
        "raw_pixels",
        "random_encoder",
        "chance",
    }


def test_floors_of_equal_untrained_models_are_measured_once(data, monkeypatch):
    widths = []

    def counting(splits, seed):
        widths.append(splits.z_train.shape[1])
        return linear_probe(splits, seed)

    monkeypatch.setattr("zoo.evaluation.parts.linear_probe", counting)
    evaluate_images(WithFeatures(), data, untrained_model=WithFeatures(0.5))
    first = len(widths)
    evaluate_images(WithFeatures(), data, untrained_model=WithFeatures(0.5))
    assert len(widths) == first + 3  # the trained model's three features
    evaluate_images(WithFeatures(), data, untrained_model=WithFeatures(2.0))
    assert len(widths) == first + 7  # and an untrained `conv` of its own


def test_features_of_an_encoder_inside_the_model_are_found(data, fakes):
    model = fakes.encoder()
    model.encoder = WithFeatures()
    result = evaluate_images(model, data, floors=False)
    assert result["features"]["conv"]["accuracy"] == 1
    assert result["features"]["conv"]["floors"] is None


def test_a_model_without_features_says_so(data, fakes):
    result = evaluate_images(fakes.encoder(), data, floors=False)
    assert result["features"] is None
    assert result["skipped"]["features"] == "no `features` in the model"
