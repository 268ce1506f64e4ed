"""Images: uint8 arrays of one shape, with or without labels."""

import json

import numpy as np

from zoo.data.image_data import to_unit
from zoo.kinds.reading import find_files, read_each
from zoo.running.agents import own_settings
from zoo.running.image_log import ImageLog as epoch_log
from zoo.running.image_log import image_projector as projector
from zoo.running.pictures import draw_pictures as draw

__all__ = [
    "batches",
    "build",
    "draw",
    "epoch_log",
    "evaluate",
    "examples",
    "files",
    "held_out",
    "info",
    "inputs",
    "load",
    "projector",
    "samples",
]


def load(config):
    """Return the `zoo.data.ImageData` of a run."""
    from zoo import data

    return data.load(
        config.data, seed=config.seed, **config.settings["data"]
    )


def inputs(data, config):
    """Return the shape of the images."""
    return {"image_shape": list(data.image_shape)}


def build(recipe, inputs, config):
    """Return the model of a recipe for images of this shape."""
    shape = tuple(inputs["image_shape"])
    model = recipe.build(shape, **own_settings(config))
    model(np.zeros((1, *shape), "float32"), training=False)
    return model


def batches(data, config, start_step):
    """Return endless training batches, from a step on."""
    from zoo.data import train_dataset

    return train_dataset(
        data.x_train,
        data.y_train,
        batch_size=config.settings["train"]["batch_size"],
        seed=config.seed,
        start_step=start_step,
    )


def held_out(data, config):
    """Return the validation batches."""
    from zoo.data import eval_dataset

    batch_size = config.settings["train"]["batch_size"]
    return eval_dataset(data.x_valid, data.y_valid, batch_size=batch_size)


def examples(data, count):
    """Return validation images as the model takes them."""
    return to_unit(data.x_valid[:count])


def samples(inputs, count):
    """Return images of noise."""
    random = np.random.default_rng(0)
    return random.random((count, *inputs["image_shape"]), "float32")


def files(path, inputs, config):
    """Return the names of the images at a path, and what reads them."""
    from zoo.data.folder import SUFFIXES, read_image

    height, width, channels = inputs["image_shape"]
    if height != width:
        raise ValueError(
            "`encode` needs a model of square images. Received: a model of "
            f"{height} x {width}"
        )
    names, root = find_files(path, "images", SUFFIXES)

    def read(some):
        kept, found, skipped = read_each(
            some,
            lambda name: read_image(root / name, height, channels),
            Exception,  # Pillow's decoders raise many kinds.
        )
        return kept, to_unit(found), skipped

    return names, read


def evaluate(model, data, seed, untrained_model, cache_dir):
    """Return the numbers of the protocol for images."""
    from zoo.evaluation import evaluate_images

    return evaluate_images(
        model,
        data,
        seed=seed,
        untrained_model=untrained_model,
        cache_dir=cache_dir,
    )


def info(data):
    """Return what the record says of the data."""
    return {
        "description": data.description,
        "image_shape": list(data.image_shape),
        "train": len(data.x_train),
        "valid": len(data.x_valid),
        "test": len(data.x_test),
        "class_names": list(data.class_names),
        "notes": json.loads(json.dumps(data.notes, default=str)),
    }
