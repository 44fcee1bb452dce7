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
from gossamer.ir.verify import live_peaks
from gossamer.lowering import Lower
from gossamer.passes.graph_like import GraphLike, to_open_graph
from gossamer.passes.links import Links, realise, shorten_copies
from gossamer.passes.partition import partition
from gossamer.passes.relay import find_relays
from gossamer.passes.simplify import Simplify
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


@pytest.mark.parametrize(("before", "after"), [((False, False), (True, False)), ((True, False), (True, True))])
def test_links_are_saved(before: tuple[bool, bool], after: tuple[bool, bool]) -> None:
    """Ten wires with gates between all of them, on nodes with two communication qubits and more data qubits than vertices."""
    rng = Random(5)
    pairs = [rng.sample(range(10), 2) for _ in range(80)]
    gates = "".join(f"cz q[{a}],q[{b}]; rx(0.{rng.randint(1, 9)}) q[{a}]; " for a, b in pairs)
    graph = to_open_graph(gossamer.read(f'OPENQASM 2.0; include "qelib1.inc"; qreg q[10]; {gates}'))
    network = resolve_network("3:qubits=6,comm=2")
    assignment = partition(graph, resolve_network("3:qubits=4"), effort=0)  # with as many copies as it likes
    without, found = (
        Links(eager=eager, store=store).run(graph, assignment, network) for eager, store in (before, after)
    )
    assert found.num_links < without.num_links
    check_meaning(graph, found)


@pytest.mark.nightly
@settings(NIGHTLY, max_examples=2000)
@given(st.data())
def test_eager_copies_nightly(data: st.DataObject) -> None:
    check_eager(data, steps=16)


# --- copies that are stored on data qubits ---------------------------------------------------------------------------------


@st.composite
def busy_graphs(draw: st.DrawFn) -> OpenGraph:
    """Five wires with many gates between them, with a causal flow or a Pauli flow: more to carry than two halves can on a node."""
    pair = st.permutations(range(5)).map(lambda x: x[:2])
    lines = []
    for kind in draw(st.lists(st.sampled_from("zzzzcccrrhtp"), min_size=12, max_size=36)):
        a, b = draw(pair)
        lines.append(
            {"z": f"cz q[{a}],q[{b}];", "c": f"cx q[{a}],q[{b}];", "r": f"rx(pi/8) q[{a}];", "h": f"h q[{a}];", "t": f"t q[{a}];",
             "p": f"rzz(pi/8) q[{a}],q[{b}];"}[kind]
        )  # fmt: skip
    diagram = gossamer.read('OPENQASM 2.0; include "qelib1.inc"; qreg q[5]; ' + " ".join(lines))
    strategy = draw(st.sampled_from(["", "", "guarded", "clifford", "full"]))
    return GraphLike().run(Simplify(strategy).run(diagram) if strategy else diagram)


def check_stored(data: st.DataObject) -> int:
    """Copies that wait on data qubits: the same instrument, no data qubit more than there are; gives how many vertices are added."""
    graph = data.draw(st.one_of(busy_graphs(), busy_graphs(), open_graphs(max_wires=4), flow_graphs(max_vertices=6)))
    network = data.draw(networks(min_nodes=2, max_nodes=3, data=64, comm=2, models=("circuit", "mbqc", "mixed")))
    assignment = draw_assignment(data, graph, network)
    eager = data.draw(st.booleans())
    try:
        plain = realise(graph, assignment, network, eager=eager)
    except NetworkInfeasible:
        assignment = shorten_copies(graph, assignment)
        try:
            plain = realise(graph, assignment, network, eager=eager)
        except NetworkInfeasible:
            return 0
    if data.draw(st.booleans()):  # as little room as the vertices need, or hardly more
        more = data.draw(st.integers(0, 1))
        room = [max(1, int(peak)) + more for peak in live_peaks(plain)[0]]
        network = network.with_nodes(
            [node.model_copy(update={"data": data}) for node, data in zip(network.nodes, room, strict=True)]
        )
    placed = realise(graph, assignment, network, eager=eager, store=True)
    check_meaning(graph, placed)
    return placed.graph.num_vertices - graph.num_vertices


@settings(QUICK, max_examples=60)
@given(st.data())
def test_stored_copies(data: st.DataObject) -> None:
    check_stored(data)


@pytest.mark.nightly
@settings(NIGHTLY, max_examples=2000)
@given(st.data())
def test_stored_copies_nightly(data: st.DataObject) -> None:
    check_stored(data)
