"""Share of codes in use."""

import keras
from keras import ops

from keras_ae.metrics.code_counts import CodeCounts


@keras.saving.register_keras_serializable("keras_ae")
class CodeUsage(CodeCounts):
    """Share of the codes that are used at all, from 0 to 1.

    Args:
        num_codes: Int >= 2, values of one index.
        groups: Int >= 1, size of the index's last axis. Defaults to `1`.
        over: `"batch"` or `"epoch"`. Defaults to `"batch"`.
        name: Str. Defaults to `"code_usage"`.
    """

    def __init__(
        self,
        num_codes,
        groups=1,
        over="batch",
        name="code_usage",
        **kwargs,
    ):
        super().__init__(num_codes, groups, over, name, **kwargs)

    def summarise(self, counts):
        return ops.mean(ops.cast(counts > 0, "float32"))
