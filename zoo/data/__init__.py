"""Image data by name, and the seeded pipelines that feed it to `fit`."""

from zoo.data.image_data import ImageData
from zoo.data.load import load
from zoo.data.pipeline import eval_dataset, steps_per_epoch, train_dataset

__all__ = [
    "ImageData",
    "eval_dataset",
    "load",
    "steps_per_epoch",
    "train_dataset",
]
