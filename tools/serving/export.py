"""An exported version, opened for checks."""

import dataclasses
import json
import pathlib

from keras_ae.export import examples as example_files
from keras_ae.export.export_serving import DESCRIPTION
from keras_ae.training.files import sha256
from tools.serving.check import LOOP_TOLERANCE, TOLERANCE
from tools.serving.graph import operations
from tools.serving.session_model import SessionModel, read_examples


@dataclasses.dataclass(frozen=True)
class Export:
    """An exported version, loaded, with its requests and known replies."""

    folder: pathlib.Path
    described: dict
    model: SessionModel
    examples: dict

    @property
    def name(self) -> str:
        """Return the name it is served under."""
        return self.folder.parent.name

    @property
    def version(self) -> int:
        """Return the version's number."""
        return int(self.folder.name)

    def tolerance(self, name: str) -> float:
        """Return how far replies of a signature may be from known ones."""
        signature = self.model.signatures[name]
        names = operations(self.model.meta_graph, signature)
        looping = any(n.removeprefix("Stateless") == "While" for n in names)
        return LOOP_TOLERANCE if looping else TOLERANCE

    def of(self, name: str) -> list:
        """Return the examples of a signature."""
        return [both for (key, _), both in self.examples.items() if key == name]


def find_version(folder) -> pathlib.Path:
    """Return the folder of a version: `folder`, or its newest.

    Args:
        folder: Path of a version, or of a model's folder.
    """
    folder = pathlib.Path(folder).resolve()
    if (folder / "saved_model.pb").is_file():
        return folder
    found = []
    if folder.is_dir():
        found = [p for p in folder.iterdir() if p.name.isdecimal()]
    if not found:
        raise FileNotFoundError(
            f"No export in {folder}: it holds no numbered version. "
            "`keras-ae export RUN --out FOLDER` makes one."
        )
    return max(found, key=lambda path: int(path.name))


def open_export(folder) -> Export:
    """Load a version and what was written beside it.

    Args:
        folder: Path of a version, or of a model's folder.
    """
    folder = find_version(folder)
    if not folder.name.isdecimal():
        raise ValueError(
            f"An export needs a number as its name. Received: {folder}"
        )
    described = _description(folder)
    _check_files(folder, described["sha256"])
    model = SessionModel(folder)
    examples = read_examples(folder / example_files.FILE)
    return Export(folder, described, model, examples)


def _description(folder) -> dict:
    path = folder / DESCRIPTION
    if not path.is_file():
        raise FileNotFoundError(
            f"An export needs {DESCRIPTION}. Received: {folder}, without it"
        )
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
        hashes, signatures = described["sha256"], described["signatures"]
        good = described["default"] in signatures and isinstance(hashes, dict)
    except (ValueError, KeyError, TypeError):
        good = False
    if not good:
        raise ValueError(
            f"An export needs a readable {DESCRIPTION}. Received: {path}"
        )
    return described


def _check_files(folder, hashes) -> None:
    held = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    }
    needed = {"saved_model.pb", example_files.FILE, *hashes}
    for name in sorted(needed | held - {DESCRIPTION}):
        if name not in held:
            found = "where it is missing"
        elif name not in hashes:
            found = f"of which {DESCRIPTION} says nothing"
        elif sha256(folder / name) != hashes[name]:
            found = "changed since"
        else:
            continue
        raise ValueError(
            f"An export needs the files that {DESCRIPTION} lists, as they "
            f"were. Received: {folder}, {name} {found}"
        )
