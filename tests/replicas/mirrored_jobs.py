"""Small trainings, run by `test_mirrored.py` in a process of their own.

    python mirrored_jobs.py REPLICAS OUT.json JOB,JOB

Every job gives the logged numbers, the weights (of the first replica) and
the largest difference between replicas over all variables.
"""

import importlib.util
import json
import sys
import warnings

import numpy as np
import tensorflow as tf

DEVICES = tf.config.list_physical_devices("CPU")[:1]
tf.config.set_logical_device_configuration(
    DEVICES[0], [tf.config.LogicalDeviceConfiguration()] * 2
)

import keras  # noqa: E402
from keras import ops  # noqa: E402
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

from keras_ae import bottlenecks, estimators, models  # noqa: E402
from tests.contract.sentence_cases import sentences  # noqa: E402

REPLICAS = int(sys.argv[1])
STRATEGY = (
    tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    if REPLICAS == 2
    else tf.distribute.get_strategy()
)
Dense = keras.layers.Dense
EPOCHS = 17  # of three steps: fifty and one


def data(rows):
    return np.random.default_rng(0).normal(size=(rows, 6)).astype("float32")


def copies(variable):
    value = variable.value
    return [v.numpy() for v in getattr(value, "values", (value,))]


def train(
    make,
    rows=96,
    poison=None,
    check=False,
    trainer=None,
    data=data,
    **compile_options,
):
    x = data(rows)
    if poison is not None:
        x[poison] = np.nan
    with STRATEGY.scope():
        keras.utils.set_random_seed(1)
        model = make()
        compile_options.setdefault("optimizer", keras.optimizers.Adam(1e-2))
        model.compile(**compile_options)
    y = x if "loss" in compile_options else None
    options = dict(batch_size=32, verbose=0)
    fitted = model if trainer is None else trainer(model)
    inputs = (x,) if y is None else (x, y)
    fitting = dict(options, epochs=EPOCHS, shuffle=False)
    history = fitted.fit(*inputs, **fitting).history
    final = model.evaluate(x, y, return_dict=True, **options) if check else {}
    variables = [*model.variables, *model.optimizer.variables]
    found = [copies(v) for v in variables if v.dtype != "string"]
    return {
        "history": {k: np.float64(v).tolist() for k, v in history.items()},
        "evaluate": {k: float(v) for k, v in final.items()},
        "weights": {v.path: copies(v)[0].tolist() for v in model.weights},
        "copies": min(len(c) for c in found),
        "spread": float(max(np.ptp(np.stack(c), axis=0).max() for c in found)),
        "skipped": getattr(model, "skipped_updates", 0),
    }


def functional():
    inputs = keras.Input((6,))
    code = VQ(4, 3, restart_below=0.5)(Dense(3)(inputs))
    return keras.Model(inputs, Dense(6)(code.value))


@keras.saving.register_keras_serializable("tests")
class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.last = Dense(3), Dense(6)
        options = dict(distance="cosine", lookup_dim=2, update="gradient")
        self.vq = VQ(4, 3, **options)

    def call(self, x, training=False):
        return self.last(self.vq(self.first(x), training=training).value)


def agent(model):
    from rl import ReinforceTrainer

    with STRATEGY.scope():
        value = keras.Sequential([keras.Input((6,)), Dense(1)])
    return ReinforceTrainer(
        model, value_network=value, samples=2, entropy_weight=0.1
    )


def built_bits():
    model = bits("straight_through")
    model(np.zeros((1, 6), "float32"))
    return model


def two_steps():
    """Several steps in one execution: the error of ours and of Keras."""
    x, found = data(96), {}
    for name in ("ours", "keras"):
        with STRATEGY.scope():
            if name == "ours":
                model = models.Autoencoder(Dense(3), Dense(6))
                model.compile(steps_per_execution=2)
            else:
                model = keras.Sequential([keras.Input((6,)), Dense(6)])
                model.compile("sgd", "mse", steps_per_execution=2)
        try:
            model.fit(x, x, batch_size=32, verbose=0)
            found[name] = "none"
        except (ValueError, tf.errors.OpError) as error:
            found[name] = str(error)
    return found


