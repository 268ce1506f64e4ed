"""Bottlenecks: what a code is. How it is trained is the estimator's job."""

from keras_ae.bottlenecks.binary_code import BinaryCode
from keras_ae.bottlenecks.bottleneck import Bottleneck
from keras_ae.bottlenecks.code import Code
from keras_ae.bottlenecks.deferred_updates import DeferredUpdates
from keras_ae.bottlenecks.finite_scalar_quantizer import FiniteScalarQuantizer
from keras_ae.bottlenecks.one_hot_code import OneHotCode
from keras_ae.bottlenecks.residual_quantizer import ResidualQuantizer
from keras_ae.bottlenecks.vector_quantizer import VectorQuantizer

__all__ = [
    "BinaryCode",
    "Bottleneck",
    "Code",
    "DeferredUpdates",
    "FiniteScalarQuantizer",
    "OneHotCode",
    "ResidualQuantizer",
    "VectorQuantizer",
]
