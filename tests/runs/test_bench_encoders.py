"""The bench of encoders: its ratios, and the operations it counts."""

import numpy as np
import pytest

from keras_ae import layers, models
from tests.contract.sentence_cases import WORDS, make
from tools import bench_encoders
from tools.timing import RATE


def test_ratios_are_medians_of_those_within_a_turn():
    turn = {RATE: 100.0}
    for name in bench_encoders.MODELS:
        turn.update({name: 0.5, f"{name}, data alone": 0.1})
    turn["cpc in PyTorch"] = 1.0
    slow = {**turn, "cpc": 5.0}
    flops = dict.fromkeys(bench_encoders.MODELS, 25e9)
    rows = bench_encoders.ratio_rows([turn, turn, slow], flops)
    found = {name: value for name, value, _ in rows}
    assert found["cpc: steps a second"] == 2
    assert found["cpc: share of the matrix-product rate"] == 0.5
    assert found["cpc: data alone beside the step"] == 0.2
    assert found["cpc: speed beside PyTorch"] == 2
    assert "quick_thought: speed beside PyTorch" not in found


def sentences():
    """One batch of two sentences, of four words together."""
    return [(np.array([WORDS[0], " ".join(WORDS[:3])], object), None)] * 2


def test_operations_of_deep_infomax_by_hand():
    encoder = layers.FeatureEncoder(3, [4, 6], 10, 5)
    model = models.DeepInfoMax(encoder, score_units=7)
    kept = [(np.zeros((2, 9, 9, 1)), None)]
    # Maps of 5x5, then 3x3; the first convolution has two passes, not three.
    first = 2 * 25 * 25 * 1 * 4
    rest = 2 * 9 * 25 * 4 * 6 + 2 * 54 * 10 + 2 * 10 * 3
    global_head = 2 * (3 * 7 + 7 * 7 + 3 * 7)
    local_head = 9 * 2 * (6 * 7 + 7 * 7 + 6 * 7)
    scores = 2 * 2 * 9 * 7  # an embedding with both images' positions
    each = 2 * first + 3 * (rest + global_head + local_head + scores)
    found = bench_encoders._deep_infomax_flops(model, kept, None)
    assert found == 2 * each


def test_operations_of_quick_thought_by_hand():
    encoders = {
        name: layers.GRUSentenceEncoder(12, 5, 6, "both")
        for name in ("encoder", "candidate_encoder")
    }
    settings = {"train": {"batch_size": 2}, "model": {"units": 6}}
    found = bench_encoders._quick_thought_flops(
        make("quick", **encoders), sentences(), settings
    )
    # 4 words of vectors of 5, twice read by 3 units each way; 4 scores.
    reader = 4 * 2 * 3 * 3 * (5 + 3)
    assert found == 3 * (2 * 2 * reader + 4 * 2 * 6)


def test_operations_of_predictive_coding_by_hand():
    encoder = layers.WaveEncoder(4, [3, 2], [5, 3])
    model = models.ContrastivePredictiveCoding(
        encoder, context_units=5, steps=2, num_negatives=6
    )
    found = bench_encoders._cpc_flops(model, [(np.zeros((2, 24)), None)], None)
    convolutions = 2 * 8 * 5 * 1 * 4 + 2 * 4 * 3 * 4 * 4  # 8 frames, then 4
    gru, ahead = 2 * 3 * 5 * (4 + 5), 2 * 5 * 2 * 4
    scores = 2 * 2 * 4 * 7  # 2 steps, the true frame and 6 others
    assert found == 3 * 2 * (convolutions + 4 * (gru + ahead + scores))


def test_operations_of_skip_thought_by_hand():
    model, kept = make("skip"), sentences()
    settings = {"train": {"batch_size": 2}, "model": {"units": 6}}
    found = bench_encoders._skip_thought_flops(model, kept, settings)
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
