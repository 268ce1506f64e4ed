"""Running text by sentence: one buffer of bytes, and where each begins."""

import dataclasses

import numpy as np

SPLITS = ("train", "valid", "test")
GAP = 1_000  # Places between documents, more than any context


@dataclasses.dataclass(frozen=True, eq=False)
class Sentences:
    """Sentences in order, as offsets into one buffer.

    Args:
        text: Bytes, UTF-8: the sentences, each ended by a line feed.
        starts: `int64 (n + 1,)`, where each sentence begins, and the end.
        places: `int64 (n,)`: of sentences that follow each other they differ
            by 1, across the end of a document by more than `GAP`.
    """

    text: bytes
    starts: np.ndarray
    places: np.ndarray

    def __len__(self):
        return len(self.places)

    def __getitem__(self, index) -> np.ndarray:
        """Return an object array of the bytes of some sentences."""
        rows = np.atleast_1d(np.arange(len(self))[index])
        found = np.empty(len(rows), object)
        for i, row in enumerate(rows):
            begin, end = self.starts[row], self.starts[row + 1] - 1
            found[i] = self.text[begin:end]
        return found

    def head(self, count: int) -> "Sentences":
        """Return the first `count` sentences."""
        count = min(count, len(self))
        starts = self.starts[: count + 1]
        text = self.text[: int(starts[-1])]
        return Sentences(text, starts, self.places[:count])


def encode_document(sentences) -> bytes:
    """Return sentences in UTF-8, each ended by a line feed.

    Args:
        sentences: Iterable of strings, none of which holds a line feed.
    """
    return "".join(f"{sentence}\n" for sentence in sentences).encode("utf-8")


def join_documents(documents) -> Sentences:
    """Return the sentences of documents, one after the other.

    Args:
        documents: List of bytes, what `encode_document` gives of each.
    """
    text = b"".join(documents)
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n")) + 1
    counts = [document.count(b"\n") for document in documents]
    gaps = np.repeat(GAP * np.arange(len(documents)), counts)
    return Sentences(text, np.append(0, ends), np.arange(len(ends)) + gaps)


@dataclasses.dataclass(frozen=True, eq=False)
class TextData:
    """Hold the train, valid and test sentences of one data set.

    Args:
        name: String, what `load_text` was asked for.
        x_train, x_valid, x_test: `Sentences`, of different documents.
        notes: Dict of JSON values: source, hashes, documents, skipped files.
    """

    name: str
    x_train: Sentences
    x_valid: Sentences
    x_test: Sentences
    notes: dict = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        for split in SPLITS:
            if len(getattr(self, f"x_{split}")) < 2:
                raise ValueError(
                    f"`TextData` needs at least 2 sentences in `x_{split}`. "
                    f"Received: {len(getattr(self, f'x_{split}'))} of "
                    f"{self.name}"
                )

    @property
    def description(self) -> str:
        """One line: name, and sentences of each split."""
        counts = [f"{len(getattr(self, f'x_{s}'))} {s}" for s in SPLITS]
        return f"{self.name}: sentences, {', '.join(counts)}"
