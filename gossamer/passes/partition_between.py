"""The placement of a graph whose inputs and outputs are to stand on nodes that the user names; what is wanted is in :mod:`gossamer.passes.ends`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gossamer.ir.diagram import Int
from gossamer.ir.network import Network
from gossamer.ir.open_graph import OpenGraph
from gossamer.ir.placed import Assignment
from gossamer.passes.ends import Ends, split_outputs
from gossamer.passes.links import Links
from gossamer.passes.partition import partition
from gossamer.passes.placement_graph import problem_from_graph
from gossamer.passes.placement_search import Tricks, default_moves, search


def partition_between(
    graph: OpenGraph,
    network: Network,
    ends: Ends,
    *,
    effort: int = 1,
    seed: int = 0,
    objective: str = "ebits",
    tricks: Tricks = Tricks(),
    links: Links | None = None,
    least: int = 1,
) -> Assignment:
    """Place a graph so that its inputs and outputs stand where they are wanted; see :func:`gossamer.passes.partition.partition`.

    Raises
    ------
    NetworkInfeasible
        ``NW-13`` if the data qubits do not suffice, or no placement was found that keeps to the wishes.
    """
    which = _in_turn(graph, network, ends)
    longer = split_outputs(graph, which)
    begin, end = ends.begin.copy(), ends.end.copy()
    if ends.ties:
        place = _tied_places(graph, longer, network, ends, effort, seed, objective, tricks)
        for i, j in ends.ties:
            begin[i] = end[j] = place[longer.inputs[i]]
    given = partition(
        longer, network, effort=effort, seed=seed, objective=objective, fixed=_fixed(graph, longer, begin, end),
        tricks=tricks, links=links, least=least,
    )  # fmt: skip
    return _without_idle_moves(graph, longer, which, given)


def _fixed(graph: OpenGraph, longer: OpenGraph, begin: Int, end: Int) -> Int:
    """For each vertex of ``longer``, which is the graph with split outputs, the node where it has to stand.

    The first of two new vertices waits in its turn before it hands over to the second: it is no part of that one.
    """
    fixed = np.full(longer.num_vertices, -1, np.int32)
    fixed[longer.outputs] = end
    fixed[longer.inputs] = np.where(begin >= 0, begin, fixed[longer.inputs])
    fixed[graph.num_vertices :: 2] = -2
    return fixed


def _in_turn(graph: OpenGraph, network: Network, ends: Ends) -> list[int]:
    """The outputs with a wish, in an order in which each finds room where it goes, as far as one is found."""
    begins = dict(zip(graph.input_names, ends.begin.tolist(), strict=True))
    ways = {j: (begins.get(graph.output_names[j], -1), int(ends.end[j])) for j in ends.moving}
    room = [node.room for node in network.nodes]
    for source, goal in ways.values():
        room[max(source, goal) if min(source, goal) < 0 else source] -= 1
    out: list[int] = []
    todo = list(ways)
    while todo:
        j = next((j for j in todo if ways[j][0] == ways[j][1] or min(ways[j]) < 0 or room[ways[j][1]] > 0), todo[0])
        todo.remove(j)
        out.append(j)
        source, goal = ways[j]
        if min(source, goal) >= 0:
            room[source] += 1
            room[goal] -= 1
    return out


def _tied_places(
    graph: OpenGraph,
    longer: OpenGraph,
    network: Network,
    ends: Ends,
    effort: int,
    seed: int,
    objective: str,
    tricks: Tricks,
) -> Int:
    """Places of all vertices in a search where each tie costs a link if it is broken."""
    problem = problem_from_graph(longer, network, objective)
    spider_of = np.cumsum(~longer.is_hub, dtype=np.int32) - 1
    ties = np.full((len(ends.ties), problem.items.shape[1]), -1, np.int32)
    for row, (i, j) in zip(ties, ends.ties, strict=True):
        row[:2] = spider_of[longer.inputs[i]], spider_of[longer.outputs[j]]
    more = len(ties)
    tied = replace(
        problem, items=np.concatenate([problem.items, ties]),
        is_chain=np.concatenate([problem.is_chain, np.zeros(more, bool)]),
        item_time=np.concatenate([problem.item_time, np.full(more, problem.num_steps - 1, np.int32)]),
        fixed=_fixed(graph, longer, ends.begin, ends.end)[~longer.is_hub],
    )  # fmt: skip
    found = search(tied, moves=default_moves(problem, effort) // 2, seed=seed, tricks=tricks)
    return found.place[spider_of].astype(np.int32)


def _without_idle_moves(graph: OpenGraph, longer: OpenGraph, which: Sequence[int], given: Assignment) -> Assignment:
    """The assignment for the graph with the outputs that do move, from one in which all of ``which`` have two more vertices."""
    n = graph.num_vertices
    at = {(u, v): b for (u, v), b in zip(longer.edges.tolist(), given.edge_place.tolist(), strict=True)}
    moved: list[int] = []
    kept = list(range(n))
    for i, j in enumerate(which):
        y, m = int(graph.outputs[j]), n + 2 * i
        if {int(given.place[m]), int(given.place[m + 1]), at[y, m], at[m, m + 1]} != {int(given.place[y])}:
            moved.append(j)
            kept += [m, m + 1]
    shorter = split_outputs(graph, moved)
    edges = [at[kept[u], kept[v]] for u, v in shorter.edges.tolist()]
    return replace(
        given, place=given.place[kept].astype(np.int32), edge_place=np.array(edges, np.int32), moved=tuple(moved)
    )
