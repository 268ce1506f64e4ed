"""Reinforcement learning beside Keras 3, through TF-Agents.

Importing this package makes TF-Agents use `tf_keras`, which it needs, while
`import keras` stays Keras 3.
"""

from rl.legacy_keras import use_legacy_keras

use_legacy_keras()

from rl.agent_estimator import AgentEstimator  # noqa: E402
from rl.code_agent import code_agent  # noqa: E402
from rl.code_environment import CodeEnvironment  # noqa: E402
from rl.encoder_network import EncoderNetwork  # noqa: E402
from rl.episodes import code_episodes, sequence_episodes  # noqa: E402
from rl.guard import check_policy_weights  # noqa: E402
from rl.reinforce_trainer import ReinforceTrainer  # noqa: E402
from rl.value_network import ValueNetwork  # noqa: E402

__all__ = [
    "AgentEstimator",
    "CodeEnvironment",
    "EncoderNetwork",
    "ReinforceTrainer",
    "ValueNetwork",
    "check_policy_weights",
    "code_agent",
    "code_episodes",
    "sequence_episodes",
    "use_legacy_keras",
]
