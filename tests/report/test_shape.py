"""The kind of flow that `inspect` names, against the finder's axioms, the extraction of circuits, and hand-made diagrams."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given, settings

import gossamer
from gossamer.conformance.kit import graph_diagram
from gossamer.conformance.strategies import any_diagrams, diagrams
from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Diagram, DiagramBuilder, VertexKind
from gossamer.ir.equality import equal_instruments
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.wires import WireBuilder
from gossamer.passes.any_flow import find_any_flow
from gossamer.passes.graph_like import to_open_graph
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
    pairs = [(0, 1), (0, 2), (0, 3), (1, 3)]
    assert find_shape(graph("STT0", pairs, [3])).flow == "pauli"
    assert find_shape(graph("TTT0", pairs, [3])).flow == "none"


def test_none_where_nothing_corrects() -> None:
    assert find_shape(graph("TT0", [(0, 2), (1, 2)], [2])) == shape.Shape("none", None)


@pytest.mark.parametrize(
    ("angle", "end", "flow"),
    [(T, T, "causal"), (T.times(BitExpr.bit(0)), T, "none"), (T.times(BitExpr.bit(0)), Phase(), "pauli")],
)
def test_the_classical_order_counts(angle: Phase, end: Phase, flow: str) -> None:
    """The measured wire's outcome would be needed before the wire ends; measured along an axis, it bears the correction."""
    b = DiagramBuilder()
    i, bit = b.input("q"), b.outcome()
    z = b.vertex(VertexKind.Z, end + Phase.of_bit(bit))
    b.bind_outcome(bit, z)
    x = b.vertex(VertexKind.Z, angle)
    b.edge(i, x)
    b.edge(x, z, hadamard=True)
    d = b.build()
    assert find_shape(d).flow == flow
    if flow != "none":
        assert equal_instruments(d, graph_diagram(find_any_flow(d)))
    else:
        with pytest.raises(InputError, match="no causal order"):
            find_any_flow(d)


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


def chain_of_outcomes() -> Diagram:
    """Three outcomes, each waiting for the ones before; the last two wires begin as soon as nothing waits for theirs."""
    b = DiagramBuilder()
    ends = b.input("i0"), b.input("i1")
    bits, spiders = [], []
    for kind, angle in [
        (VertexKind.Z, None),
        (VertexKind.Z, BitExpr.bit(0)),
        (VertexKind.X, BitExpr.bit(0) & BitExpr.bit(1)),
    ]:
        bits.append(b.outcome())
        condition = Phase() if angle is None else T.scaled(2).times(angle)
        spiders.append(b.vertex(kind, Phase.of_bit(bits[-1]) + condition))
        b.bind_outcome(bits[-1], spiders[-1])
    b.edge(ends[0], spiders[0])
    b.edge(spiders[0], spiders[1], hadamard=True)
    b.edge(spiders[1], b.vertex(VertexKind.X))
    b.edge(spiders[0], spiders[2])
    b.edge(ends[1], spiders[2])
    return b.build()


def late_sign() -> Diagram:
    """A state on a spider that is turned by its own outcome: the state is there before the outcome, the sign of its phase is not."""
    b = DiagramBuilder()
    half = T.scaled(2)
    bits = b.outcome(), b.outcome()
    spiders = [
        b.vertex(kind, half + Phase.of_bit(x)) for kind, x in zip((VertexKind.X, VertexKind.Z), bits, strict=True)
    ]
    for bit, v in zip(bits, spiders, strict=True):
        b.bind_outcome(bit, v)
    b.edge(b.vertex(VertexKind.Z, Phase.of_bit(bits[0])), spiders[0], hadamard=True)
    b.edge(spiders[0], b.vertex(VertexKind.Z, half))
    b.edge(spiders[0], spiders[1], hadamard=True)
    return b.build()


@settings(max_examples=100)
@example(chain_of_outcomes())
@example(late_sign())
@given(any_diagrams(clifford=True))
def test_what_has_a_gflow_can_be_extracted_and_else_not(d: Diagram) -> None:
    check_readers_agree(d)


@pytest.mark.nightly
@settings(max_examples=3000, deadline=None)
@given(any_diagrams(clifford=True))
def test_many_diagrams_are_read_in_one_way(d: Diagram) -> None:
    check_readers_agree(d)


def check_readers_agree(d: Diagram) -> None:
    """What `inspect` says, extraction and compiling find too."""
    flow = find_shape(d).flow
    if flow in ("causal", "gflow"):
        extract_gates(d, tries=1)
    else:
        with pytest.raises(InputError):
            extract_gates(d, tries=1)
    if flow in ("causal", "gflow", "pauli"):
        to_open_graph(d).verify()
    else:
        with pytest.raises(InputError):
            to_open_graph(d)
