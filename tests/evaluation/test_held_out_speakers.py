"""Probes of what is said, on speakers whom they were not fitted on."""

import numpy as np
import pytest

from zoo.evaluation.audio_probes import held_out_speakers


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


def test_speakers_of_one_label_each_leave_nothing_to_fit():
    y = np.arange(24) % 3 // 2  # speaker c alone says 1
    with pytest.raises(ValueError, match="two labels or more without any two"):
        held_out_speakers(
            np.eye(24), y, np.arange(24) % 3, np.arange(24) > 20, tuple("abc")
        )
