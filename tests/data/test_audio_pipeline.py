"""Windows: from any step on, by speaker, inside their recording."""

import itertools

import numpy as np
import pytest

from zoo.data.audio_data import join_waves
from zoo.data.audio_pipeline import middle_windows, window_batches


def numbered(lengths, speakers=None):
    """Recordings whose samples say which one it is, and where in it."""
    waves = [
        (row + np.arange(length) / 1000).astype("float32")
        for row, length in enumerate(lengths)
    ]
    return join_waves(waves, speakers=speakers)


def some(dataset, count):
    return [
        tuple(np.array(v) for v in batch)
        for batch in itertools.islice(iter(dataset), count)
    ]


THREE = numbered([50] * 24, np.repeat([0, 1, 2], 8))


def test_batches_are_the_same_from_any_step_on():
    steps = some(window_batches(THREE, 8, 10, 2, seed=3), 9)
    for start in (1, 3, 7):  # in and beyond the first epoch of three
        later = window_batches(THREE, 8, 10, 2, seed=3, start_step=start)
        for (x, y), (x_later, y_later) in zip(steps[start:], some(later, 2)):
            np.testing.assert_array_equal(x, x_later)
            np.testing.assert_array_equal(y, y_later)
    other = some(window_batches(THREE, 8, 10, 2, seed=4), 1)
    assert not np.array_equal(steps[0][0], other[0][0])


def test_an_epoch_has_each_recording_once():
    for epoch in (slice(0, 3), slice(3, 6)):
        steps = some(window_batches(THREE, 8, 10, 2), 6)[epoch]
        rows = np.floor(np.concatenate([x for x, _ in steps])[:, 0])
        assert sorted(rows) == list(range(24))


def test_a_batch_holds_groups_of_one_speaker_and_several_speakers():
    for x, y in some(window_batches(THREE, 8, 10, 2), 12):
        pairs = y.reshape(4, 2)
        assert (pairs[:, 0] == pairs[:, 1]).all()
        # Each speaker has four groups, evenly spread over three batches.
        assert len(set(y)) >= 2
        assert (x[:, 0] // 8 == y).all()


def test_a_speaker_of_few_recordings_fills_its_group_with_its_own():
    waves = numbered([50] * 7, [0, 0, 0, 0, 0, 0, 1])
    found = some(window_batches(waves, 4, 10, 4), 8)
    rare = [x for x, y in found if (y == 1).all()]
    assert rare and (np.floor(rare[0][:, 0]) == 6).all()


def test_windows_lie_anywhere_in_their_recording():
    waves = numbered([12] * 8)
    batches = some(window_batches(waves, 8, 10), 9)
    found = np.concatenate([x for x, _ in batches])
    inside = np.rint((found - np.floor(found[:, :1])) * 1000)
    np.testing.assert_array_equal(inside - inside[:, :1], [range(10)] * 72)
    # 72 draws miss one of three places with probability 3 * (2/3) ** 72.
    assert set(inside[:, 0]) == {0, 1, 2}


def test_a_short_recording_starts_again():
    (x, _), *_ = some(window_batches(numbered([4, 4]), 2, 10), 1)
    inside = np.rint((x - np.floor(x[:, :1])) * 1000)
    np.testing.assert_array_equal(inside, [[0, 1, 2, 3] * 2 + [0, 1]] * 2)


def test_middle_windows_are_each_recording_once():
    waves = numbered([30] * 7, [0, 0, 0, 0, 1, 1, 1])
    batches = some(middle_windows(waves, 4, 10, 2), 9)
    assert [len(x) for x, _ in batches] == [4, 3]
    x = np.concatenate([x for x, _ in batches])
    assert sorted(np.floor(x[:, 0])) == list(range(7))
    assert set(np.rint((x[:, 0] % 1) * 1000)) == {10}
    np.testing.assert_array_equal(batches[0][1], [0, 0, 1, 1])


def test_middle_windows_of_a_group_are_not_neighbours_in_their_file():
    waves = numbered([30] * 96, np.repeat([0, 1], 48))
    (x, _), *_ = some(middle_windows(waves, 96, 10, 8), 1)
    groups = np.floor(x[:, 0]).astype(int).reshape(12, 8)
    # 48 rows of 6 labels, 8 of each in a row, as sorted names give them:
    # 8 drawn of them hold less than 3 labels with probability 5e-4.
    assert all(len(set(group // 8)) >= 3 for group in groups)
    again = some(middle_windows(waves, 96, 10, 8), 1)
    np.testing.assert_array_equal(again[0][0], x)


def test_a_batch_must_be_whole_groups_and_no_more_than_there_are():
    with pytest.raises(ValueError, match="multiple of `data.per_speaker`"):
        window_batches(THREE, 8, 10, 3)
    with pytest.raises(ValueError, match="24. Received: train.batch_size=25"):
        window_batches(THREE, 25, 10)
