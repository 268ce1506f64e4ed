"""Models: `encode`, `loss_terms` and, where there is one, `decode`."""

from keras_ae.models.autoencoder import Autoencoder
from keras_ae.models.batch import Batch
from keras_ae.models.belief_network import BeliefNetwork
from keras_ae.models.code_prior import CodePrior
from keras_ae.models.contrastive_predictive_coding import (
    ContrastivePredictiveCoding,
)
from keras_ae.models.deep_infomax import DeepInfoMax
from keras_ae.models.discrete_autoencoder import DiscreteAutoencoder
from keras_ae.models.embedding_model import EmbeddingModel
from keras_ae.models.player import Player
from keras_ae.models.quick_thought import QuickThought
from keras_ae.models.sentence_model import SentenceModel
from keras_ae.models.skip_thought import SkipThought
from keras_ae.models.variational_autoencoder import VariationalAutoencoder
from keras_ae.models.vqvae import VQVAE

__all__ = [
    "Autoencoder",
    "Batch",
    "BeliefNetwork",
    "CodePrior",
    "ContrastivePredictiveCoding",
    "DeepInfoMax",
    "DiscreteAutoencoder",
    "EmbeddingModel",
    "Player",
    "QuickThought",
    "SentenceModel",
    "SkipThought",
    "VQVAE",
    "VariationalAutoencoder",
]
