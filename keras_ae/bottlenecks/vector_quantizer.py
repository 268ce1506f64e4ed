"""Vector quantiser: a codebook between encoder and decoder."""

import keras
import tensorflow as tf
from keras import ops

from keras_ae.bottlenecks import codebook as codebook_ops
from keras_ae.bottlenecks.bottleneck import Bottleneck
from keras_ae.bottlenecks.code import Code
from keras_ae.bottlenecks.replicas import (
    gather_over_replicas,
    replica_count,
    sum_over_replicas,
)
from keras_ae.checks import (
    check_choice,
    check_int,
    check_last_dimension,
    check_number,
)
from keras_ae.losses import sum_over_example

# Vectors of a batch, a code, that k-means and restarts draw from.
POOL_PER_CODE = 4


@keras.saving.register_keras_serializable("keras_ae")
class VectorQuantizer(Bottleneck):
    """Replace every feature vector by its nearest code.

    Training updates the codebook: by exponential moving averages of the
    vectors each code wins, or by gradient. On the first training batch it is
    fitted by k-means; codes that fall out of use are restarted, with their
    averages. Under a strategy all of it sees the global batch. Inference
    changes no state and has the same terms.

    Args:
        num_codes: Int >= 2.
        dim: Int >= 1, size of a feature vector.
        estimator: `"straight_through"`, `"rotation"` or an `Estimator`.
            Defaults to `"straight_through"`.
        update: `"ema"` or `"gradient"`. Defaults to `"ema"`.
        decay: Float in [0, 1), of the moving averages. Defaults to `0.99`.
        distance: `"euclidean"` or `"cosine"`; cosine scales features and
            codes to unit length. Defaults to `"euclidean"`.
        commitment_weight: Float >= 0, beta in the paper. Defaults to `0.25`.
        lookup_dim: Int or `None`: size of the codes, if they are looked up
            in a smaller space between two linear maps. Defaults to `None`.
        k_means: Bool, whether the first training batch fits the codebook.
            Defaults to `True`.
        restart_below: Float in [0, 1): a code is restarted when its average use
            is below this share of the mean use. `0` never restarts.
            Defaults to `0.1`.
        seed: Int or `None`, for restarts. Defaults to `None`, the same as 0.

    Call arguments:
        features: `(batch, ..., dim)`.
        training: Bool. Defaults to `False`.

    Returns:
        `Code`: `value` in the shape of `features`, `index` `(batch, ...)`,
        `logits` `(batch, ..., num_codes)`, minus the squared distances;
        terms `commitment_loss` (squared distance pulling the features) and,
        with `update="gradient"`, `codebook_loss` (pulling the codes).

    Raises:
        ValueError: If the last dimension is not `dim`.

    Example:

    ```python
    quantizer = VectorQuantizer(num_codes=512, dim=64)
    code = quantizer(np.zeros((8, 7, 7, 64)))
    code.index.shape  # (8, 7, 7)
    ```

    Reference:
        arXiv:1711.00937, equation 3 and appendix A.1.
    """

    kind = "vector_quantized"

    def __init__(
        self,
        num_codes,
        dim,
        estimator="straight_through",
        update="ema",
        decay=0.99,
        distance="euclidean",
        commitment_weight=0.25,
        lookup_dim=None,
        k_means=True,
        restart_below=0.1,
        seed=None,
        **kwargs,
    ):
        owner = "VectorQuantizer"
        self._num_codes = check_int(owner, "num_codes", num_codes, 2)
        self.dim = check_int(owner, "dim", dim)
        self.update = check_choice(
            owner, "update", update, ("ema", "gradient")
        )
        self.decay = check_number(owner, "decay", decay, minimum=0, below=1)
        self.distance = check_choice(
            owner, "distance", distance, ("euclidean", "cosine")
        )
        self.commitment_weight = check_number(
            owner, "commitment_weight", commitment_weight, minimum=0
        )
        if lookup_dim is not None:
            lookup_dim = check_int(owner, "lookup_dim", lookup_dim)
        self.lookup_dim = lookup_dim
        self.k_means = bool(k_means)
        self.restart_below = check_number(
            owner, "restart_below", restart_below, minimum=0, below=1
        )
        super().__init__(estimator, seed=seed, **kwargs)
        self.project_in = self.project_out = None
        if lookup_dim is not None:
            self.project_in = keras.layers.Dense(lookup_dim, dtype="float32")
            self.project_out = keras.layers.Dense(dim, dtype="float32")

    @property
    def num_codes(self):
        return self._num_codes

    @property
    def term_weights(self):
        weights = {"commitment_loss": self.commitment_weight}
        if self.update == "gradient":
            weights["codebook_loss"] = 1.0
        return weights

    def build(self, input_shape):
        check_last_dimension("VectorQuantizer", input_shape, self.dim, "dim")
        super().build(input_shape)
        code_dim = self.lookup_dim or self.dim
        if self.lookup_dim is not None:
            self.project_in.build((None, self.dim))
            self.project_out.build((None, self.lookup_dim))
        self.codebook = self._add_state(
            "codebook",
            (self.num_codes, code_dim),
            keras.initializers.RandomNormal(seed=self.seed or 0),
            trainable=self.update == "gradient",
        )
        self.counts = self._add_state("counts", (self.num_codes,), "ones")
        self.fitted = self._add_state("fitted", (), "zeros")
        if self.update == "ema":
            self.sums = self._add_state(
                "sums", (self.num_codes, code_dim), "zeros"
            )

    def _add_state(self, name, shape, initializer, trainable=False):
        # Every replica assigns the same global values, so the variables
        # need no aggregation.
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=initializer,
            trainable=trainable,
            dtype="float32",
            autocast=False,
        )

    def to_lookup(self, features):
        """Bring features into the space of the codes.

        Args:
            features: `(n, dim)`.

        Returns:
            `(n, lookup_dim or dim)`, of unit length if cosine.
        """
        if self.project_in is not None:
            features = self.project_in(features)
        if self.distance == "cosine":
            features = codebook_ops.normalise(features)
        return features

    def codes(self):
        """Return the codes as they are compared and decoded.

        Returns:
            `(num_codes, lookup_dim or dim)`, of unit length if cosine.
        """
        codes = ops.convert_to_tensor(self.codebook)
        if self.distance == "cosine":
            codes = codebook_ops.normalise(codes)
        return codes

    def lookup(self, vectors, training):
        """Find the nearest code of every vector.

        Args:
            vectors: `(n, dim)` in the space of the codes.
            training: Bool; the first training batch fits the codes.

        Returns:
            Nearest codes `(n, dim)`, index `(n,)`, logits `(n, num_codes)`
            and the statistics for `update_state`.
        """
        codes, statistics = self.codes(), ()
        fixed = ops.stop_gradient(vectors)
        if training:
            pool = self._pool(fixed)
            if self.k_means:
                codes = self._fitted_codes(codes, pool)
        scores = codebook_ops.nearness(fixed, codes)
        index = codebook_ops.nearest_index(scores)
        squares = ops.sum(ops.square(fixed), axis=-1, keepdims=True)
        logits = 2.0 * scores - squares
        nearest = ops.take(codes, index, axis=0)
        if training:
            counts, sums = codebook_ops.counts_and_sums(
                fixed, index, self.num_codes
            )
            statistics = (counts, sums, pool, ops.stop_gradient(codes))
        return nearest, index, logits, statistics

    def _pool(self, vectors):
        share = POOL_PER_CODE * self.num_codes // replica_count()
        local = codebook_ops.strided_rows(vectors, max(share, 1))
        return gather_over_replicas(local)

    def _fitted_codes(self, codes, pool):
        def fit():
            return codebook_ops.k_means(
                pool, self.num_codes, self.distance == "cosine"
            )

        return tf.cond(self.fitted.value > 0, lambda: codes, fit)

    def make_code(self, features, training):
        shape = ops.shape(features)
        flat = self.to_lookup(ops.reshape(features, (-1, self.dim)))
        nearest, index, logits, statistics = self.lookup(flat, training)
        if training:
            value = self.estimator.estimate_nearest(flat, nearest)
        else:
            value = nearest
        if self.project_out is not None:
            value = self.project_out(value)
        zero = ops.zeros((shape[0],), "float32")
        positions = tuple(shape[:-1])
        code = Code(
            value=ops.reshape(value, shape),
            index=ops.reshape(index, positions),
            logits=ops.reshape(logits, positions + (self.num_codes,)),
            log_prob=zero,
            entropy=zero,
            terms=self.distance_terms(flat, nearest, shape[0]),
        )
        return code, statistics

    def distance_terms(self, vectors, nearest, batch):
        """Return the terms that pull vectors and codes together.

        Args:
            vectors: `(n, dim)`, in the space of the codes.
            nearest: `(n, dim)`, their codes.
            batch: Int or int tensor, examples the `n` vectors come from.

        Returns:
            Dict from name to `(batch,)`.
        """

        def squared(a, b):
            by_example = ops.reshape(ops.square(a - b), (batch, -1))
            return sum_over_example(by_example)

        fixed = ops.stop_gradient(nearest)
        terms = {"commitment_loss": squared(vectors, fixed)}
        if self.update == "gradient":
            terms["codebook_loss"] = squared(
                ops.stop_gradient(vectors), nearest
            )
        return terms

    def update_state(self, statistics, finite):
        super().update_state(statistics, finite)
        counts, sums, pool, codes = statistics
        counts, sums = sum_over_replicas([counts, sums])
        old_counts, old_sums = self._averages_to_date(counts, codes)
        counts = self.decay * old_counts + (1.0 - self.decay) * counts
        if self.update == "ema":
            sums = self.decay * old_sums + (1.0 - self.decay) * sums
            codes = sums / ops.maximum(counts, 1e-5)[:, None]
            if self.distance == "cosine":
                codes = codebook_ops.normalise(codes)
        else:
            # The optimiser has moved the codebook since; the first batch's
            # fit has yet to be stored.
            codes = ops.where(self.fitted > 0, self.codebook, codes)
        dead = counts < self.restart_below * ops.mean(counts)
        restarts = codebook_ops.split_codes(
            codes, counts, self._draw(pool), dead
        )
        if self.distance == "cosine":
            restarts = codebook_ops.normalise(restarts)
        codes = ops.where(dead[:, None], restarts, codes)
        counts = ops.where(dead, ops.mean(counts), counts)
        new_state = [(self.codebook, codes), (self.counts, counts)]
        if self.update == "ema":
            sums = ops.where(dead[:, None], codes * counts[:, None], sums)
            new_state.append((self.sums, sums))
        new_state.append((self.fitted, 1.0))
        for variable, value in new_state:
            variable.assign(ops.where(finite, value, variable))

    def _averages_to_date(self, counts, codes):
        # Before the first update no average exists: every code starts with
        # the same use, at its own place, so that none is divided by ~ 0.
        even = ops.ones_like(counts) * ops.mean(counts)
        fitted = self.fitted > 0
        old_counts = ops.where(fitted, self.counts, even)
        if self.update == "gradient":
            return old_counts, None
        return old_counts, ops.where(fitted, self.sums, codes * even[:, None])

    def _draw(self, pool):
        """Draw one vector of the pool for every code."""
        rows = tf.random.stateless_uniform(
            (self.num_codes,),
            seed=tf.stack([self.seed or 0, self.step.value]),
            minval=0,
            maxval=ops.shape(pool)[0],
            dtype="int32",
        )
        return ops.take(pool, rows, axis=0)

    def decode_index(self, index):
        value = ops.take(self.codes(), index, axis=0)
        return value if self.project_out is None else self.project_out(value)

    def get_config(self):
        config = super().get_config()
        config.update(
            num_codes=self.num_codes,
            dim=self.dim,
            update=self.update,
            decay=self.decay,
            distance=self.distance,
            commitment_weight=self.commitment_weight,
            lookup_dim=self.lookup_dim,
            k_means=self.k_means,
            restart_below=self.restart_below,
        )
        return config
