"""From an open graph and a network to a placement problem, and from its solution back to an assignment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gossamer.ir.diagram import Int
from gossamer.ir.network import Network
from gossamer.ir.open_graph import OpenGraph
from gossamer.ir.placed import Assignment
from gossamer.passes.placement_problem import Placement, PlacementProblem
from gossamer.passes.steiner import steiner_table
from gossamer.passes.steps import StepKind, step_order
from gossamer.passes.weights import Weights, weigh


@dataclass(frozen=True, eq=False)
class Names:
    """How a graph is spoken of in its problem: the vertex of each spider, the item of each edge and gadget hub."""

    vertex_of: Int
    item_of_edge: Int
    item_of_hub: dict[int, int]


def problem_from_graph(graph: OpenGraph, network: Network, objective: str = "ebits") -> PlacementProblem:
    """The placement problem of a graph on a network, whose links and nodes weigh what they do for the objective.

    Examples
    --------
    >>> from gossamer.ir.network import Network, NetworkLink, Node
    >>> from gossamer.ir.wires import WireBuilder
    >>> from gossamer.passes.graph_like import to_open_graph
    >>> from gossamer.passes.placement_search import search
    >>> w = WireBuilder()
    >>> a, b = w.add_input("a"), w.add_input("b")
    >>> w.cx(a, b)
    >>> _ = w.output(a, "a"), w.output(b, "b")
    >>> net = Network(nodes=[Node(name="x", data=1), Node(name="y", data=1)], links=[NetworkLink(nodes=("x", "y"))])
    >>> problem = problem_from_graph(to_open_graph(w.build()), net)
    >>> search(problem).cost
    1
    """
    return problem_and_names(graph, network, weigh(network, objective))[0]


def problem_and_names(graph: OpenGraph, network: Network, weights: Weights) -> tuple[PlacementProblem, Names]:
    """The placement problem of a graph where links and nodes have these weights, and how the graph is spoken of in it."""
    is_hub = graph.is_hub
    vertex_of = np.flatnonzero(~is_hub).astype(np.int32)
    spider_of = np.full(graph.num_vertices, -1, np.int32)
    spider_of[vertex_of] = np.arange(len(vertex_of), dtype=np.int32)
    number = len(vertex_of)
    steps = step_order(graph)
    begin = np.full(number, -1, np.int32)
    finish = np.full(number, len(steps) - 1, np.int32)
    begin[spider_of[graph.inputs]] = 0
    is_output = np.zeros(graph.num_vertices, bool)
    is_output[graph.outputs] = True
    start, other, edge = graph.adjacency
    successor = np.full(number, -1, np.int32)
    legs: list[list[int]] = []
    times: list[int] = []
    chain: list[bool] = []
    item_of_edge = np.full(graph.num_edges, -1, np.int32)
    item_of_hub: dict[int, int] = {}

    def add(spiders: list[int], time: int, is_chain: bool) -> int:
        legs.append(spiders)
        times.append(time)
        chain.append(is_chain)
        for s in spiders:
            if begin[s] < 0:
                begin[s] = time
        return len(legs) - 1

    for time, (kind, x) in enumerate(steps.tolist()):
        if kind == StepKind.EDGE:
            u, v = graph.edges[x].tolist()
            item_of_edge[x] = add([int(spider_of[u]), int(spider_of[v])], time, False)
        elif kind == StepKind.HUB:
            around = range(int(start[x]), int(start[x + 1]))
            item_of_hub[x] = add([int(spider_of[other[y]]) for y in around], time, False)
            for y in around:
                item_of_edge[edge[y]] = item_of_hub[x]
        else:
            s = int(spider_of[x])
            f = int(graph.successor[x])
            if begin[s] < 0:
                begin[s] = time
            if f >= 0:
                y = int(start[x]) + int(np.searchsorted(other[start[x] : start[x + 1]], f))
                item_of_edge[edge[y]] = add([s, int(spider_of[f])], time, True)
                successor[s] = spider_of[f]
            if not is_output[x]:
                finish[s] = time
    width = max((len(x) for x in legs), default=2)
    items = np.full((len(legs), max(width, 2)), -1, np.int32)
    for i, spiders in enumerate(legs):
        items[i, : len(spiders)] = spiders
    problem = PlacementProblem(
        num_spiders=number, items=items, is_chain=np.array(chain, bool), start=begin, end=finish, successor=successor,
        item_time=np.array(times, np.int32), num_steps=len(steps),
        fixed=np.full(number, -1, np.int32), **network_columns(network, weights),
    )  # fmt: skip
    return problem, Names(vertex_of, item_of_edge, item_of_hub)


def network_columns(network: Network, weights: Weights) -> dict[str, Any]:
    """The fields of a `PlacementProblem` that its network gives.

    Examples
    --------
    >>> from gossamer.ir.network_text import resolve_network
    >>> from gossamer.passes.weights import weigh
    >>> network = resolve_network("2:qubits=3")
    >>> network_columns(network, weigh(network))["capacity"].tolist()
    [3, 3]
    """
    distance = weights.distance + np.where(np.eye(network.size, dtype=bool), 0, weights.node)
    return {
        "capacity": np.array([node.room for node in network.nodes], np.int32),
        "steiner": steiner_table(weights.distance, weights.node),
        "distance": distance.astype(np.int32),
        "third": all((node.comm is None or node.comm >= 2) and node.joins_halves for node in network.nodes),
        "node_names": tuple(
            node.name if node.room == node.data else f"{node.name}, beside one for its steps" for node in network.nodes
        ),
        "least": weights.least,
        "typical": weights.typical,
    }


def assignment_of(graph: OpenGraph, names: Names, found: Placement) -> Assignment:
    """A placement as places of the graph's vertices and edges."""
    place = np.full(graph.num_vertices, -1, np.int32)
    place[names.vertex_of] = found.place
    for hub, item in names.item_of_hub.items():
        place[hub] = found.item_place[item]
    return Assignment(place, found.item_place[names.item_of_edge].astype(np.int32), found.partitioner)
