"""Settings: where they come from, how they are parsed, what is refused."""

import pytest

from zoo.recipe import Recipe, find, nearest, recipe_names
from zoo.settings import (
    argument_sentences,
    changed_settings,
    parse_assignments,
    recipe_settings,
    resolve,
)


def build(
    image_shape,
    *,
    codes=8,
    rate: float | None = None,
    hard=False,
    name="x",
    sizes=(4, 8),
):
    """Build nothing.

    Args:
        image_shape: Tuple.
        codes: Int, size of the codebook,
            which may be large.
        rate: Float or `None`.
        hard: Bool.
        name: Str.
        sizes: List of ints.

    Returns:
        Nothing.
    """


RECIPE = Recipe(
    build=build,
    model=dict(codes=16),
    train=dict(epochs=3),
    per_data={"folder": dict(train=dict(epochs=7), model=dict(codes=32))},
)


def resolved(**values):
    names = {name.replace("__", "."): text for name, text in values.items()}
    return resolve(recipe_settings(RECIPE), names)


def test_defaults_are_builds_then_the_recipes_then_the_data_sets():
    assert resolved()["model"]["name"] == "x"
    assert resolved()["model"]["codes"] == 16
    on_folder = recipe_settings(RECIPE, "folder:some/where")
    assert resolve(on_folder, {})["model"]["codes"] == 32
    assert resolve(on_folder, {})["train"]["epochs"] == 7


@pytest.mark.parametrize(
    "name, text, value",
    [
        ("model.codes", "5", 5),
        ("model.rate", "0.5", 0.5),
        ("model.rate", "1", 1.0),
        ("model.rate", "none", None),
        ("model.hard", "True", True),
        ("model.hard", "false", False),
        ("model.name", "5", "5"),
        ("model.sizes", "[1, 2]", [1, 2]),
        ("optimizer.clip_norm", "1e-1", 0.1),
        ("data.limit", "none", None),
        ("data.limit", "12", 12),
    ],
)
def test_text_is_parsed_by_the_type_of_the_default(name, text, value):
    section, key = name.split(".")
    found = resolve(recipe_settings(RECIPE), {name: text})[section][key]
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    "name, text",
    [
        ("model.codes", "many"),
        ("model.codes", "1.5"),
        ("model.codes", "none"),
        ("model.rate", "nan"),
        ("model.hard", "1"),
        ("model.sizes", "4"),
        ("model.sizes", "[4"),
    ],
)
def test_text_of_another_type_is_refused(name, text):
    with pytest.raises(TypeError, match=f"`{name}` needs a value of type"):
        resolve(recipe_settings(RECIPE), {name: text})


def test_value_of_another_type_is_refused():
    with pytest.raises(TypeError, match="type int. Received: model.codes=1.5"):
        resolved(model__codes=1.5)


def test_an_int_is_taken_for_a_float():
    assert type(resolved(model__rate=2)["model"]["rate"]) is float


def test_an_unknown_setting_names_the_nearest():
    match = (
        "No setting `model.cods` in this recipe. Did you mean "
        "`model.codes`\\? Settings: model.codes, model.rate"
    )
    with pytest.raises(ValueError, match=match):
        resolved(model__cods="5")


def test_a_recipe_with_an_unknown_setting_is_refused():
    recipe = Recipe(build=build, model=dict(code=3))
    with pytest.raises(ValueError, match="Did you mean `model.codes`"):
        recipe_settings(recipe)


def test_a_recipe_with_an_unknown_section_is_refused():
    with pytest.raises(ValueError, match=r"Received: \['optimiser'\]"):
        Recipe(build=build, per_data={"mnist": dict(optimiser={})})


@pytest.mark.parametrize(
    "name, text, rule",
    [
        ("train.batch_size", "0", ">= 1"),
        ("train.epochs", "-1", ">= 0"),
        ("data.limit", "0", ">= 1"),
        ("optimizer.learning_rate", "0", "> 0"),
        ("optimizer.clip_norm", "-1.0", "> 0"),
    ],
)
def test_a_value_out_of_range_is_refused(name, text, rule):
    with pytest.raises(ValueError, match=f"`{name}` needs a value {rule}"):
        resolve(recipe_settings(RECIPE), {name: text})


def test_an_assignment_without_a_value_is_refused():
    with pytest.raises(ValueError, match="Received: --set model.codes"):
        parse_assignments(["model.codes"])


def test_an_assignment_may_hold_an_equals_sign():
    assert parse_assignments(["a.b=c=d"]) == {"a.b": "c=d"}


def test_changed_settings_are_those_unlike_the_defaults():
    known = recipe_settings(RECIPE)
    values = resolve(known, {"model.codes": "16", "train.epochs": "4"})
    assert changed_settings(known, values) == {"train.epochs": 4}


def test_sentences_come_from_the_docstring():
    sentences = argument_sentences(build)
    assert sentences["codes"] == (
        "Int, size of the codebook, which may be large."
    )
    assert list(sentences)[-1] == "sizes"


def test_every_setting_of_every_recipe_has_a_sentence():
    silent = [
        f"{name}: {setting.name}"
        for name in recipe_names()
        for setting in recipe_settings(find(name)).values()
        if not setting.help
    ]
    assert silent == []


def test_an_unknown_recipe_names_the_nearest(tiny, monkeypatch):
    monkeypatch.setattr("zoo.recipe.recipe_names", lambda: ["tiny", "plain"])
    with pytest.raises(
        ValueError,
        match="No recipe `tinny`. Did you mean `tiny`\\? Recipes: tiny, plain",
    ):
        find("tinny")


def test_plumbing_is_no_recipe():
    with pytest.raises(ValueError, match="No recipe `settings`"):
        find("settings")


def test_the_summary_is_the_first_line_of_the_module(tiny):
    assert find("tiny").summary == "The tiny recipe."
    assert find("zoo.tiny").summary == "The tiny recipe."


def test_nothing_near_names_nothing():
    assert nearest("zzz", ["vq_vae"]) == ""


def temperatures(recipe, estimator, **settings):
    """Those of each layer of codes, at the first step and much later."""
    build = find(recipe).build
    model = build((8, 8, 1), estimator=estimator, **settings)
    found = [code.estimator.temperature for _, code in model.stages]
    return [(float(each(0)), float(each(10**6))) for each in found]


@pytest.mark.parametrize("name", ["gumbel", "gumbel_st"])
@pytest.mark.parametrize("recipe", ["onehot", "binary", "discrete_vae", "sbn"])
def test_a_temperature_that_the_estimator_names_stays(recipe, name):
    found = temperatures(recipe, f"{name}(temperature=0.25)")
    assert set(found) == {(0.25, 0.25)}


@pytest.mark.parametrize("recipe", ["onehot", "discrete_vae", "sbn"])
def test_any_other_temperature_follows_the_recipe_s_schedule(recipe):
    settings = dict(temperature=2.0, temperature_rate=0.01)
    assert set(temperatures(recipe, "gumbel", **settings)) == {(2.0, 0.5)}
