"""The evaluation protocols: one per kind of data."""

from zoo.evaluation.images import PROTOCOL, evaluate_images

__all__ = ["PROTOCOL", "evaluate_images"]
