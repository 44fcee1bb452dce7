"""Where a search begins: whole wires, one node each, by Mt-KaHyPar where its wheel exists and greedily; around fixed places if there are any.

References
----------
Mt-KaHyPar: Gottesbueren et al., ACM TALG 20, 1 (2024).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Any

import numpy as np

from gossamer.diagnostics import NetworkInfeasible
from gossamer.ir.diagram import Int
from gossamer.passes.placement_problem import PlacementProblem, count_cost

#: Up to so many nodes Mt-KaHyPar makes a start.
MAX_BLOCKS = 64
#: In problems with more incidences Mt-KaHyPar partitions what is left when all moments are merged into one.
MAX_WHOLE = 100_000
#: In problems with more incidences its first start leaves room on every node.
MAX_FILLED = 20_000
#: With fewer tracks one start of Mt-KaHyPar does, which would take most of the time there.
MIN_TRACKS = 7


def find_starts(problem: PlacementProblem, seed: int, turns: int) -> list[tuple[int, str, Int, Int]]:
    """Static placements that fit, best first: ``(cost, name, place, item_place)``; so many ``turns`` are Mt-KaHyPar's."""
    found: list[tuple[int, int, str, Int, Int]] = []

    def add(name: str, place: Int, item_place: Int | None = None) -> None:
        items = items_on_demand(problem, place)
        if item_place is not None:
            allowed = ((problem.items >= 0) & (place[problem.items] == item_place[:, None])).any(axis=1)
            anywhere = problem.third & (problem.items[:, 2:] < 0).all(axis=1)
            items = np.where(allowed | anywhere, item_place, items).astype(np.int32)
        found.append((count_cost(problem, place, items), len(found), name, place, items))

    if (problem.fixed >= 0).any():
        add("greedy", _start_around_fixed(problem))
    else:
        tracks = _tracks(problem)
        number = int(tracks.max(initial=-1)) + 1
        track_of = tracks[problem.chain_of].astype(np.int32)
        have_wheel = importlib.util.find_spec("mtkahypar") is not None
        add("greedy" if have_wheel else "greedy (mtkahypar is not installed)", _fill_nodes(problem, number)[track_of])
        if turns and have_wheel and 1 < problem.num_nodes <= MAX_BLOCKS and problem.num_items:
            for blocks, items in _mtkahypar_blocks(
                problem, track_of, number, seed, turns if number >= MIN_TRACKS else 1
            ):
                add("mt-kahypar", blocks[track_of], items)
    found.sort(key=lambda x: (x[0], x[1]))
    return [(cost, name, place, items) for cost, _, name, place, items in found]


def items_on_demand(problem: PlacementProblem, place: Int) -> Int:
    """Each item with one of its spiders, of equals the first: where the others have most reason to send copies, which many items share.

    Examples
    --------
    >>> from gossamer.ir.network_text import resolve_network
    >>> from gossamer.ir.wires import WireBuilder
    >>> from gossamer.passes.graph_like import to_open_graph
    >>> from gossamer.passes.placement_graph import problem_from_graph
    >>> w = WireBuilder()
    >>> a, b, c = w.add_input("a"), w.add_input("b"), w.add_input("c")
    >>> w.cz(a, b); w.cz(a, c)
    >>> _ = w.output(a, "a"), w.output(b, "b"), w.output(c, "c")
    >>> problem = problem_from_graph(to_open_graph(w.build()), resolve_network("2:qubits=3"))
    >>> problem.items.tolist(), items_on_demand(problem, np.array([0, 1, 1], np.int32)).tolist()
    ([[0, 1], [0, 2]], [1, 1])
    """
    start, item = problem.incidence
    spider = np.repeat(np.arange(problem.num_spiders), np.diff(start))
    node = place[spider]
    first = place[problem.items[:, 0]]
    chosen = first.astype(np.int32)
    least = np.full(problem.num_items, np.inf)
    for b in range(problem.num_nodes):
        here = np.bincount(item, node == b, problem.num_items) > 0
        demand = np.bincount(spider, here[item], problem.num_spiders)
        price = np.where(node == b, 0.0, 1 / np.maximum(1, demand[spider]))
        price_here = np.where(here, np.bincount(item, price, problem.num_items) - 1e-9 * (first == b), np.inf)
        chosen[price_here < least] = b
        least = np.minimum(least, price_here)
    return chosen


