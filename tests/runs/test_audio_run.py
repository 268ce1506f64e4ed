"""A run on audio: command line, resumption, export, a speaker left out."""

import json

import numpy as np
import pytest
import soundfile

from tools.main import main
from zoo.data import speech
from zoo.running import train_run
from zoo.running.folder import final_hash

SMALL = {
    "model.filters": 8,
    "model.context_units": 12,
    "model.steps": 3,
    "model.num_negatives": 8,
    "data.limit": 64,
    "data.window": 0.1,
    "data.per_speaker": 4,
    "train.batch_size": 16,
    "train.epochs": 1,
    "optimizer.schedule": "constant",
}


def train(out, settings=(), **options):
    given = {**SMALL, **dict(settings)}
    return train_run("cpc", settings=given, out=out, verbose=0, **options)


@pytest.fixture(scope="module", autouse=True)
def few_takes():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(speech, "TAKES", 7)
        speech.load_speech.cache_clear()
        yield
    speech.load_speech.cache_clear()


@pytest.fixture(scope="module")
def run(tmp_path_factory, few_takes):
    settings = {"data.without_speaker": "dora"}
    return train(tmp_path_factory.mktemp("audio") / "run", settings)


def test_a_run_leaves_pictures_numbers_and_a_record(run):
    record = run.record
    assert record["protocol"] == "audio-v2" and record["warnings"] == []
    assert record["floors"]["held_out_speaker_accuracy"].keys() == {
        "log_mel",
        "random_encoder",
        "chance",
    }
    assert record["data_info"]["notes"]["without_speaker"] == "dora"
    assert 0 <= record["numbers"]["left_out_speaker_accuracy"] <= 1
    assert record["evaluation"]["left_out_speaker"]["speaker"] == "dora"
    for picture in ("ahead.png", "codes.png", "curves.png"):
        assert (run.folder / picture).stat().st_size > 0
    rows = (run.folder / "tensorboard" / "metadata.tsv").read_text()
    assert rows.splitlines()[0] == "recording\tlabel\tspeaker"


def test_a_run_is_evaluated_reported_exported_and_checked(run, tmp_path):
    assert main(["report", str(run.folder)]) == 0
    out = tmp_path / "served"
    assert main(["export", str(run.folder), "--out", str(out)]) == 0
    assert main(["serve-check", str(out)]) == 0


def test_own_recordings_of_any_length_and_rate_are_encoded(run, tmp_path):
    random = np.random.default_rng(0)
    (tmp_path / "mine").mkdir()
    waves = [random.uniform(-0.5, 0.5, n) for n in (1_000, 3_000)]
    for i, wave in enumerate(waves):
        soundfile.write(tmp_path / "mine" / f"{i}.wav", wave, 8_000)
    soundfile.write(tmp_path / "mine" / "2.flac", waves[1], 44_100)  # short
    out, mine = str(tmp_path / "z.npz"), str(tmp_path / "mine")
    command = ["encode", str(run.folder), "--input", mine, "--out", out]
    assert main(command) == 0
    with np.load(out) as found:
        assert found["name"].tolist() == ["0.wav", "1.wav"]
        for z, wave in zip(found["embedding"], waves):
            alone = run.model.encode(wave[None].astype("float32"))[0]
            # 16 bits of the file, in a GRU of a random start.
            np.testing.assert_allclose(z, alone, atol=1e-3)


def test_a_run_without_negatives_has_no_accuracy_ahead(tmp_path):
    run = train(tmp_path / "run", {"model.negatives": "none"})
    assert "ahead_accuracy" not in run.record["numbers"]
    assert "prediction" in run.record["evaluation"]["skipped"]
    assert not (run.folder / "ahead.png").exists()


def test_a_resumed_run_ends_with_the_same_weights(tmp_path):
    longer = {"train.epochs": 2}
    straight = train(tmp_path / "straight", longer, evaluate=False)
    train(tmp_path / "parts", evaluate=False)
    resumed = train_run(
        "cpc",
        settings=longer,
        out=tmp_path / "parts",
        resume=True,
        evaluate=False,
        verbose=0,
    )
    assert final_hash(resumed.folder) == final_hash(straight.folder)


def test_a_folder_of_16_khz_trains_without_labels(tmp_path):
    random = np.random.default_rng(0)
    (tmp_path / "mine").mkdir()
    for i in range(20):
        wave = random.uniform(-0.5, 0.5, 4_000)
        soundfile.write(tmp_path / "mine" / f"{i}.flac", wave, 16_000)
    settings = {"data.sample_rate": 16_000, "data.per_speaker": 8}
    settings |= {"train.batch_size": 4, "data.limit": None}
    settings |= {"model.negatives": "utterance"}
    run = train(
        tmp_path / "run", settings, data=f"folder:{tmp_path / 'mine'}"
    )
    assert run.model.encoder.hop == 160
    assert "held_out_speaker_accuracy" not in run.record["numbers"]
    assert run.record["numbers"]["ahead_loss"] > 0


def test_negatives_of_speakers_need_data_that_name_them(tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    for i in range(20):
        soundfile.write(tmp_path / "mine" / f"{i}.wav", np.ones(4_000), 8_000)
    command = ["train", "cpc", "--data", f"folder:{tmp_path / 'mine'}"]
    assert main([*command, "--out", str(tmp_path / "run")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "needs data that name their speakers" in line
    assert "`data.folders=speaker`; utterance and mixed need none" in line
    assert not (tmp_path / "run").exists()


def test_folders_that_say_nothing_of_speakers_say_why(tmp_path):
    for name in [*(f"ann/{i}" for i in range(9)), *"bcd", "stray"]:
        path = tmp_path / "mine" / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.ones(4_000), 8_000)
    settings = {"data.folders": "speaker"}
    data = f"folder:{tmp_path / 'mine'}"
    why = "no speakers: 4 of 13 files lie in fewer than 1 sub-folders, such as"
    with pytest.raises(ValueError, match=why + " b.wav"):
        train(tmp_path / "run", settings, data=data)
    for name in ("b", "c", "d", "stray"):
        path = tmp_path / "mine" / f"{name}.wav"
        path.rename(tmp_path / "mine" / "ann" / path.name)
    with pytest.raises(ValueError, match="all files lie in the one sub-folder"):
        train(tmp_path / "run", settings, data=data)


@pytest.mark.parametrize(
    "settings, match",
    [
        ({"data.window": 0.03}, "240 samples, 3 frames, and model.steps=3"),
        ({"train.batch_size": 18}, "a multiple of `data.per_speaker`"),
        ({"train.bound_samples": 5}, "train.bound_samples=5 for cpc"),
    ],
)
def test_what_cannot_train_is_refused_before_a_folder(
    settings, match, tmp_path
):
    with pytest.raises(ValueError, match=match):
        train(tmp_path / "run", settings)
    assert not (tmp_path / "run").exists()


def test_a_rate_without_frames_of_ten_milliseconds_is_refused(tmp_path):
    with pytest.raises(ValueError, match="data.sample_rate=11025"):
        train(tmp_path / "run", {"data.sample_rate": 11_025})


def test_an_audio_recipe_lists_its_own_data_settings(capsys):
    assert main(["train", "cpc", "--list-settings"]) == 0
    listed = capsys.readouterr().out
    assert "data.without_speaker" in listed and "data.block" not in listed
    assert main(["list", "--json"]) == 0
    recipes = json.loads(capsys.readouterr().out)["recipes"]
    assert "cpc" in {recipe["name"] for recipe in recipes}
