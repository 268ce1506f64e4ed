import numpy as np
import pytest

from zoo.evaluation import probes
from zoo.evaluation.probes import Labelled, chance, knn_predict, linear_probe


def labelled(make, counts=(300, 100, 100), classes=4):
    parts = []
    for seed, count in enumerate(counts):
        random = np.random.default_rng(seed)
        y = random.permutation(np.arange(count) % classes)
        parts += [make(y, random).astype(np.float32), y]
    return Labelled(*parts)


def one_hot(y, random):
    return np.eye(4)[y] + 0.01 * random.normal(size=(len(y), 4))


def test_the_label_itself_gives_perfect_probes():
    result = probes.probe(labelled(one_hot))
    assert result["linear"] == result["knn"] == 1
    assert result["linear_valid"] == 1
    assert result["dim"] == 4 and result["train_examples"] == 300


def test_a_constant_gives_chance():
    splits = labelled(lambda y, random: np.full((len(y), 5), 0.3))
    result = probes.probe(splits)
    assert result["linear"] == chance(splits.y_train, splits.y_test) == 0.25


def test_noise_gives_chance():
    splits = labelled(lambda y, random: random.normal(size=(len(y), 5)))
    result = probes.probe(splits)
    # 100 test examples at 1/4: a standard error of 0.043, four of them.
    assert abs(result["linear"] - 0.25) < 0.18
    assert abs(result["knn"] - 0.25) < 0.18


def test_chance_is_the_commonest_training_label():
    assert chance(np.array([0, 1, 1]), np.array([1, 0, 0, 0])) == 0.25


def test_the_linear_probe_does_not_see_the_scale_of_a_dimension():
    splits = labelled(one_hot)
    factor = np.array([1e-3, 1, 1e3, 1], np.float32)
    scaled = splits._replace(
        z_train=splits.z_train * factor,
        z_valid=splits.z_valid * factor,
        z_test=splits.z_test * factor,
    )
    assert linear_probe(scaled) == linear_probe(splits)


def test_rounding_of_a_constant_dimension_is_not_scaled_up():
    z = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    z[:, 1] = 5 + 4e-7 * np.sign(z[:, 1])
    assert not probes.standardiser(z)(z)[:, 1].any()


def wide(y, random):
    """Four noisy dimensions that matter among 200 that do not."""
    signal = np.eye(4)[y] + random.normal(size=(len(y), 4))
    return np.concatenate([signal, random.normal(size=(len(y), 200))], axis=1)


def test_the_strength_is_chosen_on_validation_not_on_test():
    splits = labelled(wide)
    result = linear_probe(splits)
    other = linear_probe(splits._replace(y_test=np.roll(splits.y_test, 1)))
    assert other.pop("accuracy") < result.pop("accuracy")
    assert other == result


def test_the_fit_that_was_chosen_is_the_one_tested():
    splits = labelled(wide)
    splits = splits._replace(z_test=splits.z_valid, y_test=splits.y_valid)
    result = linear_probe(splits)
    # 204 dimensions and 300 examples: the weakest, fitted last, overfits.
    assert result["strength"] > min(probes.STRENGTHS)
    assert result["accuracy"] == result["valid_accuracy"]


def test_the_strongest_is_kept_when_all_are_as_good():
    assert linear_probe(labelled(one_hot))["strength"] == probes.STRENGTHS[0]


def test_knn_matches_a_direct_computation():
    random = np.random.default_rng(0)
    z, y = random.normal(size=(60, 3)), random.integers(0, 3, 60)
    test = random.normal(size=(20, 3))
    cosine = test @ z.T / np.linalg.norm(z, axis=1)
    nearest = np.argsort(-cosine, axis=1)[:, :1]
    actual = knn_predict(z, y, test, neighbours=1)
    np.testing.assert_array_equal(actual, y[nearest[:, 0]])


def test_a_tied_vote_goes_to_the_closer_pair():
    z = np.array([[1.0, 0.0], [1, 0.1], [1, -1], [1, -1.1]])
    predicted = knn_predict(z, np.array([7, 7, 2, 2]), np.array([[1.0, 0]]), 4)
    assert predicted[0] == 7


def test_one_class_is_refused():
    splits = labelled(one_hot)
    splits = splits._replace(y_train=np.zeros_like(splits.y_train))
    with pytest.raises(ValueError, match="two or more classes.*Received: 1"):
        probes.probe(splits)