def _tracks(problem: PlacementProblem) -> Int:
    """Pack chains that are not alive together into as few tracks as possible; returns the track of each chain."""
    start, chain = problem.chains
    first = problem.start[chain[start[:-1]]]
    last = problem.end[chain[start[1:] - 1]]
    busy: list[tuple[int, int]] = []  # a heap of (end, track)
    free: list[int] = []  # tracks, in the order in which they became free
    out = np.empty(len(first), np.int32)
    for w in np.lexsort((np.arange(len(first)), first)).tolist():
        while busy and busy[0][0] < first[w]:
            free.append(heappop(busy)[1])
        track = free.pop() if free else len(busy)
        heappush(busy, (int(last[w]), track))
        out[w] = track
    return out


def _fill_nodes(problem: PlacementProblem, number: int) -> Int:
    """The node of each track: tracks in order, nodes filled in proportion to their sizes."""
    capacity = problem.capacity.astype(np.int64)
    share = capacity * number / max(1, int(capacity.sum()))
    goal = np.minimum(np.floor(share).astype(np.int64), capacity)
    for b in np.argsort(goal - share, kind="stable").tolist():
        goal[b] += int(goal.sum() < number and goal[b] < capacity[b])
    for b in range(problem.num_nodes):
        goal[b] += min(number - int(goal.sum()), int(capacity[b] - goal[b]))
    return np.repeat(np.arange(problem.num_nodes, dtype=np.int32), goal)


def _start_around_fixed(problem: PlacementProblem) -> Int:
    """Chains with fixed spiders stand where these do, the others where there is room all the time; may find no place."""
    start, chain = problem.chains
    place = np.full(problem.num_spiders, -1, np.int32)
    loose = []
    for w, (a, b) in enumerate(zip(start[:-1].tolist(), start[1:].tolist(), strict=True)):
        wire = chain[a:b]
        at = np.flatnonzero(problem.fixed[wire] >= 0)
        if len(at) == 0:
            loose.append(w)
            continue
        nearest = np.maximum(np.searchsorted(at, np.arange(b - a), side="right") - 1, 0)
        place[wire] = problem.fixed[wire[at[nearest]]]
    first, last, cells = problem.cells
    occupied = np.zeros((problem.num_nodes, cells), np.int32)
    for s in np.flatnonzero(place >= 0).tolist():
        f = int(problem.successor[s])
        occupied[place[s], first[s] : last[s] + (f < 0 or place[f] != place[s])] += 1
    full = np.asarray((occupied > problem.capacity[:, None]).any(axis=1))
    wire_first = first[chain[start[:-1]]]
    for w in sorted(loose, key=lambda w: (int(wire_first[w]), w)):
        wire = chain[start[w] : start[w + 1]]
        u, v = int(first[wire[0]]), int(last[wire[-1]]) + 1
        room = problem.capacity - occupied[:, u:v].max(axis=1)
        node = int(np.argmax(room))
        full[node] |= room[node] <= 0
        occupied[node, u:v] += 1
        place[wire] = node
    if full.any():
        raise NetworkInfeasible(
            "NW-13",
            "no start was found that keeps the fixed places and fits: too few data qubits on "
            + ", ".join(problem.names[b] for b in np.flatnonzero(full)[:8].tolist()),
            help="fix fewer places, or raise the nodes' 'data' qubits",
        )
    return place


