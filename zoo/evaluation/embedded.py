"""One model's embeddings of the images an evaluation drew."""

from zoo.data.image_data import to_unit
from zoo.evaluation.batches import (
    Splits,
    compiled,
    embed,
    in_batches,
)
from zoo.evaluation.floors import labelled


class Embedded:
    """A model with its embeddings of the three splits drawn.

    Args:
        model: Has `encode(x)`.
        splits: `Splits`.
        batch_size: Int >= 1.

    Attributes:
        z: `Labelled`, the flat embeddings.
        num_codes: Alphabet of one index, or `None` without a `bottleneck`.
    """

    def __init__(self, model, splits: Splits, batch_size: int):
        self.model, self.batch_size, self._compiled = model, batch_size, {}
        encode = self.method("encode")
        self.splits = splits
        self.z = labelled(splits, lambda x: embed(encode, x, batch_size))

    def feature_names(self):
        """Names of the features, the embedding among them; often none."""
        owner = self._feature_owner()
        if owner is None:
            return []
        return list(owner.features(to_unit(self.splits.x_test[:1])))

    def feature(self, name, splits):
        """`Labelled` of one feature, each image's numbers in a row."""
        return labelled(splits, self.feature_of(name))

    def feature_of(self, name):
        """Function from uint8 images to one feature, `(images, numbers)`."""
        owner, encode = self._feature_owner(), self.method("encode")

        def feature(x):  # of an embedding it may hold the deviation too
            return encode(x) if name == "embedding" else owner.features(x)[name]

        return lambda images: embed(feature, images, self.batch_size)

    def _feature_owner(self):
        encoder = getattr(self.model, "encoder", None)
        for owner in (self.model, encoder):
            if callable(getattr(owner, "features", None)):
                return owner
        return None

    def has(self, *names):
        """Whether the model has all these methods."""
        return all(callable(getattr(self.model, name, None)) for name in names)

    def method(self, name):
        """The model's method as a function of one array; see `compiled`."""
        if name not in self._compiled:
            self._compiled[name] = compiled(self.model, name)
        return self._compiled[name]

    @property
    def num_codes(self):
        bottleneck = getattr(self.model, "bottleneck", None)
        num_codes = getattr(bottleneck, "num_codes", None)
        if num_codes is None or not self.has("encode_index"):
            return None
        return int(num_codes)

    def index(self, images):
        """Indices of uint8 images, of the shape `encode_index` gives."""
        return in_batches(
            self.method("encode_index"), images, self.batch_size
        )
