"""Comparisons of estimators: planned, run, summed up from records alone."""

from zoo.comparing.folder import read_plan
from zoo.comparing.plan import Cell, Plan
from zoo.comparing.run import run_comparison

__all__ = ["Cell", "Plan", "read_plan", "run_comparison"]
