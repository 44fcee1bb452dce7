"""The graph-like pass: what each rule removes, what it must leave, and that the instrument stays (through the oracle)."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.backends.circuit import lower
from gossamer.conformance.circuits import random_circuit, random_state
from gossamer.conformance.oracle import run_at_random
from gossamer.diagnostics import InputError
from gossamer.ir.diagram import DiagramBuilder, VertexKind
from gossamer.ir.network import Network, Node
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.placed import Assignment
from gossamer.ir.wires import WireBuilder
from gossamer.passes.graph_like import to_open_graph
from gossamer.passes.links import realise
from gossamer.passes.steps import step_order

T, S = Phase(Fraction(1, 4)), Phase(Fraction(1, 2))


def graph_of(wires: int, *gates: tuple) -> object:
    w = WireBuilder()
    for i in range(wires):
        w.add_input(f"q[{i}]")
    for name, *args in gates:
        getattr(w, name)(*args)
    for i in range(wires):
        if w.is_live(i):
            w.output(i, f"q[{i}]")
    return to_open_graph(w.build())


def size(graph) -> tuple[int, int]:
    return graph.num_vertices, graph.num_edges


def test_diagonal_gates_pack_into_one_segment():
    assert size(graph_of(2, ("rz", 0, T), ("cz", 0, 1), ("rz", 0, T))) == (2, 1)


def test_equal_edges_cancel():
    assert size(graph_of(2, ("cz", 0, 1), ("cz", 0, 1))) == (2, 0)


def test_a_pauli_between_packets_is_pushed_forward():
    pushed = graph_of(2, ("cz", 0, 1), ("rx", 0, Phase(1)), ("cz", 0, 1), ("h", 0), ("rz", 0, T))
    assert size(pushed) == (3, 1)  # both CZ cancel; X becomes Z behind the Hadamard and on the other wire
    kept = graph_of(2, ("cz", 0, 1), ("rx", 0, T), ("cz", 0, 1), ("h", 0), ("rz", 0, T))
    assert size(kept) == (5, 5)


def test_a_pauli_before_an_output_stays():
    assert graph_of(1, ("rz", 0, T), ("rx", 0, Phase(1))).num_vertices == 3


def test_h_s_h_is_one_hadamard():
    assert graph_of(1, ("rz", 0, T), ("rx", 0, S), ("rz", 0, T)).num_vertices == 2
    assert graph_of(1, ("rz", 0, T), ("rx", 0, T), ("rz", 0, T)).num_vertices == 3


def test_gadgets_on_the_same_legs_fuse_and_dissolve():
    eighth = Phase(Fraction(1, 8))
    assert graph_of(2, ("gadget", [0, 1], eighth), ("gadget", [0, 1], eighth)).num_vertices == 3
    half = graph_of(2, ("gadget", [0, 1], T), ("gadget", [0, 1], T))
    assert size(half) == (2, 1)  # a parity phase of pi/2 is S, S and CZ


def test_a_measured_control_is_a_classical_one():
    """A wire measured and used as a control again: the copy rule leaves a conditional phase, not an edge."""
    w = WireBuilder()
    a, b = w.add_input("a"), w.add_input("b")
    m = w.measure(a, keep=True)
    w.cz(a, b)
    w.measure(a)
    w.output(b, "b")
    w.register("c", [BitExpr.bit(m)])
    graph = to_open_graph(w.build())
    target = int(graph.outputs[0])
    assert graph.phase_of(target) == Phase.of_bit(m)
    assert graph.neighbours(target) == []


def test_corrections_do_not_run_against_conditions():
    """A wire that starts afresh must not be taken for the successor of a vertex conditioned on its own outcome."""
    w = WireBuilder()
    a, b = w.add_input("a"), w.add_input("b")
    w.reset(b)
    w.h(b)
    w.cx(b, a)
    w.h(b)
    m = w.measure(b)
    w.rz(a, T.times(BitExpr.bit(m)))
    w.h(a)
    w.rz(a, T)
    w.output(a, "a")
    graph = to_open_graph(w.build())
    graph.verify()


def test_what_cannot_be_distributed_is_named():
    b = DiagramBuilder()
    i, box, o = b.input("q"), b.vertex(VertexKind.H), b.output("q")
    b.edge(i, box)
    b.edge(box, o)
    with pytest.raises(InputError) as error:
        to_open_graph(b.build())
    assert error.value.code == "OG-1"
    b = DiagramBuilder()  # an effect that post-selects: no outcome, no correction
    i, z, leaf = b.input("q"), b.vertex(VertexKind.Z), b.vertex(VertexKind.X, T)
    b.edge(i, z)
    b.edge(z, leaf)
    with pytest.raises(InputError) as error:
        to_open_graph(b.build())
    assert error.value.code == "OG-3"


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_the_instrument_stays(seed, wires):
    rng = random.Random(seed)
    source = random_circuit(rng, wires, rng.randint(1, 40), measure=True)
    graph = to_open_graph(source.diagram)
    graph.verify()
    network = Network(nodes=(Node(name="n0", data=99),), links=())
    home = Assignment(np.zeros(graph.num_vertices, np.int32), np.zeros(graph.num_edges, np.int32))
    inputs = random_state(rng, wires)
    branch = run_at_random(lower(realise(graph, home, network)), inputs, rng)
    expected, probability = source.run(inputs, branch.outcomes)
    assert abs(np.vdot(expected, branch.vector)) == pytest.approx(1, abs=1e-9)
    assert branch.probability == pytest.approx(probability, abs=1e-9)


def test_steps_cover_everything_once():
    rng = random.Random(3)
    graph = to_open_graph(random_circuit(rng, 4, 60, measure=True).diagram)
    steps = step_order(graph).tolist()
    assert len({tuple(s) for s in steps}) == len(steps)
    hubs = int(graph.is_hub.sum())
    free_edges = (
        graph.num_edges
        - int(graph.is_chain_edge.sum())
        - sum(len(graph.neighbours(h)) for h in np.flatnonzero(graph.is_hub))
    )
    assert len(steps) == graph.num_vertices - hubs + hubs + free_edges


@pytest.mark.clause("PR-12")
def test_a_symbol_without_a_value_is_refused_when_lowered():
    graph = graph_of(1, ("rz", 0, Phase.of_symbol("theta")))
    home = Assignment(np.zeros(graph.num_vertices, np.int32), np.zeros(graph.num_edges, np.int32))
    placed = realise(graph, home, Network(nodes=(Node(name="n0", data=9),), links=()))
    with pytest.raises(InputError) as error:
        lower(placed)
    assert error.value.code == "PR-12"
