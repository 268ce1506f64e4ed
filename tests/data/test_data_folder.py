import numpy as np
import pytest
from PIL import Image

from zoo import data
from zoo.data import folder


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def grey(seed, size=(6, 9)):
    return np.random.default_rng(seed).integers(0, 256, size, "uint8")


@pytest.fixture
def images(tmp_path):
    """Forty grey images in the classes `cat` and `dog`."""
    for number in range(40):
        label = ("cat", "dog")[number % 2]
        save(tmp_path / label / f"{number}.png", grey(number))
    return tmp_path


def load(path, **arguments):
    return data.load(f"folder:{path}", **arguments)


def test_sub_folders_are_classes_and_grey_stays_grey(images):
    loaded = load(images)
    assert loaded.image_shape == (32, 32, 1)
    assert loaded.class_names == ("cat", "dog")
    assert loaded.y_train.dtype == np.int64
    total = sum(len(y) for y in (loaded.y_train, loaded.y_valid, loaded.y_test))
    assert total == 40
    assert loaded.notes["skipped_count"] == 0


def test_labels_follow_their_images(tmp_path):
    for number in range(20):
        value = number % 2 * 200
        pixels = np.full((4, 4), value, "uint8")
        save(tmp_path / f"class_{value}" / f"{number}.png", pixels)
    loaded = load(tmp_path, image_size=4)
    np.testing.assert_array_equal(
        loaded.x_train[:, 0, 0, 0], 200 * loaded.y_train
    )


def test_images_without_sub_folders_have_no_labels(tmp_path):
    for number in range(12):
        save(tmp_path / f"{number}.bmp", grey(number))
    loaded = load(tmp_path)
    assert loaded.y_train is None and loaded.class_names == ()
    assert "no labels" in loaded.description


def test_one_image_outside_the_classes_means_no_labels(images):
    save(images / "stray.png", grey(0))
    assert load(images).y_train is None


def test_one_colour_image_makes_all_three_channels(images):
    colour = np.zeros((5, 5, 3), "uint8")
    colour[..., 0] = 255
    save(images / "cat" / "colour.png", colour)
    assert load(images, image_size=8).image_shape == (8, 8, 3)
    assert load(images, image_size=8, channels=1).image_shape == (8, 8, 1)


def test_loading_twice_gives_the_same_order(images):
    first, second = load(images), load(images)
    np.testing.assert_array_equal(first.x_train, second.x_train)


def test_a_limit_still_sees_each_class(images):
    assert set(load(images, limit=10).y_train) == {0, 1}


@pytest.mark.parametrize(
    "mode, name",
    [
        ("1", "a.png"),
        ("P", "a.gif"),
        ("RGB", "a.JPG"),
        ("CMYK", "a.jpeg"),
        ("LA", "a.png"),
    ],
)
def test_every_mode_is_read(tmp_path, mode, name):
    path = tmp_path / name
    Image.new("RGB", (50, 40), "white").convert(mode).save(path)
    pixels = folder.read_image(path, 16, 3)
    assert pixels.shape == (16, 16, 3)
    assert pixels.min() >= 250


def test_transparent_pixels_become_white(tmp_path):
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert folder.read_image(tmp_path / "a.png", 4, 1).min() == 255


def test_sixteen_bits_are_scaled_not_clipped(tmp_path):
    values = np.full((4, 4), 128 * 257, "uint16")
    Image.fromarray(values).save(tmp_path / "a.png")
    assert np.all(folder.read_image(tmp_path / "a.png", 4, 1) == 128)


def test_camera_orientation_is_applied(tmp_path):
    image = Image.fromarray(np.repeat([[0, 0, 255, 255]], 4, 0).astype("uint8"))
    exif = Image.Exif()
    exif[0x0112] = 3  # Turned by 180 degrees.
    image.save(tmp_path / "a.png", exif=exif)
    pixels = folder.read_image(tmp_path / "a.png", 4, 1)
    assert pixels[0, 0, 0] == 255 and pixels[0, -1, 0] == 0


def test_an_unreadable_image_is_skipped_and_counted(images):
    good = load(images)
    (images / "cat" / "broken.png").write_bytes(b"not an image")
    whole = (images / "cat" / "0.png").read_bytes()
    (images / "dog" / "cut.png").write_bytes(whole[: len(whole) // 2])
    loaded = load(images)
    assert loaded.notes["skipped_count"] == 2
    assert [text.split(":")[0] for text in loaded.notes["skipped"]] == [
        "cat/broken.png",
        "dog/cut.png",
    ]
    np.testing.assert_array_equal(good.x_train, loaded.x_train)


def test_hidden_files_and_other_files_are_passed_over(images):
    for name in ("._0.png", "notes.txt", ".thumbs/0.png"):
        (images / name).parent.mkdir(exist_ok=True)
        (images / name).write_bytes(b"")
    assert load(images).notes["skipped_count"] == 0


def test_more_unreadable_images_than_the_ceiling_are_refused(images):
    for number in range(6):
        (images / "cat" / f"broken_{number}.png").write_bytes(b"no")
    message = "at most 5 unreadable images of 46.*Received: 6.*cat/broken_0.png"
    with pytest.raises(ValueError, match=message):
        load(images)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="needs images .*png.*which has none"):
        load(tmp_path)


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="existing.*nothing there"):
        load(tmp_path / "none")
    (tmp_path / "file").write_text("")
    with pytest.raises(FileNotFoundError, match="existing folder.*a file"):
        load(tmp_path / "file")


def test_too_few_images_are_refused(tmp_path):
    for number in range(9):
        save(tmp_path / f"{number}.png", grey(number))
    with pytest.raises(ValueError, match="at least 10.*Received: 9 in"):
        load(tmp_path)
