"""What papers report of a recipe's protocol, and how theirs differs."""

import dataclasses
from collections.abc import Mapping

from keras_ae.estimators.get import parse
from zoo.comparing.plan import Plan
from zoo.recipe import find
from zoo.settings import recipe_settings, resolve

JANG = "arXiv:1611.01144, Table 1"
ARM = "arXiv:1807.11143, Tables 2a and 3"

_PIXELS = (
    "theirs are the fixed black-and-white pixels of Salakhutdinov and Murray, "
    "in 50,000 images for training, 10,000 for validation, 10,000 for the "
    "test; ours are drawn once from grey MNIST (`data.binarise_seed`), in "
    "55,000, 5,000 and 10,000."
)
_UNSTATED = (
    "they do not state batch size, number of steps and seeds; ours are the "
    "batch of the recipe and the budget and seeds above."
)
_SEARCH = (
    "they choose step size (of six) and, for the VAE, temperature schedule "
    "(of four) on validation, and name no decay of the step size; ours are "
    "the grid and the settings above."
)
_BOUND = (
    "their formula of the bound with 1,000 samples has the log inside the "
    "mean; ours is the log of the mean, and the other stands beside it."
)
_NORMALISED = (
    "their score function has a moving-average baseline and a learning "
    "signal divided by max(1, its deviation), which they say it needs; here "
    "that is `reinforce(normalize=true)`."
)
_NOT_AGENTS = (
    "their score function was not trained by TF-Agents; the row is the "
    "estimator of the same name, baseline and samples apart."
)
_ARM = (
    "the number is that of ARM, an estimator without bias and a neighbour of "
    "this one; Adam, batch 50 (VAE) or 100, the test at the best validation "
    "epoch, five seeds; there the bound is the log of the mean."
)

# Columns of Table 1, nats: minus the bound of 1,000 samples.
_COLUMNS = {
    "reinforce": 0,
    "tf_agents": 0,
    "straight_through": 1,
    "gumbel": 2,
    "gumbel_st": 3,
}
_TABLE = {
    ("sbn", "binary"): (72.0, 58.9, 58.5, 59.3),
    ("sbn", "one_hot"): (73.1, 61.8, 59.0, 59.7),
    ("discrete_vae", "binary"): (112.2, 116.0, 105.0, 111.5),
    ("discrete_vae", "one_hot"): (110.6, 110.9, 101.5, 107.8),
}
_OF_ARM = {
    ("sbn", "binary"): "57.9 ± 0.1",
    ("discrete_vae", "binary"): "107.2 ± 0.1",
}


@dataclasses.dataclass(frozen=True)
class Entry:
    """Published numbers of one setting of a recipe.

    Args:
        recipe: Str.
        data: Str, name of the data set.
        settings: Dict of the settings that the numbers are for.
        rows: Dict from an estimator's name to a dict of `value` (str),
            `source` (citation) and `differences` (sentences).
    """

    recipe: str
    data: str
    settings: Mapping
    rows: Mapping


def _entries():
    for (recipe, code), values in _TABLE.items():
        common = (_PIXELS, _UNSTATED, _SEARCH, _BOUND)
        rows = {}
        for name, column in _COLUMNS.items():
            extra = (_NORMALISED,) if column == 0 else ()
            extra += (_NOT_AGENTS,) if name == "tf_agents" else ()
            rows[name] = {
                "value": f"{values[column]:.1f}",
                "source": JANG,
                "differences": (*extra, *common),
            }
        if (recipe, code) in _OF_ARM:
            row = {
                "value": _OF_ARM[recipe, code],
                "source": ARM,
                "differences": (_ARM, _PIXELS),
            }
            rows.update(disarm=row, leave_one_out=row)
        settings = {
            "model.code": code,
            "model.groups": 20,
            "model.classes": 10,
            "model.bits": 200,
            "data.binarise": "static",
            "data.image_size": None,
            "data.limit": None,
            "train.bound_samples": 1000,
        }
        yield Entry(recipe, "mnist", settings, rows)


ENTRIES = list(_entries())


def published(plan: Plan) -> dict:
    """Return what papers report of a plan's recipe, data and settings.

    Args:
        plan: `Plan`.

    Returns:
        Dict from each of the plan's estimators that a paper has to a dict of
        `value`, `source` and `differences`.
    """
    known = recipe_settings(find(plan.recipe), plan.data)
    resolved = resolve(known, dict(plan.settings))
    flat = {
        f"{section}.{key}": value
        for section, values in resolved.items()
        for key, value in values.items()
    }
    varied = {name for name, _ in plan.grid}
    for entry in ENTRIES:
        if (entry.recipe, entry.data) != (plan.recipe, plan.data):
            continue
        same = all(flat.get(k) == v for k, v in entry.settings.items())
        if same and not varied & set(entry.settings):
            found = {n: parse("compare", n)[0] for n in plan.estimators}
            return {
                text: entry.rows[name]
                for text, name in found.items()
                if name in entry.rows
            }
    return {}
