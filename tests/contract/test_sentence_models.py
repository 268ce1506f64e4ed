"""Losses of sentence models against NumPy, and what is left out exactly."""

import numpy as np
import pytest
import tensorflow as tf

from keras_ae import layers
from keras_ae.models import Batch

from .sentence_cases import make, sentences

PLACES = np.array([4, 5, 6, 1000, 1001, 7, 3000])


def softmax_loss(f, g, places, context):
    losses = []
    for i, place in enumerate(places):
        gap = np.abs(places - place)
        near = (gap > 0) & (gap <= context)
        others = np.delete(f[i] @ g.T, i)
        losses.append(
            np.log(np.exp(others).sum()) - (f[i] @ g[near].T).mean()
            if near.any()
            else 0.0
        )
    return np.array(losses)


@pytest.mark.parametrize("context", [1, 2])
def test_neighbour_loss_is_numpys_and_the_own_score_left_out(context):
    model = make("quick", negatives=True, context=context)
    x = sentences(len(PLACES))
    f, g = (np.array(v, "float64") for v in model.pair_codes(x))
    found = model.loss_terms(Batch(x, PLACES), False)["neighbour_loss"]
    expected = softmax_loss(f, g, PLACES, context)
    # Sums of seven float32 terms near 1.
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert expected[-1] == 0 and (expected[:-1] > 0).all()


def test_without_negatives_the_loss_is_one_less_the_cosine():
    model = make("quick", context=1)
    x = sentences(3)
    f, g = (np.array(v, "float64") for v in model.pair_codes(x))
    f, g = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (f, g))
    found = model.loss_terms(Batch(x), False)["neighbour_loss"]
    cosine = f @ g.T
    middle = (cosine[1, 0] + cosine[1, 2]) / 2
    expected = [1 - cosine[0, 1], 1 - middle, 1 - cosine[2, 1]]
    # Cosines near 1 are subtracted from 1: float32's rounding is all of it.
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_encoders_of_two_sizes_are_refused():
    with pytest.raises(ValueError, match="Received: 6 and 5"):
        make("quick", candidate_encoder=layers.SentenceEncoder(12, 5))


def test_own_candidate_gets_exactly_no_gradient():
    model = make("quick", negatives=True)
    x, places = sentences(3), np.array([1, 2, 500])
    with tf.GradientTape() as tape:
        terms = model.loss_terms(Batch(x, places), True)
        # The third has no neighbour, so its loss is nought and moves nothing.
        loss = terms["neighbour_loss"][2]
    gradients = tape.gradient(loss, model.trainable_variables)
    for gradient in gradients:
        assert not np.any(tf.convert_to_tensor(gradient))


def test_no_pair_crosses_the_end_of_a_document():
    model = make("skip")
    x = sentences(len(PLACES))
    terms = model.loss_terms(Batch(x, PLACES), False)
    before, after = (np.array(terms[f"{n}_loss"]) for n in ("previous", "next"))
    np.testing.assert_array_equal(before > 0, [0, 1, 1, 0, 1, 1, 0])
    np.testing.assert_array_equal(after > 0, [1, 1, 1, 1, 0, 0, 0])


def nats_by_hand(model, name, z, target, read=None):
    """Nats of one sentence of word numbers and its end, padding after it."""
    read = target if read is None else read
    states = model._states(name, z[None], read[None])
    scores = np.array(model.output_layer(states))[0].astype("float64")
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    words = [*target[target > 0], 0]
    return -sum(log_p[step, word] for step, word in enumerate(words))


def test_skip_thought_scores_each_word_and_the_end():
    model = make("skip", written=None)
    x = np.array(["the cat", "a dog ran"], dtype=object)
    z, target = model.encode(x), np.array(model.numbers(x))
    expected = nats_by_hand(model, "next", z[0], target[1])
    found = model.loss_terms(Batch(x), False)["next_loss"]
    np.testing.assert_allclose(found, [expected, 0], rtol=1e-5)


