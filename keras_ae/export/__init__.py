"""Export for TensorFlow Serving: named signatures in a numbered folder."""

from keras_ae.export.export_serving import export_serving
from keras_ae.export.signature import Signature

__all__ = ["Signature", "export_serving"]
