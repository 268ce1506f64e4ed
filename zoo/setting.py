"""One setting: its name, default, type and sentence; how it is parsed."""

import dataclasses
import json
import math
import types
import typing
from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class Setting:
    """One setting: `section.key`, its default, its type and its sentence."""

    name: str
    default: object
    kinds: tuple
    help: str

    @property
    def section(self) -> str:
        return self.name.split(".", 1)[0]

    @property
    def key(self) -> str:
        return self.name.split(".", 1)[1]

    @property
    def kind_name(self) -> str:
        return " or ".join(_KIND_NAMES[kind] for kind in self.kinds)

    def parse(self, text: str):
        """Return the value written as `text` on the command line."""
        for kind in sorted(self.kinds, key=_PARSE_ORDER.index):
            try:
                return _PARSERS[kind](text)
            except ValueError:
                continue
        raise self._wrong(text)

    def check(self, value):
        """Return a Python `value` in the setting's type, or refuse it."""
        if isinstance(value, float) and not math.isfinite(value):
            raise self._wrong(value)
        if isinstance(value, tuple):
            value = list(value)
        if type(value) in self.kinds:
            return value
        if type(value) is int and float in self.kinds:
            return float(value)
        raise self._wrong(value)

    def _wrong(self, value) -> Exception:
        return TypeError(
            f"`{self.name}` needs a value of type {self.kind_name}. "
            f"Received: {self.name}={value}"
        )


def setting_kinds(hint, default) -> tuple:
    """Return the types a setting takes, from its annotation and default."""
    union = isinstance(hint, types.UnionType)
    union = union or typing.get_origin(hint) is typing.Union
    hints = typing.get_args(hint) if union else (hint,)
    kinds = [typing.get_origin(h) or h for h in hints]
    kinds = [list if kind is tuple else kind for kind in kinds]
    kinds = [kind for kind in kinds if kind in _PARSE_ORDER]
    if type(default) not in kinds:
        kinds.append(type(default))
    if kinds == [type(None)]:  # nothing says what else it may be
        kinds = list(_PARSE_ORDER)
    return tuple(kinds)


def _parse_none(text: str):
    if text.lower() in ("none", "null"):
        return None
    raise ValueError(text)


def _parse_bool(text: str) -> bool:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    raise ValueError(text)


def _parse_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _parse_json(kind: type) -> Callable:
    def parse(text: str):
        value = json.loads(text)
        if not isinstance(value, kind):
            raise ValueError(text)
        return value

    return parse


_PARSERS = {
    type(None): _parse_none,
    bool: _parse_bool,
    int: int,
    float: _parse_float,
    list: _parse_json(list),
    dict: _parse_json(dict),
    str: str,
}
# The first parser that accepts the text wins, so the strictest comes first.
_PARSE_ORDER = list(_PARSERS)
_KIND_NAMES = {
    type(None): "none",
    bool: "bool (true or false)",
    int: "int",
    float: "float",
    list: "list (in JSON)",
    dict: "dict (in JSON)",
    str: "str",
}
