"""The settings that every recipe has: optimizer, train and data."""

import dataclasses


def _help(sentence: str, default):
    return dataclasses.field(default=default, metadata={"help": sentence})


@dataclasses.dataclass(frozen=True)
class OptimizerSettings:
    """Settings `optimizer.*`."""

    name: str = _help("Name of a Keras optimizer.", "adam")
    learning_rate: float = _help("Step size of the optimizer.", 1e-3)
    schedule: str = _help(
        "Of the step size over the run: constant, or cosine down to zero.",
        "constant",
    )
    momentum: float = _help("Momentum of SGD; no other optimizer has it.", 0.0)
    clip_norm: float | None = _help(
        "Largest global gradient norm; none leaves gradients as they are.",
        None,
    )


@dataclasses.dataclass(frozen=True)
class TrainSettings:
    """Settings `train.*`."""

    batch_size: int = _help("Examples in one training step.", 128)
    epochs: int = _help("Passes over the training objects.", 30)
    patience: int | None = _help(
        "Epochs without a lower val_loss after which training stops and the "
        "best epoch's weights are kept; none trains all and keeps the last.",
        None,
    )
    jit_compile: bool = _help("Whether XLA compiles the step.", False)
    mixed_precision: str = _help(
        "Dtype policy, for instance float32 or mixed_bfloat16.", "float32"
    )
    steps_per_execution: int = _help("Steps run in one call of the graph.", 1)
    bound_samples: int = _help(
        "Hard codes drawn of each test image for the bounds on its "
        "likelihood, for a model of stochastic codes; 0 leaves them out.",
        0,
    )
    prior_epochs: int = _help(
        "Passes over the codes that fit the prior, where a model has one.", 10
    )


@dataclasses.dataclass(frozen=True)
class DataSettings:
    """Settings `data.*`."""

    image_size: int | None = _help(
        "Side to which images are resized; none keeps the data set's.", None
    )
    channels: int | None = _help(
        "Colour channels, 1 or 3; none keeps the data set's.", None
    )
    limit: int | None = _help(
        "Most training images used; none takes all.", None
    )
    binarise: str = _help(
        "Black and white: static draws each pixel once, with its brightness "
        "as probability; none leaves it.",
        "none",
    )
    binarise_seed: int = _help(
        "Seed of the pixels drawn, the same for runs of every seed.", 0
    )


@dataclasses.dataclass(frozen=True)
class TextSettings:
    """Settings `data.*` of text."""

    limit: int | None = _help(
        "Most training sentences used; none takes all.", None
    )
    block: int = _help(
        "Sentences of a batch that follow each other; it divides the batch.",
        32,
    )
    vocabulary_size: int = _help(
        "Word numbers, those of padding and of unknown words among them.",
        10_000,
    )
    max_words: int = _help("Words of a sentence that are read.", 30)
    encoding: str = _help(
        "Of the .txt files of a folder; others are refused, never guessed.",
        "utf-8",
    )


@dataclasses.dataclass(frozen=True)
class AudioSettings:
    """Settings `data.*` of audio."""

    sample_rate: int = _help(
        "Samples a second; recordings at another rate are resampled.", 8_000
    )
    limit: int | None = _help(
        "Most training recordings used; none takes all.", None
    )
    window: float = _help(
        "Seconds of the windows trained on; shorter recordings are repeated.",
        0.36,
    )
    per_speaker: int = _help(
        "Windows of one speaker that come together; it divides the batch.", 8
    )
    folders: str = _help(
        "What sub-folders of a folder say: label, speaker, label/speaker or "
        "speaker/label.",
        "label",
    )
    without_speaker: str | None = _help(
        "Speaker whose recordings are left out of training; none leaves out "
        "nobody.",
        None,
    )
