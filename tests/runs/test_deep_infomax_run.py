"""The recipes of Deep InfoMax on the embedded digits, ten epochs."""

import pytest

from zoo.running import train_run

SMALL = {"train.epochs": 10, "model.units": 16, "data.limit": 256}


@pytest.mark.parametrize(
    "recipe, settings",
    [
        ("deep_infomax", {"model.prior_weight": 0.1}),
        ("feature_autoencoder", {"model.variational": True}),
    ],
)
def test_the_record_has_each_feature_beside_its_floors(
    recipe, settings, tmp_path
):
    run = train_run(
        recipe, settings={**SMALL, **settings}, out=tmp_path / "a", verbose=0
    )
    for name in ("conv_accuracy", "fc_accuracy", "embedding_accuracy"):
        floors = run.record["floors"][name]
        assert set(floors) == {"raw_pixels", "random_encoder", "chance"}
        assert run.record["numbers"][name] > floors["chance"]
    assert (tmp_path / "a" / "codes.png").is_file()
    assert run.record["warnings"] == []
