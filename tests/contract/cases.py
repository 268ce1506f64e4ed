"""One table of cases: how to construct every public class, and with what.

Every case but those marked `full=False` gives every constructor argument at
a value that is not its default. A name `Class-variant` is a further case of
`Class`.
"""

from keras_ae import bottlenecks, estimators, layers, losses, metrics, models

from .case import (
    CODE,
    Case,
    autoencoder,
    belief,
    binary_with,
    codebook_with,
    deep_infomax,
    discrete,
    given,
    one_hot_at,
    one_hot_with,
    predictive,
    variational,
    vq,
)
from .sentence_cases import quick_thought, skip_thought

CODEBOOK = dict(
    num_codes=4,
    dim=3,
    estimator=estimators.Rotation(),
    update="gradient",
    decay=0.9,
    commitment_weight=0.5,
    k_means=False,
    restart_below=0.05,
    seed=3,
)
COUNTS = given(num_codes=4, groups=2, over="epoch", name="other")

CASES = {
    "BatchNorm": Case(
        layers.BatchNorm,
        given(momentum=0.5, epsilon=1e-3),
        ((2, 3),),
        float32=False,
    ),
    "ConcatScore": Case(layers.ConcatScore, given(units=5), ((3,), (4, 2))),
    "DotScore": Case(layers.DotScore, given(units=5), ((3,), (4, 2))),
    "FeatureEncoder": Case(
        layers.FeatureEncoder,
        given(dim=3, filters=[4], units=5, kernel_size=3),
        ((4, 4, 1),),
        float32=False,
    ),
    "GRUSentenceEncoder": Case(
        layers.GRUSentenceEncoder,
        given(
            vocabulary_size=9,
            word_dim=3,
            units=4,
            direction="combined",
            word_scale=0.5,
            word_dropout=0.25,
            seed=3,
        ),
        ((5,),),
        limit=9,
        float32=False,
    ),
    "SentenceEncoder": Case(
        layers.SentenceEncoder,
        given(
            vocabulary_size=9,
            word_dim=3,
            word_scale=0.5,
            word_dropout=0.25,
            seed=3,
        ),
        ((5,),),
        limit=9,
        float32=False,
    ),
    "TransformerSentenceEncoder": Case(
        layers.TransformerSentenceEncoder,
        given(
            vocabulary_size=9,
            word_dim=4,
            blocks=1,
            heads=2,
            word_scale=0.5,
            word_dropout=0.25,
            seed=3,
        ),
        ((5,),),
        limit=9,
        float32=False,
    ),
    "ConvDecoder": Case(
        layers.ConvDecoder,
        given(
            channels=2, filters=3, upsamples=1, residual_filters=2, blocks=1
        ),
        ((2, 2, 3),),
        float32=False,
    ),
    "ConvDecoder-many_channels": Case(
        layers.ConvDecoder,
        given(channels=16, filters=3, residual_filters=2),
        ((1, 1, 3),),
        full=False,
        float32=False,
    ),
    "ConvEncoder": Case(
        layers.ConvEncoder,
        given(
            filters=3, channels=2, downsamples=1, residual_filters=4, blocks=1
        ),
        ((4, 6, 1),),
        float32=False,
    ),
    "GaussianSample": Case(
        layers.GaussianSample, given(temperature=0.5, seed=3), ((3,), (3,))
    ),
    "ResidualStack": Case(
        layers.ResidualStack,
        given(filters=3, residual_filters=2, blocks=1),
        ((2, 2, 3),),
        float32=False,
    ),
    "WaveEncoder": Case(
        layers.WaveEncoder,
        given(filters=3, strides=[3, 2], kernels=[4, 2]),
        ((14,),),
        float32=False,
    ),
    "CodePrior": Case(
        models.CodePrior,
        given(num_codes=5, length=4, width=8, blocks=1, heads=2),
        ((4,),),
        limit=5,
    ),
    "BinaryCode": Case(
        bottlenecks.BinaryCode,
        given(bits=5, estimator=estimators.Gumbel(0.7), seed=3),
        ((5,),),
        "bottleneck",
    ),
    "OneHotCode": Case(
        bottlenecks.OneHotCode,
        given(
            groups=2,
            classes=3,
            estimator=estimators.StraightThrough(stochastic=True),
            seed=3,
        ),
        ((2, CODE),),
        "bottleneck",
    ),
    "FiniteScalarQuantizer": Case(
        bottlenecks.FiniteScalarQuantizer,
        given(
            levels=[4, 3, 2],
            estimator=estimators.StraightThrough(stochastic=False),
            seed=3,
        ),
        ((2, 3),),
        "bottleneck",
    ),
    "VectorQuantizer": Case(
        bottlenecks.VectorQuantizer,
        given(**CODEBOOK, distance="cosine", lookup_dim=2),
        ((2, 2, 3),),
        "bottleneck",
    ),
    "VectorQuantizer-ema": Case(
        bottlenecks.VectorQuantizer,
        given(num_codes=4, dim=3),
        ((3,),),
        "bottleneck",
        full=False,
    ),
    "ResidualQuantizer": Case(
        bottlenecks.ResidualQuantizer,
        given(**CODEBOOK, num_quantizers=2),
        ((2, 3),),
        "bottleneck",
    ),
    "ResidualQuantizer-ema": Case(
        bottlenecks.ResidualQuantizer,
        given(num_quantizers=2, num_codes=4, dim=3),
        ((3,),),
        "bottleneck",
        full=False,
    ),
    "bernoulli_nll": Case(losses.bernoulli_nll, dict, ((2, 3),) * 2, "loss"),
    "donsker_varadhan": Case(losses.donsker_varadhan, dict, ((5,),), "loss"),
    "info_nce": Case(losses.info_nce, dict, ((5,),), "loss"),
    "jensen_shannon": Case(losses.jensen_shannon, dict, ((5,),), "loss"),
    "gaussian_kl": Case(losses.gaussian_kl, dict, ((2, 3),) * 2, "loss"),
    "squared_error": Case(losses.squared_error, dict, ((2, 3),) * 2, "loss"),
    "sum_over_example": Case(losses.sum_over_example, dict, ((2, 3),), "loss"),
    "WordPerplexity": Case(
        metrics.WordPerplexity, given(name="other"), ((),), "metric"
    ),
    "CodePerplexity": Case(
        metrics.CodePerplexity, COUNTS, ((3, 2),), "metric", limit=4
    ),
    "CodeUsage": Case(metrics.CodeUsage, COUNTS, ((2,),), "metric", limit=4),
    "CodesUsed": Case(
        metrics.CodesUsed,
        given(num_codes=4, groups=2, over="batch", name="other"),
        ((2,),),
        "metric",
        limit=4,
    ),
    "Autoencoder": Case(models.Autoencoder, autoencoder, ((7,),), "model"),
    "VariationalAutoencoder": Case(
        models.VariationalAutoencoder, variational, ((7,),), "model"
    ),
    "ContrastivePredictiveCoding": Case(
        models.ContrastivePredictiveCoding,
        predictive,
        ((14,),),
        "model",
    ),
    "DeepInfoMax": Case(
        models.DeepInfoMax, deep_infomax, ((4, 4, 1),), "model"
    ),
    "QuickThought": Case(
        models.QuickThought, quick_thought, ((),), "model", words=True
    ),
    "SkipThought": Case(
        models.SkipThought, skip_thought, ((),), "model", words=True
    ),
    "DiscreteAutoencoder": Case(
        models.DiscreteAutoencoder,
        discrete(lambda: bottlenecks.OneHotCode(2, 3, seed=3)),
        ((7,),),
        "model",
    ),
    "DiscreteAutoencoder-binary": Case(
        models.DiscreteAutoencoder,
        discrete(lambda: bottlenecks.BinaryCode(CODE, seed=3)),
        ((7,),),
        "model",
        full=False,
    ),
    "DiscreteAutoencoder-reinforce": Case(
        models.DiscreteAutoencoder,
        discrete(
            lambda: bottlenecks.OneHotCode(
                2, 3, "reinforce(baseline=value, samples=2)", seed=3
            )
        ),
        ((7,),),
        "model",
        full=False,
    ),
    "BeliefNetwork": Case(
        models.BeliefNetwork,
        belief(
            lambda: bottlenecks.OneHotCode(2, 3, seed=3),
            lambda: bottlenecks.BinaryCode(CODE, seed=4),
        ),
        ((7,),),
        "model",
    ),
    "BeliefNetwork-reinforce": Case(
        models.BeliefNetwork,
        belief(
            lambda: bottlenecks.BinaryCode(CODE, "leave_one_out", seed=3),
            lambda: bottlenecks.BinaryCode(CODE, "disarm", seed=4),
        ),
        ((7,),),
        "model",
        full=False,
    ),
    "VQVAE": Case(
        models.VQVAE,
        vq(lambda: bottlenecks.VectorQuantizer(4, 3)),
        ((4, 5),),
        "model",
    ),
    "VQVAE-gradient": Case(
        models.VQVAE,
        vq(
            lambda: bottlenecks.ResidualQuantizer(
                **CODEBOOK, num_quantizers=2
            ),
            prior=False,
        ),
        ((2, 5),),
        "model",
        full=False,
    ),
}


