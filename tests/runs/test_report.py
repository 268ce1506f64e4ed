"""Reports: grouped, with spreads and floors, from records alone."""

import copy
import json
import math

import pytest

from zoo.running.grouping import find_records, group_records
from zoo.running.numbers import MEANINGS, flat_numbers
from zoo.running.report import report_text
from zoo.running.tables import number_text, record_table, spread_text

EVALUATION = {
    "protocol": "images-v1",
    "seconds": 2.0,
    "warnings": ["The embedding is constant."],
    "probe": {"linear": 0.75, "knn": 0.5, "dim": 3},
    "floors": {
        "raw_pixels": {"linear": 0.5, "knn": 0.25},
        "pca": {"linear": 0.625, "knn": 0.5},
        "random_encoder": None,
        "chance": 0.125,
    },
    "clustering": None,
    "reconstruction": {
        "nmse": 0.25,
        "pca_same_size": {"nmse": 0.5},
        "pca_same_bits": None,
    },
    "codes": {"num_codes": 8, "codes_used": 4},
    "novelty": None,
    "collapse": {"effective_rank": 2.0, "constant": True},
}


def make(recipe="vq", data="digits", seed=0, linear=0.75, **changed):
    evaluation = copy.deepcopy(EVALUATION)
    evaluation["probe"]["linear"] = linear
    numbers, floors = flat_numbers(evaluation)
    sets = "".join(f" --set {k}={v}" for k, v in changed.items())
    config = {"model": {"size": 3, "rate": 0.5}, "train": {"epochs": 2}}
    for name, value in changed.items():
        config["model"][name] = value
    return {
        "schema_version": 1,
        "recipe": recipe,
        "data": data,
        "seed": seed,
        "config": config,
        "changed": {f"model.{key}": value for key, value in changed.items()},
        "command": f"keras-ae train {recipe} --data {data} --seed {seed}{sets}",
        "data_info": {"description": f"{data}: some images"},
        "versions": {"python": "3.11", "keras": "3.15"},
        "git": {"commit": "0123456789abcdef", "changed": True},
        "protocol": "images-v1",
        "numbers": numbers,
        "floors": floors,
        "warnings": evaluation["warnings"],
        "evaluation": evaluation,
        "history": {"epochs": 2},
        "seconds": {"train": 1.0, "evaluate": 2.0},
        "parameters": {"total": 1234, "trainable": 1000},
    }


def write(folder, *records):
    for i, record in enumerate(records):
        place = folder / f"run{i}" / "deeper"
        place.mkdir(parents=True)
        (place / "record.json").write_text(json.dumps(record))
    return folder


def report(folder):
    return report_text(find_records([folder]), ["runs"])


def test_a_cell_is_the_mean_and_deviation_over_seeds(tmp_path):
    write(tmp_path, make(seed=1, linear=0.75), make(seed=2, linear=0.25))
    # Sample deviation of 0.75 and 0.25: sqrt(2) / 4 = 0.3536.
    line = (
        "| vq | 2 | 0.5000 ± 0.3536 | 0.5000 ± 0.0000 | 0.6250 ± 0.0000 "
        "| 0.1250 ± 0.0000 | -0.1250 ± 0.3536 |"
    )
    assert line in report(tmp_path).splitlines()


def test_floors_that_were_not_measured_have_no_column(tmp_path):
    text = report(write(tmp_path, make()))
    heading = "| recipe | seeds | linear_accuracy | raw_pixels | pca | chance"
    assert heading in text
    assert "pca_same_bits" not in text
    assert "### nmi" not in text


def test_an_error_is_compared_with_its_floor_the_other_way(tmp_path):
    text = report(write(tmp_path, make()))
    assert "| vq | 1 | 0.2500 | 0.5000 | 0.2500 |" in text


def test_a_discrete_code_is_compared_with_a_pca_of_as_many_bits(tmp_path):
    record = make()
    record["floors"]["nmse"] = {"pca_same_size": 0.0, "pca_same_bits": 0.375}
    text = report(write(tmp_path, record))
    assert "| vq | 1 | 0.2500 | 0.0000 | 0.3750 | 0.1250 |" in text
    assert "- `pca_same_bits`: principal components in as many bits" in text


def test_data_sets_recipes_and_settings_are_kept_apart(tmp_path):
    write(
        tmp_path,
        make(),
        make(size=4),
        make("other"),
        make(data="mnist"),
    )
    groups = group_records(find_records([tmp_path]))
    labels = {data: [g.label for g in found] for data, found in groups.items()}
    assert labels == {
        "digits": ["other", "vq", "vq (model.size=4)"],
        "mnist": ["vq"],
    }


def test_defaults_that_changed_in_between_are_named(tmp_path):
    old, new = make(), make(seed=1)
    new["config"]["model"]["rate"] = 0.25
    write(tmp_path, old, new)
    groups = group_records(find_records([tmp_path]))["digits"]
    assert [g.label for g in groups] == [
        "vq [model.rate=0.25]",
        "vq [model.rate=0.5]",
    ]


