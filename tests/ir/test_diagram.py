"""The columns that a builder freezes, equality of the data, and the side table of places."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from gossamer.diagnostics import InputError, InternalError, Span
from gossamer.ir.diagram import Bit, BitKind, Diagram, DiagramBuilder, Register, SpanTable, VertexKind
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.scalar import SQRT2

QUARTER = Phase(Fraction(1, 4))


def built() -> DiagramBuilder:
    """A wire with a quarter turn, a measured X-spider of the same phase on it, and all kinds of bits."""
    b = DiagramBuilder()
    i = b.input("in")
    z = b.vertex(VertexKind.Z, QUARTER, Span("a.qasm", 3, 5))
    x = b.vertex(VertexKind.X, Phase.of_bit(0))
    o = b.output("out")
    b.edge(i, z)
    b.edge(z, o, hadamard=True)
    b.edge(x, z)
    m = b.outcome(name="m")
    b.bind_outcome(m, x)
    flag = b.input_bit("flag")
    d = b.derived(BitExpr.bit(m) & BitExpr.bit(flag), "both")
    b.register("c", [BitExpr.bit(d), BitExpr()])
    b.scalar = SQRT2
    return b


def test_what_is_built_is_what_was_said():
    d = built().build()
    d.verify()
    assert d.kind.tolist() == [VertexKind.INPUT, VertexKind.Z, VertexKind.X, VertexKind.OUTPUT]
    assert [d.phase_of(v) for v in range(4)] == [Phase(), QUARTER, Phase.of_bit(0), Phase()]
    assert (d.edges.tolist(), d.hadamard.tolist()) == ([[0, 1], [1, 3], [2, 1]], [False, True, False])
    assert (d.inputs.tolist(), d.outputs.tolist(), d.input_names, d.output_names) == ([0], [3], ("in",), ("out",))
    assert d.bits == (
        Bit(BitKind.OUTCOME, 2, None, "m"),
        Bit(BitKind.INPUT, -1, None, "flag"),
        Bit(BitKind.DERIVED, -1, BitExpr.bit(0) & BitExpr.bit(1), "both"),
    )
    assert d.registers == (Register("c", (BitExpr.bit(2), BitExpr())),)
    assert (d.scalar, d.spans[1], d.outcome_bits) == (SQRT2, Span("a.qasm", 3, 5), [0])
    columns = [d.kind, d.phase, d.edges, d.hadamard, d.inputs, d.outputs]
    assert [c.dtype.name for c in columns] == ["uint8", "int32", "int32", "bool", "int32", "int32"]
    assert (d.num_vertices, d.num_edges) == (4, 3)


def test_an_empty_diagram_has_columns_of_the_right_shape():
    d = DiagramBuilder().build()
    d.verify()
    assert (d.num_vertices, d.num_edges, d.edges.shape) == (0, 0, (0, 2))
    assert (d.bits, d.registers, d.input_names, d.output_names, d.spans) == ((), (), (), (), {})
    assert d.scalar.is_one
    assert Diagram(d.kind, d.phase, d.phases, d.edges, d.hadamard, d.inputs, d.outputs) == d


def test_each_phase_stands_in_the_table_once():
    b = DiagramBuilder()
    assert [b.vertex(VertexKind.Z, p) for p in (QUARTER, Phase(1), None, QUARTER, Phase())] == [0, 1, 2, 3, 4]
    assert b.phase_number(Phase(1)) == 2
    assert b.phase_number(Phase(Fraction(1, 3))) == 3
    d = b.build()
    assert d.phases == (Phase(), QUARTER, Phase(1), Phase(Fraction(1, 3)))
    assert d.phase.tolist() == [1, 2, 0, 1, 0]


def test_extending_at_once_is_one_by_one():
    one, many = DiagramBuilder(), DiagramBuilder()
    for b in (one, many):
        b.edge(b.vertex(VertexKind.Z), b.vertex(VertexKind.H))
    one.edge(one.vertex(VertexKind.X, QUARTER), 0, hadamard=True)
    one.edge(1, one.vertex(VertexKind.Z))
    kinds = [int(VertexKind.X), int(VertexKind.Z)]
    many.extend(kinds, [many.phase_number(QUARTER), 0], np.array([[2, 0], [1, 3]], np.int32), [True, False])
    assert one.build() == many.build()


def test_an_input_made_zero_is_a_state():
    b = DiagramBuilder()
    p, q = b.input("p"), b.input("q")
    b.zero_input(p)
    b.edge(p, b.output("a"))
    b.edge(q, b.output("b"))
    d = b.build()
    d.verify()
    assert (d.kind.tolist(), d.inputs.tolist(), d.input_names) == ([1, 3, 4, 4], [1], ("q",))
    assert (d.outputs.tolist(), d.output_names) == ([2, 3], ("a", "b"))


def test_bits_are_numbered_in_order_and_use_earlier_ones_only():
    b = DiagramBuilder()
    assert [b.outcome(7, "m"), b.outcome(), b.input_bit("x"), b.derived(BitExpr.bit(2))] == [0, 1, 2, 3]
    b.bind_outcome(0, 5)
    assert b.bits == [
        Bit(BitKind.OUTCOME, 5, None, "m"),
        Bit(BitKind.OUTCOME, -1, None, ""),
        Bit(BitKind.INPUT, -1, None, "x"),
        Bit(BitKind.DERIVED, -1, BitExpr.bit(2), ""),
    ]
    with pytest.raises(InternalError) as caught:
        b.derived(BitExpr.bit(4))
    assert (caught.value.code, caught.value.diagnostic.message) == ("IR-5", "a derived bit may use earlier bits only")
    assert len(b.bits) == 4


CHANGES = {
    "kind": lambda d: replace(d, kind=np.array([3, 0, 0, 4], np.uint8)),
    "phase": lambda d: replace(d, phase=np.zeros(4, np.int32)),
    "phases": lambda d: replace(d, phases=(Phase(), Phase(1), *d.phases[2:])),
    "edges": lambda d: replace(d, edges=np.array([[0, 1], [1, 3], [1, 2]], np.int32)),
    "number of edges": lambda d: replace(d, edges=d.edges[:2], hadamard=d.hadamard[:2]),
    "hadamard": lambda d: replace(d, hadamard=~d.hadamard),
    "inputs": lambda d: replace(d, inputs=d.outputs),
    "outputs": lambda d: replace(d, outputs=d.inputs),
    "bits": lambda d: replace(d, bits=d.bits[:2]),
    "registers": lambda d: replace(d, registers=()),
    "input_names": lambda d: replace(d, input_names=("q",)),
    "output_names": lambda d: replace(d, output_names=("q",)),
    "scalar": lambda d: replace(d, scalar=d.scalar * d.scalar),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_diagrams_that_differ_in_one_column_differ(change):
    d = built().build()
    assert d == built().build()
    assert change(d) != d
    assert d != change(d)


def test_equality_is_of_data_but_not_of_the_table_and_the_places():
    d = built().build()
    swapped = replace(d, phases=(d.phases[1], d.phases[0], d.phases[2]), phase=np.array([1, 0, 2, 1], np.int32))
    assert swapped == d
    assert replace(d, spans={}) == d
    assert d != "a diagram"
    assert Diagram.__eq__(d, "a diagram") is NotImplemented  # the other side may know better
    with pytest.raises(TypeError):
        hash(d)


@pytest.mark.clause("IR-3")
def test_verify_names_the_clause():
    d = built().build()
    with pytest.raises(InputError) as caught:
        replace(d, outputs=np.zeros(0, np.int32), output_names=()).verify()
    assert caught.value.code == "IR-3"


@pytest.mark.parametrize(
    ("kind", "phase", "is_clifford"),
    [(0, 1, True), (1, Fraction(1, 2), True), (0, Fraction(1, 4), False), (2, 1, False)],
)
def test_clifford_is_a_matter_of_used_phases_and_h_boxes(kind, phase, is_clifford):
    b = DiagramBuilder()
    b.vertex(VertexKind(kind), Phase(phase))
    b.phase_number(Phase(Fraction(1, 8)))
    assert b.build().is_clifford is is_clifford


# --- places --------------------------------------------------------------------------------------------------------------

A, B = Span("a", 1, 1), Span("b", 2, 2)


def test_places_made_later_are_those_of_their_range():
    made = []

    def make(v: int) -> Span | None:
        made.append(v)
        return None if v == 5 else Span("later", v, 1)

    table = SpanTable({1: A, 4: B}, [(3, 6, make), (6, 8, make)])
    assert (table[1], table[4], table.get(4), made) == (A, B, B, [])
    assert (table[3], table.get(7)) == (Span("later", 3, 1), Span("later", 7, 1))
    assert made == [3, 7]
    assert [table.get(v) for v in (2, 5, 8)] == [None, None, None]
    assert table.get(2, A) is A
    assert [v in table for v in (1, 2, 3, 5, 7, 8)] == [True, False, True, False, True, False]
    assert "x" not in table
    with pytest.raises(KeyError) as caught:
        table[8]
    assert caught.value.args == (8,)
    with pytest.raises(KeyError):
        table[5]


def test_a_table_of_places_is_its_own():
    later = [(0, 1, lambda v: A)]
    table = SpanTable({}, later)
    later.clear()
    assert table[0] is A
    assert (SpanTable().later, dict(SpanTable())) == ([], {})
    b = DiagramBuilder()
    b.vertex(VertexKind.Z)
    b.spans.later.append((0, 1, lambda v: B))
    d = b.build()
    b.spans[0] = A
    assert d.spans[0] is B


def test_a_vertex_without_a_place_has_none():
    b = DiagramBuilder()
    b.vertex(VertexKind.Z, None, A)
    b.vertex(VertexKind.Z)
    b.vertex(VertexKind.Z, None, B)
    assert dict(b.build().spans) == {0: A, 2: B}
