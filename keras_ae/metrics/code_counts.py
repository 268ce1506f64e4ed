"""The counts behind every metric of code usage."""

import keras
import tensorflow as tf
from keras import ops

from keras_ae.bottlenecks.replicas import replica_count, sum_over_replicas
from keras_ae.checks import check_choice, check_int


class CodeCounts(keras.metrics.Metric):
    """Base of the metrics that are a function of how often codes are used.

    `over="batch"` gives the mean over batches of `summarise(counts)`, each
    batch counted over all replicas; `over="epoch"` gives it for the counts
    of everything since the last reset.

    Args:
        num_codes: Int >= 2, values of one index.
        groups: Int >= 1, size of the index's last axis, each group with
            codes of its own. Defaults to `1`: one shared alphabet.
        over: `"batch"` or `"epoch"`. Defaults to `"epoch"`.
        name: Str or `None`, for the class's own.
    """

    def __init__(self, num_codes, groups=1, over="epoch", name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        owner = type(self).__name__
        self.num_codes = check_int(owner, "num_codes", num_codes, 2)
        self.groups = check_int(owner, "groups", groups)
        self.over = check_choice(owner, "over", over, ("batch", "epoch"))
        if self.over == "epoch":
            self.counts = self.add_variable(
                (self.groups, self.num_codes), "zeros", name="counts"
            )
        else:
            self.total = self.add_variable((), "zeros", name="total")
            self.batches = self.add_variable((), "zeros", name="batches")

    def summarise(self, counts):
        """Return the metric for given counts.

        Args:
            counts: `(groups, num_codes)`.

        Returns:
            Scalar.
        """
        raise TypeError(f"`{type(self).__name__}` defines no `summarise`.")

    def update_state(self, index, sample_weight=None):
        """Count one batch.

        Args:
            index: Int, `(batch, ...)` or `(batch, ..., groups)`.
            sample_weight: Ignored: a code is used or it is not.
        """
        counts = self.count(index)
        if self.over == "epoch":
            self.counts.assign_add(counts)
            return
        value = self.summarise(sum_over_replicas(counts))
        # Every replica holds the same value, and reading sums them up.
        self.total.assign_add(value / replica_count())
        self.batches.assign_add(1.0 / replica_count())

    def result(self):
        """Return the metric.

        Returns:
            Scalar.
        """
        if self.over == "epoch":
            return self.summarise(ops.convert_to_tensor(self.counts))
        return self.total / ops.maximum(self.batches, 1.0)

    def count(self, index):
        """Return the use of every code in a batch.

        Args:
            index: Int, `(batch, ...)` or `(batch, ..., groups)`.

        Returns:
            `(groups, num_codes)`, float32.
        """
        flat = ops.reshape(ops.cast(index, "int32"), (-1, self.groups))
        flat = flat + ops.arange(self.groups, dtype="int32") * self.num_codes
        flat = ops.reshape(flat, (-1,))
        counts = tf.math.unsorted_segment_sum(
            tf.ones_like(flat, tf.float32), flat, self.groups * self.num_codes
        )
        return ops.reshape(counts, (self.groups, self.num_codes))

    def get_config(self):
        return {
            "name": self.name,
            "num_codes": self.num_codes,
            "groups": self.groups,
            "over": self.over,
        }
