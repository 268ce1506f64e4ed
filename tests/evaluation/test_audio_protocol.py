"""Audio: embeddings of whole recordings, probes of unheard speakers."""

import math

import keras
import numpy as np
import pytest

from keras_ae.layers import WaveEncoder
from keras_ae.models import ContrastivePredictiveCoding
from zoo.data.audio_data import AudioData, join_waves
from zoo.data.audio_load import leave_out
from zoo.evaluation.audio import evaluate_audio
from zoo.evaluation.audio_embeddings import (
    log_mel_statistics,
    recording_embeddings,
)
from zoo.evaluation.audio_probes import held_out_speakers

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


def model(seed=0):
    keras.utils.set_random_seed(seed)
    made = ContrastivePredictiveCoding(
        WaveEncoder(8, [10, 8], [10, 8]), 12, steps=2, num_negatives=5, seed=1
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


def test_a_speaker_who_says_it_otherwise_is_not_understood():
    random = np.random.default_rng(0)
    y, speakers = np.arange(240) % 2, np.arange(240) // 2 % 4
    sign = np.where(speakers == 3, -1, 1)
    z = np.stack([sign * (2 * y - 1), random.normal(size=240)], 1)
    tested = np.arange(240) >= 200
    found = held_out_speakers(z, y, speakers, tested, tuple("abcd"))
    assert found["folds"] == {"a": 1.0, "b": 1.0, "c": 1.0, "d": 0.0}
    assert found["accuracy"] == 0.75 and found["untested"] == 0.75
    assert found["chance"] == 0.5


def test_the_strength_is_not_chosen_on_test_recordings():
    random = np.random.default_rng(0)
    y, speakers = np.arange(120) % 2, np.arange(120) // 2 % 3
    tested = np.arange(120) >= 80
    z = random.normal(size=(120, 5))
    before = held_out_speakers(z, y, speakers, tested, tuple("abc"))
    z[tested] = random.normal(size=(40, 5))
    after = held_out_speakers(z, y, speakers, tested, tuple("abc"))
    assert before["untested"] == after["untested"]
    assert before["folds"] != after["folds"]


def test_two_speakers_are_too_few():
    with pytest.raises(ValueError, match="three speakers or more"):
        held_out_speakers(
            np.eye(4), np.arange(4) % 2, np.arange(4) // 2, np.zeros(4, bool),
            ("a", "b"),
        )


def test_the_protocol_has_every_number_beside_its_floors():
    result = evaluate_audio(model(), data(), untrained_model=model(1))
    assert result["protocol"] == "audio-v1"
    for part in ("held_out_speaker", "label", "speaker"):
        floors = result[part]["floors"]
        assert floors.keys() == {"log_mel", "random_encoder", "chance"}
    # Three pitches: log-mel knows them from any speaker, by far.
    assert result["held_out_speaker"]["floors"]["log_mel"]["accuracy"] > 0.9
    assert result["held_out_speaker"]["folds"].keys() == {"p", "q", "r"}
    ahead = result["prediction"]
    assert ahead["log_candidates"] == pytest.approx(math.log(6))
    assert len(ahead["accuracy"]) == 2
    assert ahead["floors"]["chance"] == pytest.approx(1 / 6)
    assert "left_out_speaker" in result["skipped"]


def test_a_speaker_left_out_has_a_fold_of_its_own():
    result = evaluate_audio(model(), leave_out(data(), "q"))
    own = result["left_out_speaker"]
    assert own["speaker"] == "q"
    assert own["accuracy"] == result["held_out_speaker"]["folds"]["q"]
    assert own["floors"].keys() == {"log_mel"}
    assert result["data"]["left_out"] == "q"
    assert result["label"]["floors"]["log_mel"]["accuracy"] > 0.9


def test_without_labels_and_speakers_what_remains_is_reported():
    splits = [recordings(n, 0) for n in (12, 6, 6)]
    bare = [join_waves([w[row] for row in range(len(w))]) for w in splits]
    result = evaluate_audio(model(), AudioData("x", RATE, *bare, window=800))
    for part in ("held_out_speaker", "label", "speaker"):
        assert result[part] is None and part in result["skipped"]
    assert result["collapse"]["dim"] == 12
