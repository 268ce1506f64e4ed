"""A recurrent layer that computes nothing for padding."""

import keras
import tensorflow as tf
from keras import ops

LONGEST = 64  # Steps written out one after the other in the graph


@keras.saving.register_keras_serializable("keras_ae")
class PackedGRU(keras.layers.GRU):
    """`keras.layers.GRU` on sequences packed by length, for the CPU.

    The same weights and results by another way. All inputs are projected at
    once; the sequences are sorted by length, and each step reads those that
    still go on. The steps are written out in the graph, so that no loop keeps
    accounts for the gradient. With a GPU, dropout, other activations, more
    than 64 steps or all outputs backwards it is `keras.layers.GRU` itself.

    Args:
        units: Int >= 1, size of the state.
        **kwargs: As `keras.layers.GRU`.

    Call arguments:
        sequences: `(batch, time, dim)`.
        mask: `(batch, time)` bool, where each row is true up to its length
            and false after it, or `None` where all is read.

    Returns:
        As `keras.layers.GRU`; with `return_sequences`, 0 where there is
        padding. The last output of an empty row is its initial state.
    """

    def __init__(self, units, **kwargs):
        super().__init__(units, **kwargs)

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """Read the sequences, as Keras's recurrent layers ask for it.

        Args:
            sequences: `(batch, time, dim)`.
            initial_state: The state, or a list of it.
            mask: As in the call, or `None`.
            training: Bool. Defaults to `False`.

        Returns:
            Triple: last outputs, outputs, list of the last state.
        """
        if not self._packs(sequences):
            return super().inner_loop(
                sequences, initial_state, mask, training=training
            )
        (state,) = keras.tree.flatten(initial_state)
        state = ops.cast(state, sequences.dtype)
        packing = _Packing(sequences, mask, self.go_backwards)
        outputs, last = self._steps(
            packing.pack(sequences), packing.sort(state), packing.counts
        )
        last = packing.unsort(last)
        if self.return_sequences:
            return last, packing.unpack(outputs), [last]
        return last, last[:, None], [last]

    def _packs(self, sequences):
        steps = sequences.shape[1]
        plain = (
            self.activation is keras.activations.tanh
            and self.recurrent_activation is keras.activations.sigmoid
            and self.use_bias
            and self.reset_after
            and not (self.go_backwards and self.return_sequences)
            and not (self.dropout or self.recurrent_dropout)
        )
        on_cpu = not tf.config.list_logical_devices("GPU")
        return plain and on_cpu and steps is not None and steps <= LONGEST

    def _steps(self, packed, state, counts):
        """Return the states of every step, packed, and each one's last."""
        kernel, recurrent, bias = (
            ops.cast(weight, packed.dtype)
            for weight in (
                self.cell.kernel,
                self.cell.recurrent_kernel,
                self.cell.bias,
            )
        )
        sizes = [2 * self.units, self.units]
        projected = tf.nn.bias_add(tf.matmul(packed, kernel), bias[0])
        gates, news = tf.split(projected, sizes, axis=1)
        steps = counts.shape[0]
        gates, news = (tf.split(x, counts, num=steps) for x in (gates, news))
        outputs, ended = [], []
        for step in range(steps):
            rest = tf.shape(state)[0] - counts[step]
            state, done = tf.split(state, tf.stack([counts[step], rest]))
            ended.append(done)
            state = _step(gates[step], news[step], state, recurrent, bias[1])
            outputs.append(state)
        return tf.concat(outputs, 0), tf.concat([state, *ended[::-1]], 0)


@tf.custom_gradient
def _step(gates, new, state, recurrent, bias):
    """Return the next state; TensorFlow's own gradient has thrice the nodes.

    Args:
        gates, new: What the inputs add, `(rows, 2 * units)`, `(rows, units)`.
        state: `(rows, units)`.
        recurrent, bias: `(units, 3 * units)`, `(3 * units,)`.
    """
    inner = tf.nn.bias_add(tf.matmul(state, recurrent), bias)
    inner_gates, inner_new = _split(inner, 2)
    gate = tf.sigmoid(gates + inner_gates)
    keep, reset = _split(gate, 1)
    found = tf.tanh(new + reset * inner_new)
    change = state - found

    def gradient(upstream):
        d_found = tf.raw_ops.TanhGrad(y=found, dy=upstream - upstream * keep)
        d_gate = tf.concat([upstream * change, d_found * inner_new], axis=1)
        d_gates = tf.raw_ops.SigmoidGrad(y=gate, dy=d_gate)
        d_inner = tf.concat([d_gates, d_found * reset], axis=1)
        d_state = tf.matmul(d_inner, recurrent, transpose_b=True)
        d_state += upstream * keep
        d_recurrent = tf.matmul(state, d_inner, transpose_a=True)
        d_bias = tf.reduce_sum(d_inner, axis=0)
        return d_gates, d_found, d_state, d_recurrent, d_bias

    return found + keep * change, gradient


def _split(x, parts):
    """Split the last axis at `parts` parts of `parts + 1`."""
    units = x.shape[1] // (parts + 1)
    return tf.split(x, [parts * units, units], axis=1)


class _Packing:
    """The order in which sequences are read: by step, the longest first."""

    def __init__(self, sequences, mask, backwards):
        rows, steps = tf.shape(sequences)[0], sequences.shape[1]
        lengths = tf.fill((rows,), steps)
        if mask is not None:
            (mask,) = keras.tree.flatten(mask)
            lengths = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
        self.order = tf.argsort(lengths, direction="DESCENDING", stable=True)
        lengths = tf.gather(lengths, self.order)
        reads = tf.range(steps)[:, None] < lengths[None]  # (time, batch)
        self.counts = tf.reduce_sum(tf.cast(reads, tf.int32), axis=1)
        index = tf.where(reads)
        step, rank = index[:, 0], index[:, 1]
        if backwards:
            length = tf.cast(tf.gather(lengths, rank), tf.int64)
            step = length - 1 - step
        row = tf.cast(tf.gather(self.order, rank), tf.int64)
        self.shape = (rows, steps)
        self.place = row * steps + step

    def sort(self, state):
        return tf.gather(state, self.order)

    def unsort(self, state):
        return tf.gather(state, tf.math.invert_permutation(self.order))

    def pack(self, x):
        return tf.gather(tf.reshape(x, (-1, x.shape[-1])), self.place)

    def unpack(self, x):
        rows, steps = self.shape
        shape = tf.stack([rows * steps, x.shape[-1]])
        found = tf.scatter_nd(self.place[:, None], x, tf.cast(shape, tf.int64))
        return tf.reshape(found, (rows, steps, x.shape[-1]))
