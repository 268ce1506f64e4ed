"""List the recipes, or the estimators."""

import argparse
import json
import sys

from tools.command import add_traceback_option, run_alone

SCHEMA_VERSION = 1
_ESTIMATOR_COLUMNS = (
    "estimator",
    "unbiased",
    "differentiable loss",
    "decodes",
    "codes",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "--json",
        action="store_true",
        help="print JSON; its schema is in docs/RECORDS.md",
    )
    parser.add_argument(
        "--estimators",
        action="store_true",
        help="list what trains a code through its gradient or around it",
    )
    add_traceback_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the recipes or the estimators."""
    if arguments.estimators:
        return _list_estimators(arguments.json)
    from zoo.recipe import find, recipe_names

    found = {name: find(name) for name in recipe_names()}
    if arguments.json:
        print(json.dumps(_described(found), indent=2))
        return 0
    width = max((len(name) for name in found), default=0)
    for name, recipe in found.items():
        print(f"{name:{width}}  {recipe.summary}")
    print("\nTrain one: keras-ae train NAME [--data DATA] [--seed N]")
    print("Its settings: keras-ae train NAME --list-settings")
    return 0


def _list_estimators(as_json: bool) -> int:
    rows = estimator_rows()
    if as_json:
        found = {"schema_version": SCHEMA_VERSION, "estimators": rows}
        print(json.dumps(found, indent=2))
        return 0
    table = [_ESTIMATOR_COLUMNS]
    for row in rows:
        cells = [row["name"], "yes" if row["unbiased"] else "no"]
        cells.append("yes" if row["needs_differentiable_loss"] else "no")
        cells.append(str(row["decoder_evaluations"]))
        table.append((*cells, ", ".join(row["code_kinds"])))
    widths = [max(len(cell) for cell in column) for column in zip(*table)]
    for cells in table:
        padded = (f"{cell:{w}}" for cell, w in zip(cells, widths))
        print("  ".join(padded).rstrip())
    print(
        '\nArguments in parentheses: "reinforce(baseline=greedy, samples=2)".'
        "\nUnbiased: for the loss with hard codes; not with normalize=true "
        "of reinforce or\nnormalize_returns=true of tf_agents. Decodes: an "
        "example and step; reinforce and\ntf_agents need one a sample, and "
        "one more for the greedy baseline.\ntf_agents runs through "
        "`rl.ReinforceTrainer`, of the extra `rl`."
    )
    return 0


def estimator_rows() -> list:
    """Return the properties of every estimator, one dict each."""
    from keras_ae import estimators
    from zoo.running.agents import AGENT, OWN

    rows = [_row(name, estimators.get(name)) for name in estimators.names()]
    # The agent draws and pays as this one does; TF-Agents stays unloaded.
    return [*rows, _row(AGENT, estimators.get(OWN))]


def _row(name: str, found) -> dict:
    return {
        "name": name,
        "unbiased": found.unbiased,
        "needs_differentiable_loss": found.needs_differentiable_loss,
        "decoder_evaluations": found.decoder_evaluations,
        "code_kinds": sorted(found.code_kinds),
    }


def _described(found) -> dict:
    from zoo.settings import recipe_settings

    recipes = []
    for name, recipe in found.items():
        settings = [
            {
                "name": setting.name,
                "default": setting.default,
                "type": setting.kind_name,
                "help": setting.help,
            }
            for setting in recipe_settings(recipe).values()
        ]
        recipes.append(
            {
                "name": name,
                "summary": recipe.summary,
                "data": recipe.data,
                "settings": settings,
                "expected": dict(recipe.expected),
            }
        )
    return {"schema_version": SCHEMA_VERSION, "recipes": recipes}


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    return run_alone(__name__, argv)


if __name__ == "__main__":
    sys.exit(main())
