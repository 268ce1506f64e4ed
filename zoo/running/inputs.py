"""What a run keeps of its data, so that its model needs them no more."""

import json
import pathlib

from keras_ae.training.files import write_text
from zoo.running import folder as places


def write_inputs(folder, inputs: dict) -> None:
    """Write `inputs.json` into a run folder.

    Args:
        folder: Path of the run folder.
        inputs: JSON-able dict, of `zoo.running.build.model_inputs`.
    """
    text = json.dumps(inputs, ensure_ascii=False, indent=1)
    write_text(pathlib.Path(folder) / places.INPUTS, text + "\n")


def read_inputs(folder) -> dict | None:
    """Return the content of `inputs.json`, `None` where there is none.

    Args:
        folder: Path of the run folder.

    Raises:
        ValueError: If it cannot be read.
    """
    path = pathlib.Path(folder) / places.INPUTS
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["train_examples"] < 1:
            raise ValueError
    except (ValueError, TypeError, KeyError):
        raise ValueError(
            f"`read_inputs` needs the {places.INPUTS} of a run. "
            f"Received: {path}, which cannot be read as one"
        ) from None
    return found


def check_inputs(folder, inputs: dict) -> None:
    """Refuse to resume a run on data that have changed.

    Args:
        folder: Path of the run folder.
        inputs: Dict, what the data say now.
    """
    saved = read_inputs(folder)
    if saved is None:
        return
    for key in sorted(set(saved) | set(inputs)):
        was, now = saved.get(key), inputs.get(key)
        if was != now:
            raise ValueError(
                f"A resumed run needs the data it began with, {key}="
                f"{_short(was)}. Received: {key}={_short(now)}"
            )


def _short(value) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
