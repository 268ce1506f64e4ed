"""Reinforcement learning beside Keras 3, through TF-Agents.

Importing this package makes TF-Agents use `tf_keras`, which it needs, while
`import keras` stays Keras 3.
"""

from rl.legacy_keras import use_legacy_keras

__all__ = ["use_legacy_keras"]

use_legacy_keras()