def scored(estimator, **options):
    """Saturated codes: every draw is the same, whatever the noise."""
    large = keras.initializers.Constant(300.0)
    encoder = Dense(4, kernel_initializer=large, use_bias=False, **options)
    code = bottlenecks.BinaryCode(4, estimator, seed=3)
    return models.DiscreteAutoencoder(encoder, code, Dense(6))


def scored_with_averages():
    estimator = "reinforce(baseline=value, normalize=true)"
    return scored(estimator, trainable=False)


class Bright(estimators.Reinforce):
    """`batch`, with a gradient although every draw has probability 1."""

    def score(self, draws, advantage):
        slope = ops.mean(draws.logits - ops.stop_gradient(draws.logits), -1)
        return ops.mean(advantage, axis=0) * slope


def scored_with_the_batch():
    return scored(Bright("batch"))


def noise():
    """Draw codes from the same logits on every replica."""
    with STRATEGY.scope():
        code = bottlenecks.OneHotCode(64, 4, seed=3)
        code.build((None, 256))

    @tf.function
    def draw():
        return STRATEGY.run(
            lambda: code(tf.zeros((1, 256)), training=True).index
        )

    drawn = STRATEGY.experimental_local_results(draw())
    return [index.numpy().ravel().tolist() for index in drawn]


VQ = bottlenecks.VectorQuantizer
RQ = bottlenecks.ResidualQuantizer
PLAIN = dict(loss="mse", metrics=["mae"])
# What `compile_prior` gives, but for Adam, which scales rounding up.
NATS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
# Four codes and 32 vectors: more than the 16 that k-means and restarts look
# at, so the rows they pick must agree too. 77 rows leave a last batch of 7
# and 6, 65 rows one of 1 and none.
JOBS = {
    "functional": lambda: train(functional, check=True, **PLAIN),
    "subclassed": lambda: train(Subclassed, **PLAIN),
    "vqvae": lambda: train(
        lambda: vqvae(VQ(4, 3, restart_below=0.5)), check=True
    ),
    "vqvae_empty_replica": lambda: train(lambda: vqvae(VQ(8, 3)), rows=65),
    "prior": lambda: train(
        prior, check=True, data=codes, loss=NATS, optimizer="sgd"
    ),
    "residual": lambda: train(lambda: vqvae(RQ(2, 4, 3)), rows=64),
    "autoencoder_uneven": lambda: train(
        lambda: models.Autoencoder(Dense(3), Dense(6)), rows=77
    ),
    # Negatives, statistics and draws of the global batch: 7 and 6 last. Not
    # Adam: InfoNCE gives the last offset no gradient but rounding.
    "infomax_nce": lambda: train(
        lambda: deep_infomax("info_nce"), rows=77, check=True, optimizer="sgd"
    ),
    "infomax_dv": lambda: train(
        lambda: deep_infomax("donsker_varadhan"), rows=65
    ),
    "predictive": lambda: train(predictive, rows=77, check=True),
    # A batch is consecutive sentences: neighbours are on the other replica.
    "quick_thought": lambda: train(
        quick_thought, rows=77, check=True, data=sentences
    ),
    "skip_thought": lambda: train(skip_thought, rows=77, data=sentences),
    "poisoned": lambda: train(lambda: vqvae(VQ(4, 3)), poison=40),
    # Noise of the global batch: that of one replica.
    "code_layers": lambda: train(code_layers),
    "one_hot": lambda: train(one_hot),
    "gaussian": lambda: train(gaussian, rows=77),
    "leave_one_out": lambda: train(
        lambda: bits("leave_one_out(samples=3)"), rows=77
    ),
    "disarm": lambda: train(lambda: bits("disarm"), rows=65),
    # Not Adam: saturated codes give the head little gradient but rounding.
    "value": lambda: train(
        scored_with_averages, rows=77, check=True, optimizer="sgd"
    ),
    "batch": lambda: train(scored_with_the_batch),
    "noise": noise,
}

if importlib.util.find_spec("tf_agents"):
    JOBS["agent"] = lambda: train(built_bits, rows=77, trainer=agent)
# Last: a loop that fails may leave a collective waiting.
JOBS["two_steps"] = two_steps

if __name__ == "__main__":
    warnings.simplefilter("ignore", RuntimeWarning)
    asked = sys.argv[3].split(",")
    results = {name: job() for name, job in JOBS.items() if name in asked}
    with open(sys.argv[2], "w") as file:
        json.dump(results, file)
