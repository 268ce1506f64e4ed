"""Checkpoints of all that a training run needs to go on, bit for bit.

One folder per step, `step-00000123/`, holds `variables.npz` (every variable
of the model, random seeds included, then those of its optimisers, by order),
`state.json` (the caller's dict) and `manifest.json` (the SHA-256 of both and
each variable's path, shape and dtype). No pickle anywhere.
"""

import json
import math
import os
import pathlib
import re
import shutil
import uuid
import warnings
import zipfile

import numpy as np
from keras import ops

from keras_ae.checks import check_int
from keras_ae.training.files import sha256, sync_file, sync_folder

# The old one of a step that is saved again, until the new one is there.
_REPLACED = ".old"
_STEP = re.compile(r"^step-(\d{8,})(\.old)?$")
_TEMPORARY = ".tmp-"
_FILES = ("variables.npz", "state.json")


def save_checkpoint(folder, model, state, keep=2):
    """Save a model, its optimisers and a state as the checkpoint of a step.

    It is written under a temporary name, forced to disk and renamed, so that
    a killed process leaves either the whole checkpoint or none of it.

    Args:
        folder: Path of the folder of checkpoints, made where missing.
        model: Built `keras.Model`. Its `checkpoint_variables` are saved where
            it has them, else its variables and its optimizer's.
        state: JSON-able dict. `state["step"]` names the checkpoint; without
            it the optimizer's iterations do.
        keep: Int >= 1, how many of the newest checkpoints stay. Defaults to
            `2`.

    Returns:
        Path of the checkpoint.

    Raises:
        ValueError: If the model is not built.
        OSError: If the disk is full; the checkpoints before are whole.
    """
    check_int("save_checkpoint", "keep", keep)
    variables = _variables("save_checkpoint", model)
    step = _step_of(model, state)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(folder)
    temporary = folder / f"{_TEMPORARY}{uuid.uuid4().hex}"
    try:
        temporary.mkdir()
        _write(temporary, variables, {**state, "step": step})
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise OSError(
            error.errno,
            f"`save_checkpoint` needs room for the checkpoint of step {step}; "
            f"those before it are whole. Received: {error.strerror}",
            str(folder),
        ) from error
    target = folder / f"step-{step:08d}"
    if target.exists():
        os.rename(target, target.with_name(target.name + _REPLACED))
    os.rename(temporary, target)
    sync_folder(folder)
    _remove_leftovers(folder)
    for _, old in _steps(folder)[keep:]:
        shutil.rmtree(old)
    return target


def load_checkpoint(folder, model):
    """Load the newest valid checkpoint into a built model.

    A damaged checkpoint is passed over with a warning that names the damage.

    Args:
        folder: Path of the folder of checkpoints.
        model: The model, built (and compiled, where its optimizer was saved)
            as the saved one was.

    Returns:
        The dict given to `save_checkpoint`, with its `step`; `None` where the
        folder is missing or empty.

    Raises:
        ValueError: If the folder holds things but no valid checkpoint, or if
            the variables of the checkpoint are not those of the model.
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        return None
    names = [p.name for p in folder.iterdir()]
    if all(name.startswith(_TEMPORARY) for name in names):
        return None
    damages = []
    for _, path in _steps(folder):
        try:
            manifest, values, state = _read(path)
        except _Damaged as error:
            damages.append(f"{path.name}: {error}")
            warnings.warn(
                f"Checkpoint {path} is damaged and passed over: {error}",
                stacklevel=2,
            )
            continue
        _assign(path, model, manifest, values)
        return state
    found = "; ".join(damages) or ", ".join(sorted(names)[:5])
    raise ValueError(
        f"`load_checkpoint` needs a valid checkpoint in `folder`. "
        f"Received: folder={str(folder)!r}, which holds {found}"
    )


class _Damaged(Exception):
    """What is wrong with a checkpoint on disk."""


def _variables(owner, model):
    if not model.built:
        raise ValueError(
            f"`{owner}` needs a built `model`: call it on a batch first. "
            f"Received: model={model.name}"
        )
    optimizers = _built_optimizers(model)
    variables = getattr(model, "checkpoint_variables", None)
    if callable(variables):
        variables = variables()
    if variables is None:
        variables = list(model.variables)
        for optimizer in optimizers:
            variables += optimizer.variables
    return list({id(variable): variable for variable in variables}.values())


def _built_optimizers(model):
    """Return the optimizer, then the players', each built."""
    pairs = []
    if getattr(model, "optimizer", None) is not None:
        own = getattr(model, "own_weights", lambda: model.trainable_variables)
        pairs.append((model.optimizer, own()))
    players = getattr(model, "player_optimizers", {})
    for name in sorted(players):
        pairs.append((players[name], model.player_weights(name)))
    for optimizer, weights in pairs:
        if not optimizer.built:
            optimizer.build(weights)
    return [optimizer for optimizer, _ in pairs]


