import numpy as np
import pytest

from keras_ae.metrics import CodePerplexity, CodesUsed, CodeUsage

CODES = 10


def batches(groups=1, count=4):
    random = np.random.default_rng(0)
    shape = (20, groups) if groups > 1 else (20,)
    return [random.integers(0, 3 + n, shape) for n in range(count)]


def perplexity(index):
    p = np.bincount(index.ravel(), minlength=CODES) / index.size
    p = p[p > 0]
    return np.exp(-np.sum(p * np.log(p)))


def used(index):
    return len(np.unique(index))


def by_group(function, index):
    return [function(column) for column in index.reshape(20, -1).T]


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize(
    "metric, function",
    [
        (CodePerplexity, lambda index: np.mean(by_group(perplexity, index))),
        (CodeUsage, lambda index: np.mean(by_group(used, index)) / CODES),
    ],
)
def test_a_metric_of_batches_is_the_mean_over_batches(metric, function, groups):
    counter = metric(CODES, groups)
    for index in batches(groups):
        counter.update_state(index)
    expected = np.mean([function(index) for index in batches(groups)])
    assert float(counter.result()) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("groups", [1, 3])
def test_codes_used_are_distinct_over_the_epoch(groups):
    counter = CodesUsed(CODES, groups)
    for index in batches(groups):
        counter.update_state(index)
    every = np.stack(batches(groups), axis=1).reshape(80, -1)
    assert float(counter.result()) == sum(used(c) for c in every.T)
    counter.reset_state()
    assert float(counter.result()) == 0


def test_the_perplexity_of_an_epoch_takes_all_codes_together():
    counter = CodePerplexity(CODES, over="epoch")
    for index in batches():
        counter.update_state(index)
    expected = perplexity(np.concatenate(batches()))
    assert float(counter.result()) == pytest.approx(expected, rel=1e-6)
    means = np.mean([perplexity(index) for index in batches()])
    assert expected > means  # batches of 20 see fewer codes


def test_every_code_as_often_has_the_perplexity_of_the_alphabet():
    counter = CodePerplexity(CODES)
    counter.update_state(np.arange(50).reshape(5, 2, 5) % CODES)
    assert float(counter.result()) == pytest.approx(CODES, rel=1e-6)


def test_nothing_counted_is_nothing_used():
    assert float(CodeUsage(CODES).result()) == 0
    assert float(CodesUsed(CODES).result()) == 0


def test_another_span_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="`over` .* Did you mean 'batch'"):
        CodePerplexity(CODES, over="batches")
