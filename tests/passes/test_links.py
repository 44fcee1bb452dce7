"""Links: as few as the search counts, and where communication qubits are few."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, permutations
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.checks import verify
from gossamer.conformance.kit import graph_diagram
from gossamer.conformance.strategies import flow_graphs, networks, open_graphs
from gossamer.diagnostics import NetworkInfeasible
from gossamer.ir.equality import equal_instruments
from gossamer.ir.network import Network, NetworkLink, Node
from gossamer.ir.network_text import parse_network, resolve_network
from gossamer.ir.open_graph import Label, OpenGraph
from gossamer.ir.phase import Phase
from gossamer.ir.placed import Assignment, Placed
from gossamer.lowering import Lower
from gossamer.passes.graph_like import to_open_graph
from gossamer.passes.links import Links, realise, shorten_copies
from gossamer.passes.partition import partition
from gossamer.passes.relay import find_relays
from gossamer.passes.weights import weigh
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
    found = find_relays(graph, shorten_copies(graph, given), network, weigh(network))
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


# --- trees over sparse networks --------------------------------------------------------------------------------------------


def smallest_tree(network: Network, nodes: set[int]) -> int:
    """Links of the smallest tree that joins some nodes, by trying every set of nodes around them."""
    others = [x for x in range(network.size) if x not in nodes]
    for more in range(len(others) + 1):
        for chosen in combinations(others, more):
            inside = nodes | {*chosen}
            reached, todo = set(), [min(inside)]
            while todo:
                at = todo.pop()
                if at not in reached:
                    reached.add(at)
                    todo.extend(x for x in network.neighbours[at] if x in inside)
            if reached == inside:
                return len(inside) - 1
    raise AssertionError("the network is not connected")


def draw_assignment(data: st.DataObject, graph: OpenGraph, network: Network) -> Assignment:
    """Any nodes for vertices and edges; gadgets of many legs beside one of them."""
    node = st.integers(0, network.size - 1)
    place = [data.draw(node) for _ in range(graph.num_vertices)]
    edge_place = [data.draw(node) for _ in range(graph.num_edges)]
    for hub in np.flatnonzero(graph.is_hub).tolist():
        around = graph.neighbours(hub)
        if len(around) > 2:
            place[hub] = place[around[0]]
    for e, (u, v) in enumerate(graph.edges.tolist()):
        for hub in (u, v):
            if graph.is_hub[hub]:
                edge_place[e] = place[hub]
    return Assignment(np.array(place, np.int32), np.array(edge_place, np.int32))


@settings(QUICK, max_examples=100)
@given(st.data())
def test_links_are_as_many_as_the_search_counts(data: st.DataObject) -> None:
    """Each spider takes a smallest tree through the nodes where it is needed, on any network."""
    graph = data.draw(open_graphs(max_wires=4, max_steps=12))
    network = data.draw(networks(min_nodes=2, max_nodes=7))
    assignment = draw_assignment(data, graph, network)
    placed = realise(graph, assignment, network)
    placed.verify()
    spans: list[set[int]] = [{p} for p in assignment.place.tolist()]
    for (u, v), at in zip(graph.edges.tolist(), assignment.edge_place.tolist(), strict=True):
        if (graph.successor[u] == v or graph.successor[v] == u) and assignment.place[u] == assignment.place[v]:
            continue  # a step, wherever the edge was to be realised
        for s in (u, v):
            if not graph.is_hub[s]:
                spans[s].add(at)
    wanted = sum(smallest_tree(network, span) for v, span in enumerate(spans) if not graph.is_hub[v])
    assert placed.num_links == wanted


def test_three_corners_of_a_grid_meet_in_the_middle() -> None:
    """One shortest path after the other would take four links, since the first one may go round the other corner."""
    sides = [(0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5)]
    network = Network(
        nodes=tuple(Node(name=f"n{i}", data=1) for i in range(6)),
        links=tuple(NetworkLink(nodes=(f"n{a}", f"n{b}")) for a, b in sides),
    )
    star = OpenGraph(
        label=np.full(3, Label.OUTPUT, np.uint8), phase=np.zeros(3, np.int32), phases=(Phase(),),
        edges=np.array([(0, 1), (0, 2)], np.int32), inputs=np.arange(3, dtype=np.int32), outputs=np.arange(3, dtype=np.int32),
        outcome=np.full(3, -1, np.int32), flow_start=np.zeros(4, np.int32), flow=np.zeros(0, np.int32),
        order=np.arange(3, dtype=np.int32), input_names=("a", "b", "c"), output_names=("a", "b", "c"),
    )  # fmt: skip
    for corners in permutations((1, 3, 5)):
        place = np.array(corners, np.int32)
        assert realise(star, Assignment(place, place[1:]), network).num_links == 3


# --- copies that are used as soon as they meet -----------------------------------------------------------------------------


def check_meaning(source: OpenGraph, placed: Placed) -> None:
    """The placed graph is well formed, and its programs mean what the source does."""
    placed.verify()
    programs = Lower().run(placed)
    programs.verify_structure()
    verdict = verify(programs.programs, programs.manifest, graph_diagram(source), network=placed.network, budget=1.0)
    assert verdict.holds is not False, verdict  # None: a large one, of which the structure was checked


def check_eager(data: st.DataObject, *, steps: int) -> None:
    """Whatever the places: what is done early means the same, also on sparse networks and where two copies are all that fits."""
    graph = data.draw(st.one_of(open_graphs(max_wires=4, max_steps=steps), flow_graphs(max_vertices=6)))
    comm = data.draw(st.sampled_from([2, 2, 3, None]))
    network = data.draw(networks(min_nodes=2, data=64, comm=comm, models=("circuit", "mbqc", "mixed")))
    assignment = draw_assignment(data, graph, network)
    try:
        placed = realise(graph, assignment, network, eager=True)
    except NetworkInfeasible:
        assignment = shorten_copies(graph, assignment)
        try:
            placed = realise(graph, assignment, network, eager=True)
        except NetworkInfeasible:
            return
    check_meaning(graph, placed)
    if comm is None:
        assert placed.num_links <= realise(graph, assignment, network).num_links


@settings(QUICK, max_examples=45)
@given(st.data())
def test_eager_copies(data: st.DataObject) -> None:
    check_eager(data, steps=12)


def test_what_is_done_early_saves_links() -> None:
    """Ten wires with gates between all of them, on nodes with two communication qubits each."""
    rng = Random(5)
    gates = "".join(
        f"cz q[{a}],q[{b}]; rx(0.{rng.randint(1, 9)}) q[{a}]; "
        for a, b in (rng.sample(range(10), 2) for _ in range(80))
    )
    graph = to_open_graph(gossamer.read(f'OPENQASM 2.0; include "qelib1.inc"; qreg q[10]; {gates}'))
    network = resolve_network("3:qubits=5,comm=2")
    assignment = partition(graph, network, effort=0)
    late, early = (Links(eager=eager).run(graph, assignment, network) for eager in (False, True))
    assert early.num_links < late.num_links
    check_meaning(graph, early)


@pytest.mark.nightly
@settings(NIGHTLY, max_examples=2000)
@given(st.data())
def test_eager_copies_nightly(data: st.DataObject) -> None:
    check_eager(data, steps=16)
