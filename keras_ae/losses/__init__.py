"""Losses in nats: summed over one example, `(batch,)` out."""

from keras_ae.losses.bernoulli_nll import bernoulli_nll
from keras_ae.losses.donsker_varadhan import donsker_varadhan
from keras_ae.losses.gaussian_kl import gaussian_kl
from keras_ae.losses.info_nce import info_nce
from keras_ae.losses.jensen_shannon import jensen_shannon
from keras_ae.losses.squared_error import squared_error
from keras_ae.losses.sum_over_example import sum_over_example

__all__ = [
    "bernoulli_nll",
    "donsker_varadhan",
    "gaussian_kl",
    "info_nce",
    "jensen_shannon",
    "squared_error",
    "sum_over_example",
]
