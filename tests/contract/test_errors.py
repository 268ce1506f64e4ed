"""Bad arguments: refused early, by owner, rule and what was received."""

import keras
import numpy as np
import pytest

from keras_ae import bottlenecks, estimators, layers, metrics, models

from .case import autoencoder, dense, variational, vq

B, E, L, M = bottlenecks, estimators, layers, models
codebook = vq(lambda: B.VectorQuantizer(4, 3))


def called(layer, *shape):
    return layer(np.zeros(shape, "float32"))


def fitted(model, *shape):
    model.compile(optimizer="sgd", jit_compile=False)
    model.fit(np.zeros(shape, "float32"), verbose=0)


VALUES = {
    "below 1": (lambda: B.BinaryCode(0), "`bits` >= 1. Received: bits=0"),
    "one class": (lambda: B.OneHotCode(2, 1), "`classes` >= 2. Received"),
    "no groups": (lambda: B.OneHotCode(0, 2), "`groups` >= 1. Received"),
    "no levels": (lambda: B.FiniteScalarQuantizer([]), r"`len\(levels\)` >= 1"),
    "one level": (
        lambda: B.FiniteScalarQuantizer([4, 1]),
        "`levels` >= 2. Received: levels=1",
    ),
    "one code": (lambda: B.VectorQuantizer(1, 3), "`num_codes` >= 2"),
    "no dimension": (lambda: B.VectorQuantizer(4, 0), "`dim` >= 1"),
    "decay of one": (
        lambda: B.VectorQuantizer(4, 3, decay=1.0),
        "`decay` < 1. Received: decay=1",
    ),
    "negative weight": (
        lambda: B.VectorQuantizer(4, 3, commitment_weight=-1),
        "`commitment_weight` >= 0. Received: commitment_weight=-1",
    ),
    "unknown update": (
        lambda: B.VectorQuantizer(4, 3, update="emma"),
        r"Did you mean 'ema'\? Received: update='emma'",
    ),
    "unknown distance": (
        lambda: B.VectorQuantizer(4, 3, distance="cosin"),
        "Did you mean 'cosine'",
    ),
    "all restarted": (
        lambda: B.VectorQuantizer(4, 3, restart_below=1.0),
        "`restart_below` < 1",
    ),
    "no stages": (lambda: B.ResidualQuantizer(0, 4, 3), "quantizers` >= 1"),
    "unknown estimator": (
        lambda: B.OneHotCode(2, 3, estimator="gumble"),
        "`OneHotCode` needs `estimator` to be one of .* Did you mean 'gumbel'",
    ),
    "impossible pair": (
        lambda: B.OneHotCode(2, 3, estimator="rotation"),
        "estimator for one_hot codes, and `rotation` trains",
    ),
    "impossible codebook": (
        lambda: B.VectorQuantizer(4, 3, estimator="gumbel"),
        "estimator for vector_quantized codes, and `gumbel` trains",
    ),
    "wrong width": (
        lambda: called(B.OneHotCode(2, 3), 4, 5),
        r"\(batch, ..., 6\), where 6 is groups \* classes",
    ),
    "wrong bits": (
        lambda: called(B.BinaryCode(3), 4, 5),
        r"where 3 is bits. Received: features.shape=\(4, 5\)",
    ),
    "wrong dim": (lambda: called(B.VectorQuantizer(4, 3), 4, 5), "3 is dim"),
    "wrong stage": (
        lambda: called(B.ResidualQuantizer(2, 4, 3), 4, 5),
        "`ResidualQuantizer` needs features",
    ),
    "wrong scalars": (
        lambda: called(B.FiniteScalarQuantizer([4, 3]), 4, 5),
        r"2 is len\(levels\)",
    ),
    "cold": (lambda: E.Gumbel(0), "`Gumbel` needs `temperature` > 0."),
    "cold constant": (lambda: E.ConstantTemperature(-1), "`value` > 0"),
    "rising": (lambda: E.ExponentialTemperature(rate=-1), "`rate` >= 0"),
    "no steps": (lambda: E.LinearTemperature(steps=0), "`steps` >= 1"),
    "under minimum": (
        lambda: E.TrainableTemperature(0.1, minimum=0.2),
        "`initial` > 0.2. Received: initial=0.1",
    ),
    "no noise": (lambda: L.GaussianSample(0), "`temperature` > 0. Received"),
    "no filters": (lambda: L.ConvEncoder(filters=0), "`filters` >= 1"),
    "no blocks": (lambda: L.ConvEncoder(blocks=-1), "`blocks` >= 0"),
    "odd image": (
        lambda: called(L.ConvEncoder(), 1, 6, 8, 1),
        r"multiples of 4, .* Received: shape=\(1, 6, 8, 1\)",
    ),
    "no upsamples": (lambda: L.ConvDecoder(upsamples=0), "`upsamples` >= 1"),
    "no alphabet": (lambda: metrics.CodeUsage(1), "`num_codes` >= 2"),
    "over what": (
        lambda: metrics.CodesUsed(4, over="epochs"),
        "Did you mean 'epoch'",
    ),
    "heads": (
        lambda: M.CodePrior(4, 4, width=6, heads=4),
        "multiple of `heads`. Received: width=6, heads=4",
    ),
    "likelihood": (
        lambda: M.Autoencoder(**{**autoencoder(), "likelihood": "bernouli"}),
        "`Autoencoder` needs `likelihood` .* Did you mean 'bernoulli'",
    ),
    "negative kl": (
        lambda: M.VariationalAutoencoder(**{**variational(), "kl_weight": -1}),
        "`kl_weight` >= 0. Received: kl_weight=-1",
    ),
    "odd statistics": (
        lambda: called(M.VariationalAutoencoder(dense(3), dense(7)), 2, 7),
        "even last dimension",
    ),
    "no distribution": (
        lambda: M.DiscreteAutoencoder(
            dense(3), B.VectorQuantizer(4, 3), dense(7), kl_weight=1.0
        ),
        "`kl_weight` = 0 for a bottleneck",
    ),
    "not a quantiser": (
        lambda: M.VQVAE(dense(6), B.OneHotCode(2, 3), dense(7)),
        "take `DiscreteAutoencoder` for one_hot codes",
    ),
    "other codes": (
        lambda: M.VQVAE(
            dense(3), B.VectorQuantizer(5, 3), dense(5), codebook()["prior"]
        ),
        "a prior over its 5 codes. Received: prior.num_codes=4",
    ),
    "no prior": (
        lambda: M.VQVAE(
            dense(3), B.VectorQuantizer(4, 3), dense(5)
        ).sample(1, 0),
        r"`VQVAE.sample` needs a prior: pass `prior=CodePrior",
    ),
    "wrong output": (
        lambda: fitted(M.Autoencoder(dense(3), dense(6)), 2, 7),
        r"the shape of the objects. Received: x.shape=\(.*, 7\)",
    ),
    "own loss": (
        lambda: M.Autoencoder(**autoencoder()).compile(loss="mse"),
        "needs no `loss`: the model defines its own. Received: loss='mse'",
    ),
    "own metrics": (
        lambda: M.Autoencoder(**autoencoder()).compile(metrics=["mse"]),
        "needs no `metrics`",
    ),
    "no patience": (
        lambda: M.Autoencoder(**autoencoder()).compile(max_skipped_updates=0),
        "`max_skipped_updates` >= 1",
    ),
    "no terms": (lambda: M.EmbeddingModel({}), "at least one of its own"),
}
KINDS = {
    "float": (lambda: B.BinaryCode(2.5), "`bits` to be an int. Received"),
    "bool": (lambda: B.BinaryCode(True), "`bits` to be an int"),
    "str": (lambda: E.Gumbel("cold"), "`temperature` to be a number. Rec"),
    "estimator": (
        lambda: E.get(keras.layers.Dense),
        "to be a name, one of .* or an `Estimator`. Received",
    ),
    "bottleneck": (
        lambda: M.DiscreteAutoencoder(dense(3), dense(3), dense(7)),
        "`DiscreteAutoencoder` needs a `Bottleneck`. Received",
    ),
    "prior": (
        lambda: M.VQVAE(**{**codebook(), "prior": dense(3)}),
        "`prior` to be a `CodePrior`",
    ),
    "abstract": (lambda: M.EmbeddingModel({"a": 1}).encode(0), "no `encode`"),
}


@pytest.mark.parametrize("case", VALUES)
def test_a_bad_value_is_refused_with_the_rule(case):
    make, match = VALUES[case]
    with pytest.raises(ValueError, match=match):
        make()


@pytest.mark.parametrize("case", KINDS)
def test_a_bad_kind_is_refused_with_the_rule(case):
    make, match = KINDS[case]
    with pytest.raises(TypeError, match=match):
        make()


def test_every_estimator_has_a_name_that_finds_it():
    for name in E.names():
        assert E.get(name).name == name
