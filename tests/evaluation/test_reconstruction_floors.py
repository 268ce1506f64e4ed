import numpy as np
import pytest

from zoo.evaluation import evaluate_images
from zoo.evaluation.pixel_pca import (
    PixelPCA,
    allocate_bits,
    fit_pixel_pca,
    lloyd_max,
    quantise,
    quantised_pixels,
)
from zoo.evaluation.reconstruction import (
    mean_image,
    model_error,
    normalised_error,
    pca_same_bits,
    pca_same_size,
)

# Lloyd-Max distortion of a unit Gaussian at 1, 2, 3 and 4 bits (Max 1960).
MAX_1960 = {1: 0.3634, 2: 0.1175, 3: 0.03454, 4: 0.009497}


def gaussian(examples=20_000, variances=(1.0,), seed=0):
    random = np.random.default_rng(seed)
    z = random.normal(size=(examples, len(variances)))
    return z * np.sqrt(variances)


def error_of(levels, z):
    decoded = [quantise(z[:, i], each) for i, each in enumerate(levels)]
    return np.mean((z - np.stack(decoded, axis=1)) ** 2, axis=0).sum()


def rate_distortion(variances, bits):
    """Distortion of reverse water-filling at a rate in bits."""
    low, high = 0.0, max(variances)
    for _ in range(100):
        level = (low + high) / 2
        rate = np.sum(0.5 * np.log2(np.maximum(variances / level, 1)))
        low, high = (level, high) if rate > bits else (low, level)
    return np.minimum(variances, level).sum()


@pytest.mark.parametrize("bits", MAX_1960)
def test_lloyd_max_reaches_the_published_gaussian_distortion(bits):
    z = gaussian()[:, 0]
    actual = np.mean((z - quantise(z, lloyd_max(z, bits))) ** 2)
    # 20,000 draws: the mean square itself has a standard error of 1 %.
    assert actual == pytest.approx(MAX_1960[bits], rel=0.04)


def test_lloyd_max_of_no_bits_is_the_mean():
    z = gaussian()[:, 0] + 3
    np.testing.assert_allclose(lloyd_max(z, 0), [z.mean()], rtol=1e-12)


def test_lloyd_max_of_few_values_is_exact():
    z = np.repeat([0.0, 1.0, 5.0], [50, 5, 20])
    np.testing.assert_allclose(quantise(z, lloyd_max(z, 2)), z, atol=1e-12)


def test_lloyd_max_of_a_constant_is_that_constant():
    assert (lloyd_max(np.full(9, 2.5), 2) == 2.5).all()


def test_bits_go_to_the_largest_variance_first():
    z = gaussian(variances=(16.0, 1.0, 0.01))
    assert [len(each) for each in allocate_bits(z, 1)] == [2, 1, 1]
    # 16 -> 5.8 -> 1.88 -> 0.55, so the third bit is still the first one's.
    assert [len(each) for each in allocate_bits(z, 3)] == [8, 1, 1]
    assert [len(each) for each in allocate_bits(z, 4)] == [8, 2, 1]


def test_distortion_falls_with_bits_and_never_beats_rate_distortion():
    variances = np.array([4.0, 2.0, 1.0, 0.5, 0.1])
    train = gaussian(variances=variances)
    test = gaussian(variances=variances, seed=1)
    errors = [error_of(allocate_bits(train, b), test) for b in range(0, 16, 3)]
    bounds = [rate_distortion(variances, b) for b in range(0, 16, 3)]
    assert errors == sorted(errors, reverse=True)
    # At 0 bits both are the variance: 3 % is four standard errors of it.
    assert all(e > 0.97 * bound for e, bound in zip(errors, bounds))
    # A scalar quantiser loses at most 4.35 dB, whole bits a little more.
    assert all(e < 3.2 * bound for e, bound in zip(errors, bounds))


def test_no_more_bits_than_given_are_spent():
    z = gaussian(2_000, variances=(3.0, 1.0, 0.2))
    for bits in (0, 1, 7, 20):
        spent = sum(np.log2(len(each)) for each in allocate_bits(z, bits))
        assert spent == bits


def test_bits_stop_at_the_most_a_coefficient_can_take():
    z = gaussian(2_000, variances=(3.0, 1.0))
    levels = allocate_bits(z, 100, max_bits=3)
    assert [len(each) for each in levels] == [8, 8]


def test_all_components_reconstruct_exactly(data):
    basis = fit_pixel_pca(data.x_train)
    mean = mean_image(data.x_train)
    result = pca_same_size(basis, data.x_test, mean, size=1_000)
    assert result["size"] == 24
    assert result["nmse"] < 1e-9


def test_components_come_by_falling_variance(data):
    basis = fit_pixel_pca(data.x_train)
    variance = basis.coefficients.var(axis=0)
    assert (np.diff(variance) < 1e-6).all()


def test_pca_improves_with_bits_up_to_its_reals(data):
    basis, mean = fit_pixel_pca(data.x_train), mean_image(data.x_train)
    errors = [
        pca_same_bits(basis, data.x_test, mean, bits)["nmse"]
        for bits in (0, 2, 8, 40)
    ]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] == pytest.approx(1, abs=0.01)


def test_a_fraction_of_a_bit_is_not_spent(data):
    basis, mean = fit_pixel_pca(data.x_train), mean_image(data.x_train)
    result = pca_same_bits(basis, data.x_test, mean, np.log2(10))
    assert result["bits"] == 3


def test_decoded_pixels_stay_in_range():
    basis = PixelPCA(np.zeros(1), np.ones((1, 1)), gaussian(100) * 9)
    decoded, _ = quantised_pixels(basis, gaussian(100) * 9, 4)
    assert decoded.min() >= 0 and decoded.max() <= 1


def test_the_mean_image_has_an_error_of_one_and_the_image_of_zero(data):
    mean = mean_image(data.x_train)
    shown = np.broadcast_to(mean, data.x_test.shape)
    x = data.x_test / 255
    assert normalised_error(x, shown, mean) == pytest.approx(1)
    assert normalised_error(x, x, mean) == 0
    assert model_error(
        lambda x: np.broadcast_to(mean, x.shape), data.x_test, mean, 7
    ) == pytest.approx(1, rel=1e-6)


def test_the_same_bits_are_reported_for_a_code(data, fakes):
    evaluation = evaluate_images(fakes.one_hot(), data)
    assert evaluation["floors"]["pca"]["dim"] == 3
    result = evaluation["reconstruction"]
    assert result["pca_same_bits"]["bits"] == 1  # floor(log2(3))
    assert result["pca_same_size"]["size"] == 3
    # One of three codes is nearly all there is to these images.
    assert result["nmse"] < result["pca_same_bits"]["nmse"]


def test_reconstructions_of_another_shape_are_refused(data):
    mean = mean_image(data.x_train)
    with pytest.raises(ValueError, match=r"\(7, 4, 6, 1\). Received: \(7, 24"):
        model_error(lambda x: x.reshape(len(x), -1), data.x_test, mean, 7)
    with pytest.raises(ValueError, match="needs decoded images of the shape"):
        normalised_error(data.x_test, mean, mean)


def test_reconstructions_that_are_not_finite_are_refused(data):
    mean = mean_image(data.x_train)
    with pytest.raises(ValueError, match="finite reconstructions"):
        model_error(lambda x: x * np.nan, data.x_test, mean, 7)


def test_images_all_equal_to_the_mean_are_refused():
    x = np.ones((3, 4))
    with pytest.raises(ValueError, match="differ from the mean"):
        normalised_error(x, x, x[0])
