"""Refuse what REINFORCE would not, or not really, train."""

from keras_ae.bottlenecks.logit_code import LogitCode
from keras_ae.models.code_model import CodeModel


def weights_of(layer) -> list:
    """Return the `tf.Variable`s of a Keras 3 layer's trainable weights."""
    return [weight.value for weight in layer.trainable_weights]


def check_policy_weights(network, layer, owner: str = "rl") -> None:
    """Refuse a network whose trainable weights are not the layer's.

    TF-Agents takes a network's own list of weights, and would silently train
    nothing where that list is empty.

    Args:
        network: TF-Agents network.
        layer: Built Keras 3 layer or model, the encoder.
        owner: Str, named in errors.

    Raises:
        ValueError: If the two sets differ, or are empty.
    """
    seen = {id(variable) for variable in network.trainable_weights}
    wanted = {id(variable) for variable in weights_of(layer)}
    if not wanted or seen != wanted:
        raise ValueError(
            f"`{owner}` needs a policy network that trains exactly the "
            f"encoder's {len(wanted)} trainable weights, and at least one. "
            f"Received: {len(seen & wanted)} of them and "
            f"{len(seen - wanted)} others"
        )


def check_model(owner: str, model, most: float = float("inf")) -> None:
    """Refuse a model that REINFORCE cannot train.

    Args:
        owner: Str, named in errors.
        model: The model.
        most: Number, the most layers of codes. Defaults to any number.
    """
    if not isinstance(model, CodeModel):
        raise TypeError(
            f"`{owner}` needs a model with encoder, bottleneck and decoder, "
            f"such as `DiscreteAutoencoder`. Received: {model!r}"
        )
    for encoder, bottleneck in model.stages:
        if not isinstance(bottleneck, LogitCode):
            raise ValueError(
                f"`{owner}` needs a stochastic code, one-hot or binary. "
                f"Received: bottleneck={type(bottleneck).__name__}, whose "
                "code is a function of the features"
            )
        if not bottleneck.built or not encoder.built:
            raise ValueError(
                f"`{owner}` needs a built model: call it on a batch first. "
                f"Received: {model.name}, not built"
            )
    if len(model.stages) > most:
        raise ValueError(
            f"`{owner}` needs a model with {most} layer of codes. "
            f"Received: {model.name} with {len(model.stages)}"
        )
