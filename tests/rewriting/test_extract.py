"""Extraction: what comes out is a circuit, means the same in every branch, and has few two-qubit gates."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.checks.equality import equal, equal_stabiliser
from gossamer.conformance.strategies import any_diagrams, diagrams
from gossamer.diagnostics import InputError
from gossamer.ir.compose import renamed
from gossamer.ir.diagram import Diagram, DiagramBuilder, VertexKind
from gossamer.ir.equality import equal_branches, find_branch_difference
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.wires import WireBuilder
from gossamer.passes.graph_like import to_open_graph
from gossamer.rewriting.circuit import Gate, Op, circuit_to_diagram, simplify_gates, two_qubit_count
from gossamer.rewriting.extract import extract_circuit, extract_gates

T = Phase(Fraction(1, 4))


def from_pyzx(graph) -> Diagram:
    b, number = DiagramBuilder(), {}
    for i, v in enumerate(graph.inputs()):
        number[v] = b.input(f"q{i}")
    for v in graph.vertices():
        if v not in number and v not in graph.outputs():
            kind = VertexKind.Z if graph.type(v) == 1 else VertexKind.X
            number[v] = b.vertex(kind, Phase(Fraction(graph.phase(v))))
    for i, v in enumerate(graph.outputs()):
        number[v] = b.output(f"q{i}")
    for e in graph.edges():
        s, t = graph.edge_st(e)
        b.edge(number[s], number[t], hadamard=graph.edge_type(e) == 2)
    return b.build()


def assert_same(d: Diagram, e: Diagram) -> None:
    e.verify()
    graph = to_open_graph(e)
    assert all(len(graph.correction_set(v)) <= 1 for v in range(graph.num_vertices))  # a causal flow
    assert find_branch_difference(d, e) is None
    assert (d.input_names, d.output_names, d.bits, d.registers) == (
        e.input_names, e.output_names, tuple(x.__class__(x.kind, y.vertex, x.expr, x.name) for x, y in zip(e.bits, d.bits, strict=True)), e.registers,
    )  # fmt: skip


@settings(max_examples=60)
@given(diagrams(max_wires=4, max_gates=20), st.integers(1, 2))
def test_every_program_is_extracted_with_its_measurements_and_conditions(d: Diagram, tries: int) -> None:
    assert_same(d, extract_circuit(d, tries=tries))


@settings(max_examples=60)
@given(any_diagrams(input_bits=True))
def test_a_diagram_of_any_shape_is_extracted_or_refused(d: Diagram) -> None:
    try:
        e = extract_circuit(d, tries=1)
    except InputError as error:
        assert error.code in ("EX-1", "EX-2", "OG-15")
    else:
        assert_same(d, e)


@pytest.mark.nightly
@settings(max_examples=2000, deadline=None)
@given(diagrams(max_wires=4, max_gates=30, symbols=("theta",)))
def test_many_programs(d: Diagram) -> None:
    from gossamer.ir.compose import bind

    def bound(d: Diagram) -> Diagram:
        return bind(d, dict.fromkeys({name for p in d.phases for name in p.symbols}, Fraction(3, 7)))

    assert_same(bound(d), bound(extract_circuit(d, tries=2)))


@pytest.mark.parametrize("seed", range(12))
def test_reduced_circuits(seed: int) -> None:
    import pyzx

    random.seed(seed)
    qubits = 2 + seed % 5
    g = pyzx.generate.cliffordT(qubits, 12 * qubits, p_t=(0.0, 0.3)[seed % 4 > 0])
    (pyzx.full_reduce, pyzx.clifford_simp, pyzx.simplify.interior_clifford_simp)[seed % 3](g)
    d = from_pyzx(g)
    e = extract_circuit(d)
    assert equal(d, e, "branches")


def test_a_large_clifford_circuit() -> None:
    import pyzx

    random.seed(1)
    g = pyzx.generate.cliffords(20, 400)
    before = from_pyzx(g)
    pyzx.full_reduce(g)
    d = from_pyzx(g)
    e = extract_circuit(d, tries=1)
    assert equal_stabiliser(d, e)
    assert equal_stabiliser(before, e)
    assert not equal_stabiliser(d, from_pyzx(pyzx.generate.cliffords(20, 400)))


def carry_chain(n: int):
    import pyzx

    c = pyzx.Circuit(2 * n + 1)
    for i in [*range(n), *reversed(range(n - 1))]:
        c.add_gate("TOF", 2 * i, 2 * i + 1, 2 * i + 2)
        c.add_gate("CNOT", 2 * i, 2 * i + 1)
    return c.to_basic_gates()


@pytest.mark.parametrize("n", [2, 5, 8])
def test_fewer_two_qubit_gates_than_pyzx_from_the_same_graph(n: int) -> None:
    import pyzx

    c = carry_chain(n)
    g = c.to_graph()
    pyzx.full_reduce(g)
    theirs = pyzx.extract_circuit(g.copy()).to_basic_gates()
    d = from_pyzx(g)
    ours = extract_gates(d)
    assert two_qubit_count(ours) <= theirs.twoqubitcount()
    made = circuit_to_diagram(ours, d)
    if n == 2:
        assert equal(from_pyzx(c.to_graph()), made, "branches")


def test_a_gadget_with_legs_behind_the_frontier_is_turned() -> None:
    """A gadget on the middle of two wires, with a rotation that does not commute after it."""
    w = WireBuilder()
    a, b = w.add_input("a"), w.add_input("b")
    w.gadget([a, b], T)
    for q in (a, b):
        w.rx(q, T)
    _ = w.output(a, "a"), w.output(b, "b")
    d = w.build()
    assert_same(d, extract_circuit(d))
    assert two_qubit_count(extract_gates(d)) == 2


def test_an_isometry_starts_wires() -> None:
    b = DiagramBuilder()
    i, z = b.input("q"), b.vertex(VertexKind.Z, T)
    b.edge(i, z)
    for k in range(3):
        b.edge(z, b.output(f"q{k}"), hadamard=k == 1)
    d = b.build()
    e = extract_circuit(d)
    assert_same(d, e)
    assert two_qubit_count(extract_gates(d)) == 2


def test_a_teleportation_keeps_its_measurements_before_its_corrections() -> None:
    w = WireBuilder()
    q, a, o = w.add_input("q"), w.add_zero(), w.add_zero()
    w.h(a)
    w.cx(a, o)
    w.cx(q, a)
    w.h(q)
    m, n = w.measure(q), w.measure(a)
    w.rx(o, Phase.of_bit(n))
    w.rz(o, Phase.of_bit(m))
    w.output(o, "o")
    w.register("m", [BitExpr.bit(m)])
    d = w.build()
    gates = extract_gates(d)
    ops = [g.op for g in gates]
    assert ops.count(Op.MEASURE) == 2
    for bit in (m, n):
        assert max(i for i, g in enumerate(gates) if bit in g.phase.bits) > next(
            i for i, g in enumerate(gates) if g.op == Op.MEASURE and g.number == bit
        )
    assert_same(d, extract_circuit(d))


def test_a_measurement_in_the_middle_of_a_wire_gets_a_wire_of_its_own() -> None:
    """A spider that an outcome is bound to has three legs: a Z of random sign that is known."""
    b = DiagramBuilder()
    i, bit = b.input("q"), b.outcome()
    z = b.vertex(VertexKind.Z, Phase.of_bit(bit) + T)
    b.bind_outcome(bit, z)
    x = b.vertex(VertexKind.X, T.times(BitExpr.bit(bit)))
    o = b.output("q")
    b.edge(i, z)
    b.edge(z, x)
    b.edge(x, o)
    d = b.build()
    assert_same(d, extract_circuit(d))


def fork(*phases: Phase) -> Diagram:
    """Two inputs, one output, one spider: a projection, which no circuit without outcomes does."""
    b = DiagramBuilder()
    z = b.vertex(VertexKind.Z, T)
    b.edge(b.input("a"), z)
    b.edge(b.input("b"), z)
    b.edge(z, b.output("c"))
    for phase in phases:
        b.vertex(VertexKind.Z, phase)
    return b.build()


@pytest.mark.clause("EX-1")
def test_a_projection_is_refused_and_named() -> None:
    with pytest.raises(InputError, match=r"no circuit can be extracted.*corrects v0") as caught:
        extract_circuit(fork())
    assert caught.value.code == "EX-1"


@pytest.mark.clause("OG-15")
def test_a_zero_is_refused() -> None:
    w = WireBuilder()
    w.output(w.add_input("q"), "q")
    z = w.builder.vertex(VertexKind.Z, Phase(1))
    with pytest.raises(InputError, match=f"the component of v{z} is a number, and it is 0"):
        extract_circuit(w.build())


def beside(phases: list[Phase]) -> tuple[Diagram, list[int]]:
    """A wire that is measured into bit 0, and beside it a path of spiders of these phases, with no leg but to each other."""
    w = WireBuilder()
    w.measure(w.add_input("q"))
    path = [w.builder.vertex(VertexKind.Z, phase) for phase in phases]
    for a, b in pairwise(path):
        w.builder.edge(a, b, hadamard=True)
    return w.build(), path


@pytest.mark.clause("EX-1")
@pytest.mark.parametrize("others", [[], [T], [T, T, T]])
def test_a_weight_is_refused_and_named(others: list[Phase]) -> None:
    d, path = beside([Phase.of_bit(0, Fraction(1, 4)), *others])
    with pytest.raises(InputError, match=f"v{path[0]}.* depends on outcomes") as caught:
        extract_circuit(d)
    assert caught.value.code == "EX-1"


@pytest.mark.parametrize("phases", [[T, T], [T, T, Phase(), T], [Phase.of_bit(0) + T.scaled(2)]])
def test_a_part_without_ends_that_is_a_number_is_left_out(phases: list[Phase]) -> None:
    """Of phase pi/2 + pi*b it is 1 + i or 1 - i, which differ by a phase."""
    d, _ = beside(phases)
    assert_same(d, extract_circuit(d))


@pytest.mark.clause("EX-1")
def test_a_correction_before_its_measurement_is_refused() -> None:
    """The outcome's only wire goes through the vertex that waits for it."""
    b = DiagramBuilder()
    i, bit = b.input("q"), b.outcome()
    z = b.vertex(VertexKind.Z, Phase.of_bit(bit))
    b.bind_outcome(bit, z)
    x = b.vertex(VertexKind.Z, T.times(BitExpr.bit(bit)))
    b.edge(i, x)
    b.edge(x, z, hadamard=True)
    with pytest.raises(InputError, match="respects the order"):
        extract_circuit(b.build())


