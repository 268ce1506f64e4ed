"""Layers that models and recipes share."""

from keras_ae.layers.batch_norm import BatchNorm
from keras_ae.layers.concat_score import ConcatScore
from keras_ae.layers.conv_decoder import ConvDecoder
from keras_ae.layers.conv_encoder import ConvEncoder
from keras_ae.layers.dot_score import DotScore
from keras_ae.layers.feature_encoder import FeatureEncoder
from keras_ae.layers.gaussian_sample import GaussianSample
from keras_ae.layers.gru_sentence_encoder import GRUSentenceEncoder
from keras_ae.layers.residual_stack import ResidualStack
from keras_ae.layers.sentence_encoder import SentenceEncoder
from keras_ae.layers.transformer_sentence_encoder import (
    TransformerSentenceEncoder,
)
from keras_ae.layers.wave_encoder import WaveEncoder

__all__ = [
    "BatchNorm",
    "ConcatScore",
    "ConvDecoder",
    "ConvEncoder",
    "DotScore",
    "FeatureEncoder",
    "GRUSentenceEncoder",
    "GaussianSample",
    "ResidualStack",
    "SentenceEncoder",
    "TransformerSentenceEncoder",
    "WaveEncoder",
]