def test_the_report_shows_how_to_make_it_again(tmp_path):
    text = report(write(tmp_path, make(seed=3, size=4)))
    assert "keras-ae report runs --out docs/RESULTS.md" in text
    assert (
        "    keras-ae train vq --data digits --seed 3 --set size=4" in text
    )
    assert "keras 3.15, commit 0123456789ab with changes" in text


def test_the_report_names_no_path_of_a_machine(tmp_path):
    write(tmp_path, make())
    text = report_text(find_records([tmp_path]), [tmp_path])
    assert str(tmp_path.parent) not in text


def test_the_data_are_described_as_they_are_by_default(tmp_path):
    few = make(size=2)  # its group comes first
    few["data_info"] = {"description": "digits: few images"}
    text = report(write(tmp_path, few, make()))
    assert "## digits\n\ndigits: some images\n" in text


def test_the_cost_has_the_examples_a_second(tmp_path):
    slow, fast = make(seed=1), make(seed=2)
    for record, seconds in ((slow, 2.0), (fast, 1.0)):
        record["data_info"]["train"] = 600  # twice
        record["seconds"]["train"] = seconds
    text = report(write(tmp_path, slow, fast, make("vq", size=4)))
    cost = text.partition("### Cost")[2].splitlines()
    assert cost[2].endswith("| evaluate seconds | examples a second |")
    assert cost[4].endswith("| 900.00 ± 424.26 |")
    assert cost[5].endswith("| – |")


def test_warnings_are_reported(tmp_path):
    text = report(write(tmp_path, make()))
    assert "- vq, seed 0: The embedding is constant." in text


def test_a_run_without_numbers_is_listed_apart(tmp_path):
    bare = make(seed=5)
    bare.update(protocol=None, numbers={}, floors={}, evaluation=None)
    text = report(write(tmp_path, make(), bare))
    assert "## Not evaluated\n\n- keras-ae train vq" in text
    assert "| vq | 1 |" in text


def test_a_record_found_twice_counts_once(tmp_path):
    write(tmp_path, make())
    assert len(find_records([tmp_path, tmp_path / "run0"])) == 1


def test_the_same_seed_twice_is_refused(tmp_path):
    write(tmp_path, make(), make())
    with pytest.raises(ValueError, match="seed 0 in both"):
        report(tmp_path)


def test_two_protocols_are_refused(tmp_path):
    other = make(seed=1)
    other["protocol"] = "images-v2"
    write(tmp_path, make(), other)
    with pytest.raises(ValueError, match="images-v1 .*images-v2"):
        report(tmp_path)


def test_two_kinds_of_data_share_a_report(tmp_path):
    other = make(data="fsdd")
    other["protocol"] = "audio-v2"
    text = report(write(tmp_path, make(), other))
    assert "Protocols: `audio-v2`, `images-v1`." in text
    assert "## digits" in text and "## fsdd" in text


def test_a_folder_without_records_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="No record in"):
        find_records([tmp_path])


def test_a_damaged_record_is_named(tmp_path):
    write(tmp_path, make())
    path = tmp_path / "run0" / "deeper" / "record.json"
    path.write_text(path.read_text()[:100])
    with pytest.raises(ValueError, match="record.json is damaged: it is not"):
        report(tmp_path)


@pytest.mark.parametrize(
    "key, value, match",
    [
        ("numbers", None, "`numbers` is NoneType"),
        ("seed", "1", "`seed` is str"),
        ("schema_version", 2, "needs schema_version=1. Received: .*=2"),
    ],
)
def test_a_record_of_another_schema_is_named(tmp_path, key, value, match):
    record = make()
    record[key] = value
    with pytest.raises(ValueError, match=match):
        report(write(tmp_path, record))


def test_a_record_that_lacks_a_key_is_named(tmp_path):
    record = make()
    del record["floors"]
    with pytest.raises(ValueError, match="damaged: `floors` is missing"):
        report(write(tmp_path, record))


def test_numbers_leave_out_what_was_not_measured():
    numbers, floors = flat_numbers(EVALUATION)
    assert numbers == {
        "linear_accuracy": 0.75,
        "knn_accuracy": 0.5,
        "nmse": 0.25,
        "embedding_size": 3,
        "num_codes": 8,
        "codes_used": 4,
        "effective_rank": 2.0,
    }
    assert floors["nmse"] == {"pca_same_size": 0.5}
    assert flat_numbers({}) == ({}, {})


def test_every_number_has_a_meaning():
    assert all(text.endswith(".") for text in MEANINGS.values())


def test_numbers_as_text():
    assert number_text(12345) == "12,345"
    assert number_text(0.0) == "0.0000"
    assert number_text(1.234) == "1.23"
    assert number_text(4.17e-14) == "4.17e-14"
    assert spread_text([2.0]) == "2.00"
    assert spread_text([1, 2]) == f"1.50 ± {math.sqrt(0.5):.4f}"


def test_the_table_of_a_record_shows_floors_and_warnings():
    table = record_table(make())
    assert "raw_pixels 0.5000, pca 0.6250, chance 0.1250" in table
    assert "warning: The embedding is constant." in table
    assert "a second" not in table
    given = {**make(), "data_info": {"train": 600}}  # twice in a second
    assert "trained on 1,200 examples a second" in record_table(given)
