"""The report against numbers that were worked out by hand."""

import pathlib
import re
import shlex
import shutil

import numpy as np
import pytest
import tensorflow as tf

from tools import main as cli
from tools.compare import plan_of as plan_of_command
from zoo.comparing import page
from zoo.comparing.curves import drawn
from zoo.comparing.page import write_report
from zoo.comparing.summary import at_end

from .helpers import plan_of, record_of, write_record

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUN = ROOT / "docs" / "records" / "images" / "binary-digits-seed1"
MADE = "python 3.11, commit 0123456789ab"
AXES = ("step", "decoder_evaluations", "seconds")
# Seed by seed; all differences are 0 but one.
SCORES = {"gumbel": [1, 2, 3, 4, 5], "exact": [1, 2, 4, 4, 5]}


@pytest.fixture(autouse=True)
def without_toys(monkeypatch):
    monkeypatch.setattr(page, "toy_rows", lambda *arguments: [])


@pytest.fixture
def by_hand(coded, tmp_path):
    """Five made-up seeds of two estimators, after screening two points."""
    rates = {"learning_rate": ["0.1", "0.01"]}
    plan = plan_of(*SCORES, seeds=5, grid=rates, screen_budget=4.0)
    for cell in plan.screening():
        rate = dict(cell.point)["optimizer.learning_rate"]
        record = record_of(plan, cell, False, val_score=2 + 10 * rate)
        write_record(tmp_path, plan, cell, record)
    point = (("optimizer.learning_rate", 0.01),)
    for cell in plan.final(dict.fromkeys(SCORES, point)):
        score, spread = SCORES[cell.estimator][cell.seed], cell.seed + 1
        bounds = {"bound": score, "nelbo": score + 10, "samples": 20}
        record = record_of(plan, cell, test_score=score, bounds=bounds)
        record["gradient_variance"] = {"sampling_variance": 2.0 * spread}
        record["history"][-1]["seconds"] = 10.0 * spread
        record["history"][-1]["processor_seconds"] = 7.0 * spread
        write_record(tmp_path, plan, cell, record)
    return tmp_path, plan


