import itertools
import time

import numpy as np
import pytest
import tensorflow as tf

from zoo.data import eval_dataset, steps_per_epoch, train_dataset

COUNT, BATCH = 23, 4
STEPS = COUNT // BATCH
X = np.arange(COUNT * 4).reshape(COUNT, 2, 2, 1).astype("uint8")
Y = np.arange(COUNT).astype("int64")


def labels(count, **arguments):
    """Return the labels, which are the example numbers, of `count` batches."""
    dataset = train_dataset(X, Y, BATCH, **arguments)
    batches = itertools.islice(dataset.as_numpy_iterator(), count)
    return np.stack([y for _, y in batches])


def test_batches_hold_float32_in_the_unit_interval():
    x, y = next(iter(train_dataset(X, Y, BATCH, seed=0)))
    assert x.dtype == "float32" and y.dtype == "int64"
    np.testing.assert_array_equal(x, X[y.numpy()].astype("float32") / 255)


def test_without_labels_batches_are_images_alone():
    dataset = train_dataset(X, batch_size=BATCH, seed=0)
    assert next(iter(dataset)).shape == (BATCH, 2, 2, 1)
    assert dataset.element_spec.shape == (BATCH, 2, 2, 1)


def test_floating_images_pass_unchanged():
    x = X.astype("float64") / 255
    batch, y = next(iter(train_dataset(x, Y, BATCH, seed=0)))
    np.testing.assert_array_equal(batch, x[y.numpy()].astype("float32"))


@pytest.mark.parametrize("start", range(3 * STEPS))
def test_order_is_the_same_from_any_step(start):
    whole = labels(4 * STEPS, seed=3)
    rest = labels(4 * STEPS - start, seed=3, start_step=start)
    np.testing.assert_array_equal(rest, whole[start:])


def test_an_epoch_visits_each_example_at_most_once():
    for epoch in labels(5 * STEPS, seed=1).reshape(5, -1):
        assert len(set(epoch)) == STEPS * BATCH


def test_what_an_epoch_leaves_out_changes():
    epochs = labels(20 * STEPS, seed=1).reshape(20, -1)
    assert set(epochs.ravel()) == set(range(COUNT))


def test_epochs_and_seeds_differ_in_order():
    first, second = labels(2 * STEPS, seed=0).reshape(2, -1)
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, labels(STEPS, seed=1).ravel())


def test_the_global_seed_has_no_say():
    tf.random.set_seed(1)
    first = labels(STEPS, seed=0)
    tf.random.set_seed(2)
    np.testing.assert_array_equal(first, labels(STEPS, seed=0))


def test_every_example_takes_every_place_equally_often():
    first = labels(STEPS * 400, seed=5).reshape(400, -1)[:, 0]
    frequency = np.bincount(first, minlength=COUNT)
    expected = 400 / COUNT
    chi_square = np.sum((frequency - expected) ** 2 / expected)
    assert chi_square < 48.3  # 22 degrees of freedom, p = 0.001


def test_a_far_start_costs_no_more_than_a_near_one():
    start = time.perf_counter()
    labels(1, seed=0, start_step=10**12)
    assert time.perf_counter() - start < 5  # Skipping would take days.


def test_training_is_endless_and_sharded_by_data():
    dataset = train_dataset(X, Y, BATCH)
    assert dataset.cardinality() == tf.data.INFINITE_CARDINALITY
    policy = dataset.options().experimental_distribute.auto_shard_policy
    assert policy == tf.data.experimental.AutoShardPolicy.DATA


def test_a_batch_splits_into_replicas_in_order():
    whole = labels(2, seed=0)
    halves = train_dataset(X, Y, BATCH, seed=0).rebatch([BATCH // 2])
    halves = [y for _, y in halves.take(4).as_numpy_iterator()]
    np.testing.assert_array_equal(np.concatenate(halves), whole.ravel())


def test_evaluation_keeps_order_and_the_rest():
    dataset = eval_dataset(X, Y, BATCH)
    batches = list(dataset.as_numpy_iterator())
    assert dataset.cardinality() == len(batches) == 6
    x, y = (np.concatenate(part) for part in zip(*batches))
    np.testing.assert_array_equal(y, Y)
    np.testing.assert_array_equal(x, X.astype("float32") / 255)


def test_a_batch_of_128_takes_well_under_a_millisecond():
    x = np.zeros((5_000, 28, 28, 1), "uint8")
    batches = iter(train_dataset(x, None, 128, seed=0))
    seconds = []
    for _ in range(5):  # The best of five: other work shares the machine.
        next(batches)
        start = time.perf_counter()
        for _ in range(100):
            next(batches)
        seconds.append((time.perf_counter() - start) / 100)
    assert min(seconds) < 1e-3


def test_steps_per_epoch_counts_whole_batches():
    assert steps_per_epoch(COUNT, BATCH) == 5
    with pytest.raises(ValueError, match="number of examples, 3. Received: ba"):
        steps_per_epoch(3, 4)
    with pytest.raises(ValueError, match="`batch_size` >= 1.*batch_size=0"):
        steps_per_epoch(3, 0)


@pytest.mark.parametrize(
    "arguments, kind, message",
    [
        ({"batch_size": 24}, ValueError, "examples, 23. Received: batch"),
        ({"batch_size": 0}, ValueError, "`batch_size` >= 1 .*batch_size=0"),
        ({"batch_size": 2.0}, TypeError, "`batch_size` as an integer.*2.0"),
        ({"seed": -1}, ValueError, "`seed` >= 0 .*Received: seed=-1"),
        ({"seed": None}, TypeError, "`seed` as an integer.*seed=None"),
        ({"start_step": -1}, ValueError, "`start_step` >= 0 .*start_step=-1"),
        ({"x": X[:0]}, ValueError, r"n >= 1, .*shape=\(0, 2, 2, 1\)"),
        ({"x": X[..., 0]}, ValueError, r"height, width.*shape=\(23, 2, 2\)"),
        ({"x": X.astype("int64")}, TypeError, "uint8 or floating.*int64"),
        ({"x": X * 1.0}, ValueError, r"in \[0, 1\]. Received: 0.0..91.0"),
        ({"x": X * np.nan}, ValueError, r"in \[0, 1\]. Received: nan"),
        ({"y": Y[:-1]}, ValueError, r"shape \(23,\). Received: shape=\(22,\)"),
        ({"y": Y * 0.5}, TypeError, "integer labels `y`.*dtype=float64"),
    ],
)
def test_bad_input_is_refused(arguments, kind, message):
    with pytest.raises(kind, match=message):
        train_dataset(**{"x": X, "y": Y, "batch_size": BATCH, **arguments})


def test_evaluation_refuses_bad_input():
    with pytest.raises(ValueError, match="`eval_dataset` needs `batch_size`"):
        eval_dataset(X, batch_size=0)
    with pytest.raises(ValueError, match="`eval_dataset` needs `x` of shape"):
        eval_dataset(X[:0])
