"""The commands; `keras-ae` is their console script."""
