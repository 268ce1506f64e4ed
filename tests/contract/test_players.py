"""A toy adversary: what a player moves, and what moves it."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from keras_ae.models import Batch, EmbeddingModel, Player

from .helpers import assert_equal, values

RATE = 0.1


@keras.saving.register_keras_serializable("contract")
class Matched(EmbeddingModel):
    """Embeddings that a critic cannot tell from a grid of prior samples.

    Args:
        steps: Int, updates of the critic a training step.
        broken: Bool, whether the critic's loss is NaN.
    """

    def __init__(self, steps=1, broken=False, **kwargs):
        encoder, critic = keras.layers.Dense(1), keras.layers.Dense(1)
        player = Player((critic,), {"critic_loss": 2.0}, steps)
        super().__init__(
            terms={"fooling_loss": 3.0}, players={"critic": player}, **kwargs
        )
        self.encoder, self.critic = encoder, critic
        self.steps, self.broken = steps, broken

    def call(self, x, training=False):
        return self.critic(self.encoder(x))

    def loss_terms(self, batch, training):
        z = self.encoder(batch.x)
        return {"fooling_loss": ops.softplus(-self.critic(z))}

    def player_terms(self, name, batch, training):
        z = self.encoder(batch.x)
        prior = ops.linspace(-1.0, 1.0, 8)[:, None]
        loss = ops.softplus(-self.critic(prior))
        loss = loss + ops.softplus(self.critic(z))
        return {"critic_loss": loss * np.nan if self.broken else loss}

    def get_config(self):
        config = super().get_config()
        config.update(steps=self.steps, broken=self.broken)
        return config


def objects():
    return np.random.default_rng(0).normal(5.0, 1.0, (8, 3)).astype("float32")


def made(rate=RATE, critic_rate=RATE, seed=0, **arguments):
    keras.utils.set_random_seed(seed)
    model = Matched(**arguments)
    model.compile(
        optimizer=keras.optimizers.SGD(rate),
        player_optimizers={"critic": keras.optimizers.SGD(critic_rate)},
        jit_compile=False,
        max_skipped_updates=4,
    )
    model(objects())
    return model


def step(model, epochs=1, x=None):
    x = objects() if x is None else x
    return model.fit(x, batch_size=8, epochs=epochs, verbose=0).history


def descend(model, name, weights):
    """One hand-made step of gradient descent on a player's or own loss."""
    batch = Batch(tf.constant(objects()))
    with tf.GradientTape() as tape:
        if name is None:
            terms, weight = model.loss_terms(batch, True), 3.0
        else:
            terms, weight = model.player_terms(name, batch, True), 2.0
        loss = weight * ops.mean(*terms.values())
    for variable, gradient in zip(weights, tape.gradient(loss, weights)):
        variable.assign_sub(RATE * gradient)


def test_player_moves_by_its_own_loss_and_optimiser_only():
    model = made(rate=0.0)
    encoder = values(model.encoder.weights)
    critic = values(model.critic.weights)
    step(model)
    assert_equal(encoder, values(model.encoder.weights))
    assert np.abs(critic[0] - values(model.critic.weights)[0]).max() > 0


def test_model_moves_by_its_own_loss_and_optimiser_only():
    model = made(critic_rate=0.0)
    encoder = values(model.encoder.weights)
    critic = values(model.critic.weights)
    step(model)
    assert_equal(critic, values(model.critic.weights))
    assert np.abs(encoder[0] - values(model.encoder.weights)[0]).max() > 0


@pytest.mark.parametrize("steps", [1, 3])
def test_a_step_is_the_players_steps_and_then_the_models(steps):
    model, by_hand = made(steps=steps), made(steps=steps)
    step(model)
    for _ in range(steps):
        descend(by_hand, "critic", by_hand.critic.trainable_weights)
    descend(by_hand, None, by_hand.encoder.trainable_weights)
    # The same operations, fused by the graph.
    assert_equal(
        values(by_hand.trainable_weights),
        values(model.trainable_weights),
        rtol=1e-5,
        atol=1e-6,
    )
    assert model.player_optimizers["critic"].iterations == steps
    assert model.optimizer.iterations == 1


def test_own_and_player_weights_are_apart_and_complete():
    model = made()
    own, player = model.own_weights(), model.player_weights("critic")
    assert [w.path for w in own] == [w.path for w in model.encoder.weights]
    assert [w.path for w in player] == [w.path for w in model.critic.weights]
    assert len(own) + len(player) == len(model.trainable_weights)


def test_loss_holds_the_models_terms_and_logs_the_players():
    model = made()
    logs = model.evaluate(objects(), verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(3.0 * logs["fooling_loss"], 1e-5)
    assert logs["critic_loss"] > 0


def test_the_embedding_moves_to_the_prior_the_critic_knows():
    model = made(rate=0.02, critic_rate=0.1)
    before = np.mean(model.encoder(objects()))
    step(model, epochs=100)
    # The prior's mean is 0, and all that a linear critic sees.
    assert abs(before) > 1.5
    assert abs(np.mean(model.encoder(objects()))) < 0.2


def test_players_have_adam_by_default():
    model = Matched()
    model.compile()
    critic = model.player_optimizers["critic"]
    assert type(critic) is keras.optimizers.Adam


def test_a_compiled_model_with_players_is_saved_and_trains_on(tmp_path):
    model = made(steps=2)
    model.compile(optimizer="adam", player_optimizers={"critic": "rmsprop"})
    step(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    critic = loaded.player_optimizers["critic"]
    assert type(critic) is keras.optimizers.RMSprop
    assert critic.iterations == 2
    step(model), step(loaded)
    assert_equal(values(model.weights), values(loaded.weights))


def test_a_player_that_is_never_finite_stops_training():
    model = made(broken=True)
    critic = values(model.critic.weights)
    with pytest.raises(FloatingPointError, match="skipped 4 updates in a row"):
        step(model, x=np.repeat(objects(), 8, axis=0))
    assert_equal(critic, values(model.critic.weights))


def test_an_unknown_player_is_refused():
    with pytest.raises(ValueError, match=r"\['critic'\] only. Received: "):
        Matched().compile(player_optimizers={"critc": "adam"})


@pytest.mark.parametrize(
    "player, error, match",
    [
        (Player((), {"a_loss": 1.0}), ValueError, "one layer and one term"),
        (Player((1,), {}), ValueError, "one layer and one term"),
        (Player((1,), {"a_loss": 1.0}, 0), ValueError, "`steps` >= 1"),
        (Player((1,), {"a_loss": 1.0}, 1.5), TypeError, "`steps` to be an"),
        (Player((1,), {"own_loss": 1.0}), ValueError, "distinct names"),
    ],
)
def test_a_player_that_breaks_a_rule_is_refused(player, error, match):
    with pytest.raises(error, match=match):
        EmbeddingModel(terms={"own_loss": 1.0}, players={"one": player})
