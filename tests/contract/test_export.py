"""Every model exported: served as it is in memory, by every route."""

import keras
import pytest

from keras_ae.models import VQVAE, VariationalAutoencoder
from tools.serving.checks import check_exports

from .cases import CASES
from .helpers import each, make

MODELS = [name for name, case in CASES.items() if case.kind == "model"]


def expected_signatures(model):
    """Return the names that the model's methods ask for."""
    names = {"encode"}
    if hasattr(model, "decode"):
        names |= {"decode", "reconstruct"}
    if hasattr(model, "encode_index"):
        names.add("codes")
    if hasattr(model, "encode_frames"):
        names.add("frames")
    if isinstance(model, VariationalAutoencoder) or (
        isinstance(model, VQVAE) and model.prior is not None
    ):
        names.add("sample")
    return names


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """The lines of the table of every model, all loaded by one process."""
    keras.config.set_dtype_policy("float32")
    root = tmp_path_factory.mktemp("models")
    folders = []
    for name in MODELS:
        case, model = make(name)
        examples = case.inputs(20)[0]
        folders.append(model.export_serving(root / name, examples=examples))
    return dict(zip(MODELS, check_exports(folders)))


@each("model")
def test_every_check_of_the_export_passes(checked, name):
    assert [row for row in checked[name] if not row.passed] == []


@each("model")
def test_every_signature_is_there_and_ran_by_every_route(checked, name):
    _, model = make(name)
    routes = ("types", "state", "loader", "cli", "warm-up", "gRPC", "REST")
    for route in routes:
        ran = {row.signature for row in checked[name] if row.check == route}
        assert ran - {"-"} == expected_signatures(model), route


@each("model")
def test_encode_is_the_default(checked, name):
    (row,) = [row for row in checked[name] if row.check == "default"]
    assert row.signature == "encode" and row.passed
