"""An open graph as a `Diagram`: the definition of what it means (clause SEM-3), as a value."""

from __future__ import annotations

from fractions import Fraction

from gossamer.ir.diagram import BitKind, Diagram, DiagramBuilder, VertexKind
from gossamer.ir.open_graph import Label, OpenGraph
from gossamer.ir.phase import Phase

#: Labels whose phase is on a leaf, and the phase of the vertex itself.
_LEAVES = {Label.YZ: Phase(), Label.Z: Phase(), Label.XZ: Phase(Fraction(1, 2))}


def graph_as_diagram(graph: OpenGraph) -> Diagram:
    """The diagram of an open graph, vertices in the order of measurement, a leaf right behind its vertex.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> from gossamer.passes.graph_like import to_open_graph
    >>> w = WireBuilder(); q = w.add_input("q"); w.h(q); _ = w.output(q, "q")
    >>> graph_as_diagram(to_open_graph(w.build())).hadamard.tolist()
    [True, False, False]
    """
    b = DiagramBuilder()
    b.bits = list(graph.bits)
    starts = [b.input(name) for name in graph.input_names]
    made: dict[int, int] = {}
    for v in graph.order.tolist():
        own = _LEAVES.get(Label(int(graph.label[v])))
        made[v] = b.vertex(VertexKind.Z, graph.phase_of(v) if own is None else own)
        if own is not None:
            b.edge(made[v], b.vertex(VertexKind.Z, graph.phase_of(v)), hadamard=True)
    for x, y in graph.edges.tolist():
        b.edge(made[x], made[y], hadamard=True)
    for start, v in zip(starts, graph.inputs.tolist(), strict=True):
        b.edge(start, made[v])
    for i, bit in enumerate(graph.bits):
        if bit.kind == BitKind.OUTCOME:
            b.bind_outcome(i, made[bit.vertex])
    for v, name in zip(graph.outputs.tolist(), graph.output_names, strict=True):
        b.edge(made[v], b.output(name))
    for register in graph.registers:
        b.register(register.name, register.bits)
    return b.build()
