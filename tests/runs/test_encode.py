"""`keras-ae encode`: a user's own sentences and images, and what is refused."""

import numpy as np
import pytest
from PIL import Image

from tools.main import main
from zoo.running import load_run, train_run

from .test_text_run import SMALL


@pytest.fixture(scope="module")
def text_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("text") / "run"
    settings = {**SMALL, "train.epochs": 1, "data.limit": 128}
    train_run(
        "quick_thought", settings=settings, out=out, evaluate=False, verbose=0
    )
    return out


def encode(run, path, out, *more):
    command = ["encode", run, "--input", path, "--out", out, *more]
    return main([str(part) for part in command])


def test_each_line_of_text_gets_its_embedding(text_run, tmp_path, capsys):
    lines = ["Names are bound.", "", "A é  class.", "Names are bound."]
    (tmp_path / "a.txt").write_text("\n".join(lines), encoding="utf-8")
    out = tmp_path / "z.npz"
    assert encode(text_run, tmp_path / "a.txt", out, "--batch-size", 2) == 0
    shown = capsys.readouterr().out
    assert "2/3" in shown and "3/3" in shown  # a bar, a batch at a time
    assert "3 embeddings of shape (32)" in shown
    with np.load(out) as found:
        assert list(found["name"]) == ["a.txt:1", "a.txt:3", "a.txt:4"]
        z = found["embedding"]
    np.testing.assert_allclose(z[0], z[2], rtol=1e-5, atol=1e-6)
    x = np.array(["A é class."], object)
    expected = load_run(text_run).model.encode(x)[0]
    # Other batches, other order of the sums.
    np.testing.assert_allclose(z[1], expected, rtol=1e-5, atol=1e-6)


def test_text_in_another_encoding_is_counted_or_named(
    text_run, tmp_path, capsys
):
    own = tmp_path / "own"
    (own / ".git").mkdir(parents=True)
    (own / ".git" / "hidden.txt").write_text("Passed over.")
    (own / "a.txt").write_text("Names are bound.")
    (own / "b.txt").write_bytes("A é class.".encode("latin-1"))
    assert encode(text_run, own, tmp_path / "some.npz") == 0
    assert "Skipped: 1, b.txt: not utf-8, byte 2" in capsys.readouterr().out
    with np.load(tmp_path / "some.npz") as found:
        assert list(found["name"]) == ["a.txt:1"]
    more = ["--encoding", "latin-1"]
    assert encode(text_run, own, tmp_path / "all.npz", *more) == 0
    with np.load(tmp_path / "all.npz") as found:
        assert list(found["name"]) == ["a.txt:1", "b.txt:1"]
        z = load_run(text_run).model.encode(np.array(["A é class."], object))
        np.testing.assert_allclose(
            found["embedding"][1], z[0], rtol=1e-5, atol=1e-6
        )
    more = ["--encoding", "latin-99"]
    assert encode(text_run, own, tmp_path / "none.npz", *more) == 2
    assert "needs the name of an encoding" in capsys.readouterr().err


def test_images_of_a_folder_are_resized_and_bad_ones_counted(
    tmp_path, capsys
):
    run = tmp_path / "run"
    settings = {"train.epochs": 0}
    train_run(
        "autoencoder", settings=settings, out=run, evaluate=False, verbose=0
    )
    (tmp_path / "own" / "b").mkdir(parents=True)
    for i, name in enumerate(("b/1.png", "0.png")):
        image = Image.new("RGB", (20, 30), (100 * i, 50, 50))
        image.save(tmp_path / "own" / name)
    (tmp_path / "own" / "bad.png").write_bytes(b"no image")
    out = tmp_path / "z.npz"
    assert encode(run, tmp_path / "own", out, "--encoding", "latin-1") == 2
    assert "`--encoding` is for runs on text" in capsys.readouterr().err
    assert encode(run, tmp_path / "own", out) == 0
    assert "Skipped: 1, bad.png: " in capsys.readouterr().out
    with np.load(out) as found:
        assert list(found["name"]) == ["0.png", "b/1.png"]
        assert np.isfinite(found["embedding"]).all()
        assert not np.array_equal(*found["embedding"])


@pytest.mark.parametrize(
    "content, out, message",
    [
        (None, "z.npz", "where there is nothing"),
        (b"", "z.npz", "a sentence a line. Received"),
        (b"\xff\xfe", "z.npz", "a.txt: not utf-8, byte 0; `--encoding`"),
        (b"One.", "z.txt", "a new .npz file"),
        (b"One.", "there.npz", "a new .npz file"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    text_run, tmp_path, capsys, content, out, message
):
    path = tmp_path / "a.txt"
    if content is not None:
        path.write_bytes(content)
    (tmp_path / "there.npz").write_bytes(b"mine")
    assert encode(text_run, path, tmp_path / out) == 2
    assert message in capsys.readouterr().err
    assert (tmp_path / "there.npz").read_bytes() == b"mine"
    assert not (tmp_path / "z.npz").exists()
