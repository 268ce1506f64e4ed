"""Checkpoints, logs and monitors around `fit`."""

from keras_ae.training.best_checkpoint import BestCheckpoint
from keras_ae.training.checkpoint import load_checkpoint, save_checkpoint
from keras_ae.training.checkpoint_callback import CheckpointCallback
from keras_ae.training.collapse_monitor import CollapseMonitor
from keras_ae.training.load_model import load_model
from keras_ae.training.metrics_log import MetricsLog
from keras_ae.training.stop_checkpoint import StopCheckpoint
from keras_ae.training.strategies import (
    check_batch_size,
    is_chief,
    strategy,
    wait_for_all,
)
from keras_ae.training.training_stopped import TrainingStopped

__all__ = [
    "BestCheckpoint",
    "CheckpointCallback",
    "CollapseMonitor",
    "MetricsLog",
    "StopCheckpoint",
    "TrainingStopped",
    "check_batch_size",
    "is_chief",
    "load_checkpoint",
    "load_model",
    "save_checkpoint",
    "strategy",
    "wait_for_all",
]
