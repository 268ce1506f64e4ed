"""The version of the package, read by `setup.cfg` and by run records."""

__version__ = "0.1.0"
