"""Recipes are silent as they are; what collapses when asked is named."""

import numpy as np
import pytest

from keras_ae.metrics.collapse import collapse_report, collapse_warnings
from zoo.kinds import kind_of
from zoo.running import train_run
from zoo.running.build import build_model, load_data
from zoo.running.config import resolve_config


@pytest.mark.slow
@pytest.mark.parametrize(
    "recipe, seed, settings, named",
    [
        ("cpc", 1, {}, None),
        ("cpc", 1, {"model.num_negatives": 1}, "The effective rank is low"),
        ("cpc", 1, {"model.negatives": "none"}, "The embeddings have nearly"),
        ("deep_infomax", 0, {}, None),
        ("quick_thought", 0, {}, None),
        (
            "quick_thought",
            0,
            {"model.negatives": False},
            "The embeddings have nearly",
        ),
        ("skip_thought", 0, {}, None),
    ],
)
def test_training_names_the_collapse_and_nothing_else(
    recipe, seed, settings, named, tmp_path, caplog
):
    train_run(
        recipe,
        settings=settings,
        seed=seed,
        out=tmp_path / "run",
        evaluate=False,
        verbose=0,
    )
    said = [line.split(": ")[1] for line in caplog.messages if "Epoch" in line]
    if named is None:
        assert said == []
    else:
        assert any(line.startswith(named) for line in said)


@pytest.mark.parametrize("negatives", ["speaker", "none"])
def test_a_shorter_training_shows_it_too(negatives):
    config = resolve_config(
        "cpc",
        settings={
            "model.negatives": negatives,
            "model.filters": 16,
            "model.context_units": 32,
            "optimizer.learning_rate": 0.01,
            "optimizer.schedule": "constant",
        },
    )
    data, kind = load_data(config), kind_of("cpc")
    model = build_model(config, data)
    model.fit(kind.batches(data, config, 0), steps_per_epoch=80, verbose=0)
    z = np.array(model.encode(kind.examples(data, 200)))
    found = collapse_warnings(collapse_report(z))
    if negatives == "none":
        assert any("nearly one direction" in line for line in found)
    else:
        assert found == []