@pytest.mark.clause("EX-2")
def test_an_h_box_is_refused() -> None:
    b = DiagramBuilder()
    h = b.vertex(VertexKind.H, Phase(1))
    b.edge(b.input("a"), h)
    b.edge(h, b.output("a"))
    with pytest.raises(InputError, match="v0 is an H-box"):
        extract_circuit(b.build())


def test_the_pass_feeds_the_ordinary_pipeline() -> None:
    import pyzx

    g = carry_chain(2).to_graph()
    pyzx.full_reduce(g)
    d = from_pyzx(g)
    made = gossamer.compile(d, "2", pipeline="extract{tries=2},graph-like,partition,links,circuit")
    assert made.report["verified"]["holds"] is True
    with pytest.raises(gossamer.UsageError, match="tries"):
        gossamer.compile(d, "2", pipeline="extract{tries=0},graph-like,partition,links,circuit")


def test_what_follows_no_wires_is_converted_to_a_circuit() -> None:
    import pyzx

    g = carry_chain(2).to_graph()
    pyzx.full_reduce(g)
    d = from_pyzx(g)
    text = gossamer.convert(d, "qasm")
    assert "measure" not in text
    assert text.count("qubit[1]") == 5
    circuit = gossamer.read(text)
    names = dict(zip(circuit.input_names, d.input_names, strict=True))
    assert equal(renamed(circuit, inputs=names, outputs=names), d, "branches")


