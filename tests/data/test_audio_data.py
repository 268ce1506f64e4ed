"""Recordings by name and by folder: splits, rates, bad files, speakers."""

import os
import pathlib
import zipfile

import numpy as np
import pytest
import soundfile

from zoo.data.audio_data import AudioData, concatenate, join_waves
from zoo.data.audio_load import load_audio
from zoo.data.fetch import data_folders
from zoo.data.speech import VOICES, WORDS, speak

RATE = 8_000


def tone(seconds=0.3, pitch=440.0, rate=RATE):
    time = np.arange(int(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * pitch * time)).astype("float32")


def folder(path, count=12, suffix=".wav", rate=RATE, inside=lambda i: ""):
    for i in range(count):
        place = path / inside(i)
        place.mkdir(parents=True, exist_ok=True)
        soundfile.write(place / f"{i}{suffix}", tone(rate=rate), rate)
    return f"folder:{path}"


def test_synthetic_speech_is_the_same_each_time_and_split_by_take():
    data = load_audio("speech")
    again = speak("zero", "anna", np.random.default_rng([0, 0, 0]))
    np.testing.assert_array_equal(data.x_test[0], again)
    sizes = [len(getattr(data, f"x_{s}")) for s in ("train", "valid", "test")]
    assert sizes == [900, 120, 180]
    pairs = set(zip(data.x_valid.y, data.x_valid.speakers))
    assert len(pairs) == len(WORDS) * len(VOICES)
    assert "synthetic" in data.notes["source"]


def test_a_voice_speaks_at_its_own_pitch():
    def pitch(voice):
        wave = speak("four", voice, np.random.default_rng(0))
        middle = wave[len(wave) // 2 - 400 : len(wave) // 2 + 400]
        likeness = np.correlate(middle, middle, "full")[len(middle) :]
        return RATE / (30 + np.argmax(likeness[30:120]) + 1)

    # Pitch glides by 18 % over a word and differs by 6 % between takes.
    for voice in ("boris", "anna"):
        assert pitch(voice) == pytest.approx(VOICES[voice][0], rel=0.25)


def test_a_folder_is_resampled_mixed_down_and_split(tmp_path):
    folder(tmp_path, 12, ".flac", rate=22_050)
    stereo = np.stack([tone(rate=44_100), np.zeros_like(tone(rate=44_100))], 1)
    soundfile.write(tmp_path / "stereo.wav", stereo, 44_100)
    data = load_audio(f"folder:{tmp_path}")
    whole = concatenate([data.x_train, data.x_valid, data.x_test])
    assert len(whole) == 13 and data.class_names == ()
    assert np.isin(whole.lengths, [2400, 2401]).all()
    loudness = np.sort([np.std(whole[row]) for row in range(13)])
    full = 0.5 / np.sqrt(2)
    # The filter rings at both ends of 0.3 s.
    np.testing.assert_allclose(loudness[0], full / 2, rtol=0.03)
    np.testing.assert_allclose(loudness[1:], full, rtol=0.03)
    crossings = np.count_nonzero(np.diff(np.signbit(whole[0])))
    assert abs(crossings - 2 * 440 * 0.3) <= 3  # still the same pitch


@pytest.mark.parametrize(
    "folders", ["label", "speaker", "label/speaker", "speaker/label"]
)
def test_sub_folders_are_labels_or_speakers(tmp_path, folders):
    name = folder(tmp_path, 12, inside=lambda i: f"a{i % 2}/b{i % 3}")
    data = load_audio(name, folders=folders)
    outer, inner = ("a0", "a1"), ("b0", "b1", "b2")
    found = dict(zip(folders.split("/"), (outer, inner)))
    assert data.class_names == found.get("label", ())
    assert data.speaker_names == found.get("speaker", ())


def test_bad_files_are_skipped_counted_and_named(tmp_path):
    name = folder(tmp_path)
    (tmp_path / "broken.wav").write_bytes(b"RIFF not a wave")
    soundfile.write(tmp_path / "short.wav", tone(0.05), RATE)
    wave = tone()
    wave[3] = np.nan
    soundfile.write(tmp_path / "nan.wav", wave, RATE, subtype="FLOAT")
    notes = load_audio(name).notes
    assert notes["skipped_count"] == 3
    text = " ".join(notes["skipped"])
    assert "short.wav: 400 samples, less than 0.1 s" in text
    assert "nan.wav: samples that are not finite" in text


def test_too_many_bad_files_are_refused(tmp_path):
    name = folder(tmp_path)
    for i in range(6):
        (tmp_path / f"broken{i}.wav").write_bytes(b"no")
    with pytest.raises(ValueError, match="at most 5 .* Received: 6 in"):
        load_audio(name)


def test_too_few_recordings_are_refused(tmp_path):
    with pytest.raises(ValueError, match="at least 10 .* Received: 9 in"):
        load_audio(folder(tmp_path, 9))


def test_a_missing_folder_and_an_unknown_name_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="existing folder"):
        load_audio(f"folder:{tmp_path}/none")
    with pytest.raises(ValueError, match="Did you mean `speech`?"):
        load_audio("speach")
    with pytest.raises(ValueError, match="data.folders=class"):
        load_audio(folder(tmp_path), folders="class")
    with pytest.raises(ValueError, match="`data.sample_rate` >= 1000"):
        load_audio("speech", sample_rate=8)


