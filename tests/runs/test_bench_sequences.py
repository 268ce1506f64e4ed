"""The bench of text and speech: its ratios, and the operations it counts."""

import numpy as np
import pytest

from tests.contract.sentence_cases import WORDS, make
from tools import bench_sequences
from tools.timing import RATE


def test_ratios_are_medians_of_those_within_a_turn():
    turn = {RATE: 100.0}
    for name in bench_sequences.MODELS:
        turn.update({name: 0.5, f"{name}, data alone": 0.1})
    turn["cpc in PyTorch"] = 1.0
    slow = {**turn, "cpc": 5.0}
    flops = dict.fromkeys(bench_sequences.MODELS, 25e9)
    rows = bench_sequences.ratio_rows([turn, turn, slow], flops)
    found = {name: value for name, value, _ in rows}
    assert found["cpc: steps a second"] == "2"
    assert found["cpc: share of the matrix-product rate"] == "0.5"
    assert found["cpc: data alone beside the step"] == "0.2"
    assert found["cpc: speed beside PyTorch"] == "2"
    assert "quick_thought: speed beside PyTorch" not in found


def test_operations_of_skip_thought_by_hand():
    model = make("skip")
    kept = [(np.array([WORDS[0], " ".join(WORDS[:3])], object), None)] * 2
    settings = {"train": {"batch_size": 2}, "model": {"units": 6}}
    found = bench_sequences._skip_thought_flops(model, kept, settings)
    # 4 words and 2 ends; vectors of 5, states of 6, decoders of 7, 9 written.
    encoder = 4 * 3 * 6 * (5 + 6)
    decoder = 6 * 3 * 7 * (5 + 6 + 7) + 6 * 7 * 9 + 2 * 6 * 7
    assert found == 3 * 2 * (encoder + 2 * decoder)


def test_plain_pytorch_learns_too():
    pytest.importorskip("torch")
    from tools.sequence_peers import quick_thought_step

    numbers = np.random.default_rng(0).integers(0, 9, (1, 12, 5))
    step = quick_thought_step(numbers, 9, 4, 6)
    losses = [step() for _ in range(40)]
    assert losses[-1] < losses[0]
