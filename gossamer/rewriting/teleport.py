"""Phase teleportation: the T-count of the full reduction, on the circuit as it was.

The diagram is reduced once with its non-Clifford phases as unknowns. Where the reduction adds two of them, only their sum matters, so
the one may be moved to the other in the *original* diagram, whatever their distance; where a phase becomes a number it may be left
out. The structure stays (edges, wires, order of measurements, conditions), so the count of two-qubit gates never rises. Unknowns are
told apart by where they stand; a sign that depends on bits keeps phases apart, because bits have their time.

References
----------
Kissinger, van de Wetering, Reducing the number of non-Clifford gates in quantum circuits, PRA 102, 022406 (2020), section 6.
"""

from __future__ import annotations

from gossamer.ir.diagram import Diagram
from gossamer.rewriting.graph import WorkGraph
from gossamer.rewriting.strategies import reduce
from gossamer.rewriting.writer import write_diagram


def teleport_phases(diagram: Diagram) -> Diagram:
    """Merge phases at a distance; the instrument stays the same (the scalar may change by a phase).

    Examples
    --------
    >>> from fractions import Fraction
    >>> from gossamer.ir.phase import Phase
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); a, b = w.add_input("a"), w.add_input("b")
    >>> w.cx(a, b); w.rz(b, Phase(Fraction(1, 4))); w.cx(a, b); w.h(a); w.h(a); w.cx(a, b); w.rz(b, Phase(Fraction(1, 4)))
    >>> w.cx(a, b); _ = w.output(a, "a"), w.output(b, "b")
    >>> sorted(str(p) for p in teleport_phases(w.build()).phases)
    ['0', '1/2']
    """
    graph = WorkGraph.from_diagram(diagram)
    graph.fixed = set(graph.owner)
    reduce(graph, "fuse")
    unknown = [v for v in graph.spiders() if not graph.is_pauli(v) and not graph.is_half(v) and _is_constant(graph, v)]
    if not unknown:
        return write_diagram(graph, diagram)
    probe = graph.copy()
    probe.origins = {v: [(v, 0)] for v in unknown}
    reduce(probe, "full")
    for v, (target, sign) in _targets(probe.merged).items():
        value = graph.const[v]
        graph.const[v] = 0
        graph.add_const(target, -value if sign else value)
    reduce(graph, "fuse")
    return write_diagram(graph, diagram)


def _is_constant(graph: WorkGraph, v: int) -> bool:
    return v not in graph.flip and v not in graph.signed and v not in graph.rest


def _targets(merged: list[tuple[int, int, int]]) -> dict[int, tuple[int, int]]:
    """For each phase that moves, where to and with which sign: classes of phases that were added, by union-find with signs."""
    root: dict[int, tuple[int, int]] = {}

    def find(v: int) -> tuple[int, int]:
        sign = 0
        while v in root:
            v, s = root[v]
            sign ^= s
        return v, sign

    for i, j, k in merged:
        (a, s), (b, t) = find(i), find(j)
        if a != b:
            first, second = min(a, b), max(a, b)
            root[second] = (first, s ^ t ^ k)
    return {v: find(v) for v in root}
