"""What the graph of a SavedModel does, read without running it."""

# Operations of TensorFlow that change a variable, or the state of a
# generator of random numbers, by part of their name.
_WRITES = ("Assign", "ResourceApply", "ResourceScatter", "RngSkip")
_READS_AND_SKIPS = ("RngReadAndSkip", "StatefulStandardNormal")
_UNSEEDED = {
    "Multinomial",
    "RandomGamma",
    "RandomPoissonV2",
    "RandomShuffle",
    "RandomStandardNormal",
    "RandomUniform",
    "RandomUniformInt",
    "StatefulRandomBinomial",
    "StatefulTruncatedNormal",
    "StatefulUniform",
    "StatefulUniformFullInt",
    "StatefulUniformInt",
    "TruncatedNormal",
}


def operations(meta_graph, signature) -> set:
    """Return the names of all operations that a signature can run.

    Args:
        meta_graph: `MetaGraphDef`.
        signature: `SignatureDef`.
    """
    graph = meta_graph.graph_def
    functions = {f.signature.name: f for f in graph.library.function}
    waiting = _reached(graph, signature)
    called, found = set(), set()
    while waiting:
        node = waiting.pop()
        found.add(node.op)
        for name in _called(node) - called:
            called.add(name)
            if name in functions:
                waiting.extend(functions[name].node_def)
    return found


def _reached(graph, signature) -> list:
    """Return the nodes of the graph itself that the outputs hang on."""
    nodes = {node.name: node for node in graph.node}
    waiting = [info.name for info in signature.outputs.values()]
    seen = set()
    while waiting:
        name = waiting.pop().lstrip("^").partition(":")[0]
        if name not in seen:
            seen.add(name)
            waiting.extend(nodes[name].input)
    return [nodes[name] for name in seen]


def _called(node) -> set:
    names = {node.op}
    for value in node.attr.values():
        if value.HasField("func"):
            names.add(value.func.name)
        names |= {f.name for f in value.list.func}
    return names


def stateful(names) -> list:
    """Return those operations that write a variable or draw unseeded.

    Args:
        names: Iterable of operations' names.
    """
    return sorted(
        name
        for name in names
        if any(part in name for part in (*_WRITES, *_READS_AND_SKIPS))
        or name in _UNSEEDED
    )
