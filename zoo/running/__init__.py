"""Runs: training a recipe into a folder, and evaluating that folder."""

from zoo.running.evaluate import evaluate_run
from zoo.running.load import LoadedRun, load_run
from zoo.running.train import Run, train_run

__all__ = ["LoadedRun", "Run", "evaluate_run", "load_run", "train_run"]
