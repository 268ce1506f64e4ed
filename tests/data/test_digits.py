import dataclasses

import numpy as np
import pytest

from zoo import data
from zoo.data.resize import resize_images


def test_digits_have_the_documented_shapes():
    digits = data.load("digits")
    assert digits.image_shape == (8, 8, 1)
    counts = [len(x) for x in (digits.x_train, digits.x_valid, digits.x_test)]
    assert sum(counts) == 1797
    shares = np.array(counts) / 1797
    np.testing.assert_allclose(shares, (0.7, 0.1, 0.2), atol=0.01)
    assert digits.y_train.dtype == np.int64


def test_digits_scale_sixteen_inks_to_the_whole_byte():
    x = data.load("digits").x_train
    assert x.dtype == np.uint8
    assert len(np.unique(x)) == 17
    assert (x.min(), x.max()) == (0, 255)


def test_the_seed_moves_no_split():
    first, second = data.load("digits", seed=0), data.load("digits", seed=1)
    np.testing.assert_array_equal(first.x_test, second.x_test)
    np.testing.assert_array_equal(first.y_valid, second.y_valid)


def test_digits_are_stratified():
    digits = data.load("digits")
    for y in (digits.y_train, digits.y_valid, digits.y_test):
        share = np.bincount(y, minlength=10) / len(y)
        np.testing.assert_allclose(share, 0.1, atol=0.01)


def test_limit_keeps_the_first_training_images_only():
    whole, cut = data.load("digits"), data.load("digits", limit=7)
    np.testing.assert_array_equal(cut.x_train, whole.x_train[:7])
    np.testing.assert_array_equal(cut.y_train, whole.y_train[:7])
    assert len(cut.x_test) == len(whole.x_test)


def test_digits_resize_and_become_colour():
    digits = data.load("digits", image_size=12, channels=3, limit=5)
    assert digits.image_shape == (12, 12, 3)
    np.testing.assert_array_equal(digits.x_test[..., 0], digits.x_test[..., 2])


def test_resizing_to_the_own_size_keeps_every_pixel():
    x = data.load("digits").x_train
    np.testing.assert_array_equal(resize_images(x, 8, 1), x)


def test_grey_to_colour_and_back_is_exact():
    x = data.load("digits").x_test
    colour = resize_images(x, None, 3)
    np.testing.assert_array_equal(resize_images(colour, None, 1), x)


def test_description_names_the_sizes():
    digits = data.load("digits", limit=100)
    expected = "digits: 8x8x1 images, 100 train, 178 valid, "
    assert digits.description.startswith(expected)
    assert digits.description.endswith("10 classes")


@pytest.mark.parametrize(
    "name, message",
    [
        ("fashion-mnist", "`fashion-mnist`. Did you mean `fashion_mnist`?"),
        ("digit", "Did you mean `digits`?"),
        ("zzz", "`zzz`. Choices: digits, mnist, fashion_mnist, folder:PATH."),
        ("digits:x", "knows no data called `digits:x`"),
        ("folder:", "needs a path after `folder:`"),
        ("folder", "needs a path after `folder:`"),
    ],
)
def test_an_unknown_name_is_refused(name, message):
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        data.load(name)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"limit": 0}, "`limit` as an integer >= 1. Received: limit=0"),
        ({"limit": True}, "Received: limit=True"),
        ({"image_size": 2.5}, "`image_size` as an integer >= 1. Rec"),
        ({"channels": 2}, "`channels` as 1 or 3. Received: channels=2"),
        ({"channels": 0}, "Received: channels=0"),
    ],
)
def test_a_bad_argument_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.load("digits", **arguments)


def test_arguments_of_the_wrong_kind_are_refused():
    with pytest.raises(TypeError, match="`name` as a string. Received: 3"):
        data.load(3)
    with pytest.raises(TypeError, match="integer `seed`. Received: 0.5"):
        data.load("digits", seed=0.5)


@pytest.mark.parametrize(
    "changes, kind, message",
    [
        ({"x_valid": np.zeros((2, 8, 8, 1))}, TypeError, "in uint8. Received"),
        ({"x_valid": np.zeros((0, 8, 8, 1), "uint8")}, ValueError, "n >= 1"),
        (
            {"x_valid": np.zeros((2, 9, 8, 1), "uint8")},
            ValueError,
            "image shape of `x_train`",
        ),
        ({"y_test": None}, ValueError, r"in every split or in none.*y_train"),
        ({"y_test": np.zeros(2, "int64")}, ValueError, "one label an image"),
        ({"y_test": np.zeros(2, "int32")}, TypeError, "in int64"),
        ({"class_names": ("a",)}, ValueError, r"in 0..0.*Received: 0..9"),
        ({"class_names": ["a"]}, TypeError, "to be a tuple"),
    ],
)
def test_image_data_refuses_what_does_not_fit(changes, kind, message):
    with pytest.raises(kind, match=message):
        dataclasses.replace(data.load("digits"), **changes)
