"""Small trainings, run by `test_multi_worker.py` in processes of their own.

    python worker_jobs.py JOB OUT.json

With `TF_CONFIG` as one of several workers, without it alone.
"""

import json
import os
import sys
import warnings

from keras_ae.training import is_chief, strategy

MANY = "TF_CONFIG" in os.environ
STRATEGY = strategy("multi_worker" if MANY else "one_device")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from small_models import (  # noqa: E402
    bits,
    code_layers,
    codes,
    deep_infomax,
    gaussian,
    one_hot,
    predictive,
    prior,
    quick_thought,
    skip_thought,
    vqvae,
)

from keras_ae import bottlenecks, models  # noqa: E402
from keras_ae.models import fit_repairs  # noqa: E402
from tests.contract.sentence_cases import sentences  # noqa: E402

Dense = keras.layers.Dense
VQ = bottlenecks.VectorQuantizer
RQ = bottlenecks.ResidualQuantizer
# What `compile_prior` gives, but for Adam, which scales rounding up.
NATS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
EPOCHS = 17  # of three steps: fifty and one


def batches(x):
    options = tf.data.Options()
    policy = tf.data.experimental.AutoShardPolicy.DATA
    options.experimental_distribute.auto_shard_policy = policy
    data = tf.data.Dataset.from_tensor_slices(x).batch(32)
    return data.with_options(options)


def vectors(rows):
    return np.random.default_rng(0).normal(size=(rows, 6)).astype("float32")


def train(
    make, rows=65, build=True, optimizer=None, data=vectors, **compile_options
):
    # 65 rows: a last batch of one, so of none for the second worker.
    x = data(rows)
    with STRATEGY.scope():
        keras.utils.set_random_seed(1)
        model = make()
        if build:
            model(x[:1])
        optimizer = optimizer or keras.optimizers.Adam(0.01)
        model.compile(optimizer=optimizer, **compile_options)
    # Of codes the next ones are asked for; other models take no answers.
    given = (lambda x: (x, x)) if "loss" in compile_options else (lambda x: x)
    history = model.fit(
        batches(given(x)),
        epochs=EPOCHS,
        validation_data=batches(given(x[:40])),
        shuffle=False,
        verbose=0,
    ).history
    return {
        "chief": is_chief(STRATEGY),
        "history": {k: np.float64(v).tolist() for k, v in history.items()},
        "weights": {v.path: np.array(v).tolist() for v in model.weights},
        "skipped": getattr(model, "skipped_updates", 0),
    }


def autoencoder():
    return models.Autoencoder(Dense(3), Dense(6))


def without_the_axis():
    fit_repairs.KERAS_NEEDS_AN_AXIS = False
    return train(autoencoder)


JOBS = {
    "vqvae": lambda: train(lambda: vqvae(VQ(4, 3, restart_below=0.5))),
    "residual": lambda: train(lambda: vqvae(RQ(2, 4, 3))),
    "autoencoder": lambda: train(autoencoder),
    "prior": lambda: train(
        prior, rows=96, data=codes, loss=NATS, optimizer="sgd"
    ),
    "gaussian": lambda: train(gaussian),
    "one_hot": lambda: train(one_hot),
    "leave_one_out": lambda: train(lambda: bits("leave_one_out(samples=3)")),
    "code_layers": lambda: train(code_layers),
    # 77 rows: the last batch has 7 and 6. Not Adam: InfoNCE gives the last
    # offset no gradient but rounding.
    "infomax": lambda: train(
        lambda: deep_infomax("info_nce"), rows=77, optimizer="sgd"
    ),
    "predictive": lambda: train(predictive, rows=77),
    "quick_thought": lambda: train(quick_thought, rows=77, data=sentences),
    "skip_thought": lambda: train(skip_thought, rows=77, data=sentences),
    "two_steps": lambda: train(autoencoder, steps_per_execution=2),
    "unbuilt": lambda: train(autoencoder, build=False),
    "without_the_axis": without_the_axis,
}

if __name__ == "__main__":
    warnings.simplefilter("ignore", RuntimeWarning)
    result = {}
    for job in sys.argv[1].split(","):
        try:
            result[job] = JOBS[job]()
        except ValueError as error:
            result[job] = {"error": str(error)}
    with open(sys.argv[2], "w") as file:
        json.dump(result, file)
