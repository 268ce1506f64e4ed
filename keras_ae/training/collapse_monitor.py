"""Watch during training whether an embedding or a codebook collapses."""

import logging

import keras
import numpy as np
from keras import ops

from keras_ae.checks import check_int
from keras_ae.metrics.collapse import (
    LOW_RANK,
    collapse_report,
    collapse_warnings,
)

SCALARS = ("active_share", "effective_rank", "variance_median", "uniformity")

_log = logging.getLogger("keras_ae")


class CollapseMonitor(keras.callbacks.Callback):
    """Log collapse diagnostics of fixed held-out examples every few epochs.

    Adds `collapse_active_share`, `collapse_effective_rank`,
    `collapse_variance_median`, `collapse_uniformity` and, for a model with a
    `bottleneck`, `collapse_codes_used` to the logs, and says in words, once
    a kind, that an embedding or a codebook has collapsed. A low effective
    rank is named once it has stopped rising, or at the end of training: many
    encoders begin with few directions and find more. Put it before callbacks
    that read the logs.

    Args:
        x: `(examples, ...)`, what `model.encode` takes, at least two: float32,
            or strings for models of text.
        every: Int >= 1, epochs between reports. Defaults to `1`.
        batch_size: Int >= 1, examples encoded at a time. Defaults to `256`.

    Raises:
        ValueError: If `x` holds fewer than two examples.

    Example:

    >>> callback = CollapseMonitor(np.zeros((8, 8, 8, 1), "float32"))
    """

    def __init__(self, x, every=1, batch_size=256):
        super().__init__()
        if len(x) < 2:
            raise ValueError(
                "`CollapseMonitor` needs at least 2 examples in `x`. "
                f"Received: {len(x)}"
            )
        self.x = x
        self.every = check_int("CollapseMonitor", "every", every)
        self.batch_size = check_int(
            "CollapseMonitor", "batch_size", batch_size
        )
        self._warned = set()
        self._rank, self._rising = -1.0, None

    def on_epoch_end(self, epoch, logs=None):
        done = epoch + 1
        if done % self.every and done != self.params.get("epochs"):
            return
        z = self._apply(self.model.encode)
        z = z.reshape(len(z), -1).astype(np.float32)
        if not np.isfinite(z).all():
            self._warn(epoch, "The embedding is not finite: it holds NaN.")
            return
        report = collapse_report(z)
        usage = self._code_usage()
        if logs is not None:
            for name in SCALARS:
                logs[f"collapse_{name}"] = report[name]
            if usage:
                logs["collapse_codes_used"] = usage["codes_used"]
        rising = report["effective_rank"] > self._rank
        self._rank, self._rising = report["effective_rank"], None
        for sentence in collapse_warnings(report, usage):
            if rising and sentence.startswith(LOW_RANK):
                self._rising = epoch, sentence
            else:
                self._warn(epoch, sentence)

    def on_train_end(self, logs=None):
        if self._rising:
            self._warn(*self._rising)

    def _apply(self, function):
        parts = [
            ops.convert_to_numpy(function(self.x[i : i + self.batch_size]))
            for i in range(0, len(self.x), self.batch_size)
        ]
        return np.concatenate(parts)

    def _code_usage(self):
        bottleneck = getattr(self.model, "bottleneck", None)
        if not hasattr(bottleneck, "num_codes"):
            return None
        index = self._apply(self.model.encode_index)
        flat = index.reshape(len(index), -1)
        constant = np.all(flat == flat[:1], axis=0)
        return {
            "codes_used": len(np.unique(flat)),
            "num_codes": int(bottleneck.num_codes),
            "symbols": flat.size,
            "positions": flat.shape[1],
            "constant_positions": int(constant.sum()),
        }

    def _warn(self, epoch, sentence):
        kind = sentence.split(":", 1)[0]
        if kind not in self._warned:
            self._warned.add(kind)
            _log.warning("Epoch %d: %s", epoch + 1, sentence)
