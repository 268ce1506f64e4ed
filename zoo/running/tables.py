"""Numbers as text."""

import math
from collections.abc import Mapping, Sequence

_ROUNDING = 1e-12


def number_text(value: float) -> str:
    """Return a number with as many digits as a table needs."""
    if isinstance(value, int):
        return f"{value:,}"
    size = abs(value)
    if size == 0 or 0.01 <= size < 1:
        return f"{value:.4f}"
    if size >= 1000:
        return f"{value:,.0f}"
    return f"{value:.2f}" if size >= 1 else f"{value:.3g}"


def spread_text(values: Sequence[float]) -> str:
    """Return mean ± standard deviation (of a sample), or the single value."""
    if len(values) == 1:
        return number_text(values[0])
    mean = sum(values) / len(values)
    square = sum((value - mean) ** 2 for value in values)
    spread = math.sqrt(square / (len(values) - 1))
    if spread < _ROUNDING * abs(mean):
        spread = 0.0  # equal values, but for the last digit
    return f"{number_text(float(mean))} ± {number_text(float(spread))}"


def examples_a_second(record: Mapping) -> int | None:
    """Return how fast the run of a record was trained, where it says so."""
    trained = record["history"]["epochs"] * record["data_info"].get("train", 0)
    seconds = record["seconds"].get("train")
    return round(trained / seconds) if trained and seconds else None


def record_table(record: Mapping) -> str:
    """Return the numbers of a record, each beside its floors."""
    lines = [f"{record['recipe']} on {record['data']}, seed {record['seed']}"]
    if record["protocol"] is None:
        lines.append("not evaluated; `keras-ae evaluate RUN` does it")
    width = max((len(name) for name in record["numbers"]), default=0)
    for name, value in record["numbers"].items():
        floors = ", ".join(
            f"{floor} {number_text(number)}"
            for floor, number in record["floors"].get(name, {}).items()
        )
        line = f"  {name:{width}}  {number_text(value):>9}"
        lines.append(f"{line}  ({floors})" if floors else line)
    lines += [f"  warning: {warning}" for warning in record["warnings"]]
    spent = (f"{name} {value:.1f}" for name, value in record["seconds"].items())
    lines.append(f"  seconds: {', '.join(spent)}")
    rate = examples_a_second(record)
    if rate is not None:
        lines.append(f"  trained on {number_text(rate)} examples a second")
    return "\n".join(lines)
