"""The parts of an evaluation of images; `zoo.evaluation.images` joins them."""

import hashlib

import numpy as np

from keras_ae.metrics.collapse import collapse_report
from zoo.evaluation import binary, codes, reconstruction
from zoo.evaluation.batches import draw_splits, flat_pixels
from zoo.evaluation.embedded import Embedded
from zoo.evaluation.floors import labelled, pca_floor, raw_pixel_floor
from zoo.evaluation.pixel_pca import fit_pixel_pca
from zoo.evaluation.probes import chance, linear_probe, probe

COLLAPSE_EXAMPLES = 4_000  # Test images in the collapse report
FEW = 16  # Images whose features tell one untrained model from another

NO_LABELS = "the data has no labels, or a single class"
NO_FLOORS = "floors=False"


class Evaluation:
    """The draws of one evaluation, and one method for each part.

    A part that does not apply gives `None` and leaves its reason in
    `skipped`. What each returns is described in `zoo.evaluation.images`.
    """

    def __init__(self, model, data, seed, batch_size, floors, cache):
        self.data, self.seed, self.batch_size = data, seed, batch_size
        self.floors, self.cache, self.skipped = floors, cache, {}
        self.splits = draw_splits(data, seed)
        self.y_test = self.splits.y_test
        self.classes = None
        if not any(y is None for y in self.splits[1::2]):
            self.classes = len(np.unique(self.splits.y_train))
        self.labels = self.classes is not None and self.classes > 1
        self.trained = Embedded(model, self.splits, batch_size)
        self.test_index = None
        if self.trained.num_codes:
            self.test_index = self.trained.index(self.splits.x_test)

    def skip(self, part, reason):
        """Note why a part is missing."""
        self.skipped[part] = reason

    def untrained(self, model):
        """Embeddings of the untrained model, if one is wanted."""
        if self.floors and model is not None:
            return Embedded(model, self.splits, self.batch_size)
        reason = "no `untrained_model` given" if self.floors else NO_FLOORS
        return self.skip("floors.random_encoder", reason)

    def basis(self):
        """Principal components of the training images drawn."""
        return self.cache.object(
            "pca", lambda: fit_pixel_pca(self.splits.x_train, self.seed)
        )

    @property
    def size(self):
        """Numbers in one embedding."""
        return self.trained.z.z_train.shape[1]

    def summary(self):
        """The data, and how much of it was drawn."""
        return {
            "name": str(self.data.name),
            "fingerprint": self.cache.key[1],
            "classes": self.classes,
            "train": len(self.data.x_train),
            "valid": len(self.data.x_valid),
            "test": len(self.data.x_test),
            "fitted_on": len(self.splits.x_train),
            "chosen_on": len(self.splits.x_valid),
            "tested_on": len(self.splits.x_test),
        }

    def probe(self, embedded):
        """Both probes of one embedding."""
        if not self.labels:
            return self.skip("probe", NO_LABELS)
        return probe(embedded.z, self.seed)

    def probe_floors(self, untrained):
        """Both probes of the floors, and chance."""
        if not self.labels or not self.floors:
            reason = NO_FLOORS if self.labels else NO_LABELS
            return self.skip("floors", reason)
        splits, size = self.splits, self.size
        return {
            "raw_pixels": self.cache.value(
                "probe of raw pixels",
                lambda: raw_pixel_floor(splits, self.seed),
            ),
            "pca": self.cache.value(
                f"probe of {size} principal components",
                lambda: pca_floor(splits, self.basis(), size, self.seed),
            ),
            "random_encoder": untrained and self.probe(untrained),
            "chance": chance(splits.y_train, splits.y_test),
        }

    def features(self, untrained):
        """Linear probes of each feature, fitted on all training images."""
        names = self.trained.feature_names()
        if not names or not self.labels:
            reason = NO_LABELS if names else "no `features` in the model"
            return self.skip("features", reason)
        whole = self.splits._replace(
            x_train=self.data.x_train, y_train=self.data.y_train
        )
        found = {}
        for name in names:
            result = self.feature_probe(self.trained, name, whole)
            result["floors"] = None
            if self.floors:
                result["floors"] = {
                    "raw_pixels": self.cache.value(
                        "linear probe of raw pixels, all training images",
                        lambda: linear_probe(
                            labelled(whole, flat_pixels), self.seed
                        ),
                    ),
                    "random_encoder": untrained
                    and self.untrained_feature_probe(untrained, name, whole),
                    "chance": chance(whole.y_train, whole.y_test),
                }
            found[name] = result
        return found

    def feature_probe(self, embedded, name, splits):
        """The linear probe of one feature."""
        return linear_probe(embedded.feature(name, splits), self.seed)

    def untrained_feature_probe(self, untrained, name, splits):
        """The same of an untrained model; many runs begin as one does."""
        few = untrained.feature_of(name)(splits.x_test[:FEW])
        digest = hashlib.blake2b(few.tobytes(), digest_size=16).hexdigest()
        return self.cache.value(
            f"linear probe of untrained {name}, {digest}",
            lambda: self.feature_probe(untrained, name, splits),
        )

    def clustering(self, untrained):
        """Mutual information with the labels, beside its floors."""
        if not self.labels:
            return self.skip("clustering", NO_LABELS)
        index = self.test_index
        single = index is not None and index.size == len(index)
        result = {
            "nmi": self.nmi(self.trained, single),
            "method": "index" if single else "k-means",
            "clusters": self.trained.num_codes if single else self.classes,
            "floors": None,
        }
        if self.floors:
            pixels = self.cache.value("k-means of raw pixels", self.pixel_nmi)
            random = untrained and self.nmi(untrained, single)
            floors = {"raw_pixels": pixels, "random_encoder": random}
            result["floors"] = floors
        return result

    def nmi(self, embedded, single):
        """Mutual information of labels and codes, or k-means clusters."""
        if single:
            index = embedded.index(self.splits.x_test)
            return codes.index_nmi(index, self.y_test)
        z = embedded.z.z_test
        return codes.kmeans_nmi(z, self.y_test, self.classes, self.seed)

    def pixel_nmi(self):
        """Mutual information of labels and k-means of raw pixels."""
        z = flat_pixels(self.splits.x_test)
        return codes.kmeans_nmi(z, self.y_test, self.classes, self.seed)

    def codes(self):
        """Codes in use on the test images."""
        if self.test_index is None:
            return self.skip("codes", "the model has no discrete `bottleneck`")
        return codes.code_usage(self.test_index, self.trained.num_codes)

    def reconstruction(self, usage):
        """Reconstruction error, beside a PCA of as many numbers or bits."""
        if not self.trained.has("reconstruct"):
            return self.skip("reconstruction", "no `reconstruct` in the model")
        mean = reconstruction.mean_image(self.data.x_train)
        images = self.splits.x_test
        result = {
            "nmse": reconstruction.model_error(
                self.trained.method("reconstruct"),
                images,
                mean,
                self.batch_size,
            ),
            "pca_same_bits": None,
            "pca_same_size": None,
        }
        if not self.floors:
            self.skip("reconstruction.pca_same_size", NO_FLOORS)
            return result
        result["pca_same_size"] = self.cache.value(
            f"reconstruction by {self.size} principal components",
            lambda: reconstruction.pca_same_size(
                self.basis(), images, mean, self.size
            ),
        )
        if usage is None:
            self.skip("reconstruction.pca_same_bits", self.skipped["codes"])
            return result
        bits = usage["bits_per_image"]
        result["pca_same_bits"] = self.cache.value(
            f"reconstruction in {int(bits)} bits",
            lambda: reconstruction.pca_same_bits(
                self.basis(), images, mean, bits
            ),
        )
        return result

    def novelty(self):
        """What unseen combinations of bits decode to."""
        trained, splits = self.trained, self.splits
        if trained.num_codes != 2 or self.test_index.ndim != 2:
            return self.skip("novelty", "the code is not a row of bits")
        if not self.labels:
            return self.skip("novelty", NO_LABELS)
        if not trained.has("decode_index", "reconstruct"):
            return self.skip("novelty", "no `decode_index` in the model")
        decode = trained.method("decode_index")
        shape = tuple(splits.x_test.shape[1:])
        if tuple(decode(self.test_index[:1]).shape[1:]) != shape:
            return self.skip("novelty", "a code stands for part of an image")
        classifier = self.cache.object(
            "classifier",
            lambda: binary.fit_classifier(
                splits.x_train, splits.y_train, self.seed
            ),
        )
        return binary.binary_novelty(
            classifier,
            decode,
            trained.method("reconstruct"),
            trained.index(self.data.x_train),
            splits.x_test,
            splits.y_test,
            self.seed,
            self.batch_size,
        )

    def collapse(self):
        """Signs of collapse of the test embeddings."""
        z = self.trained.z.z_test
        random = np.random.default_rng([self.seed, 5])
        rows = random.permutation(len(z))[:COLLAPSE_EXAMPLES]
        pairs = None
        if self.labels:
            pairs = same_label_pairs(z[rows], np.asarray(self.y_test)[rows])
        return collapse_report(z[rows], pairs)


def same_label_pairs(z, y):
    """Pair each embedding with the next one of its label, in a ring.

    Args:
        z: `(examples, dim)`, in random order.
        y: `(examples,)` labels.

    Returns:
        Pair of `(pairs, dim)`, without the labels that occur once; `None`
        if there are no others.
    """
    first, second = [], []
    for value in np.unique(y):
        rows = np.flatnonzero(y == value)
        if len(rows) > 1:
            first.append(rows)
            second.append(np.roll(rows, -1))
    if not first:
        return None
    return z[np.concatenate(first)], z[np.concatenate(second)]
