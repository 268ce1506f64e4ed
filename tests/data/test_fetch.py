import gzip
import hashlib
import io
import os
import pathlib
import struct
import urllib.error

import numpy as np
import pytest

from zoo import data
from zoo.data import fetch

IMAGES = np.arange(8 * 4).reshape(8, 2, 2).astype("uint8")
LABELS = np.arange(8).astype("uint8")


def idx_bytes(array):
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes((0, 0, 8, array.ndim)) + sizes + array.tobytes()


CONTENTS = dict(zip(fetch.FILES, map(idx_bytes, (IMAGES, LABELS) * 2)))


@pytest.fixture
def network(monkeypatch, tmp_path):
    """A tiny `mnist`, its files by address, and an empty home and cache."""
    hashes = tuple(hashlib.sha256(c).hexdigest() for c in CONTENTS.values())
    published = fetch.PublishedSet("https://host/", hashes, fetch.DIGITS)
    monkeypatch.setitem(fetch.PUBLISHED, "mnist", published)
    monkeypatch.setattr(fetch, "VALID_IMAGES", 2)
    monkeypatch.setenv("KERAS_AE_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(pathlib.Path, "home", lambda: tmp_path / "home")
    served = {"requests": []}
    for name, content in CONTENTS.items():
        served[f"https://host/{name}"] = gzip.compress(content)

    def open_url(url, timeout):
        served["requests"].append(url)
        if url not in served:
            raise urllib.error.URLError("no network here")
        return io.BytesIO(served[url])

    monkeypatch.setattr(fetch.urllib.request, "urlopen", open_url)
    return served


def files(tmp_path):
    return sorted(p.name for p in tmp_path.rglob("*") if p.is_file())


def break_download(network, content):
    network[f"https://host/{fetch.FILES[0]}"] = content


def test_a_set_downloads_once_into_the_named_folder(network, tmp_path):
    mnist = data.load("mnist")
    again = data.load("mnist")
    assert len(network["requests"]) == 4
    assert files(tmp_path / "data" / "mnist") == sorted(fetch.FILES)
    assert mnist.image_shape == (2, 2, 1)
    np.testing.assert_array_equal(mnist.x_train, IMAGES[:6, ..., None])
    np.testing.assert_array_equal(mnist.y_valid, [6, 7])
    np.testing.assert_array_equal(mnist.x_test, again.x_test)


def test_without_the_variable_the_user_cache_is_used(
    network, tmp_path, monkeypatch
):
    monkeypatch.delenv("KERAS_AE_DATA")
    data.load("mnist")
    cache = tmp_path / "home" / ".cache" / "keras_ae" / "mnist"
    assert files(cache) == sorted(fetch.FILES)


def test_a_folder_that_cannot_be_made_falls_back_to_the_cache(
    network, tmp_path
):
    (tmp_path / "data").write_text("a file, not a folder")
    data.load("mnist")
    assert files(tmp_path / "home") == sorted(fetch.FILES)


def test_files_in_the_cache_are_found(network, tmp_path):
    cache = tmp_path / "home" / ".cache" / "keras_ae" / "mnist"
    cache.mkdir(parents=True)
    for name, content in CONTENTS.items():
        (cache / name).write_bytes(gzip.compress(content, 1))
    data.load("mnist")
    assert network["requests"] == []


def test_no_folder_to_write_is_refused(network, tmp_path):
    (tmp_path / "data").write_text("a file")
    (tmp_path / "home").write_text("a file")
    with pytest.raises(OSError, match="can write to.*data.*home.*Set `KERAS"):
        data.load("mnist")


def test_no_network_says_where_to_put_the_file(network, tmp_path):
    del network[f"https://host/{fetch.FILES[0]}"]
    message = (
        "`train-images-idx3-ubyte.gz` needs a download from https://host/"
        ".*no network here.*put it at .*mnist.*or set `KERAS_AE_DATA`"
    )
    with pytest.raises(ConnectionError, match=message):
        data.load("mnist")
    assert files(tmp_path) == []


def test_a_download_with_another_content_leaves_nothing(network, tmp_path):
    break_download(network, gzip.compress(b"other"))
    other = hashlib.sha256(b"other").hexdigest()
    message = f"https://host/.*SHA-256.*Received: {other}, 5 bytes. Nothing was"
    with pytest.raises(ValueError, match=message):
        data.load("mnist")
    assert files(tmp_path) == []


@pytest.mark.parametrize("keep", [3, 20, -9])
def test_a_truncated_download_leaves_nothing(network, tmp_path, keep):
    break_download(network, gzip.compress(CONTENTS[fetch.FILES[0]])[:keep])
    message = "complete gzip file from https://host/.*Nothing was kept"
    with pytest.raises(ValueError, match=message):
        data.load("mnist")
    assert files(tmp_path) == []


def test_an_interrupted_download_leaves_nothing(network, tmp_path, monkeypatch):
    def interrupted(url, timeout):
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch.urllib.request, "urlopen", interrupted)
    with pytest.raises(KeyboardInterrupt):
        data.load("mnist")
    assert files(tmp_path) == []


def test_a_changed_file_is_refused_and_kept(network, tmp_path):
    data.load("mnist")
    path = tmp_path / "data" / "mnist" / fetch.FILES[1]
    path.write_bytes(gzip.compress(b"other"))
    message = f"{path.name}` needs decompressed.*Delete the file to fetch it"
    with pytest.raises(ValueError, match=message):
        data.load("mnist")
    assert path.exists()


def test_a_truncated_file_is_refused_by_name(network, tmp_path):
    data.load("mnist")
    path = tmp_path / "data" / "mnist" / fetch.FILES[3]
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match="t10k-labels.*Delete the file"):
        data.load("mnist")


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_the_real_set_passes_its_hash(name):
    root = os.environ.get("KERAS_AE_DATA")
    if not root:
        pytest.skip("KERAS_AE_DATA is not set")
    paths = [pathlib.Path(root) / name / file for file in fetch.FILES]
    if not all(path.is_file() for path in paths):
        pytest.skip(f"KERAS_AE_DATA has no {name}")
    real = data.load(name)
    counts = [len(x) for x in (real.x_train, real.x_valid, real.x_test)]
    assert counts == [55_000, 5_000, 10_000]
    assert real.image_shape == (28, 28, 1)
    assert len(np.bincount(real.y_test)) == len(real.class_names) == 10
    assert real.notes["sha256"].keys() == set(fetch.FILES)
