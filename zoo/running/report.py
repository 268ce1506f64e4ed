"""A report of runs in Markdown, made from their records and nothing else."""

import shlex
from collections.abc import Iterable, Mapping, Sequence

from zoo.running.aims import aims_table
from zoo.running.grouping import Group, group_records, protocols
from zoo.running.numbers import (
    FLOOR_MEANINGS,
    HIGHER_IS_BETTER,
    MEANINGS,
    gain,
)
from zoo.running.tables import examples_a_second, spread_text

_HEADER = """\
# Results

Written from {count} records by

    keras-ae report {places}

and not by hand. Protocols: {protocols}. A cell is the mean over seeds ± their
standard deviation. Numbers stand beside their floors: the same measure on
what goes in (pixels, log-mel statistics, TF-IDF), on a PCA, on the untrained
model, or by chance. "Over best floor" is how much better than the best of
these the model is; negative means worse. The reconstructions of a discrete
code are compared with those of a PCA of as many bits.
"""


def report_text(
    records: Mapping, places: Iterable = ("runs",), aims: Sequence = ()
) -> str:
    """Return the report of records.

    Args:
        records: Dict from path to record, from `find_records`.
        places: Paths given on the command line, to show the command.
        aims: List of `Aim`, from `find_aims`.
    """
    names = [f"`{name}`" for name in protocols(records)]
    by_data = group_records(records)
    shown = [_shown(place) for place in places]
    parts = [
        _HEADER.format(
            count=len(records),
            places=shlex.join([*shown, "--out", "docs/RESULTS.md"]),
            protocols=", ".join(names) or "none",
        )
    ]
    for data, groups in by_data.items():
        asked = [aim for aim in aims if aim.data == data]
        parts.append(_data_section(data, groups, asked))
    parts.append(_commands(by_data))
    left_out = [
        f"- {record['command']}"
        for record in records.values()
        if record["protocol"] is None
    ]
    if left_out:
        lines = "\n".join(sorted(left_out))
        parts.append(f"## Not evaluated\n\n{lines}\n")
    return "\n".join(parts)


def _shown(place) -> str:
    # A path of somebody's machine does not belong in a document.
    text = str(place).rstrip("/")
    return text.rpartition("/")[2] if text.startswith("/") else text


def _data_section(data: str, groups: list, aims: list) -> str:
    # Settings such as `data.limit` leave some of the data out.
    plainest = min(
        (record for group in groups for record in group.records),
        key=lambda record: len(record["changed"]),
    )
    lines = [f"## {data}", "", plainest["data_info"]["description"], ""]
    lines += _aims(aims, groups)
    names = [
        name
        for name in MEANINGS
        if any(group.values("numbers", name) for group in groups)
    ]
    with_floors = [
        name
        for name in names
        if any(group.values("floors", name) for group in groups)
    ]
    for name in with_floors:
        lines += [f"### {name}", "", MEANINGS[name], ""]
        lines += _floor_table(name, groups)
    others = [name for name in names if name not in with_floors]
    if others:
        lines += ["### Codes and embeddings", ""]
        lines += [f"- `{name}`: {MEANINGS[name]}" for name in others]
        columns = {name: ("numbers", name) for name in others}
        lines += ["", *_table(columns, groups)]
    columns = {
        "parameters": ("parameters", "total"),
        "epochs": ("history", "epochs"),
        "train seconds": ("seconds", "train"),
        "prior seconds": ("seconds", "prior"),
        "evaluate seconds": ("seconds", "evaluate"),
    }
    rates = ("examples a second", _rates)
    lines += ["### Cost", "", *_table(columns, groups, rates)]
    return "\n".join(lines + _warnings(groups))


def _aims(aims: list, groups: list) -> list:
    if not aims:
        return []
    rows, tried = aims_table(aims, groups)
    titles = ["recipe", "aim", "measured", "by the mean over seeds"]
    lines = ["### Aims", "", "Set before the runs.", ""]
    lines += [_row(titles), _row(["---"] * len(titles)), *map(_row, rows), ""]
    return lines + (["Tried where missed:", "", *tried, ""] if tried else [])


def _floor_table(name: str, groups: list) -> list:
    floors = []
    for group in groups:
        for found in group.values("floors", name):
            floors += [floor for floor in found if floor not in floors]
    columns = {name: ("numbers", name)}
    columns.update({floor: ("floors", name, floor) for floor in floors})
    extra = None
    if name in HIGHER_IS_BETTER:
        extra = ("over best floor", lambda group: _gains(group, name))
    having = [group for group in groups if group.values("numbers", name)]
    notes = [
        f"- `{floor}`: {FLOOR_MEANINGS[floor]}."
        for floor in floors
        if floor in FLOOR_MEANINGS
    ]
    return [*_table(columns, having, extra), *notes, *([""] if notes else [])]


def _rates(group: Group) -> list:
    found = map(examples_a_second, group.records)
    return [rate for rate in found if rate is not None]


def _gains(group: Group, name: str) -> list:
    return [
        gain(name, record["numbers"][name], record["floors"][name])
        for record in group.records
        if record["floors"].get(name) and name in record["numbers"]
    ]


def _table(columns: Mapping, groups: list, extra=None) -> list:
    kept = {
        title: keys
        for title, keys in columns.items()
        if any(group.values(*keys) for group in groups)
    }
    titles = ["recipe", "seeds", *kept] + ([extra[0]] if extra else [])
    lines = [_row(titles), _row(["---"] * len(titles))]
    for group in groups:
        cells = [group.label, str(len(group.records))]
        cells += [_cell(group.values(*keys)) for keys in kept.values()]
        if extra:
            cells.append(_cell(extra[1](group)))
        lines.append(_row(cells))
    return [*lines, ""]


def _row(cells: list) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _cell(values: list) -> str:
    return spread_text(values) if values else "–"


def _warnings(groups: list) -> list:
    lines = [
        f"- {group.label}, seed {record['seed']}: {warning}"
        for group in groups
        for record in group.records
        for warning in record["warnings"]
    ]
    return ["### Warnings", "", *lines, ""] if lines else []


def _commands(by_data: Mapping) -> str:
    records = [
        record
        for groups in by_data.values()
        for group in groups
        for record in group.records
    ]
    lines = ["## Commands", "", "Each run again, and this report after them:"]
    lines += ["", *(f"    {record['command']}" for record in records), ""]
    made = {made_with(record) for record in records}
    lines += ["Made with:", "", *(f"- {text}" for text in sorted(made)), ""]
    return "\n".join(lines)


def made_with(record: Mapping) -> str:
    """Return the versions and the commit that a record was made with.

    Args:
        record: Dict of a run or of a comparison's cell.
    """
    text = ", ".join(f"{name} {v}" for name, v in record["versions"].items())
    if record["git"]:
        text += f", commit {record['git']['commit'][:12]}"
        text += " with changes" if record["git"]["changed"] else ""
    return text
