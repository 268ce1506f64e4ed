"""Train a recipe, evaluate it and leave a run folder."""

import argparse
import sys

from tools.command import (
    add_threads_option,
    add_traceback_option,
    run_alone,
    set_threads,
)

_DATA = "digits (embedded), mnist, fashion_mnist, or folder:PATH"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "recipe", help="name of a recipe; `keras-ae list` shows them"
    )
    parser.add_argument("--data", help=f"{_DATA} (default: the recipe's)")
    parser.add_argument(
        "--seed", type=int, help="seed of all that is drawn (default: 0)"
    )
    parser.add_argument(
        "--epochs", metavar="N", help="same as --set train.epochs=N"
    )
    parser.add_argument(
        "--batch-size", metavar="N", help="same as --set train.batch_size=N"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="change a setting, for instance model.num_codes=256; repeatable",
    )
    parser.add_argument(
        "--list-settings",
        action="store_true",
        help="print every setting with its default and stop",
    )
    _add_folder_arguments(parser)
    parser.add_argument(
        "--deterministic",
        action="store_true",
        help="two runs give equal weights; what cannot repeat is refused",
    )
    _add_strategy_arguments(parser)
    add_threads_option(parser)
    add_traceback_option(parser)


def _add_strategy_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--strategy",
        choices=("one_device", "mirrored", "multi_worker", "tpu"),
        help="train on several devices or hosts; see docs/SCALING.md",
    )
    parser.add_argument(
        "--replicas",
        type=int,
        metavar="N",
        help="with --strategy mirrored: GPUs, or parts of the CPU (default: "
        "all GPUs, one CPU)",
    )


def _add_folder_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out",
        metavar="FOLDER",
        help="run folder (default: runs/RECIPE-DATA-seedSEED)",
    )
    existing = parser.add_mutually_exclusive_group()
    existing.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run in the folder, or begin it",
    )
    existing.add_argument(
        "--overwrite",
        action="store_true",
        help="remove the run in the folder first",
    )
    parser.add_argument(
        "--no-evaluate",
        action="store_true",
        help="train only; `keras-ae evaluate` can follow",
    )


def run(arguments: argparse.Namespace) -> int:
    """Train, and print the numbers."""
    settings = _settings(arguments)
    if arguments.list_settings:
        return _list_settings(arguments, settings)
    set_threads(arguments.threads)
    if arguments.deterministic:
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    strategy = _strategy(arguments)
    from zoo.running import train_run
    from zoo.running.folder import final_hash
    from zoo.running.tables import record_table

    done = train_run(
        arguments.recipe,
        data=arguments.data,
        seed=arguments.seed,
        settings=settings,
        out=arguments.out,
        resume=arguments.resume,
        overwrite=arguments.overwrite,
        evaluate=not arguments.no_evaluate,
        verbose=1 if sys.stdout.isatty() else 2,
        strategy=strategy,
    )
    if done.record is None:
        print("This worker is done; the chief writes the run folder.")
        return 0
    print(record_table(done.record))
    print(f"Weights: sha256 {final_hash(done.folder)}")
    print(f"Run folder: {done.folder}")
    return 0


def _strategy(arguments: argparse.Namespace):
    if arguments.strategy is None:
        if arguments.replicas is not None:
            raise ValueError(
                "`--replicas` needs `--strategy mirrored`. Received: "
                f"--replicas {arguments.replicas}"
            )
        return None
    from keras_ae.training import strategy

    return strategy(arguments.strategy, replicas=arguments.replicas)


def _settings(arguments: argparse.Namespace) -> dict:
    from zoo.settings import parse_assignments

    settings = parse_assignments(arguments.set)
    for name, value in (
        ("train.epochs", arguments.epochs),
        ("train.batch_size", arguments.batch_size),
    ):
        if value is None:
            continue
        if name in settings:
            raise ValueError(f"`{name}` needs to be set once. Received: twice")
        settings[name] = value
    return settings


def _list_settings(arguments: argparse.Namespace, settings: dict) -> int:
    from zoo.recipe import find
    from zoo.settings import format_value, recipe_settings, resolve

    recipe = find(arguments.recipe)
    data = recipe.data if arguments.data is None else arguments.data
    known = recipe_settings(recipe, data)
    values = resolve(known, settings)
    print(f"Settings of {arguments.recipe} on {data}, for --set NAME=VALUE:\n")
    shown = {
        name: f"{name}={format_value(values[setting.section][setting.key])}"
        for name, setting in known.items()
    }
    width = max(len(text) for text in shown.values())
    for name, setting in known.items():
        print(f"  {shown[name]:{width}}  {setting.help}".rstrip())
    return 0


def main(argv=None) -> int:
    """Run the command alone and return its exit code."""
    return run_alone(__name__, argv)


if __name__ == "__main__":
    sys.exit(main())
