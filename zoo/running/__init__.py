"""Runs: training a recipe into a folder, and evaluating that folder."""

from zoo.running.evaluate import evaluate_run
from zoo.running.train import Run, train_run

__all__ = ["Run", "evaluate_run", "train_run"]
