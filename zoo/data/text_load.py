"""Text by name: `prose`, `eltec`, or `folder:PATH` of your own .txt files."""

import hashlib
import io
import os
import pathlib
import re
import zipfile

from keras_ae.checks import check_int
from zoo.data.fetch import check_hash, data_folders
from zoo.data.files import by_hash, list_files, split_slices
from zoo.data.sentence_split import split_paragraphs
from zoo.data.text_data import (
    SPLITS,
    TextData,
    encode_document,
    join_documents,
)
from zoo.recipe import nearest

CHOICES = ("prose", "eltec", "folder:PATH")
SUFFIXES = (".txt",)
ARCHIVE = "eltec_eng_paragraphs.zip"
ARCHIVE_HASH = (
    "2fae0f8777992baaa114d731f9eabc48ae64d0d48790ff36fe72114e7693dec9"
)
SOURCE = "https://github.com/COST-ELTeC/ELTeC-eng, commit 3db3b67"
MIN_DOCUMENTS = 3
SKIP_COUNT, SKIP_FRACTION = 5, 0.01  # The larger of the two is the ceiling.
# Indented blocks are code and grammar, underlined ones headings.
_CODE = re.compile(r"\s{3,}|.*\n[*=\-~^]{3}")
LISTED = 5  # Unreadable files named in notes and errors.


def load_text(
    name: str, limit: int | None = None, encoding: str = "utf-8"
) -> TextData:
    """Return text by name, split by document: no sentence is in two splits.

    - `prose`: the topics of the Python installation's `pydoc_data`, and
      `eltec`: 99 English novels. Documents sorted by name; of every ten the
      first is test, the second valid, the rest train.
    - `folder:PATH`: each .txt file below is a document, its paragraphs
      between blank lines; split 80/10/10 by a hash of the relative path.
      Files that cannot be decoded or are empty are skipped and counted, up
      to 1 % of the files or 5, whichever is more.

    Args:
        name: Str.
        limit: Int >= 1, most training sentences, or `None` for all.
        encoding: Str, of the files of a folder, followed strictly. Defaults
            to `"utf-8"`, with or without its mark.

    Raises:
        FileNotFoundError: The folder or the archive is not there.
        ValueError: The name or encoding is unknown, or too few documents.
    """
    family, _, path = name.partition(":")
    if family == "folder" and path:
        data = _load_folder(name, path, encoding)
    elif name in _LOADERS:
        data = _load_named(name)
    else:
        raise ValueError(
            f"`load_text` knows no text called `{name}`."
            f"{nearest(name, CHOICES)} Choices: {', '.join(CHOICES)}."
        )
    if limit is None:
        return data
    check_int("load_text", "data.limit", limit)
    return TextData(
        data.name, data.x_train.head(limit), data.x_valid, data.x_test,
        data.notes,
    )


def _load_named(name):
    documents, notes = _LOADERS[name]()
    splits = {split: [] for split in SPLITS}
    for rank, key in enumerate(sorted(documents)):
        split = {0: "test", 1: "valid"}.get(rank % 10, "train")
        splits[split].append(key)
    return _joined(name, documents, splits, notes)


def _joined(name, documents, splits, notes):
    found = {
        f"x_{split}": join_documents([documents[key] for key in keys])
        for split, keys in splits.items()
    }
    counts = {split: len(keys) for split, keys in splits.items()}
    return TextData(name, notes={**notes, "documents": counts}, **found)


def _prose():
    from pydoc_data.topics import topics

    documents = {}
    for name, text in topics.items():
        blocks = re.split(r"\n\s*\n", text)
        plain = [block for block in blocks if not _CODE.match(block)]
        documents[name] = encode_document(split_paragraphs(plain))
    documents = {name: found for name, found in documents.items() if found}
    return documents, {"source": "pydoc_data.topics"}


def _eltec():
    for folder in data_folders("eltec_eng"):
        path = folder / ARCHIVE
        if path.is_file():
            break
    else:
        raise FileNotFoundError(
            f"`eltec` needs {ARCHIVE} in the folder `eltec_eng` of "
            f"`KERAS_AE_DATA`: one text file a novel, a paragraph a line. Its "
            f"source: {SOURCE}. Received: "
            f"KERAS_AE_DATA={os.environ.get('KERAS_AE_DATA')}"
        )
    content = path.read_bytes()
    check_hash(content, ARCHIVE_HASH, str(path), "It is another version.")
    documents = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            text = archive.read(name).decode("utf-8")
            found = split_paragraphs(text.splitlines())
            documents[name] = encode_document(found)
    return documents, {"source": SOURCE, "sha256": ARCHIVE_HASH}


_LOADERS = {"prose": _prose, "eltec": _eltec}


def _load_folder(name, path, encoding):
    root = pathlib.Path(path).expanduser()
    if not root.is_dir():
        raise FileNotFoundError(
            f"`load_text` needs an existing folder. Received: `{path}`"
        )
    codec = find_codec(encoding)
    names = by_hash(list_files(root, SUFFIXES))
    documents, skipped = {}, []
    digest = hashlib.sha256()
    for file in names:
        content = (root / file).read_bytes()
        digest.update(content)
        try:
            text = content.decode(codec)
        except UnicodeDecodeError as error:
            skipped.append(f"{file}: not {encoding}, byte {error.start}")
            continue
        found = split_paragraphs(re.split(r"\n\s*\n", text))
        if found:
            documents[file] = encode_document(found)
        else:
            skipped.append(f"{file}: no sentence")
    _check_folder(path, names, documents, skipped, encoding)
    kept = list(documents)
    slices = split_slices(kept)
    notes = {
        "source": str(path),
        "encoding": encoding,
        "sha256": digest.hexdigest(),
        "skipped_count": len(skipped),
        "skipped": skipped[:LISTED],
    }
    splits = {split: kept[part] for split, part in slices.items()}
    return _joined(name, documents, splits, notes)


def find_codec(encoding: str) -> str:
    """Return the codec of an encoding; UTF-8 with or without its mark.

    Raises:
        ValueError: If there is none of that name.
    """
    try:
        "".encode(encoding)
    except (LookupError, TypeError):
        raise ValueError(
            "`data.encoding` needs the name of an encoding, such as utf-8 or "
            f"latin-1. Received: data.encoding={encoding}"
        ) from None
    plain = encoding.lower().replace("_", "-") in ("utf-8", "utf8")
    return "utf-8-sig" if plain else encoding


def _check_folder(path, names, documents, skipped, encoding):
    if len(skipped) > max(SKIP_COUNT, int(SKIP_FRACTION * len(names))):
        raise ValueError(
            f"`load_text` skips at most {SKIP_COUNT} files or "
            f"{SKIP_FRACTION:.0%}. Received: {len(skipped)} of {len(names)} "
            f"in `{path}` that are empty or not {encoding}, such as "
            f"{'; '.join(skipped[:LISTED])}. `--set data.encoding=latin-1` "
            "names another encoding"
        )
    if len(documents) < MIN_DOCUMENTS:
        raise ValueError(
            f"`load_text` needs at least {MIN_DOCUMENTS} .txt files with "
            "text, one for each split. Received: "
            f"{len(documents)} in `{path}`, skipped: {skipped[:LISTED]}"
        )
