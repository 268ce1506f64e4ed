"""Time training steps of encoders; see `bench_train`.

Operations are counted by hand from the sizes of layers, a multiply-add as two,
the backward pass as twice the forward one. Activations, normalisations, losses
and the optimiser are not counted: doing more of them is not speed.
"""

import dataclasses
import importlib.util
from collections.abc import Callable

import numpy as np

from tools.timing import RATE, fit_timer, middle, take_turns, timer

# A recipe, the published set whose settings it has here, and the embedded
# one that it reads, with what makes that alike.
MODELS = {
    "deep_infomax": ("fashion_mnist", "digits", {"data.image_size": 28}),
    "quick_thought": ("eltec", "prose", {}),
    "skip_thought": ("eltec", "prose", {}),
    "cpc": ("fsdd", "speech", {}),
}
PEERS = ("quick_thought", "cpc")
KEPT = 8  # Batches that PyTorch goes through, and whose words are counted


def measure(rounds: int, steps: int, threads: int) -> tuple[list, dict]:
    """Return one dict a turn, and the operations of a step of each model.

    Args:
        rounds: Int, turns.
        steps: Int, steps of each in a turn.
        threads: Int, of PyTorch.
    """
    from tools.bench_peers import matrix_product_rate

    takers, flops = {RATE: matrix_product_rate}, {}
    for name in MODELS:
        model, data, settings = _prepare(name)
        kept = [batch for batch, _ in zip(data, range(KEPT))]
        flops[name] = _FLOPS[name](model, kept, settings)
        batches = iter(data)
        takers[name] = fit_timer(model, data, steps)
        takers[_data(name)] = timer(
            lambda batches=batches: next(batches), 10 * steps, np.mean
        )
        if name in PEERS and importlib.util.find_spec("torch"):
            import torch

            torch.set_num_threads(threads)
            torch.manual_seed(0)
            takers[_peer(name)] = timer(_PEERS[name](model, kept), steps)
    return take_turns(takers, rounds), flops


def ratio_rows(turns: list[dict], flops: dict) -> list[tuple]:
    """Return the rows of ratios, each beside its target."""
    rows = []
    for name in MODELS:
        rate = middle(turns, lambda turn: 1 / turn[name])
        share = middle(
            turns, lambda turn: flops[name] / 1e9 / turn[name] / turn[RATE]
        )
        feeding = middle(turns, lambda turn: turn[_data(name)] / turn[name])
        rows.append((f"{name}: steps a second", rate, ""))
        rows.append((f"{name}: share of the matrix-product rate", share, ""))
        rows.append((f"{name}: data alone beside the step", feeding, "<= 0.5"))
        if _peer(name) in turns[0]:
            speed = middle(turns, lambda turn: turn[_peer(name)] / turn[name])
            rows.append((f"{name}: speed beside PyTorch", speed, ">= 1"))
    return rows


def _data(name):
    return f"{name}, data alone"


def _peer(name):
    return f"{name} in PyTorch"


def _prepare(name):
    """Return the model of a recipe at its published sizes, data, settings."""
    from zoo.kinds import kind_of
    from zoo.recipe import find
    from zoo.running.build import build_model, model_inputs
    from zoo.running.config import resolve_config

    published, embedded, alike = MODELS[name]
    config = resolve_config(name, published, 0, alike)
    config = dataclasses.replace(config, data=embedded)
    kind = kind_of(find(name))
    data = kind.load(config)
    inputs = model_inputs(config, data)
    if "vocabulary" in inputs:  # `prose` has too few words for the sizes
        words = inputs["vocabulary"]
        size = config.settings["data"]["vocabulary_size"] - 2
        words += [f"word{i}" for i in range(size - len(words))]
    model = build_model(config, inputs, steps=10_000)
    return model, kind.batches(data, config, 0), config.settings


def _deep_infomax_flops(model, kept, settings):
    """Count a step of local scores by dot product, the recipe's.

    The images need no gradient: the first convolution's backward pass is as
    its forward one.
    """
    (x, _), encoder, units = kept[0], model.encoder, model.score_units
    rows, side, _, channels = x.shape
    convolutions = []
    for filters in encoder.filters:
        side = -(-side // 2)
        taps = encoder.kernel_size**2 * channels
        convolutions.append(2 * side**2 * taps * filters)
        channels = filters
    dense = 2 * side**2 * channels * encoder.units
    dense += 2 * encoder.units * encoder.dim
    # A head is a hidden layer, one on it, and a shortcut around both.
    heads = 2 * units * (2 * encoder.dim + units)
    heads += side**2 * 2 * units * (2 * channels + units)
    # Each embedding with all positions of all images of the batch.
    scores = 2 * rows * side**2 * units
    forward = sum(convolutions) + dense + heads + scores
    return rows * (3 * forward - convolutions[0])


def _words(model, kept):
    """Return the mean number of words of a batch."""
    counts = [np.count_nonzero(model.numbers(x)) for x, _ in kept]
    return float(np.mean(counts))


def _reader_flops(encoder, words):
    # Three gates, each from a word's vector and the state before it.
    return sum(
        2 * 3 * reader.units * (encoder.word_dim + reader.units) * words
        for reader in encoder.readers
    )


def _quick_thought_flops(model, kept, settings):
    size = settings["train"]["batch_size"]
    forward = 2 * _reader_flops(model.encoder, _words(model, kept))
    forward += 2 * size**2 * settings["model"]["units"]
    return 3 * forward  # backward is twice as much


def _skip_thought_flops(model, kept, settings):
    size, units = settings["train"]["batch_size"], model.units
    dim = settings["model"]["units"]
    words = _words(model, kept)
    written = words + size  # and the ends; few sentences lack a neighbour
    read = dim + model.encoder.word_dim
    decoder = 2 * 3 * units * (read + units) * written
    decoder += 2 * units * model.written * written + 2 * size * dim * units
    return 3 * (_reader_flops(model.encoder, words) + 2 * decoder)


def _cpc_flops(model, kept, settings):
    (x, _), encoder = kept[0], model.encoder
    rows, times = x.shape[0], x.shape[1]
    forward, channels = 0, 1
    for kernel, stride in zip(encoder.kernels, encoder.strides):
        times //= stride
        forward += 2 * rows * times * kernel * channels * encoder.filters
        channels = encoder.filters
    units = model.context_units
    frame = 2 * 3 * units * (channels + units)
    frame += 2 * units * model.steps * channels
    frame += 2 * model.steps * channels * (1 + model.num_negatives)
    return 3 * (forward + rows * times * frame)


def _quick_thought_peer(model, kept) -> Callable[[], float]:
    from tools.sequence_peers import quick_thought_step

    numbers = np.stack([np.array(model.numbers(x)) for x, _ in kept])
    encoder = model.encoder
    return quick_thought_step(
        numbers, encoder.vocabulary_size, encoder.word_dim, encoder.units
    )


def _cpc_peer(model, kept) -> Callable[[], float]:
    from tools.sequence_peers import cpc_step

    waves, speakers = (np.stack(part) for part in zip(*kept))
    encoder = model.encoder
    return cpc_step(
        waves,
        speakers,
        encoder.strides,
        encoder.kernels,
        encoder.filters,
        model.context_units,
        model.steps,
        model.num_negatives,
    )


_FLOPS = {
    "deep_infomax": _deep_infomax_flops,
    "quick_thought": _quick_thought_flops,
    "skip_thought": _skip_thought_flops,
    "cpc": _cpc_flops,
}
_PEERS = {"quick_thought": _quick_thought_peer, "cpc": _cpc_peer}
