"""Records of runs, found and grouped for a report."""

import dataclasses
import json
import pathlib
from collections.abc import Iterable, Mapping

from zoo.running.folder import RECORD
from zoo.running.record import read_record
from zoo.settings import format_value


@dataclasses.dataclass(frozen=True)
class Group:
    """Records that differ in nothing but their seed.

    Args:
        label: Recipe and what tells this group from its neighbours.
        records: List of records by seed.
    """

    label: str
    records: list

    def values(self, *keys) -> list:
        """Return the numbers found at `keys` in the records that have them."""
        found = []
        for record in self.records:
            for key in keys:
                record = record.get(key) if record else None
            if record is not None:
                found.append(record)
        return found


def find_records(places: Iterable) -> dict:
    """Return `{path: record}` of every record in or below some folders.

    Args:
        places: Paths of `record.json` files, run folders, or folders that
            hold runs at any depth.
    """
    found = {}
    for place in map(pathlib.Path, places):
        if place.is_dir():
            paths = sorted(place.rglob(RECORD))
        else:
            paths = [place]
        if not paths:
            raise FileNotFoundError(
                f"No record in {place}. `keras-ae train` leaves a {RECORD} "
                "in the folder of each run."
            )
        for path in paths:
            found[path.resolve()] = read_record(path)
    return found


def protocols(records: Mapping) -> list:
    """Return the protocols of records, one a kind of data.

    Raises:
        ValueError: If a kind has two, whose numbers do not compare.
    """
    of = {}
    for path, record in records.items():
        if record["protocol"] is not None:
            kind = record["protocol"].rpartition("-v")[0]
            of.setdefault(kind, {}).setdefault(record["protocol"], path)
    for found in of.values():
        if len(found) > 1:
            named = ", ".join(f"{name} ({p})" for name, p in found.items())
            raise ValueError(
                "A report needs records of one protocol for a kind of data. "
                f"Received: {named}; `keras-ae evaluate RUN` renews a record"
            )
    return sorted(name for found in of.values() for name in found)


def group_records(records: Mapping) -> dict:
    """Return `{data: [Group, ...]}` of the evaluated records."""
    groups = {}
    for path, record in records.items():
        if record["protocol"] is None:
            continue
        config = json.dumps(record["config"], sort_keys=True)
        key = (record["data"], record["recipe"], config)
        seeds = groups.setdefault(key, {})
        if record["seed"] in seeds:
            raise ValueError(
                "A report needs one record of a configuration and a seed. "
                f"Received: seed {record['seed']} in both "
                f"{seeds[record['seed']][0]} and {path}"
            )
        seeds[record["seed"]] = (path, record)
    by_data = {}
    for (data, _, _), seeds in sorted(groups.items()):
        members = [seeds[seed][1] for seed in sorted(seeds)]
        by_data.setdefault(data, []).append(members)
    return {data: _labelled(members) for data, members in by_data.items()}


def _labelled(members: list) -> list:
    plain = [_label(records[0]) for records in members]
    groups = []
    for label, records in zip(plain, members):
        # Equal settings of recipes whose defaults have changed in between.
        twins = [m[0] for m, other in zip(members, plain) if other == label]
        if len(twins) > 1:
            label = f"{label} [{_differences(records[0], twins)}]"
        groups.append(Group(label, records))
    return groups


def _label(record: Mapping) -> str:
    changed = ", ".join(
        f"{name}={format_value(value)}"
        for name, value in record["changed"].items()
    )
    return f"{record['recipe']} ({changed})" if changed else record["recipe"]


def _differences(record: Mapping, twins: list) -> str:
    flat = [_flat(twin["config"]) for twin in twins]
    own = _flat(record["config"])
    names = [
        name
        for name in own
        if any(other.get(name) != own[name] for other in flat)
    ]
    return ", ".join(f"{name}={format_value(own[name])}" for name in names)


def _flat(config: Mapping) -> dict:
    return {
        f"{section}.{key}": value
        for section, values in config.items()
        for key, value in values.items()
    }