def _step_of(model, state):
    if "step" in state:
        return check_int("save_checkpoint", "state['step']", state["step"], 0)
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        return 0
    return int(ops.convert_to_numpy(optimizer.iterations))


def _steps(folder):
    found = []
    for path in folder.iterdir():
        match = _STEP.match(path.name)
        if match and path.is_dir():
            found.append((int(match.group(1)), not match.group(2), path))
    return [(step, path) for step, _, path in sorted(found, reverse=True)]


def _remove_leftovers(folder):
    names = {path.name for path in folder.iterdir() if path.is_dir()}
    for name in names:
        replaced = name.removesuffix(_REPLACED) in names - {name}
        if name.startswith(_TEMPORARY) or (_STEP.match(name) and replaced):
            shutil.rmtree(folder / name)


def _write(folder, variables, state):
    arrays, described = {}, []
    for i, variable in enumerate(variables):
        value = ops.convert_to_numpy(ops.convert_to_tensor(variable))
        described.append(
            {
                "path": variable.path,
                "shape": list(value.shape),
                "dtype": value.dtype.name,
            }
        )
        # NumPy's file format does not know bfloat16 and its kin.
        native = value.dtype.kind in "biufc"
        raw = value if native else value.view(f"u{value.itemsize}")
        arrays[f"v{i:05d}"] = raw
    np.savez(folder / "variables.npz", **arrays)
    text = json.dumps(state, indent=1, sort_keys=True)
    (folder / "state.json").write_text(text, encoding="utf-8")
    manifest = {
        "schema_version": 1,
        "sha256": {name: sha256(folder / name) for name in _FILES},
        "variables": described,
    }
    text = json.dumps(manifest, indent=1)
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    for name in (*_FILES, "manifest.json"):
        sync_file(folder / name)
    sync_folder(folder)


def _read(folder):
    try:
        text = (folder / "manifest.json").read_text(encoding="utf-8")
        manifest = json.loads(text)
        hashes, described = manifest["sha256"], manifest["variables"]
    except FileNotFoundError:
        raise _Damaged("manifest.json is missing") from None
    except (ValueError, KeyError, TypeError):
        raise _Damaged("manifest.json cannot be read") from None
    for name in _FILES:
        if not (folder / name).is_file():
            raise _Damaged(f"{name} is missing")
        if sha256(folder / name) != hashes.get(name):
            raise _Damaged(f"{name} does not match its SHA-256")
    text = (folder / "state.json").read_text(encoding="utf-8")
    try:
        values = _read_arrays(folder / "variables.npz", described)
        state = json.loads(text)
    except (ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise _Damaged(f"not as a checkpoint is written: {error}") from None
    if not isinstance(state, dict):
        raise _Damaged("state.json holds no object")
    return described, values, state


def _read_arrays(path, described):
    """Read the arrays that are described, and none that is larger."""
    sizes = [math.prod(saved["shape"]) for saved in described]
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    # No element has more than 16 bytes, no header more than 4096.
    if unpacked > sum(16 * size + 4096 for size in sizes):
        raise ValueError(f"{unpacked} bytes unpacked, more than described")
    values = []
    with np.load(path, allow_pickle=False) as arrays:
        for i, saved in enumerate(described):
            value = arrays[f"v{i:05d}"]
            if list(value.shape) != list(saved["shape"]):
                raise ValueError(f"{saved['path']} has shape {value.shape}")
            if value.dtype.name != saved["dtype"]:
                value = value.view(np.dtype(saved["dtype"]))
            values.append(value)
    return values


def _assign(path, model, described, values):
    variables = _variables("load_checkpoint", model)
    if len(variables) != len(described):
        raise ValueError(
            f"`load_checkpoint` needs a model with the {len(described)} "
            f"variables of {path}. Received: {len(variables)} variables"
        )
    for variable, saved in zip(variables, described):
        if tuple(variable.shape) != tuple(saved["shape"]):
            raise ValueError(
                f"`load_checkpoint` needs `{variable.path}` of shape "
                f"{tuple(saved['shape'])}, as saved in {path}. "
                f"Received: shape={tuple(variable.shape)}"
            )
    for variable, value in zip(variables, values):
        variable.assign(value)
