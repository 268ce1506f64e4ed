"""Perplexity of the use of codes."""

import keras
from keras import ops

from keras_ae.metrics.code_counts import CodeCounts


@keras.saving.register_keras_serializable("keras_ae")
class CodePerplexity(CodeCounts):
    """Exponential of the entropy (nats) of the codes' use, mean over groups.

    Args:
        num_codes: Int >= 2, values of one index.
        groups: Int >= 1, size of the index's last axis. Defaults to `1`.
        over: `"batch"` or `"epoch"`. Defaults to `"batch"`.
        name: Str. Defaults to `"code_perplexity"`.
    """

    def __init__(
        self,
        num_codes,
        groups=1,
        over="batch",
        name="code_perplexity",
        **kwargs,
    ):
        super().__init__(num_codes, groups, over, name, **kwargs)

    def summarise(self, counts):
        total = ops.maximum(ops.sum(counts, axis=-1, keepdims=True), 1.0)
        share = counts / total
        log_share = ops.log(ops.maximum(share, 1e-12))
        return ops.mean(ops.exp(-ops.sum(share * log_share, axis=-1)))
