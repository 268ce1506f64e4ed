"""Run exports in processes that import nothing of this project."""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from keras_ae.export import examples as example_files
from tools.serving.check import Check, compare
from tools.serving.session_model import read_examples

_HERE = pathlib.Path(__file__).parent
_OURS = ("keras_ae", "rl", "zoo", "tools")
_SECONDS = 600


def check_loader(exports) -> list:
    """Compare the session loader's replies with the model's in memory.

    Args:
        exports: List of `Export`.

    Returns:
        List of lists of `Check`, one for each export.
    """
    with tempfile.TemporaryDirectory() as folder:
        arguments, files = [], []
        for i, export in enumerate(exports):
            files.append(pathlib.Path(folder, f"{i}.npz"))
            file = export.folder / example_files.FILE
            arguments += [export.folder, file, files[-1]]
        done = _run("session_model.py", *arguments)
        if done.returncode:
            return [[_failed("loader", done)] for _ in exports]
        found = [read_examples(file) for file in files]
    loaded = json.loads(done.stdout.splitlines()[-1])
    ours = sorted({name.partition(".")[0] for name in loaded} & set(_OURS))
    text = "the process imported nothing of keras-ae"
    alone = Check("loader", "-", ", ".join(ours) or text, not ours)
    return [
        [alone, *_compared(export, replies)]
        for export, replies in zip(exports, found)
    ]


def _compared(export, replies) -> list:
    rows = []
    for name in export.described["signatures"]:
        keys = [key for key in export.examples if key[0] == name]
        found = [replies[key]["out"] for key in keys]
        known = [export.examples[key]["out"] for key in keys]
        compared = compare(found, known, export.tolerance(name))
        rows.append(Check("loader", name, *compared))
    return rows


def check_cli(exports) -> list:
    """Run `saved_model_cli` on the last example of each signature.

    Args:
        exports: List of `Export`.

    Returns:
        List of lists of `Check`, one for each export.
    """
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        commands = []
        for i, export in enumerate(exports):
            for name in export.described["signatures"]:
                place = folder / f"{i}-{name}"
                commands.append(_command(export, name, place))
        file = folder / "commands.json"
        file.write_text(json.dumps(commands), encoding="utf-8")
        done = _run("run_cli.py", file)
        if done.returncode:
            return [[_failed("cli", done)] for _ in exports]
        return [
            [
                Check("cli", name, *_read(export, name, folder / f"{i}-{name}"))
                for name in export.described["signatures"]
            ]
            for i, export in enumerate(exports)
        ]


def _command(export, name, place) -> list:
    inputs = export.of(name)[-1]["in"]
    file = place.with_suffix(".npz")
    # It reads pickles, so it is given arrays that were read without.
    np.savez(file, **inputs)
    given = ";".join(f"{key}={file}[{key}]" for key in inputs)
    return [
        *("run", "--dir", str(export.folder), "--tag_set", "serve"),
        *("--signature_def", name, "--inputs", given),
        *("--outdir", str(place), "--overwrite"),
    ]


def _read(export, name, place) -> tuple:
    known = export.of(name)[-1]["out"]
    reply = {}
    for key in known:
        # Strings come as a pickle, which is not read.
        if known[key].dtype.kind == "S":
            return "strings: it ran", True
        reply[key] = np.load(place / f"{key}.npy", allow_pickle=False)
    return compare([reply], [known], export.tolerance(name))


def _run(script, *arguments):
    command = [sys.executable, "-I", _HERE / script, *arguments]
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )


def _failed(check, done) -> Check:
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return Check(check, "-", lines[-1] if lines else "it failed", False)