def table(text):
    """Return `{estimator: {column: cell}}` of a report's last table."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [line[2:-2].split(" | ") for line in lines]
    start = [row[0] for row in cells].index("estimator")
    columns = cells[start]
    return {r[0]: dict(zip(columns, r)) for r in cells[start + 2 :]}


def test_the_table_is_the_statistics_of_five_seeds(by_hand):
    folder, _ = by_hand
    write_report(folder)
    rows = table((folder / "report.md").read_text())
    # Of five, the middle three count, those at the ends 3/4 of the time.
    iqm = (0.75 * 2 + 4 + 0.75 * 4) / 2.5
    # Pairs of 25 where exact is lower, ties as half: for its values
    # 1, 2, 4, 4, 5 they are 4.5, 3.5, 1.5, 1.5, 0.5.
    better = (4.5 + 3.5 + 1.5 + 1.5 + 0.5) / 25
    # A resampled mean is k / 5, k of Binomial(5, 1/5): P(k <= 0) = 0.33,
    # P(k <= 2) = 0.942, P(k <= 3) = 0.993.
    assert rows["exact"] == {
        "estimator": "exact",
        "chosen": "learning_rate=0.01",
        "seeds": "5",
        "test score, IQM": f"{iqm:.5g}",
        "paired difference": "+0.2",
        "95 % interval": "+0 to +0.6",
        "P(improvement)": f"{better:.2f}",
        "one sample, IQM": f"{iqm + 10:.5g}",
        "gradient variance": "6",
        "hard less relaxed": "+0.25",
        "seconds": "30",
        "processor seconds": "21",
        "grid median (validation)": "2.55",
        "published": "",
    }
    assert rows["gumbel"]["test score, IQM"] == "3"
    assert rows["gumbel"]["95 % interval"] == ""


def test_estimators_not_screened_yet_have_not_failed(coded, tmp_path):
    names = ["gumbel", "exact", "straight_through", "reinforce"]
    rates = {"learning_rate": ["0.1", "0.01"]}
    plan = plan_of(*names, seeds=3, grid=rates, screen_budget=4.0)
    for cell in plan.screening():
        record = record_of(plan, cell, False)
        first = dict(cell.point)["optimizer.learning_rate"] == 0.1
        if cell.estimator == "reinforce":
            record = {**record, "status": "failed", "reason": "Too hot."}
            del record["val_score"]
        elif cell.estimator == "exact" or not first:
            continue
        write_record(tmp_path, plan, cell, record)
    write_report(tmp_path)
    text = (tmp_path / "report.md").read_text()
    found = {name: row["chosen"] for name, row in table(text).items()}
    waiting = dict.fromkeys(names[:3], "not chosen yet")
    assert found == {**waiting, "reinforce": "all failed"}
    # One point, two, one; and three times three seeds.
    assert "Not finished: 13 cells are missing." in text


@pytest.mark.parametrize("axis", AXES)
def test_curves_are_means_over_seeds_against_each_axis(axis):
    def history(ends, loss):
        lines = []
        for step in (1, 2):
            line = {"val_loss": loss / step, "val_nelbo": 10 * loss / step}
            line.update(step=step * ends, seconds=0.5 * step * ends)
            lines.append({**line, "decoder_evaluations": 4 * step * ends})
        return lines

    unit = {"step": 1.0, "decoder_evaluations": 4.0, "seconds": 0.5}[axis]
    runs = [history(10, 2.0), history(10, 6.0)]
    figure = drawn({"gumbel": runs, "exact": [history(30, 5.0)]}, axis)
    (axes,) = figure.axes
    assert axes.get_xlabel() == axis.replace("_", " ")
    assert axes.get_ylabel().startswith("validation negative bound")
    first, second = axes.get_lines()
    assert [first.get_label(), second.get_label()] == ["gumbel", "exact"]
    x, y = first.get_data()
    np.testing.assert_allclose(x[[0, -1]], [10 * unit, 20 * unit])
    np.testing.assert_allclose(y[[0, -1]], [40.0, 20.0])
    x, y = second.get_data()
    np.testing.assert_allclose(x[[0, -1]], [30 * unit, 60 * unit])
    np.testing.assert_allclose(y[[0, -1]], [50.0, 25.0])


def test_without_bounds_curves_are_losses():
    line = {"step": 1, "val_loss": 3.0}
    figure = drawn({"gumbel": [[line, {**line, "step": 2}]]}, "step")
    (axes,) = figure.axes
    assert axes.get_ylabel() == "validation loss, hard codes, nats"
    np.testing.assert_allclose(axes.get_lines()[0].get_ydata(), 3.0)


def events(folder):
    """Return hyperparameters and scalars, each as the event files say."""
    from tensorboard.plugins.hparams import metadata

    session, scalars = {}, {}
    for path in folder.glob("events*"):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                content = value.metadata.plugin_data.content
                if value.tag == metadata.SESSION_START_INFO_TAG:
                    info = metadata.parse_session_start_info_plugin_data
                    for name, number in info(content).hparams.items():
                        kind = number.WhichOneof("kind")
                        session[name] = getattr(number, kind)
                elif value.HasField("tensor"):
                    number = float(tf.make_ndarray(value.tensor))
                    scalars[value.tag, event.step] = number
    return session, scalars


def test_tensorboard_has_the_values_of_the_records(by_hand):
    folder, plan = by_hand
    board = write_report(folder)[-1]
    names = sorted(path.name for path in board.iterdir())
    point = "optimizer.learning_rate=0.01"
    expected = [f"{n}--{point}--seed{s}--6" for n in SCORES for s in range(5)]
    assert names == sorted(expected)
    session, scalars = events(board / f"exact--{point}--seed2--6")
    assert session == {
        "estimator": "exact",
        "seed": 2,
        "optimizer.learning_rate": 0.01,
    }
    assert scalars == {
        ("test_loss", 6): 2.5,
        ("test_bound", 6): 4.0,
        ("test_nelbo", 6): 14.0,
        ("val_loss", 3): 4.0,
        ("val_loss", 6): 2.0,
    }


def test_a_report_says_how_to_make_it_again(by_hand):
    folder, plan = by_hand
    write_report(folder)
    for name in ("report.md", "report.html"):
        assert "<li>" * (name[-1] == "l") + MADE in (folder / name).read_text()
    lines = (folder / "report.md").read_text().splitlines()
    (line,) = [li for li in lines if li.startswith("    keras-ae compare")]
    arguments = cli.make_parser().parse_args(shlex.split(line)[1:])
    assert plan_of_command(arguments) == plan


def test_a_choice_at_an_end_of_the_grid_is_named(by_hand):
    folder, plan = by_hand
    write_report(folder)
    named = "an end of the grid, so that a wider one may hold better: "
    for name in ("report.md", "report.html"):
        assert named + "gumbel, exact." in (folder / name).read_text()


@pytest.mark.parametrize(
    "grid, point, ends",
    [
        ({"learning_rate": ["0.1", "0.01"]}, 0.01, True),
        ({"learning_rate": ["0.1", "0.01", "1"]}, 0.1, False),
        ({"learning_rate": ["0.1"]}, 0.1, False),
        ({"schedule": ["constant", "cosine"]}, "cosine", False),
        ({"jit_compile": ["false", "true"]}, True, False),
    ],
)
def test_ends_are_those_of_two_numbers_or_more(coded, grid, point, ends):
    plan = plan_of("gumbel", grid=grid)
    assert at_end(plan, ((plan.grid[0][0], point),)) is ends


def test_a_report_may_go_into_a_document_with_its_pictures(
    by_hand, tmp_path_factory, capsys
):
    folder, _ = by_hand
    before = sorted(folder.rglob("*"))
    out = tmp_path_factory.mktemp("docs") / "new" / "codes.md"
    assert cli.main(["report", str(folder), "--out", str(out)]) == 0
    written = [out, *(out.with_name(f"codes-{axis}.png") for axis in AXES)]
    assert capsys.readouterr().out == "".join(f"Wrote {p}\n" for p in written)
    assert sorted(out.parent.iterdir()) == sorted(written)
    assert sorted(folder.rglob("*")) == before
    text = out.read_text()
    links = re.findall(r"!\[validation [^]]*, against ([^]]*)\]\((.*)\)", text)
    assert links == [(a.replace("_", " "), f"codes-{a}.png") for a in AXES]
    for path in written[1:]:
        assert path.read_bytes().startswith(b"\x89PNG")
    assert table(text)["exact"]["paired difference"] == "+0.2"
    assert cli.main(["report", str(folder), str(folder)]) == 2
    assert "needs its folder alone" in capsys.readouterr().err


def test_records_of_comparisons_lie_beside_those_of_runs(
    by_hand, tmp_path_factory, capsys
):
    runs = tmp_path_factory.mktemp("runs") / "records"
    shutil.copytree(RUN, runs / "images" / "run")
    assert cli.main(["report", str(runs)]) == 0
    alone = capsys.readouterr().out
    shutil.copytree(by_hand[0], runs / "comparisons" / "codes")
    assert cli.main(["report", str(runs)]) == 0
    assert capsys.readouterr().out == alone != ""
