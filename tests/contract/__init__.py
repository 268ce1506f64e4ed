"""The contract: what every public name of `keras_ae` keeps."""
