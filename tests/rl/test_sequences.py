"""A sequence toy: tokens written until an end token, the rest masked."""

import itertools

import keras
import numpy as np
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


def test_the_agent_s_gradient_is_exact_over_all_sentences():
    model, x = encoder(), np.array([0.5, -1.0], "float32")
    tokens, lengths = (np.array(v) for v in zip(*sentences()))
    losses = np.random.default_rng(0).uniform(1, 5, len(tokens))
    losses = tf.constant(losses, "float32")
    seen = observations(x, tokens)

    def log_probs():
        flat = {k: tf.reshape(v, (-1, v.shape[-1])) for k, v in seen.items()}
        logits = tf.reshape(model(flat), (-1, LENGTH, VOCABULARY))
        chosen = tf.gather(
            tf.nn.log_softmax(logits), tokens, axis=2, batch_dims=2
        )
        mask = np.arange(LENGTH) < lengths[:, None]
        return tf.reduce_sum(chosen * mask, axis=1)

    weights = model.trainable_weights
    with tf.GradientTape() as tape:
        p = tf.exp(log_probs())
        expected_loss = tf.reduce_sum(p * losses)
    np.testing.assert_allclose(tf.reduce_sum(p), 1.0, rtol=1e-5)
    exact = tape.gradient(expected_loss, weights)

    agent = rl.code_agent(model, OneHotCode(1, VOCABULARY), SPEC)
    episodes = rl.sequence_episodes(
        seen, tf.constant(tokens[..., None], "int32"), -losses, END
    )
    # The return of every step is the reward at the end.
    returns = tf.tile(-losses[:, None], (1, LENGTH))
    # Every sentence once, weighed by its probability; the agent's loss is a
    # mean over episodes.
    share = tf.tile(p[:, None] * len(tokens), (1, LENGTH))
    with tf.GradientTape() as tape:
        loss = agent.total_loss(episodes, returns, weights=share).loss
    found = tape.gradient(loss, [w.value for w in weights])
    for one, two in zip(exact, found):
        # Float32 sums of eleven sentences.
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-6)


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
