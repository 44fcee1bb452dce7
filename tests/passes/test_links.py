"""Links where communication qubits are few."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.conformance.kit import graph_diagram
from gossamer.conformance.strategies import flow_graphs, networks, open_graphs
from gossamer.diagnostics import NetworkInfeasible
from gossamer.ir.equality import equal_instruments
from gossamer.ir.network import Network, Node
from gossamer.ir.network_text import parse_network
from gossamer.ir.open_graph import Label, OpenGraph
from gossamer.ir.phase import Phase
from gossamer.ir.placed import Assignment
from gossamer.passes.links import Links, realise, shorten_copies
from gossamer.passes.relay import find_relays
from tests.profiles import NIGHTLY, QUICK

NONE = np.full(2, -1, np.int32)


def test_a_gadget_of_one_leg() -> None:
    """A hub beside an output alone: of its two vertices, none is left that lives on when the other ends."""
    graph = OpenGraph(
        label=np.array([Label.YZ, Label.OUTPUT], np.uint8), phase=np.array([1, 0], np.int32),
        phases=(Phase(), Phase(Fraction(1, 4))), edges=np.array([(0, 1)], np.int32), inputs=np.array([1], np.int32),
        outputs=np.array([1], np.int32), outcome=NONE, flow_start=np.array([0, 1, 1], np.int32), flow=np.array([0], np.int32),
        order=np.array([0, 1], np.int32), bits=(), registers=(), input_names=("q",), output_names=("q",),
    )  # fmt: skip
    graph.verify()
    network = Network(nodes=(Node(name="a", data=1, comm=1),), links=())
    placed = Links().run(graph, Assignment(np.zeros(2, np.int32), np.zeros(1, np.int32)), network)
    placed.verify()
    assert placed.num_links == 0


# --- copies that wait on data qubits ---------------------------------------------------------------------------------------


def check_relays(data: st.DataObject, *, steps: int) -> None:
    """Wherever the vertices stand: the graph with relays has a flow and means the same, and one communication qubit is enough."""
    graph = data.draw(st.one_of(open_graphs(max_steps=steps), flow_graphs(max_vertices=6)))
    network = data.draw(networks(min_nodes=2, data=64, comm=1, models=("circuit", "mbqc", "mixed")))
    place = [data.draw(st.integers(0, network.size - 1)) for _ in range(graph.num_vertices)]
    given = Assignment(np.array(place, np.int32), np.zeros(graph.num_edges, np.int32))
    found = find_relays(graph, shorten_copies(graph, given), network)
    assert found is not None
    found[0].verify()
    assert equal_instruments(graph_diagram(graph), graph_diagram(found[0]))
    realise(*found, network).verify()


@settings(QUICK, max_examples=60)
@given(st.data())
def test_relays(data: st.DataObject) -> None:
    check_relays(data, steps=8)


@pytest.mark.nightly
@settings(NIGHTLY, max_examples=2000)
@given(st.data())
def test_relays_nightly(data: st.DataObject) -> None:
    check_relays(data, steps=12)


THREE = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; h q; ' + "".join(
    f"crz(pi/8) q[{a}],q[{b}]; h q;" for a, b in ((0, 2), (0, 1), (1, 2), (0, 2), (0, 1))
)
LINE = "nodes: [{name: a, data: 1, comm: 1}, {name: b, data: MIDDLE, comm: 1}, {name: c, data: 1, comm: 1}]\nlinks: [{nodes: [a, b]}, {nodes: [b, c]}]"


@pytest.mark.clause("NW-13")
def test_a_node_in_the_middle_needs_a_data_qubit_or_another_for_links() -> None:
    assert gossamer.compile(THREE, parse_network(LINE.replace("MIDDLE", "2"))).report["verified"]["holds"] is True
    with pytest.raises(NetworkInfeasible):
        gossamer.compile(THREE, parse_network(LINE.replace("MIDDLE", "1")))


@pytest.mark.parametrize("model", ["circuit", "mixed", "mbqc"])
def test_one_qubit_of_each_kind_passes_copies_on(model: str) -> None:
    """Also on an MBQC node, which has no second one to step to: the copy turns over by a Clifford."""
    two = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; h q; ' + "crz(pi/8) q[0],q[1]; h q; " * 2
    text = LINE.replace("MIDDLE", "0").replace("name: b, data: 0", f"name: b, model: {model}, data: 1")
    program = gossamer.compile(two, parse_network(text), seed=1)
    assert program.report["verified"]["holds"] is True
    assert program.report["peak_qubits"]["b"] <= 1
