"""Codes and their losses as TF-Agents trajectories."""

import tensorflow as tf
from tf_agents.trajectories import StepType, trajectory


def code_episodes(observation, index, reward):
    """Return one episode of one step for each code.

    Args:
        observation: Nest of `(batch, ...)`.
        index: `(batch, ...)`, int32, the codes.
        reward: `(batch,)`, minus the losses.

    Returns:
        `Trajectory` of `(batch, 1, ...)`.
    """
    reward = tf.cast(reward, "float32")[:, None]
    kind = tf.zeros_like(reward, "int32")
    return trajectory.Trajectory(
        step_type=kind + int(StepType.FIRST),
        observation=tf.nest.map_structure(lambda x: x[:, None], observation),
        action=index[:, None],
        policy_info=(),
        next_step_type=kind + int(StepType.LAST),
        reward=reward,
        discount=tf.zeros_like(reward),
    )


def sequence_episodes(observation, tokens, reward, end):
    """Return one episode for each sequence, which ends at its end token.

    The reward comes with the last token that counts: the first `end`, or the
    last of the row. What is written after `end` is boundary, which TF-Agents
    masks in the policy loss. It masks the entropy there too, but divides it
    by all rows and their full length, not by the tokens that count: an
    `entropy_weight` weighs less the shorter the sequences are.

    Args:
        observation: Nest of `(batch, length, ...)`, what the policy sees
            before it writes each token.
        tokens: `(batch, length, 1)`, int32.
        reward: `(batch,)`, minus the losses of the whole sequences.
        end: Int, the token that ends a sequence.

    Returns:
        `Trajectory` of `(batch, length, ...)`.
    """
    ends = tf.cast(tokens[..., 0] == end, "int32")
    over = tf.cumsum(ends, axis=1, exclusive=True) > 0
    length = tf.shape(ends)[1]
    last_row = tf.range(length)[None] == length - 1
    last = ~over & ((ends > 0) | last_row)
    first = tf.range(length)[None] == 0
    step_type = tf.where(first, int(StepType.FIRST), int(StepType.MID))
    step_type = tf.where(over, int(StepType.LAST), step_type)
    next_type = tf.where(last, int(StepType.LAST), int(StepType.MID))
    next_type = tf.where(over, int(StepType.FIRST), next_type)
    return trajectory.Trajectory(
        step_type=step_type,
        observation=observation,
        action=tokens,
        policy_info=(),
        next_step_type=next_type,
        reward=tf.where(last, tf.cast(reward, "float32")[:, None], 0.0),
        discount=tf.where(last, 0.0, 1.0),
    )
