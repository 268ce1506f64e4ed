from zoo.evaluation import cache, evaluate_images
from zoo.evaluation.cache import FloorCache, cached, fingerprint


def test_floors_are_kept_on_disk(data, fakes, tmp_path, monkeypatch):
    first = evaluate_images(fakes.one_hot(), data, cache_dir=tmp_path)
    assert list(tmp_path.glob("*.json")) and not list(tmp_path.glob("*.tmp"))
    cache.clear()

    def refuse(*_):
        raise AssertionError("computed again")

    for name in ("raw_pixel_floor", "pca_floor", "fit_pixel_pca"):
        monkeypatch.setattr(f"zoo.evaluation.parts.{name}", refuse)
    second = evaluate_images(fakes.one_hot(), data, cache_dir=tmp_path)
    assert first["floors"] == second["floors"]
    assert first["reconstruction"] == second["reconstruction"]


def test_a_broken_cache_file_is_replaced(tmp_path):
    assert cached(("a",), lambda: 1, tmp_path) == 1
    (path,) = tmp_path.iterdir()
    path.write_text('{"key": "a')
    cache.clear()
    assert cached(("a",), lambda: 2, tmp_path) == 2
    cache.clear()
    assert cached(("a",), lambda: 3, tmp_path) == 2


def test_the_fingerprint_follows_the_pixels(data):
    before = fingerprint(data)
    data.x_train = data.x_train.copy()
    data.x_train[0, 0, 0, 0] ^= 1
    assert fingerprint(data) != before


def test_what_is_remembered_cannot_be_changed_from_outside():
    cached(("b",), lambda: {"n": 1})["n"] = 2
    assert cached(("b",), lambda: None) == {"n": 1}


def test_another_seed_protocol_or_data_set_is_computed_again(data):
    other = type(data)(**{**vars(data), "x_test": data.x_test + 1})
    keys = [(data, 0, "p"), (data, 1, "p"), (data, 0, "q"), (other, 0, "p")]
    for i, key in enumerate(keys):
        remembered = FloorCache(*key)
        assert remembered.value("floor", lambda i=i: i) == i
        assert remembered.value("floor", lambda: None) == i
        assert remembered.object("basis", lambda i=i: {i}) == {i}
        assert remembered.object("basis", lambda: None) == {i}
