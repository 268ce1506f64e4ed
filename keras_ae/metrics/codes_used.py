"""Number of distinct codes in use."""

import keras
from keras import ops

from keras_ae.metrics.code_counts import CodeCounts


@keras.saving.register_keras_serializable("keras_ae")
class CodesUsed(CodeCounts):
    """Number of distinct codes used, summed over groups.

    Args:
        num_codes: Int >= 2, values of one index.
        groups: Int >= 1, size of the index's last axis. Defaults to `1`.
        over: `"batch"` or `"epoch"`. Defaults to `"epoch"`.
        name: Str. Defaults to `"codes_used"`.
    """

    def __init__(
        self,
        num_codes,
        groups=1,
        over="epoch",
        name="codes_used",
        **kwargs,
    ):
        super().__init__(num_codes, groups, over, name, **kwargs)

    def summarise(self, counts):
        return ops.sum(ops.cast(counts > 0, "float32"))
