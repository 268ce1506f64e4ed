"""Predictions ahead: the loss by hand, negatives, learning, collapse."""

import math

import keras
import numpy as np
import pytest
from keras import ops

from keras_ae.layers import WaveEncoder
from keras_ae.metrics import collapse_report, collapse_warnings
from keras_ae.models import Batch, ContrastivePredictiveCoding
from keras_ae.models import contrastive_predictive_coding as module


def model(negatives="mixed", **options):
    options = {"steps": 2, "num_negatives": 6, "seed": 1, **options}
    options["negatives"] = negatives
    made = ContrastivePredictiveCoding(
        WaveEncoder(4, [3], [4]), context_units=5, **options
    )
    made(np.zeros((1, 24), "float32"))
    return made


def waves(count=4, samples=24):
    return np.random.default_rng(0).normal(size=(count, samples)).astype("f4")


def places(made, rows=4, times=8, speakers=None, training=True):
    found = made._draw(speakers, ops.arange(rows), rows, times, training)
    return np.array(found)


def test_the_loss_is_the_cross_entropy_by_hand():
    made, x = model(), waves()
    loss = np.array(made.loss_terms(Batch(x), training=False)["info_loss"])
    found = made(x)
    frames, context = np.array(found["frames"]), np.array(found["context"])
    kernel = np.array(made.predict_ahead.kernel).reshape(5, 2, 4)
    ahead = np.einsum("btu,ukc->btkc", context, kernel)
    pool = frames.reshape(-1, 4)
    where = places(made, training=False)
    expected = np.zeros(4)
    for b in range(4):
        for k in (1, 2):
            each = []
            for t in range(8 - k):
                others = [i for i in where[b] if i != b * 8 + t + k]
                right = b * 8 + t + k
                scores = pool[[right, *others]] @ ahead[b, t, k - 1]
                each.append(np.log(np.exp(scores).sum()) - scores[0])
            expected[b] += np.mean(each) / 2
    # Sums of a few float32.
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_each_kind_of_negatives_comes_from_where_it_says():
    speakers = np.array([0, 1, 0, 1])
    many = dict(num_negatives=400)
    rows = np.arange(4)[:, None]
    own = places(model("utterance", **many)) // 8
    assert (own == rows).all()
    voices = places(model("speaker", **many), speakers=speakers) // 8
    assert (voices % 2 == rows % 2).all()
    anyone = places(model("mixed", **many))
    for found, size in ((own, 1), (voices, 2), (anyone // 8, 4)):
        assert all(len(set(row)) == size for row in found.tolist())
    # 400 draws miss one of 32 places with probability 3e-6.
    assert all(len(set(row)) == 32 for row in anyone.tolist())


def test_the_frame_asked_for_is_never_a_negative(monkeypatch):
    # Where every negative is the frame itself none is left, and no loss.
    made, x = model("utterance", steps=1), waves(1, 6)
    monkeypatch.setattr(
        made, "_draw", lambda *_: ops.ones((1, 6), dtype="int32")
    )
    loss = made.loss_terms(Batch(x), training=False)["info_loss"]
    assert float(loss[0]) == 0.0


def test_accuracy_leaves_out_what_is_told_from_nothing(monkeypatch):
    # All are frame 7: nothing is left where that is asked for.
    made, x = model("utterance"), waves(1)
    monkeypatch.setattr(
        made, "_draw", lambda *_, **__: ops.full((1, 6), 7, dtype="int32")
    )
    made.loss_terms(Batch(x), training=False)
    found = made(x)
    frames = np.array(found["frames"])[0]
    ahead = np.array(made.predict_ahead(found["context"]))[0].reshape(8, 2, 4)
    for k, metric in enumerate(made.step_accuracy, 1):
        scores = ahead[: 7 - k, k - 1] @ frames.T
        times = np.arange(7 - k)
        expected = np.mean(scores[times, times + k] > scores[:, 7])
        assert float(metric.result()) == pytest.approx(expected)
    for k, (left, different) in enumerate(made.count_negatives(Batch(x)), 1):
        np.testing.assert_array_equal(left, [[6] * (7 - k) + [0]])
        np.testing.assert_array_equal(different, [[1] * (7 - k) + [0]])


def test_negatives_are_counted_as_they_are_drawn():
    made, x = model("mixed", num_negatives=30), waves()
    where, found = places(made, training=False), []
    for k in (1, 2):
        for b in range(4):
            for t in range(8 - k):
                left = [i for i in where[b] if i != b * 8 + t + k]
                found.append((len(left), len(set(left))))
    counts = made.count_negatives(Batch(x))
    counted = [np.reshape(np.stack(pair, -1), (-1, 2)) for pair in counts]
    np.testing.assert_array_equal(np.concatenate(counted), found)
    assert len(set(found)) > 2  # draws are masked, and repeated


def test_speakers_are_asked_for():
    rule = "needs `y`, the speakers, with negatives='speaker'. Received: y=None"
    with pytest.raises(ValueError, match=rule):
        model("speaker").loss_terms(Batch(waves()), training=True)


def test_objects_need_more_frames_than_steps():
    rule = "needs objects of more than `steps` frames. Received: steps=2, 2"
    with pytest.raises(ValueError, match=rule):
        model().loss_terms(Batch(waves(4, 6)), training=True)


def test_no_frame_hears_what_comes_after_it():
    made, x = model(), waves()
    longer = np.concatenate([x, np.ones((4, 9), "float32")], axis=1)
    # The same sums, in kernels of another length.
    np.testing.assert_allclose(
        np.array(made.encode_frames(longer))[:, :8],
        np.array(made.encode_frames(x)),
        atol=1e-6,
    )


def tones(count=64, samples=480, seed=0):
    """Two tones an example, one after the other, of random frequencies."""
    random = np.random.default_rng(seed)
    time = np.arange(samples)
    first, second = random.uniform(0.05, 1.0, (2, count, 1))
    half = np.where(time < samples // 2, np.sin(first * time), 0)
    rest = np.where(time >= samples // 2, np.sin(second * time), 0)
    return (half + rest).astype("float32")


def larger(**options):
    keras.utils.set_random_seed(0)
    options = {"negatives": "utterance", "num_negatives": 16, **options}
    made = ContrastivePredictiveCoding(
        WaveEncoder(16, [4, 4], [8, 8]), 16, steps=3, seed=1, **options
    )
    made.compile(keras.optimizers.Adam(3e-3), jit_compile=False)
    return made


def test_it_learns_to_tell_the_next_frames():
    made, x = larger(), tones()
    history = made.fit(x, epochs=30, batch_size=16, verbose=0).history
    assert history["info_loss"][0] < 1.5 * math.log(17)
    assert history["info_loss"][-1] < 0.6 * math.log(17)
    assert history["accuracy_1_ahead"][-1] > 3 / 17
    report = collapse_report(np.array(made.encode(tones(256, seed=1))))
    assert collapse_warnings(report) == []


def test_one_negative_is_enough_to_push_apart():
    made = larger(num_negatives=1)
    history = made.fit(tones(), epochs=60, batch_size=16, verbose=0).history
    assert history["info_loss"][-1] < 0.6 * math.log(2)
    report = collapse_report(np.array(made.encode(tones(256, seed=1))))
    assert collapse_warnings(report) == []
    assert report["uniformity"] < -1


def test_without_negatives_it_collapses_and_that_is_named():
    made = larger(negatives="none")
    made.fit(tones(), epochs=60, batch_size=16, verbose=0)
    report = collapse_report(np.array(made.encode(tones(256, seed=1))))
    (warning,) = collapse_warnings(report)
    assert warning.startswith("The embeddings have nearly one direction: ")


def test_negatives_are_those_of_the_module():
    with pytest.raises(ValueError, match="`negatives`"):
        model("all")
    assert module.NEGATIVES == ("utterance", "speaker", "mixed", "none")
