"""Layers that models and recipes share."""

from keras_ae.layers.conv_decoder import ConvDecoder
from keras_ae.layers.conv_encoder import ConvEncoder
from keras_ae.layers.gaussian_sample import GaussianSample
from keras_ae.layers.residual_stack import ResidualStack

__all__ = ["ConvDecoder", "ConvEncoder", "GaussianSample", "ResidualStack"]
