"""List the recipes."""

import argparse
import json
import sys

from tools.command import add_traceback_option, guarded

SCHEMA_VERSION = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "--json",
        action="store_true",
        help="print JSON; its schema is in docs/RECORDS.md",
    )
    add_traceback_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the recipes."""
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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    return guarded(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
