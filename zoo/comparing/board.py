"""A comparison on TensorBoard's HParams page."""

import json
import shutil

import tensorflow as tf

from zoo.comparing.plan import Plan
from zoo.comparing.record import cell_folder, read_cell
from zoo.comparing.run import chosen_points

BOARD = "tensorboard"


def write_hparams(folder, plan: Plan) -> None:
    """Write what TensorBoard's HParams page shows, afresh.

    Args:
        folder: Path of the comparison.
        plan: `Plan`.
    """
    # It uses `tf.keras`, which `rl` has to come before.
    from tensorboard.plugins.hparams import api

    shutil.rmtree(folder / BOARD, ignore_errors=True)
    for cell in plan.final(chosen_points(folder, plan)):
        record = read_cell(folder, plan, cell)
        if record is None or "test_loss" not in record:
            continue
        values = {"estimator": cell.estimator, "seed": cell.seed}
        for name, value in cell.point:
            plain = isinstance(value, (bool, int, float, str))
            values[name] = value if plain else json.dumps(value)
        trial = str(cell_folder(folder, cell).name)
        with tf.summary.create_file_writer(
            str(folder / BOARD / trial)
        ).as_default():
            api.hparams(values, trial_id=trial)
            last = record["history"][-1]
            tf.summary.scalar("test_loss", record["test_loss"], last["step"])
            for name in ("bound", "nelbo"):
                if name in record.get("bounds", {}):
                    value = record["bounds"][name]
                    tf.summary.scalar(f"test_{name}", value, last["step"])
            for line in record["history"]:
                tf.summary.scalar("val_loss", line["val_loss"], line["step"])
