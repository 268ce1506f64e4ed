"""What `fit` raises when the process was asked to end."""


class TrainingStopped(Exception):
    """A training that stopped in order, and can be gone on with."""
