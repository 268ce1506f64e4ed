"""Text by name and by folder: splits, encodings, order, resumption."""

import os
import zipfile

import numpy as np
import pytest

from zoo.data.fetch import data_folders
from zoo.data.sentence_split import split_sentences
from zoo.data.text_data import GAP, encode_document, join_documents
from zoo.data.text_load import ARCHIVE, load_text
from zoo.data.text_pipeline import sentence_batches, sentences_in_order
from zoo.evaluation.text_tasks import load_task


def folder(path, texts, encoding="utf-8"):
    for i, text in enumerate(texts):
        (path / f"{i}.txt").write_bytes(text.encode(encoding))
    return f"folder:{path}"


def three(path, **options):
    return folder(path, [f"One {i}a. Two é {i}b." for i in range(3)], **options)


def test_sentences_end_at_stops_but_not_after_titles_or_initials():
    text = 'Mr. J. Smith came.  "Did he?"  Yes! He had 3.5 lb. of\nit. ...'
    expected = ["Mr. J. Smith came.", '"Did he?"', "Yes!"]
    assert split_sentences(text) == [*expected, "He had 3.5 lb. of it. ..."]


def test_prose_has_no_sentence_of_one_document_in_two_splits():
    data = load_text("prose")
    assert data.notes["documents"] == {"train": 63, "valid": 8, "test": 8}
    steps = np.diff(data.x_train.places)
    assert set(np.unique(steps)) == {1, 1001}
    assert (steps > 1).sum() == 62


def test_a_folder_is_split_by_file_and_its_encoding_noted(tmp_path):
    data = load_text(three(tmp_path))
    found = [b" ".join(getattr(data, f"x_{s}")[:]) for s in
             ("train", "valid", "test")]
    assert len({text[4:5] for text in found}) == 3
    assert data.notes["encoding"] == "utf-8"


def test_another_encoding_is_refused_and_read_when_named(tmp_path):
    name = three(tmp_path, encoding="latin-1")
    with pytest.raises(ValueError, match="not utf-8, byte"):
        load_text(name)
    data = load_text(name, encoding="latin-1")
    assert "é".encode() in data.x_train[1:2][0]


def test_an_unknown_encoding_is_refused(tmp_path):
    with pytest.raises(ValueError, match="data.encoding=ascii-2"):
        load_text(three(tmp_path), encoding="ascii-2")


def test_an_empty_file_is_skipped_and_counted(tmp_path):
    name = three(tmp_path)
    (tmp_path / "empty.txt").write_bytes(b"")
    data = load_text(name)
    assert data.notes["skipped"] == ["empty.txt: no sentence"]


def test_too_many_bad_files_are_refused(tmp_path):
    name = three(tmp_path)
    for i in range(6):
        (tmp_path / f"bad{i}.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="6 of 9"):
        load_text(name)


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="Did you mean `prose`"):
        load_text("pros")


def test_a_missing_archive_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_AE_DATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="eltec_eng_paragraphs.zip"):
        load_text("eltec")


def documents(*lengths):
    return join_documents(
        [
            encode_document(f"{d} {i}" for i in range(n))
            for d, n in enumerate(lengths)
        ]
    )


def test_joined_documents_keep_their_sentences_and_lie_apart():
    text = join_documents([encode_document(d) for d in (["é b", "c"], ["d"])])
    assert list(text[:]) == ["é b".encode(), b"c", b"d"]
    np.testing.assert_array_equal(text.starts, [0, 5, 7, 9])
    np.testing.assert_array_equal(text.places, [0, 1, 2 + GAP])


def taken(batches, count):
    return [
        (list(x.numpy()), list(places.numpy()))
        for x, places in batches.take(count)
    ]


def test_batches_go_on_from_any_step_as_they_would_have():
    text = documents(13, 20, 9)
    all_of_them = taken(sentence_batches(text, 8, 4, seed=3), 12)
    for start in (1, 5, 7):
        rest = sentence_batches(text, 8, 4, seed=3, start_step=start)
        assert taken(rest, 12 - start) == all_of_them[start:]
    other = taken(sentence_batches(text, 8, 4, seed=4), 12)
    assert other != all_of_them


def test_places_differ_by_one_just_where_sentences_follow_each_other():
    text = documents(13, 20, 9)
    for x, places in taken(sentence_batches(text, 8, 4), 10):
        for i, j in np.ndindex(8, 8):
            (a, b), (c, d) = x[i].split(), x[j].split()
            follows = a == c and int(d) == int(b) + 1
            assert follows == (places[j] - places[i] == 1)


def test_an_epoch_has_no_sentence_twice():
    text = documents(16, 24)
    rows = [p for _, places in taken(sentence_batches(text, 8, 4), 5)
            for p in places]
    assert len(set(rows)) == 40


def test_in_order_every_sentence_comes_once():
    text = documents(3, 2)
    (x, places), = taken(sentences_in_order(text, 9), 2)
    assert x == [b"0 0", b"0 1", b"0 2", b"1 0", b"1 1"]
    assert places == [0, 1, 2, 1003, 1004]


def test_a_block_that_does_not_divide_the_batch_is_refused():
    with pytest.raises(ValueError, match="data.block=3"):
        sentence_batches(documents(20), 8, 3)


def missing(name, file):
    """A mark that skips where the file is in no data folder."""
    there = any((f / file).is_file() for f in data_folders(name))
    reason = f"no {name} in {os.environ.get('KERAS_AE_DATA')}"
    return pytest.mark.skipif(not there, reason=reason)


@missing("eltec_eng", ARCHIVE)
def test_eltec_is_split_by_novel():
    data = load_text("eltec")
    assert data.description == (
        "eltec: sentences, 497539 train, 35147 valid, 48044 test"
    )
    paths = (folder / ARCHIVE for folder in data_folders("eltec_eng"))
    with zipfile.ZipFile(next(p for p in paths if p.is_file())) as archive:
        names = sorted(archive.namelist())
        novels = [b" ".join(archive.read(name).split()) for name in names]
    left = {"test": novels[0::10], "valid": novels[1::10]}
    left["train"] = [n for i, n in enumerate(novels) if i % 10 > 1]
    for split, novels in left.items():
        x = getattr(data, f"x_{split}")
        ends = np.flatnonzero(np.diff(x.places) > 1)
        firsts, lasts = np.append(0, ends + 1), np.append(ends, len(x) - 1)
        # Each stretch of sentences that follow each other is one novel.
        pairs = zip(x[firsts], x[lasts], novels, strict=True)
        assert all(a in novel and b in novel for a, b, novel in pairs)


@missing("sentences", "rt-polarity.neg")
@pytest.mark.parametrize(
    "name, counts, word",
    [
        ("mr", (5331, 5331), "cliché"),
        ("subj", (5000, 5000), "cliché"),
        ("cr", (1366, 2405), "camera"),
    ],
)
def test_sentence_tasks_are_whole_and_readable(name, counts, word):
    x, y = load_task(name)
    assert len(x) == len(y) and tuple(np.bincount(y)) == counts
    assert any(word in sentence.decode("utf-8").split() for sentence in x)
