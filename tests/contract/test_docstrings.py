"""Docstrings name exactly the arguments of the signature.

In `keras_ae` each has its `Args:`. In `zoo` and `tools`, which are run more
than called, a sentence is enough; a section that is there keeps the rule.
"""

import importlib
import inspect
import pathlib
import pkgutil
import re

import pytest

import keras_ae
import tools
import zoo

ROOT = pathlib.Path(__file__).parents[2]
# Declared by Keras or Python, which document them; ours override them.
KERAS = {
    "add_loss",
    "build",
    "call",
    "compile_from_config",
    "compute_output_shape",
    "from_config",
    "get_compile_config",
    "get_config",
    "get_metrics_result",
    "make_train_function",
    "test_step",
    "train_step",
}
SECTION = re.compile(r"^(\w[\w ]*):$")
ARGUMENT = re.compile(r"^    (\*{0,2}\w+(?:, \w+)*):")


def modules():
    # By name, not by import: `rl` needs an extra.
    for package in (keras_ae, zoo, tools):
        yield package
        for found in pkgutil.walk_packages(
            package.__path__, f"{package.__name__}."
        ):
            yield importlib.import_module(found.name)


def members():
    """Yield every public class, function and method of the house."""
    for module in modules():
        for name, value in vars(module).items():
            if name.startswith("_") or not callable(value):
                continue
            if getattr(value, "__module__", "") != module.__name__:
                continue
            yield f"{module.__name__}.{name}", value
            if inspect.isclass(value):
                yield from methods(f"{module.__name__}.{name}", value)


def methods(path, owner):
    for name, value in vars(owner).items():
        value = getattr(value, "__func__", value)
        if inspect.isfunction(value) and not name.startswith("_"):
            yield f"{path}.{name}", value


MEMBERS = dict(members())


def documented(docstring):
    """Return the names in the `Args:` section, or in `Attributes:`."""
    names, section = {}, None
    for line in inspect.cleandoc(docstring).splitlines():
        if SECTION.match(line):
            section = names.setdefault(SECTION.match(line).group(1), [])
        elif section is not None and ARGUMENT.match(line):
            found = ARGUMENT.match(line).group(1).split(", ")
            section += [name.lstrip("*") for name in found]
    return names.get("Args", names.get("Attributes", []))


def signature(value):
    """Return the parameters' names, `**kwargs` apart."""
    plain = (object.__init__, Exception.__init__)
    if inspect.isclass(value) and value.__init__ in plain:
        if not hasattr(value, "_fields"):
            return [], []
    names, rest = [], []
    for name, parameter in inspect.signature(value).parameters.items():
        variable = parameter.kind in (
            parameter.VAR_KEYWORD,
            parameter.VAR_POSITIONAL,
        )
        if name not in ("self", "cls"):
            (rest if variable else names).append(name)
    return names, rest


def inherited(path):
    """Return the docstring of a method that this one overrides, or `None`."""
    parts = path.rsplit(".", 2)
    owner = MEMBERS.get(".".join(parts[:2]))
    if not inspect.isclass(owner):
        return None
    found = (getattr(base, parts[2], None) for base in owner.__mro__[1:])
    return next((m.__doc__ for m in found if m and m.__doc__), None)


@pytest.mark.parametrize("path", MEMBERS)
def test_docstring_names_the_arguments_of_the_signature(path):
    value, name = MEMBERS[path], path.rsplit(".", 1)[1]
    docstring = value.__doc__
    if docstring is None and not inspect.isclass(value):
        assert name in KERAS or inherited(path), f"{path} has no docstring"
        return
    assert docstring, f"{path} has no docstring"
    names, rest = signature(value)
    found = documented(docstring)
    if not found and (name in KERAS or inherited(path)):
        return
    if not found and not path.startswith("keras_ae."):
        return
    assert [n for n in found if n not in rest] == names


@pytest.mark.parametrize("module", list(modules()), ids=lambda m: m.__name__)
def test_module_says_what_it_is(module):
    assert module.__doc__ and module.__doc__.strip().splitlines()[0]


def test_the_package_of_the_rl_extra_has_docstrings():
    for path in sorted((ROOT / "rl").rglob("*.py")):
        assert path.read_text(encoding="utf-8").startswith('"""'), path
