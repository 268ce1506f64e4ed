"""The protocol for images, `images-v1`: what an encoder is worth.

Hard, deterministic codes; every number beside its floor; the test split read
after all choices are made. `evaluate_images` returns a JSON-able dict:

- `protocol`, `seed`, `seconds` (float, the whole evaluation).
- `data`: `name`, `fingerprint` (hash of images and labels), `classes` (`None`
  without labels), `train`, `valid`, `test` (images in the data),
  `fitted_on`, `chosen_on`, `tested_on` (images drawn from each by `seed`: at
  most 10,000, 5,000 and 10,000; see `batches`).
- `probe`: `linear`, `knn` (test accuracies of probes on the flat embedding)
  and the details of `probes.probe`.
- `floors`: `raw_pixels`, `pca` (as many components as the embedding has
  numbers), `random_encoder` (the same architecture untrained), each like
  `probe`; `chance` (test accuracy of the commonest training label).
- `features`: for a model (or its `encoder`) with a method `features`, a dict
  from the name of each to a dict like that of `probes.linear_probe`, fitted
  on **all** training images, and `floors`: `raw_pixels`, `random_encoder`
  (the same feature untrained), each the same, and `chance`.
- `clustering`: `nmi` with the labels; `method`: `"index"` (a single index
  per image is its own cluster) or `"k-means"` (on the embedding, as many
  clusters as classes); `clusters`; `floors`: `raw_pixels` (k-means on
  pixels), `random_encoder` (the model's method on the untrained model).
- `reconstruction`: `nmse` (see `reconstruction`), `pca_same_size` (`nmse`,
  `size`), `pca_same_bits` (`nmse`, `bits`, `components`; `None` for a code
  that is not discrete).
- `codes`: the dict of `codes.code_usage`, for a model with a `bottleneck`.
- `novelty`: the dict of `binary.binary_novelty`, for a code of bits.
- `bounds`: with `train.bound_samples`, the dicts of `bounds` and
  `relaxation_gap` in `zoo.evaluation.bounds`; else absent.
- `collapse`: the dict of `keras_ae.metrics.collapse.collapse_report` on at
  most 4,000 test images; its pairs are two images of one class.
- `warnings`: sentences that name a collapse, often empty.
- `skipped`: name of a missing part -> reason. A part that does not apply is
  `None` and named here.
"""

import time
from typing import TYPE_CHECKING

from keras_ae.checks import check_int
from keras_ae.metrics.collapse import collapse_warnings
from zoo.evaluation.cache import FloorCache
from zoo.evaluation.parts import Evaluation

if TYPE_CHECKING:
    from zoo.data import ImageData

PROTOCOL = "images-v1"


def evaluate_images(
    model,
    data: "ImageData",
    seed: int = 0,
    untrained_model=None,
    batch_size: int = 256,
    floors: bool = True,
    cache_dir=None,
) -> dict:
    """Evaluate an encoder of images by the protocol `images-v1`.

    Args:
        model: Has `encode(x)`; `reconstruct(x)`, and a `bottleneck` with
            `encode_index(x)` and `decode_index(index)`, if it has those.
        data: `zoo.data.ImageData`.
        seed: Int >= 0, of every draw. Defaults to `0`.
        untrained_model: The same architecture with fresh weights, for the
            `random_encoder` floor, or `None`. Defaults to `None`.
        batch_size: Int >= 1. Defaults to `256`.
        floors: Bool, whether to measure the floors. Defaults to `True`.
        cache_dir: Folder that keeps the floors that do not depend on the
            model, or `None`: only this process does. Defaults to `None`.

    Returns:
        JSON-able dict; see the top of this file.

    Raises:
        ValueError: If embeddings or reconstructions are not finite.
    """
    check_int("evaluate_images", "seed", seed, minimum=0)
    check_int("evaluate_images", "batch_size", batch_size)
    started = time.perf_counter()
    cache = FloorCache(data, seed, PROTOCOL, cache_dir)
    run = Evaluation(model, data, seed, batch_size, floors, cache)
    untrained = run.untrained(untrained_model)
    result = {
        "protocol": PROTOCOL,
        "seed": int(seed),
        "data": run.summary(),
        "probe": run.probe(run.trained),
        "floors": run.probe_floors(untrained),
        "features": run.features(untrained),
        "clustering": run.clustering(untrained),
        "codes": run.codes(),
    }
    result["reconstruction"] = run.reconstruction(result["codes"])
    result["novelty"] = run.novelty()
    result["collapse"] = run.collapse()
    result["warnings"] = collapse_warnings(result["collapse"], result["codes"])
    seconds = time.perf_counter() - started
    return {**result, "skipped": run.skipped, "seconds": seconds}
