"""Aims: read, compared with the records, and printed missed as met."""

import json

import pytest

from tests.runs.test_report import make, write
from tools.report import main
from zoo.running.aims import find_aims
from zoo.running.grouping import find_records
from zoo.running.report import report_text


def aim(number="linear_accuracy", **changed):
    return {"data": "digits", "recipe": "vq", "number": number, **changed}


def rows(folder, *aims):
    (folder / "aims.json").write_text(json.dumps(aims))
    text = report_text(find_records([folder]), ["runs"], find_aims([folder]))
    section = text.partition("### Aims")[2].partition("###")[0]
    return section.splitlines()


def test_a_number_alone_less_its_floor_and_over_it(tmp_path):
    write(tmp_path, make(seed=1, linear=0.75), make(seed=2, linear=0.25))
    found = rows(
        tmp_path,
        aim(at_least=0.5),
        aim(above=0.5),
        aim(less="chance", at_least=0.5, tried="More of it."),
        aim(over="chance", at_most=4),
        aim("nmse", below=0.125),
    )
    # Means of 0.75 and 0.25; less an eighth; over an eighth.
    for row in (
        "| vq | `linear_accuracy` ≥ 0.5000 | 0.5000 ± 0.3536 | met |",
        "| vq | `linear_accuracy` > 0.5000 | 0.5000 ± 0.3536 "
        "| missed by 0.0000 |",
        "| vq | `linear_accuracy` less `chance` ≥ 0.5000 "
        "| 0.3750 ± 0.3536 | missed by 0.1250 |",
        "| vq | `linear_accuracy` over `chance` ≤ 4.00 | 4.00 ± 2.83 | met |",
        "| vq | `nmse` < 0.1250 | 0.2500 ± 0.0000 | missed by 0.1250 |",
        "- vq, `linear_accuracy` less `chance` ≥ 0.5000: More of it.",
    ):
        assert row in found


def test_another_recipe_is_compared_seed_by_seed(tmp_path):
    write(
        tmp_path,
        make(seed=1, linear=0.75),
        make(seed=2, linear=0.5),
        make("other", seed=1, linear=0.5, size=4),
        make("other", seed=3, linear=0.0, size=4),
    )
    found = rows(tmp_path, aim(less="other (model.size=4)", above=0))
    assert found[-2] == (
        "| vq | `linear_accuracy` less `other (model.size=4)` > 0.0000 "
        "| 0.2500 | met |"
    )


def test_what_no_record_tells_is_not_measured(tmp_path):
    write(tmp_path, make())
    found = rows(tmp_path, aim(less="nobody", above=0), aim("nmi", above=0))
    assert [row[-20:] for row in found[-3:-1]] == ["| – | not measured |"] * 2


@pytest.mark.parametrize(
    "text, match",
    [
        ("[", "is no JSON"),
        ("{}", "must be a list of aims. Received: dict"),
        ("[3]", "must be a mapping. Received: 3"),
        (json.dumps([aim()]), "needs one of at_least, at_most, above, below"),
        (json.dumps([aim(above=1, below=2)]), "needs one of at_least"),
        (json.dumps([aim(above="1")]), "needs a number for above"),
        (json.dumps([aim(above=1, by=2)]), "needs data, recipe, number"),
        (json.dumps([aim("size", above=1)]), "a number that records have"),
        (json.dumps([aim(above=1, less="a", over="b")]), "not both"),
    ],
)
def test_a_bad_file_is_refused(tmp_path, text, match):
    (tmp_path / "aims.json").write_text(text)
    with pytest.raises(ValueError, match=match):
        find_aims([tmp_path])


def test_the_command_reads_the_aims_of_its_folders(tmp_path):
    write(tmp_path / "runs", make())
    (tmp_path / "runs" / "aims.json").write_text(json.dumps([aim(above=0)]))
    assert main([str(tmp_path / "runs"), "--out", str(tmp_path / "r.md")]) == 0
    assert "### Aims" in (tmp_path / "r.md").read_text()


def test_without_aims_a_report_says_nothing_of_them(tmp_path):
    write(tmp_path, make())
    assert "Aims" not in report_text(find_records([tmp_path]))