def add(kind, layer, shape, **made):
    """Add cases that run inside a bottleneck."""
    for name, (target, arguments) in made.items():
        CASES[name] = Case(target, arguments, (shape,), kind, layer=layer)


add(
    "estimator",
    one_hot_with,
    (CODE,),
    StraightThrough=(estimators.StraightThrough, given(stochastic=False)),
    Gumbel=(
        estimators.Gumbel,
        given(temperature=estimators.LinearTemperature(2.0)),
    ),
    GumbelStraightThrough=(
        estimators.GumbelStraightThrough,
        given(temperature=estimators.TrainableTemperature()),
    ),
    Reinforce=(
        estimators.Reinforce,
        given(baseline="value", samples=2, normalize=True, decay=0.9),
    ),
    LeaveOneOut=(estimators.LeaveOneOut, given(samples=3)),
    Exact=(estimators.Exact, dict),
)
add("estimator", binary_with, (CODE,), DisARM=(estimators.DisARM, dict))
add("estimator", codebook_with, (3,), Rotation=(estimators.Rotation, dict))
add(
    "temperature",
    one_hot_at,
    (CODE,),
    ConstantTemperature=(estimators.ConstantTemperature, given(value=0.7)),
    ExponentialTemperature=(
        estimators.ExponentialTemperature,
        given(initial=2.0, minimum=0.2, rate=0.1, every=3),
    ),
    LinearTemperature=(
        estimators.LinearTemperature,
        given(initial=2.0, final=0.2, steps=3),
    ),
    TrainableTemperature=(
        estimators.TrainableTemperature,
        given(initial=0.7, minimum=0.2),
    ),
)
