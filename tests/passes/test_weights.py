"""Weights of links and nodes against shortest paths and trees that are found by other means."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gossamer
from gossamer.diagnostics import UsageError
from gossamer.ir.network import Network, NetworkLink, Node, QuantumChannel
from gossamer.ir.network_text import parse_network, resolve_network
from gossamer.passes.graph_like import to_open_graph
from gossamer.passes.links import Links
from gossamer.passes.partition import partition
from gossamer.passes.placement_graph import problem_from_graph
from gossamer.passes.placement_problem import count_cost
from gossamer.passes.placement_search import search
from gossamer.passes.steiner import steiner_table
from gossamer.passes.weights import MAX_DISTANCE, weigh
from gossamer.sources import read
from tests.profiles import QUICK

HEADER = 'OPENQASM 2.0; include "qelib1.inc"; '


@st.composite
def costly(draw: st.DrawFn, values: st.SearchStrategy[float], sizes: st.SearchStrategy[float] | None = None) -> Network:
    """Connected networks with a cost for each link, and for each node."""
    size = draw(st.integers(2, 5))
    pairs = {(draw(st.integers(0, i - 1)), i) for i in range(1, size)}
    pairs |= set(draw(st.lists(st.sampled_from(list(combinations(range(size), 2))), max_size=5)))
    nodes = tuple(Node(name=f"n{i}", data=3, cost=0 if sizes is None else draw(sizes)) for i in range(size))
    links = tuple(
        NetworkLink(nodes=(f"n{a}", f"n{b}"), quantum=QuantumChannel(cost=draw(values))) for a, b in sorted(pairs)
    )
    return Network(nodes=nodes, links=links)


def as_graph(network: Network) -> nx.Graph:
    graph = nx.Graph()
    for link in network.links:
        graph.add_edge(*(network.index[name] for name in link.nodes), weight=Fraction(str(link.cost)))
    return graph


@QUICK
@given(costly(st.integers(1, 30) | st.sampled_from([0.5, 1.5, 2.25]), st.sampled_from([0, 0, 1, 0.5])))
def test_weights_are_the_costs_up_to_a_factor(network: Network) -> None:
    """Exactly, and so are the distances; a path that is taken has the weight of the distance."""
    weights = weigh(network)
    far = dict(nx.all_pairs_dijkstra_path_length(as_graph(network)))
    factor = Fraction(int(weights.distance[0, 1])) / far[0][1]
    for a in range(network.size):
        assert weights.node[a] == factor * Fraction(str(network.nodes[a].cost))
        for b in range(network.size):
            assert weights.distance[a, b] == factor * far[a][b]
            path = weights.path(a, b)
            assert sum(int(weights.link[x, y]) for x, y in pairwise(path)) == weights.distance[a, b]


@QUICK
@given(costly(st.floats(1e-3, 1e6)))
def test_costs_of_any_size_are_rounded_by_little(network: Network) -> None:
    weights = weigh(network)
    assert int(weights.distance.max()) <= MAX_DISTANCE + network.size  # each link is rounded, up to 1 at most
    costs = {frozenset(network.index[x] for x in link.nodes): link.cost for link in network.links}
    links = [(int(weights.link[tuple(pair)]), cost) for pair, cost in costs.items()]
    for (w1, c1), (w2, c2) in combinations(links, 2):
        assert w1 >= 1
        if c1 <= c2:
            assert w1 <= w2
            assert w2 <= (w1 + 0.5 + 1e-9) / c1 * c2 + 0.5 + 1e-6 or w1 == 1


@QUICK
@given(costly(st.integers(1, 9), st.integers(0, 3)))
def test_trees_of_least_weight(network: Network) -> None:
    """The table against spanning trees of all larger sets, in the metric of the distances."""
    weights = weigh(network)
    table = steiner_table(weights.distance, weights.node)
    for mask in range(1, 1 << network.size):
        inside = [i for i in range(network.size) if mask >> i & 1]
        others = [i for i in range(network.size) if not mask >> i & 1]
        best = min(
            nx.minimum_spanning_tree(metric(weights.distance, [*inside, *more])).size("weight")
            for r in range(len(others) + 1)
            for more in combinations(others, r)
        )
        assert table[mask] == best + sum(int(weights.node[i]) for i in inside)


def metric(distance: np.ndarray, nodes: list[int]) -> nx.Graph:
    graph = nx.Graph()
    graph.add_nodes_from(nodes)
    graph.add_weighted_edges_from((a, b, int(distance[a, b])) for a, b in combinations(nodes, 2))
    return graph


def test_without_costs_weights_are_hops() -> None:
    network = resolve_network("grid:2x3:qubits=2")
    assert weigh(network).alike
    assert (weigh(network).distance == network.distance).all()
    dear = network.model_copy(
        update={"links": tuple(x.model_copy(update={"quantum": QuantumChannel(cost=7)}) for x in network.links)}
    )
    assert weigh(dear).alike, "a factor that all have in common changes nothing"


@pytest.mark.parametrize("comm", ["", ", comm: 1", ", comm: 2"])
@pytest.mark.parametrize("effort", [0, 1])
def test_a_detour_is_taken_where_it_is_cheaper(comm: str, effort: int) -> None:
    """A qubit of one node and one of another meet; the direct link costs more than the two others together."""
    nodes = "".join(f"  - {{name: {n}, data: {d}{comm}}}\n" for n, d in (("a", 1), ("b", 1), ("c", 2)))
    links = "links: [{nodes: [a, b], quantum: {cost: %s}}, {nodes: [a, c]}, {nodes: [b, c]}]\n"
    gates = "h q[0]; cx q[0],q[1]; rx(0.3) q[1]; cx q[1],q[2]; ry(0.2) q[2]; cx q[2],q[3]; rx(0.1) q[3]; cx q[3],q[0];"
    source = HEADER + "qreg q[4];" + gates * 2
    for cost, alike in ((1, True), (9, False)):
        program = gossamer.compile(source, parse_network("nodes:\n" + nodes + links % cost), effort=effort)
        report = program.report
        assert report["verified"]["holds"] is True
        direct = sum(set(link["nodes"]) == {"a", "b"} for link in report["links"])
        assert ("cost" in report) != alike
        assert alike or (direct, report["cost"]) == (0, report["ebits"])


def test_the_cost_is_the_sum_over_the_ebits() -> None:
    net = parse_network(
        "nodes: [{name: a, data: 1}, {name: b, data: 1}]\nlinks: [{nodes: [a, b], quantum: {cost: 2.5}}]"
    )
    report = gossamer.compile(
        HEADER + "qreg q[2]; cx q[0],q[1]; h q[1]; cx q[0],q[1]; h q[0]; cx q[0],q[1];", net, forms="given"
    ).report
    assert report["cost"] == 2.5 * report["ebits"]
    assert "makespan_note" not in report, "a cost is no figure of hardware"


@pytest.mark.parametrize(
    "pipeline", [None, "graph-like,partition,links,circuit", "simplify{strategy=clifford},graph-like,gather,circuit"]
)
def test_a_node_that_costs_nothing_is_preferred(pipeline: str | None) -> None:
    net = "nodes: [{name: a, data: 4, cost: %s}, {name: b, data: 4, cost: %s}]\nlinks: [{nodes: [a, b]}]"
    source = HEADER + "qreg q[2];" + "h q[0]; cx q[0],q[1]; h q[1]; s q[1];" * 3
    for costs, name in (((0.5, 0), "b"), ((0, 0.5), "a")):
        program = gossamer.compile(source, parse_network(net % costs), pipeline=pipeline)
        assert {place.node for place in (*program.manifest.inputs, *program.manifest.outputs)} == {name}
        assert program.report["ebits"] == 0


@QUICK
@given(costly(st.integers(1, 5), st.integers(0, 2)), st.integers(0, 9))
def test_what_a_placement_costs_is_what_its_links_weigh(network: Network, seed: int) -> None:
    source = (
        HEADER
        + "qreg q[4];"
        + "".join(f"h q[{i}]; cx q[{i}],q[{(i * 3 + seed) % 3 + 1 if i == 0 else 0}];" for i in range(4))
    )
    graph = to_open_graph(read(source))
    problem = problem_from_graph(graph, network)
    found = search(problem, moves=2000, seed=seed)
    assert found.cost == count_cost(problem, found.place, found.item_place)
    placed = Links().run(graph, partition(graph, network, effort=0, seed=seed), network)
    placed.verify()
    graphs = np.bincount(placed.links.ravel(), minlength=network.size)  # every link is one of the network
    assert all(weigh(network).link[a, b] > 0 for a, b in placed.links.tolist()), graphs


@pytest.mark.clause("NW-18")
@pytest.mark.parametrize(("objective", "figure"), [("time", "rate"), ("fidelity", "fidelity")])
def test_a_figure_that_the_objective_needs_is_named(objective: str, figure: str) -> None:
    net = parse_network("nodes: [{name: a, data: 1}, {name: b, data: 1}]\nlinks: [{nodes: [a, b]}]")
    with pytest.raises(UsageError, match=f"needs the {figure} of every quantum link.*'a' and 'b'"):
        weigh(net, objective)