def test_decoders_read_dropped_words_as_unknown_in_training_alone():
    model = make("skip", written=None, word_dropout=1 - 1e-7)
    x = np.array(["the cat", "a dog ran"], dtype=object)
    z, target = model.encode(x), np.array(model.numbers(x))
    unknown = np.where(target, 1, 0)
    for training, read in ((False, target), (True, unknown)):
        expected = nats_by_hand(model, "next", z[0], target[1], read[1])
        found = model.loss_terms(Batch(x), training)["next_loss"]
        np.testing.assert_allclose(found, [expected, 0], rtol=1e-5)


def test_decoders_drop_other_words_each_time():
    model = make("skip", word_dropout=0.5)
    batch = Batch(sentences(40))
    one, two = (model.loss_terms(batch, True)["next_loss"] for _ in range(2))
    assert np.any(one[:-1] != two[:-1])  # the last has no next


def test_the_other_message_is_that_of_half_a_batch_away():
    model = make("skip", written=None)
    x = np.array(["the cat", "a dog ran", "on a mat"], dtype=object)
    z, target = model.encode(x), np.array(model.numbers(x))
    nats, words = model.other_message_nats(x, np.array([1, 2, 30]))
    # Of three rows each takes the embedding of the one before it.
    expected = [
        nats_by_hand(model, "next", z[2], target[1]),
        nats_by_hand(model, "previous", z[0], target[0]),
        0,
    ]
    np.testing.assert_allclose(nats, expected, rtol=1e-5)
    np.testing.assert_array_equal(words, [4, 3, 0])


@pytest.mark.parametrize("name", ["previous", "next"])
@pytest.mark.parametrize("word", [0, 1, 2])
def test_the_decoder_has_not_seen_the_word_it_is_to_write(name, word):
    model = make("skip")
    z = model.encoder(model.numbers(sentences(1)))
    target = np.array([[2, 3, 4, 0, 0, 0]])
    before = np.array(model._states(name, z, target))
    target[0, word] = 7
    after = np.array(model._states(name, z, target))
    # The state of step k writes word k: it may depend on the words before.
    moved = np.any(before != after, axis=(0, 2))
    np.testing.assert_array_equal(moved, np.arange(7) > word)


def test_words_beyond_those_written_are_written_as_unknown():
    model = make("skip", written=9)
    # Numbers 2 and 3; the last two words are beyond 9, and not in the list.
    near, far = "the cat", "off zzz"
    x = np.array([near, far], dtype=object)
    z = model.encoder(model.numbers(x))
    target = np.array(model.numbers(x))[1:]
    assert target[0, 0] >= 9 and target[0, 1] == 1
    scores = np.array(model.output_layer(model._states("next", z[:1], target)))
    assert scores.shape[-1] == 9
    log_p = scores[0] - np.log(np.exp(scores[0]).sum(axis=1, keepdims=True))
    expected = -(log_p[0, 1] + log_p[1, 1] + log_p[2, 0])
    found = model.loss_terms(Batch(x), False)["next_loss"]
    np.testing.assert_allclose(found, [expected, 0], rtol=1e-5)


def test_word_dropout_reads_that_share_as_unknown_in_training_alone():
    encoder = layers.SentenceEncoder(12, 6, word_dropout=0.25, seed=1)
    numbers = np.full((400, 10), 5)
    numbers[:, 6:] = 0
    known = encoder(numbers)  # means of the same word
    unknown = encoder(np.where(numbers, 1, 0))
    one, two = (np.array(encoder(numbers, training=True)) for _ in range(2))
    np.testing.assert_array_equal(encoder(numbers), known)
    assert np.any(one != two)
    share = np.mean((one - known) / (unknown - known))
    # 2400 words, each with chance a quarter: four standard deviations.
    assert abs(share - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 2400)