def test_what_has_no_gflow_measures_on_the_way() -> None:
    """The outcome of the second spider, along an axis, bears what corrects the others."""
    b = DiagramBuilder()
    v = [b.vertex(VertexKind.Z, phase) for phase in (T.scaled(2), T, T, Phase())]
    for x, y in [(0, 1), (0, 2), (0, 3), (1, 3)]:
        b.edge(v[x], v[y], hadamard=True)
    b.edge(v[3], b.output("o"))
    with pytest.raises(InputError):
        extract_circuit(b.build())
    text = gossamer.convert(b.build(), "qasm")
    assert "measure" in text


@st.composite
def gate_lists(draw: st.DrawFn) -> list[Gate]:
    gates = [Gate(Op.INPUT, (w,), number=w) for w in range(3)]
    for _ in range(draw(st.integers(0, 25))):
        a, b = draw(st.permutations(range(3)))[:2]
        op = draw(st.sampled_from([Op.H, Op.RZ, Op.CX, Op.CZ]))
        angle = Phase(draw(st.sampled_from([Fraction(1, 4), Fraction(1, 2), Fraction(7, 4)])))
        gates.append(Gate(op, (a, b)) if op in (Op.CX, Op.CZ) else Gate(op, (a,), angle if op == Op.RZ else Phase()))
    return gates + [Gate(Op.OUTPUT, (w,), number=w) for w in range(3)]


@given(gate_lists())
def test_cancelling_gates_keeps_the_map(gates: list[Gate]) -> None:
    w = WireBuilder()
    for q in range(3):
        w.output(w.add_input(f"q{q}"), f"q{q}")
    like = w.build()
    less = simplify_gates(gates)
    assert two_qubit_count(less) <= two_qubit_count(gates)
    assert equal_branches(circuit_to_diagram(gates, like), circuit_to_diagram(less, like))


def test_gates_cancel_through_what_commutes_and_only_then() -> None:
    wires = [Gate(Op.INPUT, (w,), number=w) for w in range(3)]
    cz, rz, h = Gate(Op.CZ, (0, 1)), Gate(Op.RZ, (1,), T), Gate(Op.H, (1,))
    assert two_qubit_count(simplify_gates([*wires, cz, rz, Gate(Op.CZ, (1, 2)), cz])) == 1
    assert two_qubit_count(simplify_gates([*wires, cz, h, rz, h, cz])) == 2
    assert simplify_gates([*wires, h, Gate(Op.CX, (0, 1)), h, cz]) == wires  # a CNOT is a CZ in another frame
