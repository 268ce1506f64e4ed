"""Kinds of data: how each is loaded, fed, evaluated and pictured.

A kind is a module of this package with these functions; a recipe names it.

- `load(config)`: the data, with `x_train`, `x_valid`, `x_test`.
- `inputs(data, config)`: JSON-able dict, all that a model has to know of the
  data to be built; a run keeps it, so that its model needs the data no more.
- `build(recipe, inputs, config)`: the model, built, its weights fresh.
- `batches(data, config, start_step)`: endless training batches, the same
  from any step on; an epoch is `len(x_train) // train.batch_size` of them.
- `held_out(data, config)`: the validation batches.
- `examples(data, count)`: validation objects as the model takes them.
- `samples(inputs, count)`: objects without the data, for an export.
- `files(path, inputs, config)`: `(names, read)` of a user's own; `read` of
  some names gives those it could read, their objects as the model takes
  them, and what was wrong with the others.
- `encode(model, x)`, where `read` gives objects of several lengths: their
  embeddings.
- `evaluate(model, data, seed, untrained_model, cache_dir)`: the protocol.
- `epoch_log(folder, examples, config)`: the callback of TensorBoard.
- `draw(model, data, history, seed, out)`: the pictures; returns which are
  missing and why.
- `projector(model, data, folder)`: the embedding projector.
- `info(data)`: what the record says of it.
"""

import importlib

KINDS = ("audio", "images", "text")


def kind_of(recipe):
    """Return the module of a recipe's kind.

    Args:
        recipe: Name of a recipe, or a `Recipe`.
    """
    from zoo.recipe import find

    found = find(recipe) if isinstance(recipe, str) else recipe
    return importlib.import_module(f"zoo.kinds.{found.kind}")
