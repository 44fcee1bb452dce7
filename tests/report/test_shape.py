"""The kind of flow that `inspect` names, against the finder's axioms, the extraction of circuits, and hand-made diagrams."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings

import gossamer
from gossamer.conformance.strategies import any_diagrams, diagrams
from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Diagram, DiagramBuilder, VertexKind
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.wires import WireBuilder
from gossamer.report import shape
from gossamer.report.shape import find_shape
from gossamer.rewriting.extract import extract_gates

T = Phase(Fraction(1, 4))


def graph(phases: str, edges: list[tuple[int, int]], outputs: list[int]) -> Diagram:
    """Z-spiders of phase 0, S or T (by letter), Hadamard edges, outputs."""
    b = DiagramBuilder()
    for letter in phases:
        b.vertex(VertexKind.Z, {"0": Phase(), "S": T.scaled(2), "T": T}[letter])
    for u, v in edges:
        b.edge(u, v, hadamard=True)
    for v in outputs:
        b.edge(v, b.output(f"o{v}"))
    return b.build()


def knot() -> Diagram:
    """Each of three outputs sees two or three of the measured vertices: no vertex has one that sees it alone."""
    pairs = [(0, 3), (1, 3), (1, 4), (2, 4), (0, 5), (1, 5), (2, 5)]
    return graph("TTT000", pairs, [3, 4, 5])


def test_gflow_where_there_is_no_causal_flow() -> None:
    assert find_shape(knot()) == shape.Shape("gflow", 1)


def test_pauli_flow_where_there_is_no_gflow() -> None:
    assert find_shape(graph("0S0", [(0, 1), (0, 2)], [])).flow == "pauli"
    assert find_shape(graph("0T0", [(0, 1), (0, 2)], [])).flow == "none"


def test_none_where_nothing_corrects() -> None:
    assert find_shape(graph("TT0", [(0, 2), (1, 2)], [2])) == shape.Shape("none", None)


def test_the_classical_order_counts() -> None:
    """The measured wire's outcome would be needed before the wire ends."""
    for late in (False, True):
        b = DiagramBuilder()
        i, bit = b.input("q"), b.outcome()
        z = b.vertex(VertexKind.Z, Phase.of_bit(bit))
        b.bind_outcome(bit, z)
        x = b.vertex(VertexKind.Z, T if late else T.times(BitExpr.bit(bit)))
        b.edge(i, x)
        b.edge(x, z, hadamard=True)
        assert find_shape(b.build()).flow == ("causal" if late else "none")


def test_what_is_not_determined_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    b = DiagramBuilder()
    h = b.vertex(VertexKind.H, Phase(1))
    b.edge(b.input("a"), h)
    b.edge(h, b.output("a"))
    found = find_shape(b.build())
    assert (found.flow, found.depth) == (None, None)
    assert "H-box" in found.note
    monkeypatch.setattr(shape, "MAX_ALGEBRA", 5)
    assert find_shape(knot()) == shape.Shape(None, None, "no causal flow; others are looked for up to 5 vertices")


def test_depth_counts_the_layers_of_measured_vertices() -> None:
    for depth in range(1, 5):
        figures = gossamer.inspect(_finished(depth))
        assert (figures["flow"], figures["depth"], figures["t_count"]) == ("causal", depth, depth)


def _finished(depth: int) -> Diagram:
    w = WireBuilder()
    q = w.add_input("q")
    for _ in range(depth):
        w.rz(q, T)
        w.h(q)
    w.output(q, "q")
    return w.build()


def test_kinds_are_counted() -> None:
    w = WireBuilder()
    a, b = w.add_input("a"), w.add_zero()
    w.gadget([a, b], T)
    m = w.measure(a)
    w.builder.derived(~BitExpr.bit(m))
    w.output(b, "b")
    figures = gossamer.inspect(w.build())
    assert figures["vertex_kinds"] == {"z": 4, "x": 2, "h": 0, "input": 1, "output": 1}
    assert figures["edge_kinds"] == {"hadamard": 3, "plain": 4}
    assert figures["bit_kinds"] == {"outcome": 1, "input": 0, "derived": 1}
    assert figures["t_count"] == 1
    assert "flow_note" not in figures


@settings(max_examples=50)
@given(diagrams(max_wires=3, max_gates=15))
def test_circuits_have_causal_flow(d: Diagram) -> None:
    found = find_shape(d)
    assert found.flow == "causal"
    assert found.depth is not None


@settings(max_examples=100)
@given(any_diagrams(clifford=True))
def test_what_has_a_gflow_can_be_extracted_and_else_not(d: Diagram) -> None:
    found = find_shape(d)
    if found.flow in ("causal", "gflow"):
        extract_gates(d, tries=1)
    else:
        with pytest.raises(InputError):
            extract_gates(d, tries=1)