def test_a_speaker_left_out_is_only_in_the_test_recordings():
    data = load_audio("speech", without_speaker="carl")
    carl = data.speaker_names.index("carl")
    assert not np.any(data.x_train.speakers == carl)
    assert not np.any(data.x_valid.speakers == carl)
    assert np.sum(data.x_test.speakers == carl) == 30
    assert len(data.left_out) == 170 and np.all(data.left_out.speakers == carl)
    assert len(data.x_train) == 750
    with pytest.raises(ValueError, match="anna, boris.* Received: .*=karl"):
        load_audio("speech", without_speaker="karl")


def test_another_rate_keeps_the_pitch():
    fast, slow = load_audio("speech", sample_rate=16_000), load_audio("speech")
    lengths = 2 * slow.x_valid.lengths
    np.testing.assert_array_equal(fast.x_valid.lengths, lengths)
    # Every other sample is the old one, but for the filter at the top.
    apart = fast.x_valid[0][::2] - slow.x_valid[0]
    assert np.std(apart) < 0.1 * np.std(slow.x_valid[0])


def test_a_limit_draws_recordings_once_and_for_all():
    # The first 30 have 5 labels; 30 drawn ones, less than 8 of 10 labels with
    # probability 3e-3.
    few, whole = load_audio("speech", limit=30), load_audio("speech")
    assert len(few.x_train) == 30 and len(set(few.x_train.y)) >= 8
    again = load_audio("speech", limit=30)
    np.testing.assert_array_equal(few.x_train.samples, again.x_train.samples)
    more = load_audio("speech", limit=1000)
    np.testing.assert_array_equal(more.x_train.samples, whole.x_train.samples)
    with pytest.raises(ValueError, match="`data.limit` >= 1. Received: .*=0"):
        load_audio("speech", limit=0)


def test_samples_out_of_range_are_refused():
    good = join_waves([tone()])
    with pytest.raises(ValueError, match=r"in \[-1, 1\]. Received: .*peak 2"):
        AudioData("x", RATE, join_waves([4 * tone()]), good, good)
    with pytest.raises(ValueError, match="not empty in `x_valid`"):
        AudioData("x", RATE, good, join_waves([]), good)


def test_fsdd_needs_its_archive_and_says_how(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_AE_DATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="free-spoken-digit-dataset"):
        load_audio("fsdd")
    (tmp_path / "fsdd").mkdir()
    path = tmp_path / "fsdd" / "recordings.zip"
    path.write_bytes(b"no zip")
    with pytest.raises(ValueError, match="complete zip file"):
        load_audio("fsdd")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("0_theo_0.wav", b"other")
    with pytest.raises(ValueError, match="SHA-256"):
        load_audio("fsdd")


def has_fsdd():
    folders = map(pathlib.Path, data_folders("fsdd"))
    return any((place / "recordings.zip").is_file() for place in folders)


@pytest.mark.skipif(
    not has_fsdd(), reason=f"no fsdd in {os.environ.get('KERAS_AE_DATA')}"
)
def test_fsdd_is_split_by_take():
    data = load_audio("fsdd")
    assert data.description == (
        "fsdd: recordings at 8 kHz, 2400 train, 300 valid, 300 test, "
        "10 classes, 6 speakers"
    )
    assert data.speaker_names[0] == "george"
    for split, takes in (("train", 40), ("valid", 5), ("test", 5)):
        waves = getattr(data, f"x_{split}")
        pairs = waves.y * 6 + waves.speakers
        assert (np.bincount(pairs) == takes).all()
    few = load_audio("fsdd", limit=100).x_train  # the first are all of "0"
    assert len(set(few.y)) == 10 and len(set(few.speakers)) == 6
