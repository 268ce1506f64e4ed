"""Files of a folder: which are listed, and the split of each."""

import numpy as np
import pytest

from zoo.data.files import by_hash, list_files, split_slices


def put(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def test_names_match_in_any_case_at_any_depth_and_folders_do_not(tmp_path):
    put(tmp_path, "b/c/2.TXT", "1.txt", "1.wav", "b.txt/3.txt")
    found = list_files(tmp_path, (".txt",))
    assert found == ["1.txt", "b.txt/3.txt", "b/c/2.TXT"]


def test_what_is_hidden_is_passed_over(tmp_path):
    put(tmp_path, "1.wav", "._1.wav", ".trash/2.wav")
    assert list_files(tmp_path, (".wav", ".flac")) == ["1.wav"]


def test_links_are_followed_and_one_to_a_parent_does_not_loop(tmp_path):
    put(tmp_path, "own/1.wav", "far/2.wav")
    root = tmp_path / "own"
    (root / "far").symlink_to(tmp_path / "far", target_is_directory=True)
    (root / "up").symlink_to(root, target_is_directory=True)
    assert list_files(root, (".wav",)) == ["1.wav", "far/2.wav"]


def test_adding_a_file_moves_no_other():
    names = by_hash([f"{n}.png" for n in range(300)])
    fewer = names[1::2]
    for split, part in split_slices(fewer).items():
        assert set(fewer[part]) <= set(names[split_slices(names)[split]])


def test_splits_are_eighty_ten_ten():
    names = by_hash([f"{n}" for n in range(10_000)])
    slices = split_slices(names)
    sizes = [len(names[part]) for part in slices.values()]
    np.testing.assert_allclose(sizes, (8000, 1000, 1000), atol=160)  # 4 std


@pytest.mark.parametrize("count", range(3, 30))
def test_no_split_is_empty(count):
    names = by_hash([f"{n}.png" for n in range(count)])
    slices = split_slices(names)
    assert all(len(names[part]) > 0 for part in slices.values())
    assert sum(len(names[part]) for part in slices.values()) == count
