"""Seconds a step, taken in turns, and tables of them."""

from collections.abc import Callable
from time import perf_counter

import numpy as np

RATE = "matrix product"  # Begins the names of what is in GFLOP/s


def fit(model, data, steps: int, on_batch: Callable) -> None:
    """Fit some steps of endless data, and tell `on_batch` after each one."""
    import keras

    callback = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: on_batch(batch)
    )
    how = dict(shuffle=False, verbose=0, callbacks=[callback])
    model.fit(data, steps_per_epoch=steps, **how)


def fit_timer(model, data, steps: int) -> Callable[[], float]:
    """Return what takes the median seconds of a step of `fit`.

    Of `steps_per_execution` steps at a time the clock sees the last one.
    """
    each = model.steps_per_execution
    total = (max(steps // each, 1) + 1) * each

    def take():
        ends = []
        fit(model, data, total, lambda _: ends.append(perf_counter()))
        return float(np.median(np.diff(ends))) / each

    return take


def timer(step: Callable, steps: int, middle=np.median) -> Callable[[], float]:
    """Return what takes the median seconds of calls of `step`."""

    def take():
        ends = [perf_counter()]
        for _ in range(steps):
            step()
            ends.append(perf_counter())
        return float(middle(np.diff(ends)))

    return take


def take_turns(takers: dict, rounds: int) -> list[dict]:
    """Return one dict a turn, what each of `takers` says in it.

    One more turn goes before them: it compiles and warms up.
    """
    turns = [
        {name: take() for name, take in takers.items()}
        for _ in range(1 + rounds)
    ]
    return turns[1:]


def middle(turns: list[dict], ratio: Callable) -> float:
    """Return the median over the turns of `ratio(turn)`."""
    return float(np.median([ratio(turn) for turn in turns]))


def time_rows(turns: list[dict]) -> list[tuple]:
    """Return median, least and most of each, in ms or GFLOP/s."""
    rows = []
    for name in turns[0]:
        values = np.array([turn[name] for turn in turns])
        rate = name.startswith(RATE)
        values, unit = (values, "GFLOP/s") if rate else (1e3 * values, "ms")
        figures = np.median(values), values.min(), values.max()
        rows.append((f"{name}, {unit}", *(f"{v:.4g}" for v in figures)))
    return rows


def table(header: str, rows: list[tuple]) -> str:
    """Return a table in Markdown, floats with three digits."""
    rule = "|".join("---" for _ in header.split("|"))
    lines = [f"| {header} |", f"|{rule}|"]
    for row in rows:
        cells = [f"{c:.3g}" if isinstance(c, float) else c for c in row]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
