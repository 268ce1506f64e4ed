"""Metrics: code usage inside `fit`, and collapse over a set."""

from keras_ae.metrics.code_counts import CodeCounts
from keras_ae.metrics.code_perplexity import CodePerplexity
from keras_ae.metrics.code_usage import CodeUsage
from keras_ae.metrics.codes_used import CodesUsed
from keras_ae.metrics.collapse import (
    alignment,
    collapse_report,
    collapse_warnings,
    dimension_variance,
    effective_rank,
    uniformity,
)
from keras_ae.metrics.word_perplexity import WordPerplexity

__all__ = [
    "CodeCounts",
    "CodePerplexity",
    "CodeUsage",
    "CodesUsed",
    "WordPerplexity",
    "alignment",
    "collapse_report",
    "collapse_warnings",
    "dimension_variance",
    "effective_rank",
    "uniformity",
]
