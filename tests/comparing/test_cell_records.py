"""Records of cells: whole, of this version, or refused by name."""

import pytest

from zoo.comparing.record import read_cell

from .helpers import plan_of, record_of, write_record

GONE = object()
DAMAGES = {
    "score": ({"val_score": GONE}, "val_score is missing"),
    "null": ({"val_score": None}, "val_score is missing"),
    "no history": ({"history": GONE}, "history is missing"),
    "empty history": ({"history": []}, "a line of history is missing"),
    "test": ({"test_loss": GONE}, "test_loss is missing"),
    "variance": ({"gradient_variance": GONE}, "gradient_variance is missing"),
    "reason": ({"status": "failed"}, "reason is missing"),
    "status": ({"status": GONE}, "status, reason is missing"),
}


@pytest.fixture
def written(coded, tmp_path):
    plan = plan_of("gumbel", seeds=1)
    (cell,) = plan.final({"gumbel": ()})

    def write(final=True, **changed):
        record = record_of(plan, cell, final, **changed)
        kept = {k: v for k, v in record.items() if v is not GONE}
        return write_record(tmp_path, plan, cell, kept)

    return write, lambda: read_cell(tmp_path, plan, cell)


@pytest.mark.parametrize("case", DAMAGES)
def test_a_record_that_lacks_something_is_damaged(written, case):
    write, read = written
    changed, message = DAMAGES[case]
    path = write(**changed)
    with pytest.raises(ValueError) as raised:
        read()
    start = f"Record {path} is damaged: {message}. Remove its folder and"
    assert str(raised.value).startswith(start)


@pytest.mark.parametrize("text", ["[]", "3", "{", ""])
def test_a_record_that_is_no_object_is_damaged(written, text):
    write, read = written
    write().write_text(text)
    with pytest.raises(ValueError, match="is damaged: JSON is missing"):
        read()


def test_a_record_of_another_version_is_refused(written):
    write, read = written
    path = write(schema_version=2)
    with pytest.raises(ValueError) as raised:
        read()
    assert str(raised.value) == (
        f"Record {path} needs schema_version=1. Received: schema_version=2"
    )


def test_what_a_screened_or_failed_cell_cannot_have_is_not_asked_for(written):
    write, read = written
    write(final=False)
    assert "test_loss" not in read()
    write(status="failed", reason="Too hot.", val_score=GONE, history=GONE)
    assert read()["reason"] == "Too hot."
