"""What a run shows in TensorBoard, read back by TensorBoard itself."""

import numpy as np
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)

from zoo.running import train_run
from zoo.running.build import load_data
from zoo.running.config import read_config


def test_terms_pictures_codes_and_configuration_are_logged(tiny, tmp_path):
    run = train_run(tiny, out=tmp_path, evaluate=False, verbose=0)
    folder = run.folder / "tensorboard"
    log = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    log.Reload()
    tags = set(log.Tags()["tensors"])
    assert {"loss", "val_loss", "reconstruction_loss"} <= tags
    assert {"collapse_effective_rank", "collapse_codes_used"} <= tags
    assert {"config", "reconstructions", "code_usage"} <= tags
    assert [event.step for event in log.Tensors("loss")] == [1, 2]
    text = log.Tensors("config")[0].tensor_proto.string_val[0]
    assert b'"recipe": "tiny"' in text


def test_the_projector_has_a_picture_and_a_label_of_each_vector(
    tiny, tmp_path
):
    settings = {"train.epochs": 0}
    run = train_run(
        "plain", out=tmp_path, settings=settings, evaluate=False, verbose=0
    )
    folder = run.folder / "tensorboard"
    vectors = np.loadtxt(folder / "embedding.tsv")
    labels = (folder / "metadata.tsv").read_text().split()
    images = load_data(read_config(tmp_path))
    assert vectors.shape == (len(images.x_test), 3)
    names = [images.class_names[label] for label in images.y_test]
    assert labels == names
    sprite = np.asarray(Image.open(folder / "sprite.png").convert("L"))
    assert sprite.shape == (40, 40)  # 5 x 5 places for 20 images of 8 x 8
    np.testing.assert_array_equal(sprite[:8, 8:16], images.x_test[1, ..., 0])
