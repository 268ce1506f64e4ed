"""A model from a configuration: the same one for the same seed."""

import contextlib

import keras

from zoo.kinds import kind_of
from zoo.recipe import find, nearest
from zoo.running.config import RunConfig

_OPTIMIZERS = {
    name.lower(): getattr(keras.optimizers, name)
    for name in (
        "Adadelta",
        "Adafactor",
        "Adagrad",
        "Adam",
        "Adamax",
        "AdamW",
        "Ftrl",
        "Lamb",
        "Lion",
        "Muon",
        "Nadam",
        "RMSprop",
        "SGD",
    )
    if hasattr(keras.optimizers, name)
}
_POLICIES = ("float32", "mixed_bfloat16", "mixed_float16", "bfloat16")
_SCHEDULES = ("constant", "cosine")


@contextlib.contextmanager
def dtype_policy(config: RunConfig):
    """Set the dtype policy of `train.mixed_precision` for a `with` block."""
    name = config.settings["train"]["mixed_precision"]
    _check_choice("train.mixed_precision", name, _POLICIES)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _check_choice(name: str, value: str, choices) -> None:
    if value.lower() not in choices:
        raise ValueError(
            f"`{name}` needs to be one of {', '.join(choices)}."
            f"{nearest(value, choices)} Received: {name}={value}"
        )


def build_optimizer(settings, steps: int):
    """Return the Keras optimizer of the settings `optimizer.*`.

    Args:
        settings: Dict of them.
        steps: Int, training steps of the whole run, over which a schedule
            runs.
    """
    _check_choice("optimizer.name", settings["name"], _OPTIMIZERS)
    _check_choice("optimizer.schedule", settings["schedule"], _SCHEDULES)
    rate = settings["learning_rate"]
    if settings["schedule"].lower() == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, max(steps, 1))
    name = settings["name"].lower()
    momentum = settings["momentum"]
    if momentum and name != "sgd" or not 0 <= momentum < 1:
        raise ValueError(
            "`optimizer.momentum` needs to be in [0, 1), and 0 unless "
            "`optimizer.name` is sgd. Received: optimizer.momentum="
            f"{momentum}, optimizer.name={name}"
        )
    extra = {"momentum": momentum} if momentum else {}
    return _OPTIMIZERS[name](
        learning_rate=rate, global_clipnorm=settings["clip_norm"], **extra
    )


def epoch_steps(config: RunConfig, examples: int) -> int:
    """Return the training steps of one epoch, a whole number of executions.

    Args:
        config: `RunConfig`.
        examples: Int, training examples.
    """
    train = config.settings["train"]
    batch_size, stride = train["batch_size"], train["steps_per_execution"]
    if batch_size * stride > examples:
        raise ValueError(
            "A run needs `train.batch_size` * `train.steps_per_execution` to "
            f"be at most the {examples} training examples. Received: "
            f"train.batch_size={batch_size}, "
            f"train.steps_per_execution={stride}"
        )
    return examples // batch_size // stride * stride


def model_inputs(config: RunConfig, images) -> dict:
    """Return all that the model of a run has to know of its data.

    Args:
        config: `RunConfig`.
        images: The data of its kind.

    Returns:
        JSON-able dict: `train_examples`, and what the kind says.
    """
    found = kind_of(config.recipe).inputs(images, config)
    return {"train_examples": len(images.x_train), **found}


def build_model(config: RunConfig, images, steps: int | None = None):
    """Return the model of a run, built and compiled, its weights fresh.

    Sets every random seed first, so that equal configurations give equal
    weights.

    Args:
        config: `RunConfig`.
        images: The data of its kind, or the dict of its `model_inputs`.
        steps: Int, training steps of the whole run, over which a schedule
            runs, or `None` for those of its epochs.
    """
    recipe = find(config.recipe)
    inputs = images
    if not isinstance(images, dict):
        inputs = model_inputs(config, images)
    keras.utils.set_random_seed(config.seed)
    train = config.settings["train"]
    if steps is None:
        steps = train["epochs"] * epoch_steps(config, inputs["train_examples"])
    with dtype_policy(config):
        optimizer = build_optimizer(config.settings["optimizer"], steps)
        model = kind_of(recipe).build(recipe, inputs, config)
        model.compile(
            optimizer=optimizer,
            jit_compile=train["jit_compile"],
            steps_per_execution=train["steps_per_execution"],
        )
    _check_bounds(model, config)
    return model


def _check_bounds(model, config) -> None:
    from zoo.evaluation.bounds import has_bounds

    samples = config.settings["train"]["bound_samples"]
    if samples and not has_bounds(model):
        raise ValueError(
            "`train.bound_samples` needs a recipe of codes that are drawn, "
            "such as discrete_vae or sbn. Received: train.bound_samples="
            f"{samples} for {config.recipe}"
        )


def load_data(config: RunConfig):
    """Return the data of a run."""
    return kind_of(config.recipe).load(config)
