"""What a `.keras` archive may hold."""

import json
import stat

import h5py
import keras

MAX_MEMBERS = 10_000
MAX_CONFIG = 16 * 2**20
_MODULES = {
    "builtins",
    "keras",
    "keras.activations",
    "keras.constraints",
    "keras.dtype_policies",
    "keras.initializers",
    "keras.layers",
    "keras.losses",
    "keras.metrics",
    "keras.models",
    "keras.optimizers",
    "keras.optimizers.schedules",
    "keras.quantizers",
    "keras.random",
    "keras.regularizers",
}
_OPERATIONS = "keras.src.ops."
# Values that Keras wraps, none of which is code.
_VALUES = {
    "__bytes__",
    "__ellipsis__",
    "__keras_tensor__",
    "__numpy__",
    "__slice__",
    "__tensor__",
    "__tuple__",
}
_CODE = {
    "FlaxLayer",
    "FlaxNnxLayer",
    "JaxLayer",
    "Lambda",
    "TFSMLayer",
    "TorchModuleWrapper",
    "__lambda__",
    "__typespec__",
}


def check_members(path, archive, max_bytes):
    """Refuse names that lead elsewhere, and more than may be unpacked.

    Args:
        path: Str, for messages.
        archive: `zipfile.ZipFile`.
        max_bytes: Int, the most it may unpack to.

    Raises:
        ValueError: If a rule is broken.
    """
    members = archive.infolist()
    names = [member.filename for member in members]
    for member in members:
        name = member.filename.replace("\\", "/")
        parts = name.split("/")
        if name.startswith("/") or ".." in parts or ":" in parts[0]:
            _refuse(path, f"the name {member.filename!r} leads out of it")
        if stat.S_ISLNK(member.external_attr >> 16):
            _refuse(path, f"{member.filename!r} is a link")
        if member.flag_bits & 1:
            _refuse(path, f"{member.filename!r} is encrypted")
    if len(set(names)) < len(names):
        _refuse(path, "two members have one name")
    if len(names) > MAX_MEMBERS:
        _refuse(path, f"{len(names)} members, of at most {MAX_MEMBERS}")
    total = sum(member.file_size for member in members)
    if total > max_bytes:
        _refuse(path, f"{total} bytes unpacked, of at most {max_bytes}")
    for name in ("config.json", "metadata.json", "model.weights.h5"):
        if name not in names:
            _refuse(path, f"{name} is missing")


def check_config(path, archive):
    """Refuse a configuration that names code, or anybody's module.

    Args:
        path: Str, for messages.
        archive: `zipfile.ZipFile`.

    Raises:
        ValueError: If a rule is broken.
    """
    if archive.getinfo("config.json").file_size > MAX_CONFIG:
        _refuse(path, f"config.json has more than {MAX_CONFIG} bytes")
    try:
        config = json.loads(archive.read("config.json"))
        waiting = [config]
        while waiting:
            value = waiting.pop()
            if isinstance(value, dict):
                _check_object(path, value)
                waiting.extend(value.values())
            elif isinstance(value, list):
                waiting.extend(value)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        _refuse(path, "config.json is no JSON")
    if not isinstance(config, dict) or "class_name" not in config:
        _refuse(path, "config.json describes no object")


def _check_object(path, value):
    if isinstance(value.get("vocabulary"), str):
        _refuse(path, f"a vocabulary in a file, {value['vocabulary']!r}")
    if "class_name" not in value:
        return
    name, module = value["class_name"], value.get("module")
    registered = value.get("registered_name")
    if not isinstance(name, str):
        _refuse(path, f"the class {name!r}")
    if name in _CODE or str(registered).rpartition(">")[2] in _CODE:
        _refuse(path, f"the class `{name}`, which can carry code")
    if name in _VALUES:
        return
    if isinstance(registered, str) and ">" in registered:
        if keras.saving.get_registered_object(registered) is None:
            _refuse(path, f"the class `{registered}`, not registered here")
        return
    known = module in _MODULES or str(module).startswith(_OPERATIONS)
    if module is not None and not known:
        _refuse(path, f"the class `{module}.{name}`, not of Keras or ours")


def check_weights(path, archive, max_bytes):
    """Refuse weights that are links, or anything but plain numbers.

    Args:
        path: Str, for messages.
        archive: `zipfile.ZipFile`.
        max_bytes: Int, the most the arrays may take.

    Raises:
        ValueError: If a rule is broken.
    """
    total = 0
    with archive.open("model.weights.h5") as member:
        with h5py.File(member, "r") as file:
            waiting = [file]
            seen = set()
            while waiting:
                group = waiting.pop()
                for name in group:
                    link = group.get(name, getlink=True)
                    where = f"{group.name.rstrip('/')}/{name}"
                    if not isinstance(link, h5py.HardLink):
                        kind = type(link).__name__
                        _refuse(path, f"{where} in the weights is {kind}")
                    item = group[name]
                    key = h5py.h5o.get_info(item.id).addr
                    if key in seen:
                        _refuse(path, f"{where} in the weights comes twice")
                    seen.add(key)
                    if isinstance(item, h5py.Group):
                        waiting.append(item)
                    else:
                        total += _check_array(path, where, item)
    if total > max_bytes:
        _refuse(path, f"{total} bytes of weights, of at most {max_bytes}")


def _check_array(path, where, item):
    if not isinstance(item, h5py.Dataset) or item.dtype.kind not in "biuf":
        _refuse(path, f"{where} in the weights is no array of numbers")
    if item.external or item.is_virtual:
        _refuse(path, f"{where} in the weights lies in another file")
    return item.size * item.dtype.itemsize


def _refuse(path, reason):
    raise ValueError(
        "`load_model` loads only Keras's and registered classes, and plain "
        f"arrays. Received: path={path!r}: {reason}"
    )
