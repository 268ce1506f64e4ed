"""What a record says of the code that made it."""

import subprocess

import pytest

from zoo.running import versions


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A repository of its own, whose first commit holds code and a record."""
    code = tmp_path / "zoo" / "running" / "versions.py"
    record = tmp_path / "docs" / "records" / "cell.json"
    for path in (code, record):
        path.parent.mkdir(parents=True)
        path.write_text("one")
    name = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "."], [*name, "commit", "-qm", "a"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    monkeypatch.setattr(versions, "__file__", str(code))
    return code, record


def test_a_changed_record_is_no_change_of_code(tree):
    code, record = tree
    record.write_text("two")
    assert versions.git_commit()["changed"] is False
    code.write_text("two")
    assert versions.git_commit()["changed"] is True
