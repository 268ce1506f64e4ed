"""Auto-encoders and representation learning for Keras 3."""

from keras_ae import (
    bottlenecks,
    estimators,
    export,
    layers,
    losses,
    metrics,
    models,
)
from keras_ae.version import __version__

__all__ = [
    "__version__",
    "bottlenecks",
    "estimators",
    "export",
    "layers",
    "losses",
    "metrics",
    "models",
]
