"""What one endpoint takes and gives."""

from typing import Callable, NamedTuple


class Signature(NamedTuple):
    """Declare an endpoint of an exported model.

    Attributes:
        words: Str, one sentence: what the endpoint does.
        function: Takes a tensor for each of `inputs`, by name, and returns a
            dict of tensors, `outputs` by name. It must draw nothing that a
            seed among its inputs does not decide, and write no variable.
        inputs: Dict from name to `tf.TensorSpec`, the batch first and free.
        takes: Dict from the name of each input to words.
        gives: Dict from the name of each output to words.
        examples: Function from a batch of objects to a dict of arrays,
            inputs as a client may send them.
    """

    words: str
    function: Callable
    inputs: dict
    takes: dict
    gives: dict
    examples: Callable
