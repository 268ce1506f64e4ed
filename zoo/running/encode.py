"""Embeddings of a user's own files, by the model of a run."""

import dataclasses
import os
import pathlib

import keras
import numpy as np

from keras_ae.checks import check_int
from zoo.kinds import kind_of
from zoo.running.build import dtype_policy
from zoo.running.load import load_run

SKIPPED_SHARE = 0.01  # Most unreadable objects; or
SKIPPED_COUNT = 5  # so many, whichever is more.


def encode_files(
    folder, path, out, batch_size=256, verbose=1, encoding=None
) -> dict:
    """Write the embeddings of files, in the order of their names.

    The file `out` has the arrays `embedding`, `(objects, ...)` float32, and
    `name`, `(objects,)` strings.

    Args:
        folder: Path of the run folder; its data are not needed.
        path: Path of what to encode: of images or recordings a file or a
            folder, of text a .txt file, a sentence a line, or a folder of
            them.
        out: Path of the .npz file to write, of nothing that exists.
        batch_size: Int >= 1. Defaults to `256`.
        verbose: Int, 1 shows a progress bar. Defaults to `1`.
        encoding: Str, of text, or `None` for the run's `data.encoding`.
            Defaults to `None`.

    Returns:
        Dict: `count`, `shape` of one embedding, `skipped`, a list of str.

    Raises:
        FileNotFoundError: If there is nothing at `path`.
        ValueError: If `out` exists or is no .npz, too little is readable, or
            `encoding` is given for what is no text.
    """
    out = _checked(path, out)
    check_int("encode_files", "batch_size", batch_size)
    run = load_run(folder)
    kind = kind_of(run.config.recipe)
    config = _in_encoding(run.config, encoding)
    names, read = kind.files(pathlib.Path(path), run.inputs, config)
    ceiling = max(SKIPPED_COUNT, int(SKIPPED_SHARE * len(names)))
    kept, parts, skipped = [], [], []
    encode = getattr(kind, "encode", lambda model, x: model.encode(x))
    bar = keras.utils.Progbar(len(names), verbose=verbose, unit_name="object")
    with dtype_policy(run.config):
        for i in range(0, len(names), batch_size):
            found, x, bad = read(names[i : i + batch_size])
            skipped += bad
            if len(skipped) > ceiling:
                raise ValueError(
                    f"`encode` skips at most {ceiling} unreadable objects of "
                    f"{len(names)}. Received: {len(skipped)} in `{path}`, "
                    f"first {skipped[0]}"
                )
            if found:
                kept += found
                z = keras.ops.convert_to_numpy(encode(run.model, x))
                parts.append(np.asarray(z, "float32"))
            bar.update(min(i + batch_size, len(names)))
    if not kept:
        raise ValueError(
            f"`encode` needs something it can read. Received: `{path}`, "
            f"where nothing is: {'; '.join(skipped)}"
        )
    z = np.concatenate(parts)
    temporary = out.with_name(f".tmp-{out.name}")
    np.savez(temporary, embedding=z, name=np.array(kept))
    os.replace(temporary, out)
    return {"count": len(z), "shape": z.shape[1:], "skipped": skipped}


def _in_encoding(config, encoding):
    if encoding is None:
        return config
    data = config.settings["data"]
    if "encoding" not in data:
        raise ValueError(
            "`--encoding` is for runs on text. Received: --encoding "
            f"{encoding} with a run of {config.recipe}"
        )
    settings = {**config.settings, "data": {**data, "encoding": encoding}}
    return dataclasses.replace(config, settings=settings)


def _checked(path, out) -> pathlib.Path:
    out = pathlib.Path(out)
    if out.suffix != ".npz" or out.exists() or not out.parent.is_dir():
        raise ValueError(
            "`encode` needs `--out` to name a new .npz file in a folder that "
            f"exists. Received: --out {out}"
        )
    if not pathlib.Path(path).exists():
        raise FileNotFoundError(
            "`encode` needs `--input` to name a file or folder. Received: "
            f"--input {path}, where there is nothing"
        )
    return out
