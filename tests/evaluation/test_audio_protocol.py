"""Audio: embeddings of whole recordings, the protocol and its floors."""

import keras
import numpy as np
import pytest

from keras_ae.layers import WaveEncoder
from keras_ae.models import ContrastivePredictiveCoding
from zoo.data.audio_data import AudioData, join_waves
from zoo.data.audio_load import leave_out
from zoo.evaluation import audio_probes
from zoo.evaluation.ahead import nothing_known, tell_ahead
from zoo.evaluation.audio import evaluate_audio
from zoo.evaluation.audio_embeddings import (
    log_mel_statistics,
    recording_embeddings,
)

RATE, PITCHES = 8_000, (300.0, 900.0, 2_000.0)


def recordings(count, seed, speakers=3):
    """Tones of three pitches; who speaks is how loud."""
    random = np.random.default_rng(seed)
    y = np.arange(count) % 3
    who = np.arange(count) // 3 % speakers
    waves = []
    for label, speaker in zip(y, who):
        time = np.arange(random.integers(900, 1500)) / RATE
        wave = np.sin(2 * np.pi * PITCHES[label] * time + random.uniform(0, 6))
        wave = (0.1 + 0.2 * speaker) * wave + random.normal(0, 0.01, len(time))
        waves.append(wave.astype("float32"))
    return join_waves(waves, y, who)


def data(**options):
    splits = [recordings(n, seed) for seed, n in enumerate((54, 18, 27))]
    names = dict(class_names=("a", "b", "c"), speaker_names=("p", "q", "r"))
    return AudioData("tones", RATE, *splits, window=800, **names, **options)


def model(seed=0, **options):
    keras.utils.set_random_seed(seed)
    options = {"num_negatives": 5, **options}
    made = ContrastivePredictiveCoding(
        WaveEncoder(8, [10, 8], [10, 8]), 12, steps=2, seed=1, **options
    )
    made(np.zeros((1, 800), "float32"))
    made.compile()
    return made


def test_embeddings_of_a_batch_are_those_of_each_recording_alone():
    made, waves = model(), recordings(9, 0)
    found = recording_embeddings(made, waves)
    alone = [np.array(made.encode(waves[row][None]))[0] for row in range(9)]
    # The same sums, in kernels of another length.
    np.testing.assert_allclose(found, alone, atol=1e-6)


def test_log_mel_statistics_are_those_of_each_recording_alone():
    waves = recordings(9, 0)
    found = log_mel_statistics(waves, RATE)
    assert found.shape == (9, 80)
    alone = [log_mel_statistics(waves.take([r]), RATE)[0] for r in range(9)]
    np.testing.assert_allclose(found, alone, atol=1e-4)  # logs of about -10


def test_log_mel_has_its_peak_at_the_pitch():
    time = np.arange(4000) / RATE
    peaks = [
        np.argmax(
            log_mel_statistics(
                join_waves([np.sin(2 * np.pi * f * time).astype("f4")]), RATE
            )[0, :40]
        )
        for f in PITCHES
    ]
    mel = np.log1p(np.array([80, 3800, *PITCHES]) / 700)
    expected = 41 * (mel[2:] - mel[0]) / (mel[1] - mel[0]) - 1
    np.testing.assert_allclose(peaks, expected, atol=1)  # one band


def test_the_protocol_has_every_number_beside_its_floors():
    result = evaluate_audio(model(), data(), untrained_model=model(1))
    assert result["protocol"] == "audio-v2"
    for part in ("held_out_speaker", "label", "speaker"):
        floors = result[part]["floors"]
        assert floors.keys() == {"log_mel", "random_encoder", "chance"}
    # Three pitches: log-mel knows them from any speaker, by far.
    assert result["held_out_speaker"]["floors"]["log_mel"]["accuracy"] > 0.9
    assert result["held_out_speaker"]["folds"].keys() == {"p", "q", "r"}
    ahead, nothing = result["prediction"], nothing_known(model(), data())
    assert ahead["log_candidates"] == nothing["log_candidates"]
    assert len(ahead["accuracy"]) == 2
    assert ahead["floors"]["chance"] == np.mean(nothing["chance"])
    assert ahead["floors"]["random_encoder"] > 0
    assert "left_out_speaker" in result["skipped"]


