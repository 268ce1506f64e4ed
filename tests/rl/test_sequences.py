"""A sequence toy: tokens written until an end token, the rest masked."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

import rl
from keras_ae.bottlenecks import OneHotCode

VOCABULARY, LENGTH, END = 3, 3, 0
SPEC = {
    "x": tf.TensorSpec((2,), tf.float32, "x"),
    "tokens": tf.TensorSpec((LENGTH * VOCABULARY,), tf.float32, "tokens"),
}


def encoder():
    """Next-token logits from the object and the tokens so far."""
    keras.utils.set_random_seed(0)
    inputs = {name: keras.Input(s.shape, name=name) for name, s in SPEC.items()}
    joined = keras.layers.Concatenate()([inputs["x"], inputs["tokens"]])
    joined = keras.layers.Dense(8, "tanh")(joined)
    logits = keras.layers.Dense(VOCABULARY)(joined)
    return keras.Model(inputs, logits)


def sentences():
    """Every sentence, padded with junk after its end, and its length."""
    for n in range(1, LENGTH + 1):
        for start in itertools.product((1, 2), repeat=n - 1):
            ends = (END,) if n < LENGTH else (END, 1, 2)
            for last in ends:
                junk = (2,) * (LENGTH - n)
                yield (*start, last, *junk), n


def observations(x, tokens):
    """What the policy sees before each token: the tokens so far."""
    count = len(tokens)
    seen = np.zeros((count, LENGTH, LENGTH, VOCABULARY), "float32")
    for t in range(1, LENGTH):
        seen[:, t, :t] = np.eye(VOCABULARY)[tokens[:, :t]]
    return {
        "x": tf.tile(tf.constant(x)[None, None], (count, LENGTH, 1)),
        "tokens": tf.reshape(seen, (count, LENGTH, -1)),
    }


def test_what_is_after_the_end_is_masked_step_by_step():
    # tokens   a  end junk | b  c  d      first, mid, last: 0, 1, 2
    # step     0   1    2  | 0  1  1
    # next     1   2    0  | 1  1  2
    # reward   0  -5    0  | 0  0 -7
    tokens = tf.constant([[[1], [0], [2]], [[2], [1], [1]]])
    made = rl.sequence_episodes((), tokens, tf.constant([-5.0, -7.0]), END)
    assert made.step_type.numpy().tolist() == [[0, 1, 2], [0, 1, 1]]
    assert made.next_step_type.numpy().tolist() == [[1, 2, 0], [1, 1, 2]]
    assert made.reward.numpy().tolist() == [[0, -5, 0], [0, 0, -7]]


def log_probs(model, seen, tokens):
    """Log-probability of each token of each sentence."""
    flat = {k: tf.reshape(v, (-1, v.shape[-1])) for k, v in seen.items()}
    logits = tf.reshape(model(flat), (-1, LENGTH, VOCABULARY))
    logs = tf.nn.log_softmax(logits)
    return tf.gather(logs, tokens, axis=2, batch_dims=2), logits


def by_chance(logs, logits, tokens):
    return logs


def argmax_last(logs, logits, tokens):
    """The bug: the token of the last row is the most probable one."""
    found = tf.argmax(logits[:, -1], axis=-1) == tokens[:, -1]
    last = tf.where(found, 0.0, -np.inf)
    return tf.concat([logs[:, :-1], last[:, None]], axis=1)


@pytest.mark.parametrize(
    "written, right", [(by_chance, True), (argmax_last, False)]
)
def test_the_agent_s_gradient_is_exact_over_all_sentences(written, right):
    model, x = encoder(), np.array([0.5, -1.0], "float32")
    tokens, lengths = (np.array(v) for v in zip(*sentences()))
    losses = np.random.default_rng(0).uniform(1, 5, len(tokens))
    losses = tf.constant(losses, "float32")
    seen = observations(x, tokens)
    counts = np.arange(LENGTH) < lengths[:, None]

    def chances(how):
        logs = how(*log_probs(model, seen, tokens), tokens)
        return tf.exp(tf.reduce_sum(tf.where(counts, logs, 0.0), axis=1))

    weights = model.trainable_weights
    with tf.GradientTape() as tape:
        p = chances(by_chance)
        expected_loss = tf.reduce_sum(p * losses)
    np.testing.assert_allclose(tf.reduce_sum(p), 1.0, rtol=1e-5)
    exact = tape.gradient(expected_loss, weights)

    agent = rl.code_agent(model, OneHotCode(1, VOCABULARY), SPEC)
    episodes = rl.sequence_episodes(
        seen, tf.constant(tokens[..., None], "int32"), -losses, END
    )
    # The return of every step is the reward at the end.
    returns = tf.tile(-losses[:, None], (1, LENGTH))
    # Every sentence once, weighed by how often it is written; the agent's
    # loss is a mean over episodes.
    often = chances(written)
    np.testing.assert_allclose(tf.reduce_sum(often), 1.0, rtol=1e-5)
    share = tf.tile(often[:, None] * len(tokens), (1, LENGTH))
    with tf.GradientTape() as tape:
        loss = agent.total_loss(episodes, returns, weights=share).loss
    found = tape.gradient(loss, [w.value for w in weights])
    one, two = (
        np.concatenate([np.ravel(gradient) for gradient in each])
        for each in (exact, found)
    )
    apart = np.linalg.norm(two - one) / np.linalg.norm(one)
    # Float32 sums of eleven sentences.
    assert apart < 1e-5 if right else apart > 0.1


def test_a_policy_learns_to_write_the_one_good_sentence():
    model, x = encoder(), np.array([0.5, -1.0], "float32")
    agent = rl.code_agent(
        model, OneHotCode(1, VOCABULARY), SPEC, keras.optimizers.Adam(0.04)
    )
    good, count = np.array([2, 1, END]), 64
    rng = np.random.default_rng(0)

    @tf.function
    def logits_of(seen):
        return model(seen)

    def write():
        tokens = np.zeros((count, LENGTH), int)
        for t in range(LENGTH):
            seen = {k: v[:, t] for k, v in observations(x, tokens).items()}
            noise = rng.gumbel(size=(count, VOCABULARY))
            tokens[:, t] = np.argmax(logits_of(seen) + noise, axis=1)
        return tokens

    def losses_of(tokens):
        ended = np.cumsum(tokens == END, axis=1) - (tokens == END) > 0
        tokens = np.where(ended, END, tokens)
        return np.sum(tokens != good, axis=1).astype("float32")

    train = tf.function(agent.train)
    means = []
    for _ in range(80):
        tokens = write()
        losses = losses_of(tokens)
        means.append(losses.mean())
        train(
            rl.sequence_episodes(
                observations(x, tokens),
                tf.constant(tokens[..., None], "int32"),
                tf.constant(means[-1] - losses),
                END,
            )
        )
    assert np.mean(means[:5]) > 1.5 and np.mean(means[-5:]) < 0.3