def _mtkahypar_blocks(
    problem: PlacementProblem, track_of: Int, number: int, seed: int, turns: int
) -> Iterator[tuple[Int, Int]]:
    """Nodes of tracks and of items by Mt-KaHyPar: tracks weigh 1, items 0, spiders are the hyperedges.

    A large problem is coarsened in time until one moment is left: then items that lie between the same tracks are one hyperedge of these.

    Its deterministic preset ignores seeds, so the numbering of the vertices is permuted to vary. Blocks that are as large as nodes are, as
    long as there are tracks, cost least, but leave full nodes, between which a search can only exchange. So every second start, in
    larger problems the first one, spreads the tracks over the nodes, unless less than two thirds of the qubits are needed.
    """
    import mtkahypar

    global _mtkahypar
    if _mtkahypar is None:
        _mtkahypar = mtkahypar.initialize(1)
    whole = len(problem.incidence[1]) <= MAX_WHOLE
    nets, net_weight = _nets_of_spiders(problem, track_of, number) if whole else _nets_of_tracks(problem, track_of)
    size = number + problem.num_items if whole else number
    weight = np.zeros(size, np.int64)
    weight[:number] = 1
    context = _mtkahypar.context_from_preset(mtkahypar.PresetType.DETERMINISTIC)
    context.set_partitioning_parameters(problem.num_nodes, 0.0, mtkahypar.Objective.KM1)
    context.logging = False
    spread = np.minimum(problem.capacity, -(-number * problem.capacity // max(1, int(problem.capacity.sum()))))
    for turn in range(turns):
        fill = turn % 2 == (len(problem.incidence[1]) > MAX_FILLED)
        room = problem.capacity if fill or 3 * number < 2 * problem.capacity.sum() else spread
        context.set_individual_target_block_weights(room.tolist())
        names = np.random.Generator(np.random.PCG64([seed, turn])).permutation(size)
        weights = np.empty(size, np.int64)
        weights[names] = weight
        graph = _mtkahypar.create_hypergraph(
            context, size, len(nets), [names[net].tolist() for net in nets], weights.tolist(), net_weight
        )
        result = graph.partition(context)
        blocks = np.array([result.block_id(int(x)) for x in names], np.int32)
        tracks = blocks[:number]
        items = blocks[number:] if whole else items_on_demand(problem, tracks[track_of])
        _repair(problem, track_of, tracks, items)
        node_of = _map_blocks(problem, track_of, tracks, items)
        yield node_of[tracks], node_of[items]


def _nets_of_spiders(problem: PlacementProblem, track_of: Int, number: int) -> tuple[list[Int], list[int]]:
    """For each spider its track and its items, which are numbered from ``number`` on; and the weights of these hyperedges."""
    start, incident = problem.incidence
    nets = [
        np.concatenate([track_of[s : s + 1], number + incident[start[s] : start[s + 1]]])
        for s in np.flatnonzero(np.diff(start)).tolist()
    ]
    return nets, [1] * len(nets)


def _nets_of_tracks(problem: PlacementProblem, track_of: Int) -> tuple[list[Int], list[int]]:
    """For each set of tracks that an item lies between these tracks, and how many such items there are."""
    tracks = np.sort(np.where(problem.items >= 0, track_of[problem.items], -1), axis=1)
    tracks[:, 1:][tracks[:, 1:] == tracks[:, :-1]] = -1
    nets, number = np.unique(np.sort(tracks, axis=1), axis=0, return_counts=True)
    apart = (nets >= 0).sum(axis=1) > 1
    return [net[net >= 0] for net in nets[apart]], number[apart].tolist()


_mtkahypar: Any = None  # the library allows one initialisation a process


def _repair(problem: PlacementProblem, track_of: Int, tracks: Int, items: Int) -> None:
    """Move tracks out of blocks that hold more than their capacity, those that have least to do with the block first."""
    capacity = problem.capacity.tolist()
    held = np.bincount(tracks, minlength=problem.num_nodes)
    spider = np.repeat(np.arange(problem.num_spiders), np.diff(problem.incidence[0]))
    ties = np.zeros((len(tracks), problem.num_nodes), np.int64)
    np.add.at(ties, (track_of[spider], items[problem.incidence[1]]), 1)
    for b in range(problem.num_nodes):
        while held[b] > capacity[b]:
            _, t, to = max(
                (int(ties[t, c] - ties[t, b]), -int(t), -c)
                for t in np.flatnonzero(tracks == b)
                for c in range(problem.num_nodes)
                if held[c] < capacity[c]
            )
            tracks[-t] = -to
            held[b] -= 1
            held[-to] += 1


def _map_blocks(problem: PlacementProblem, track_of: Int, tracks: Int, items: Int) -> Int:
    """The node of each block: exchanges as long as they bring blocks that share spiders nearer to each other."""
    k = problem.num_nodes
    node_of = np.arange(k, dtype=np.int32)
    distance = problem.distance.astype(np.int64)
    if k == 1 or np.ptp(distance[~np.eye(k, dtype=bool)]) == 0:
        return node_of
    spider = np.repeat(np.arange(problem.num_spiders), np.diff(problem.incidence[0]))
    pairs = np.unique(np.stack([spider, items[problem.incidence[1]]]), axis=1)
    flow = np.zeros((k, k), np.int64)
    np.add.at(flow, (tracks[track_of[pairs[0]]], pairs[1]), 1)
    flow += flow.T
    np.fill_diagonal(flow, 0)
    held = np.bincount(tracks, minlength=k)
    for _ in range(20):
        better = False
        for a in range(k):
            for b in range(a):
                x, y = node_of[a], node_of[b]
                if held[a] > problem.capacity[y] or held[b] > problem.capacity[x]:
                    continue
                change = (flow[a] - flow[b]) * (distance[y, node_of] - distance[x, node_of])
                change[[a, b]] = 0
                if change.sum() < 0:
                    node_of[a], node_of[b] = y, x
                    better = True
        if not better:
            break
    return node_of