def test_the_loss_of_predictions_that_say_nothing_is_that_of_the_candidates():
    made = model()
    made.predict_ahead.kernel.assign(np.zeros((12, 16), "float32"))
    loss = tell_ahead(made, data())["loss"]
    expected = nothing_known(made, data())["log_candidates"]
    assert loss == pytest.approx(expected, rel=1e-5)  # float32 means
    assert loss < np.log(6) - 0.02  # some draws are the frame asked for


@pytest.mark.parametrize("count", [1, 5, 30])
def test_chance_is_the_success_of_random_scores_of_frames(count):
    made, random = model(num_negatives=count), np.random.default_rng(0)
    found = nothing_known(made, data())["chance"]
    # One batch of windows of 10 frames; negatives are of the same window.
    where = np.array(made._draw(None, np.arange(27), 27, 10, False)) % 10
    for k, chance in enumerate(found, 1):
        hits = []
        for row, time in np.ndindex(27, 10 - k):
            left = where[row][where[row] != time + k]
            if len(left):
                scores = random.normal(size=(200, 10))
                best = scores[:, left].max(axis=1)
                hits.append(np.mean(scores[:, time + k] > best))
        # At least 0.7 * 27 * 8 * 200 draws: 4 standard errors are 0.012.
        assert chance == pytest.approx(np.mean(hits), abs=0.012)


def test_a_speaker_left_out_has_a_fold_of_its_own():
    result = evaluate_audio(model(), leave_out(data(), "q"))
    own = result["left_out_speaker"]
    assert own["speaker"] == "q"
    assert own["accuracy"] == result["held_out_speaker"]["folds"]["q"]
    assert own["floors"].keys() == {"log_mel", "chance"}
    assert own["floors"]["chance"] == pytest.approx(1 / 3)
    assert result["data"]["left_out"] == "q"
    assert result["label"]["floors"]["log_mel"]["accuracy"] > 0.9


def test_a_speaker_left_out_who_says_little_is_skipped_with_a_reason(
    monkeypatch,
):
    monkeypatch.setattr(audio_probes, "MOST_SPEAKERS", 3)
    splits = [recordings(n, seed, 4) for seed, n in enumerate((60, 24, 30))]
    names = dict(class_names=tuple("abc"), speaker_names=tuple("pqrs"))
    four = AudioData("tones", RATE, *splits, window=800, **names)
    result = evaluate_audio(model(), leave_out(four, "s"))
    assert result["held_out_speaker"]["folds"].keys() == {"p", "q", "r"}
    assert result["left_out_speaker"] is None
    assert result["skipped"]["left_out_speaker"].startswith("s is none of the")


@pytest.mark.parametrize(
    "label, speaker, reason",
    [
        (
            lambda waves: waves.speakers // 2,
            lambda waves: waves.speakers,
            "needs two labels or more without any two of the speakers",
        ),
        (
            lambda waves: waves.y % 2,
            lambda waves: waves.speakers % 2,
            "needs three speakers or more",
        ),
    ],
    ids=["one label each", "one of three says nothing"],
)
def test_speakers_who_cannot_take_turns_are_skipped_with_the_reason(
    label, speaker, reason
):
    splits = [recordings(n, seed) for seed, n in enumerate((54, 18, 27))]
    splits = [
        join_waves([w[row] for row in range(len(w))], label(w), speaker(w))
        for w in splits
    ]
    names = dict(class_names=("a", "b"), speaker_names=("p", "q", "r"))
    given = AudioData("tones", RATE, *splits, window=800, **names)
    result = evaluate_audio(model(), given)
    for part in ("held_out_speaker", "left_out_speaker"):
        assert result[part] is None and result["skipped"][part] == reason
    assert 0 <= result["label"]["accuracy"] <= 1


def test_without_labels_and_speakers_what_remains_is_reported():
    splits = [recordings(n, 0) for n in (12, 6, 6)]
    bare = [join_waves([w[row] for row in range(len(w))]) for w in splits]
    result = evaluate_audio(model(), AudioData("x", RATE, *bare, window=800))
    for part in ("held_out_speaker", "label", "speaker"):
        assert result[part] is None and part in result["skipped"]
    assert result["collapse"]["dim"] == 12
