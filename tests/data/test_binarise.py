"""Pixels drawn once: their frequency, their seed, their note."""

import numpy as np
import pytest

from zoo import data
from zoo.data.binarise import binarise_images


def test_a_pixel_is_white_as_often_as_it_is_bright():
    images = np.full((1, 400, 400, 1), 64, "uint8")
    drawn = binarise_images(images, 0)
    assert set(np.unique(drawn)) == {0, 255}
    # 160,000 pixels: five standard errors of a share of 0.25.
    assert abs((drawn > 0).mean() - 64 / 255) < 5 * np.sqrt(0.19 / 160_000)


def test_black_and_white_stay():
    images = np.array([0, 255] * 500, "uint8").reshape(1, 10, 100, 1)
    np.testing.assert_array_equal(binarise_images(images, 3), images)


def test_the_pixels_are_those_of_the_stated_seed_in_every_run():
    drawn = [
        data.load("digits", binarise="static", binarise_seed=b, seed=s)
        for b, s in ((5, 0), (5, 1), (6, 0))
    ]
    for split in ("x_train", "x_valid", "x_test"):
        first, second, other = (getattr(one, split) for one in drawn)
        np.testing.assert_array_equal(first, second)
        assert np.any(first != other)
    assert drawn[0].notes["binarise_seed"] == 5
    assert drawn[0].notes["binarised"] == "static"
    few = data.load("digits", binarise="static", binarise_seed=5, limit=7)
    np.testing.assert_array_equal(few.x_train, drawn[0].x_train[:7])


def test_by_default_images_keep_their_greys():
    assert len(np.unique(data.load("digits").x_train)) > 2


@pytest.mark.parametrize(
    "settings, message",
    [
        (dict(binarise="dynamic"), "one of none, static. Received: binarise"),
        (dict(binarise_seed=-1), "`binarise_seed` as an integer >= 0"),
    ],
)
def test_other_ways_and_seeds_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        data.load("digits", **settings)
