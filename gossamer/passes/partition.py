"""`partition`: put every spider and every item (edge, gadget) of an open graph on a node, with as few ebits as possible.

The problem is one hypergraph: a *spider* spans its own node and the nodes of its *items*, and costs the size of the smallest
tree of links that joins them. Static placement, gate packets, detached gates, teleportation and their mixtures are all points
of this space. Time is one fixed total order of steps, which the pass `links` replays, and the number of data qubits that are
taken on each node at each step is exact: a placement that comes out of here fits. The start is a static placement of whole wires
(Mt-KaHyPar where its wheel exists, an own greedy one besides), improved by simulated annealing. Equal arguments give an equal
result: effort is a number of moves, never a clock.

References
----------
One hypergraph for wires and gates: Andres-Martinez, Heunen, PRA 100, 032308 (2019); Andres-Martinez et al., arXiv:2305.14148;
Burt, Chen, Leung, arXiv:2503.19082. Mt-KaHyPar: Gottesbueren et al., ACM TALG 20, 1 (2024).
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import heappop, heappush
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.diagnostics import NetworkInfeasible
from gossamer.ir.diagram import Int
from gossamer.ir.network import Network
from gossamer.ir.open_graph import OpenGraph
from gossamer.ir.placed import Assignment
from gossamer.passes.steps import StepKind, step_order
from gossamer.passes.weights import Weights, weigh
from gossamer.progress import share, tell

#: Up to so many nodes the cost of every set of nodes is tabulated (Steiner trees); beyond, hops from the spider's place add up.
MAX_TABLE_NODES = 12
#: Up to so many nodes Mt-KaHyPar makes a start.
MAX_BLOCKS = 64
#: How many steps a copy may wait for its next use, tried where communication qubits are limited.
WINDOWS = (5, 15, 45, 135)
#: With more items only one of them is tried.
MAX_PROBED = 20_000
#: Elementary moves for each spider and item, and the most of all, by effort: a wider search takes a few times as long.
MOVES = (1_875, 15_000, 60_000, 180_000)
MOST_MOVES = (13_750_000, 110_000_000, 300_000_000, 600_000_000)
#: How many starts Mt-KaHyPar makes, by effort; problems with more incidences get one.
TURNS = (1, 4, 4, 4)
MAX_TURNED = 100_000
#: Seconds between two words about the progress.
TICK = 0.2
#: A cost no placement pays if it can do otherwise: a set of nodes that no links can join.
UNREACHABLE = 1_000_000


@dataclass(frozen=True, eq=False)
class PlacementProblem:
    """Spiders and items to be placed on nodes; nothing of it is quantum.

    Attributes
    ----------
    num_spiders
    items : int32[I, L], the spiders (two, or more padded by -1) that an item brings together at one node
    is_chain : bool[I], the items ``v - successor[v]``
    start, end : int32[S], the steps between which a spider is alive, both included. A spider starts at the step in which its
        predecessor ends. Spiders in succession on one node share a qubit in that step; on two nodes both take one
    successor : int32[S], the next spider on the wire, or -1
    item_time : int32[I], the step at which the item is realised
    num_steps
    capacity : int32[K], qubits of each node
    steiner : int32[2**K], cost of joining a set of nodes (a bit mask), and of standing there; empty if ``K > MAX_TABLE_NODES``
    distance : int32[K, K], hops, or their weights and that of the node where they end; without ``steiner`` a spider costs the sum of those
        from its place to the nodes of its items
    fixed : int32[S], the node a spider must stand on, or -1; -2: any, but it is not merged with others of its wire
    third : whether an item of two spiders may be realised at a node where none of them stands
    window : None, or a number of steps: then a spider pays the hops to a node once for each visit, and items there that follow each
        other within so many steps are one visit. So copies that are used in quick succession cost less than those that wait
    least, typical : the least and the median weight of a hop, which are the units of the last and the first temperature
    """

    num_spiders: int
    items: Int
    is_chain: NDArray[np.bool_]
    start: Int
    end: Int
    successor: Int
    item_time: Int
    num_steps: int
    capacity: Int
    steiner: Int
    distance: Int
    fixed: Int
    third: bool = True
    window: int | None = None
    node_names: tuple[str, ...] = ()
    least: int = 1
    typical: int = 1

    @property
    def num_items(self) -> int:
        return int(self.items.shape[0])

    @property
    def num_nodes(self) -> int:
        return int(self.capacity.shape[0])

    @cached_property
    def incidence(self) -> tuple[Int, Int]:
        """The items of each spider, CSR: ``item[start[s]:start[s+1]]``."""
        spider = self.items.ravel()
        item = np.repeat(np.arange(self.num_items, dtype=np.int32), self.items.shape[1])
        item, spider = item[spider >= 0], spider[spider >= 0]
        start = np.zeros(self.num_spiders + 1, np.int32)
        np.cumsum(np.bincount(spider, minlength=self.num_spiders), out=start[1:])
        return start, np.ascontiguousarray(item[np.argsort(spider, kind="stable")])

    @cached_property
    def incident_position(self) -> Int:
        """int32[I, L]: where an item stands in ``incidence`` among the items of each of its spiders; -1 where it has none."""
        start, item = self.incidence
        spider = np.repeat(np.arange(self.num_spiders, dtype=np.int32), np.diff(start))
        out = np.full(self.items.shape, -1, np.int32)
        out[item, np.argmax(self.items[item] == spider[:, None], axis=1)] = np.arange(len(item), dtype=np.int32)
        return out

    @cached_property
    def chains(self) -> tuple[Int, Int]:
        """The maximal successions of spiders, CSR: ``spider[start[w]:start[w+1]]``, in order of their first spider."""
        has_predecessor = np.zeros(self.num_spiders, bool)
        has_predecessor[self.successor[self.successor >= 0]] = True
        start, order = [0], []
        successor = self.successor.tolist()
        for s in np.flatnonzero(~has_predecessor).tolist():
            while s >= 0:
                order.append(s)
                s = successor[s]
            start.append(len(order))
        return np.array(start, np.int32), np.array(order, np.int32)

    @cached_property
    def chain_of(self) -> Int:
        start, order = self.chains
        out = np.empty(self.num_spiders, np.int32)
        out[order] = np.repeat(np.arange(len(start) - 1, dtype=np.int32), np.diff(start))
        return out

    @cached_property
    def cells(self) -> tuple[Int, Int, int]:
        """``(first, last, number)``: start and end of the spiders among the steps where one starts or ends, in order.

        Between two such steps nothing changes and no more qubits are taken than at the later one.
        """
        steps, which_step = np.unique(np.concatenate([self.start, self.end]), return_inverse=True)
        which: Int = which_step.astype(np.int32)
        first, last = which[: self.num_spiders].copy(), which[self.num_spiders :].copy()
        return first, last, len(steps)


@dataclass(frozen=True)
class Tricks:
    """What the search does to find better placements; each can be left out, to see what it wins.

    Attributes
    ----------
    hypergraph : a start by partitioning the hypergraph (Mt-KaHyPar), besides the greedy one
    anneal : the start is improved; without it the placement stays static
    runs : spiders that follow each other on a wire move together
    exchanges : what moves to a full node changes places with what stands there
    contract : spiders that have chain items only are merged first
    third : items may be realised at a node where none of their spiders stands
    steiner : trees of links are what is counted, not a way to each node of its own
    windows : where communication qubits are limited, what waiting costs is counted too
    """

    hypergraph: bool = True
    anneal: bool = True
    runs: bool = True
    exchanges: bool = True
    contract: bool = True
    third: bool = True
    steiner: bool = True
    windows: bool = True


@dataclass(frozen=True, eq=False)
class Placement:
    """A solution: ``place`` of each spider, ``item_place`` of each item, its cost (ebits), that of the static start, and
    ``partitioner``, the name of what made that start."""

    place: Int
    item_place: Int
    cost: int
    start_cost: int
    partitioner: str


# ---- from graph and network to the problem ---------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Names:
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
    >>> w = WireBuilder()
    >>> a, b = w.add_input("a"), w.add_input("b")
    >>> w.cx(a, b)
    >>> _ = w.output(a, "a"), w.output(b, "b")
    >>> net = Network(nodes=[Node(name="x", data=1), Node(name="y", data=1)], links=[NetworkLink(nodes=("x", "y"))])
    >>> problem = problem_from_graph(to_open_graph(w.build()), net)
    >>> search(problem).cost
    1
    """
    return _problem(graph, network, weigh(network, objective))[0]


def _problem(graph: OpenGraph, network: Network, weights: Weights) -> tuple[PlacementProblem, _Names]:
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
    return problem, _Names(vertex_of, item_of_edge, item_of_hub)


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


def steiner_table(distance: NDArray[np.int32], node: Int | None = None) -> Int:
    """Size of the smallest tree that joins each set of nodes (bit mask), ``int32[2**K]``; empty for more than 12 nodes.

    With ``node`` each node of the set adds its own weight, so that a spider pays for where it stands and for where its copies come.

    References
    ----------
    Dreyfus, Wagner, Networks 1, 195 (1971).

    Examples
    --------
    >>> line = np.abs(np.subtract.outer(np.arange(4), np.arange(4))).astype(np.int32)
    >>> steiner_table(line)[[0b0001, 0b0011, 0b1001, 0b1101]].tolist()
    [0, 1, 3, 3]
    """
    k = distance.shape[0]
    if k > MAX_TABLE_NODES:
        return np.zeros(0, np.int32)
    if node is not None and node.any():
        inside = (np.arange(1 << k)[:, None] >> np.arange(k)) & 1
        return steiner_table(distance) + (inside @ node).astype(np.int32)
    d = np.where(distance < 0, UNREACHABLE, distance).astype(np.int32)
    if (d[~np.eye(k, dtype=bool)] == 1).all():
        return np.array([max(0, mask.bit_count() - 1) for mask in range(1 << k)], np.int32)
    tree = np.full((1 << k, k), UNREACHABLE, np.int32)  # tree[mask, v]: joins mask and v
    tree[0] = 0
    for mask in range(1, 1 << k):
        low = mask & -mask
        if mask == low:
            tree[mask] = d[low.bit_length() - 1]
            continue
        best = tree[mask]
        part = (mask - 1) & mask
        while part:
            if part & low:  # each split once
                np.minimum(best, tree[part] + tree[mask ^ part], out=best)
            part = (part - 1) & mask
        tree[mask] = np.minimum(best, (best[None, :] + d).min(axis=1))
    table = np.zeros(1 << k, np.int32)
    for mask in range(1, 1 << k):
        table[mask] = tree[mask, (mask & -mask).bit_length() - 1]
    return table


def partition(
    graph: OpenGraph,
    network: Network,
    *,
    effort: int = 1,
    seed: int = 0,
    objective: str = "ebits",
    fixed: Int | None = None,
    tricks: Tricks = Tricks(),
    least: int = 1,
) -> Assignment:
    """Place a graph on a network.

    Parameters
    ----------
    effort
        0 to 3: how many moves the search makes (see :func:`default_moves`). A wider search makes the narrower ones first, from effort 1 on,
        and keeps the best of all results: it is never worse.
    objective
        What the links and nodes weigh, see :func:`gossamer.passes.weights.weigh`.
    tricks
        What the search may do.
    fixed
        int32[n], for each vertex the node where it has to stand, or -1, or -2 (see :class:`PlacementProblem`).
    least
        The narrowest search to make, where the results of narrower ones are at hand already.

    Raises
    ------
    UsageError
        ``NW-18`` for a figure of a link that the objective needs.
    NetworkInfeasible
        ``NW-13`` if the data qubits do not suffice.
    """
    weights = weigh(network, objective)
    problem, names = _problem(graph, network, weights)
    problem = replace(
        problem, third=problem.third and tricks.third, steiner=problem.steiner[: None if tricks.steiner else 0]
    )
    if fixed is not None:
        problem = replace(problem, fixed=fixed[names.vertex_of])
    limited = any(node.comm is not None for node in network.nodes)
    levels = range(min(least, effort), effort + 1)
    budgets = [default_moves(problem, level) for level in levels]
    results: list[tuple[int, Assignment]] = []
    for i, level in enumerate(levels):
        begin, end = (sum(budgets[:at]) / max(1, sum(budgets)) for at in (i, i + 1))
        with share("", begin, end):
            found = search(problem, moves=budgets[i], seed=seed, tricks=tricks, turns=TURNS[level])
            one = found.cost, _assignment(graph, names, found)
            if limited:
                one = _within_comm(graph, network, objective, problem, names, budgets[i], seed, tricks, *one)
            results.append(one)
    return min(results, key=lambda result: result[0])[1]


def _assignment(graph: OpenGraph, names: _Names, found: Placement) -> Assignment:
    place = np.full(graph.num_vertices, -1, np.int32)
    place[names.vertex_of] = found.place
    for hub, item in names.item_of_hub.items():
        place[hub] = found.item_place[item]
    return Assignment(place, found.item_place[names.item_of_edge].astype(np.int32), found.partitioner)


def _within_comm(
    graph: OpenGraph, network: Network, objective: str, problem: PlacementProblem, names: _Names, moves: int, seed: int,
    tricks: Tricks, cost: int, given: Assignment,
) -> tuple[int, Assignment]:  # fmt: skip
    """The assignment that takes the fewest links (the least weight of them) with the communication qubits that there are.

    ``given`` was found for any number of them, and has that ``cost`` then.
    A copy that waits long for its next use is measured and fetched again where communication qubits are short. How long is
    long depends on the program, so the search is made with several windows (see ``PlacementProblem``), each result is
    realised, and the window that did best gets more moves. Moves with a window take some three times as long.
    """
    from gossamer.passes.links import Links

    def count_links(assignment: Assignment) -> int:
        try:
            return weigh(network, objective).of(Links(objective).run(graph, assignment, network))
        except NetworkInfeasible:
            return UNREACHABLE * graph.num_vertices

    def search_within(window: int, budget: int) -> tuple[int, Assignment]:
        found = search(replace(problem, window=window), moves=budget, seed=seed, tricks=tricks)
        assignment = _assignment(graph, names, found)
        return count_links(assignment), assignment

    best = count_links(given)
    if best <= cost or not tricks.windows:
        return best, given  # they suffice, or nobody asks
    windows = WINDOWS if problem.num_items <= MAX_PROBED else WINDOWS[1:2]
    probes = [(*search_within(window, moves // 16), window) for window in windows]
    _, _, window = min(probes, key=lambda probe: probe[0])
    results = [(best, given), *(probe[:2] for probe in probes), search_within(window, moves // 4)]
    return min(results, key=lambda result: result[0])


# ---- the search ------------------------------------------------------------------------------------------------------


def default_moves(problem: PlacementProblem, effort: int = 1) -> int:
    """The budget of elementary moves of each of two threads, for an effort of 0 to 3: some seconds at most for effort 1, minutes for 3.

    Idle wires ask for none.
    """
    idle = _idle(problem)
    size = int((~idle).sum()) + int((~idle[problem.items[:, 0]]).sum())
    return min(MOVES[effort] * size, MOST_MOVES[effort])


def search(
    problem: PlacementProblem,
    *,
    moves: int | None = None,
    seed: int = 0,
    tricks: Tricks = Tricks(),
    turns: int = TURNS[1],
) -> Placement:
    """Find a placement of low cost.

    Parameters
    ----------
    moves
        Elementary moves of the annealing in each of two threads; by default what effort 1 gives.
    turns
        How many starts Mt-KaHyPar makes.

    Raises
    ------
    NetworkInfeasible
        ``NW-13`` if more qubits are needed at some step than there are, or if no start could be found that fits.
    """
    if moves is None:
        moves = default_moves(problem)
    check_capacity(problem)
    idle = _idle(problem)
    if idle.any():
        found = _add_idle(problem, idle, _search(_without(problem, idle), moves, seed, tricks, turns))
        if found is not None:
            return found
    return _search(problem, moves, seed, tricks, turns)


def search_from(problem: PlacementProblem, place: Int, *, moves: int, seed: int = 0) -> Placement | None:
    """Improve a placement of the spiders without heating it up much; None if it does not fit.

    Examples
    --------
    >>> from gossamer.ir.network_text import resolve_network
    >>> from gossamer.ir.wires import WireBuilder
    >>> from gossamer.passes.graph_like import to_open_graph
    >>> w = WireBuilder()
    >>> a, b = w.add_input("a"), w.add_input("b")
    >>> w.cz(a, b)
    >>> _ = w.output(a, "a"), w.output(b, "b")
    >>> problem = problem_from_graph(to_open_graph(w.build()), resolve_network("2:qubits=2"))
    >>> start = np.array([0, 1], np.int32)
    >>> found = search_from(problem, start, moves=100)
    >>> found.start_cost, found.cost
    (1, 0)
    """
    if (count_occupied(problem, place) > problem.capacity[:, None]).any():
        return None
    item_place = _item_start(problem, place)
    start_cost = count_cost(problem, place, item_place)
    place, item_place = _anneal(
        problem, [(place, item_place)], moves, 0.3 * problem.typical, 0.08 * problem.least, 2 * seed
    )
    _tidy(problem, place, item_place)
    return Placement(place, item_place, count_cost(problem, place, item_place), start_cost, "given")


def _search(problem: PlacementProblem, moves: int, seed: int, tricks: Tricks, turns: int) -> Placement:
    tell("start", 0.0)
    core, merge = contract(problem) if tricks.contract else (problem, None)
    starts = _starts(core, seed, turns if tricks.hypergraph else 0)
    start_cost, name, place, item_place = starts[0]
    choice = tricks.anneal and problem.num_nodes > 1 and problem.num_items > 0
    if choice:
        near = [s[2:] for s in starts[:2] if s[0] <= start_cost + start_cost // 4]
        # Little time for a large problem: do not heat the start up more than can be cooled again.
        hot = 0.15 + 0.12 * math.log10(1 + moves / (core.num_spiders + core.num_items))
        with share("search", 0.0, 8 / 9):
            place, item_place = _anneal(core, near, moves, hot * core.typical, 0.13 * core.least, 2 * seed, tricks)
    place, item_place = expand(problem, merge, place, item_place)
    if choice and merge is not None:
        with share("refine", 8 / 9, 1.0):
            place, item_place = _anneal(
                problem, [(place, item_place)], moves // 8, 0.12 * core.least, 0.08 * core.least, 2 * seed, tricks
            )
    _tidy(problem, place, item_place)
    return Placement(place, item_place, count_cost(problem, place, item_place), start_cost, name)


def _anneal(
    problem: PlacementProblem, starts: list[tuple[Int, Int]], moves: int, hot: float, cold: float, seed: int,
    tricks: Tricks = Tricks(),
) -> tuple[Int, Int]:  # fmt: skip
    """Anneal two starts (or one twice) in two threads; return the better result, the first if they are equal."""
    start_cost = count_cost(problem, *starts[0])
    if start_cost == 0:
        return starts[0]
    from gossamer.passes import partition_kernels

    kernel: Any = partition_kernels.anneal
    watch = np.array([[0, start_cost, 0]] * 2, np.int64)

    def run(thread: int) -> tuple[int, Int, Int]:
        place, item_place = (x.copy() for x in starts[min(thread, len(starts) - 1)])
        arrays = (*_arrays(problem), tricks.runs, tricks.exchanges)
        cost = kernel(place, item_place, *arrays, moves, hot, cold, seed + thread, watch[thread])
        return int(cost), place, item_place

    unit = "ebits" if problem.least == problem.typical == 1 and problem.window is None else "in weights"
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run, thread) for thread in range(2)]
        try:
            while wait(runs, TICK).not_done:
                tell(f"{watch[:, 1].min()} {unit}", min(1.0, float(watch[:, 0].sum()) / (2 * max(1, moves))))
            _, place, item_place = min((one.result() for one in runs), key=lambda r: r[0])
        except BaseException:
            watch[:, 2] = 1  # the threads stop soon, or an interrupt would wait for them
            raise
    return place, item_place


def _arrays(problem: PlacementProblem) -> tuple[Any, ...]:
    """The arguments of the kernel between the places and the number of moves."""
    incident_start, incident = problem.incidence
    chain_start, chain = problem.chains
    first, last, _ = problem.cells
    index_of = np.empty(problem.num_spiders, np.int32)
    index_of[chain] = np.arange(problem.num_spiders, dtype=np.int32)
    distance = np.where(problem.distance < 0, UNREACHABLE, problem.distance).astype(np.int32)
    table = problem.steiner if problem.window is None else np.zeros(0, np.int32)
    return (
        np.ascontiguousarray(problem.items), problem.incident_position, problem.item_time, incident_start, incident,
        chain_start, chain, problem.chain_of, index_of, first, last, (problem.fixed < 0).astype(np.uint8),
        problem.capacity, table, distance, problem.third, problem.window,
    )  # fmt: skip


def _bare(problem: PlacementProblem) -> NDArray[np.bool_]:
    """The spiders that have chain items only and no fixed place."""
    bare = np.asarray(problem.fixed == -1)
    legs = problem.items[~problem.is_chain].ravel()
    bare[legs[legs >= 0]] = False
    return bare


def _idle(problem: PlacementProblem) -> NDArray[np.bool_]:
    """The spiders of wires on which nothing ever happens and that may stand anywhere."""
    start, chain = problem.chains
    idle = np.zeros(problem.num_spiders, bool)
    if len(chain):
        idle[chain] = np.repeat(np.logical_and.reduceat(_bare(problem)[chain], start[:-1]), np.diff(start))
    return idle


def _without(problem: PlacementProblem, idle: NDArray[np.bool_]) -> PlacementProblem:
    """The problem of the other wires, with all qubits of the network."""
    kept = ~idle
    number = np.append(np.cumsum(kept, dtype=np.int32) - 1, np.int32(-1))  # -1 stays -1
    items = kept[problem.items[:, 0]]
    return replace(
        problem, num_spiders=int(kept.sum()), items=number[problem.items[items]], is_chain=problem.is_chain[items],
        start=problem.start[kept], end=problem.end[kept], successor=number[problem.successor[kept]],
        item_time=problem.item_time[items], fixed=problem.fixed[kept],
    )  # fmt: skip


def _add_idle(problem: PlacementProblem, idle: NDArray[np.bool_], found: Placement) -> Placement | None:
    """A placement of the other wires with the idle ones where there is room as long as they live; None if there is not."""
    place = np.zeros(problem.num_spiders, np.int32)
    place[~idle] = found.place
    first, last, cells = problem.cells
    change = np.zeros((problem.num_nodes, cells + 2), np.int32)
    shared = (problem.successor >= 0) & (place == place[problem.successor])
    np.add.at(change, (place[~idle], first[~idle]), 1)
    np.add.at(change, (place[~idle], (last + 1 - shared)[~idle]), -1)
    room = problem.capacity[:, None] - np.cumsum(change, axis=1, dtype=np.int32)[:, :cells]
    start, chain = problem.chains
    wires = np.flatnonzero(idle[chain[start[:-1]]])
    spans = np.stack([first[chain[start[wires]]], last[chain[start[wires + 1] - 1]]], axis=1)
    for u, v in np.unique(spans, axis=0).tolist():  # wires of one lifetime at a time
        alike = wires[(spans == (u, v)).all(axis=1)]
        free = np.minimum(np.cumsum(np.maximum(room[:, u : v + 1].min(axis=1), 0)), len(alike))
        if free[-1] < len(alike):
            return None
        held = np.diff(free, prepend=0)
        room[:, u : v + 1] -= held[:, None].astype(np.int32)
        for w, node in zip(alike.tolist(), np.repeat(np.arange(problem.num_nodes), held).tolist(), strict=True):
            place[chain[start[w] : start[w + 1]]] = node
    item_place = place[problem.items[:, 0]].astype(np.int32)
    item_place[~idle[problem.items[:, 0]]] = found.item_place
    return Placement(place, item_place, count_cost(problem, place, item_place), found.start_cost, found.partitioner)


def contract(problem: PlacementProblem) -> tuple[PlacementProblem, Int | None]:
    """Merge spiders that have chain items only into a neighbour on their chain.

    Between ``p`` and ``w`` on a wire such a spider can be free of charge: it stands where the wire is handed over. So a
    smaller problem is searched, in which ``w`` begins where the first of them did; before the first and after the last other
    spider of a chain they join that spider.

    Returns
    -------
    PlacementProblem, int32[S] or None
        The smaller problem and the spider there that each spider has become; None if there was nothing to merge.
    """
    bare = _bare(problem)
    if not bare.any():
        return problem, None
    into = np.empty(problem.num_spiders, np.int32)
    head: list[int] = []  # first and last spider of each group, in the order of the groups
    tail: list[int] = []
    successor: list[int] = []
    start, chain = problem.chains
    for a, b in zip(start[:-1].tolist(), start[1:].tolist(), strict=True):
        wire = chain[a:b]
        keep = np.flatnonzero(~bare[wire])
        ends = [*keep[:-1].tolist(), b - a - 1] if len(keep) else [b - a - 1]
        begin = 0
        for end in ends:
            into[wire[begin : end + 1]] = len(head)
            successor.append(len(head) + 1 if end < b - a - 1 else -1)
            head.append(int(wire[begin]))
            tail.append(int(wire[end]))
            begin = end + 1
    items = np.where(problem.items >= 0, into[problem.items], -1).astype(np.int32)
    kept = ~problem.is_chain | (items[:, 0] != items[:, 1])
    fixed = np.full(len(head), -1, np.int32)
    np.maximum.at(fixed, into, problem.fixed)
    core = replace(
        problem, num_spiders=len(head), items=items[kept], is_chain=problem.is_chain[kept],
        start=problem.start[head], end=problem.end[tail], successor=np.array(successor, np.int32),
        item_time=problem.item_time[kept], fixed=fixed,
    )  # fmt: skip
    return core, into


def expand(problem: PlacementProblem, into: Int | None, place: Int, item_place: Int) -> tuple[Int, Int]:
    """Carry a placement of the contracted problem over to the problem; it fits if the contracted one does."""
    if into is None:
        return place, item_place
    full = place[into].astype(np.int32)
    items = np.empty(problem.num_items, np.int32)
    merged = into[problem.items[:, 0]] == into[problem.items[:, 1]]
    kept = ~problem.is_chain | ~merged
    items[kept] = item_place
    items[~kept] = full[problem.items[~kept, 0]]
    # A merged spider stands with its successor, but it is where the wire is handed over that it costs nothing.
    first, _, _ = problem.cells
    occupied = count_occupied(problem, full)
    start, chain = problem.chains
    chain_item = np.full(problem.num_spiders, -1, np.int32)
    of_chain = np.flatnonzero(problem.is_chain)
    chain_item[problem.items[of_chain, 0]] = of_chain
    bare = _bare(problem)
    for a, b in zip(start[:-1].tolist(), start[1:].tolist(), strict=True):
        wire = chain[a:b].tolist()
        for i in range(1, len(wire)):
            p, x = wire[i - 1], wire[i]
            if into[p] == into[x] or not bare[x]:
                continue
            j = i
            while bare[wire[j]]:  # not beyond the chain: what follows its last other spider is in that one's group
                j += 1
            here, there, hand_over = int(full[p]), int(full[x]), int(items[chain_item[p]])
            if hand_over == there:
                continue
            u, v = int(first[x]), int(first[wire[j]])
            room = occupied[hand_over, u + (hand_over == here) : v + 1]
            if (room < problem.capacity[hand_over]).all():
                room += 1
                occupied[there, u + (here == there) : v] -= 1
                for s in wire[i:j]:
                    full[s] = hand_over
                    items[chain_item[s]] = hand_over
    return full, items


def count_cost(problem: PlacementProblem, place: Int, item_place: Int) -> int:
    """The cost of a placement, counted from scratch."""
    if problem.window is not None:
        return _count_visits(problem, problem.window, place, item_place)
    touches = np.zeros((problem.num_spiders, problem.num_nodes), bool)
    touches[np.arange(problem.num_spiders), place] = True
    for leg in problem.items.T:
        touches[leg[leg >= 0], item_place[leg >= 0]] = True
    if len(problem.steiner):
        masks = touches @ (1 << np.arange(problem.num_nodes))
        return int(problem.steiner[masks].sum())
    return int((problem.distance[place] * touches).sum())


def _count_visits(problem: PlacementProblem, window: int, place: Int, item_place: Int) -> int:
    start, item = problem.incidence
    spider = np.repeat(np.arange(problem.num_spiders), np.diff(start))
    node, time = item_place[item], problem.item_time[item]
    by = np.lexsort((time, node, spider))
    spider, node, time = spider[by], node[by], time[by]
    follows = (spider[1:] == spider[:-1]) & (node[1:] == node[:-1]) & (time[1:] - time[:-1] <= window)
    first = np.append(True, ~follows)[: len(by)]
    return int(problem.distance[place[spider[first]], node[first]].sum())


def count_occupied(problem: PlacementProblem, place: Int) -> Int:
    """Data qubits taken on each node at each step where a spider starts or ends, int32[K, cells], counted from scratch."""
    first, last, cells = problem.cells
    change = np.zeros((problem.num_nodes, cells + 2), np.int32)
    shared = (problem.successor >= 0) & (place == place[problem.successor])
    np.add.at(change, (place, first), 1)
    np.add.at(change, (place, last + 1 - shared), -1)
    return np.cumsum(change, axis=1, dtype=np.int32)[:, :cells]


def check_capacity(problem: PlacementProblem) -> None:
    """Raise ``NW-13`` if at some step more spiders are alive than there are data qubits."""
    if problem.num_spiders == 0:
        return
    alive = count_occupied(problem, np.zeros(problem.num_spiders, np.int32))[0]
    total = int(problem.capacity.sum())
    if int(alive.max()) > total:
        names = _node_names(problem)
        sizes = "; ".join(f"{name}: {c}" for name, c in zip(names[:8], problem.capacity.tolist(), strict=False))
        raise NetworkInfeasible(
            "NW-13",
            f"the program needs {int(alive.max())} data qubits at one time, the network has {total} ({sizes}"
            + ("; ..." if len(names) > 8 else "") + f"): {int(alive.max()) - total} too few",
            help="add nodes or raise their 'data' qubits",
            lacks=(None, "data", int(alive.max()) - total),
        )  # fmt: skip


def _node_names(problem: PlacementProblem) -> tuple[str, ...]:
    return problem.node_names or tuple(f"n{i}" for i in range(problem.num_nodes))


def _tidy(problem: PlacementProblem, place: Int, item_place: Int) -> None:
    """An item whose spiders all stand on one node is realised there: that never costs more."""
    for i, legs in enumerate(problem.items.tolist()):
        nodes = {int(place[s]) for s in legs if s >= 0}
        if len(nodes) == 1:
            item_place[i] = nodes.pop()


# ---- starts: whole wires, one node each ------------------------------------------------------------------------------


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


def _starts(problem: PlacementProblem, seed: int, turns: int = TURNS[1]) -> list[tuple[int, str, Int, Int]]:
    """Static placements that fit, best first: ``(cost, name, place, item_place)``; so many ``turns`` are Mt-KaHyPar's."""
    found: list[tuple[int, int, str, Int, Int]] = []

    def add(name: str, place: Int, item_place: Int | None = None) -> None:
        items = _item_start(problem, place)
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
            for blocks, items in _mtkahypar_blocks(problem, track_of, number, seed, turns):
                add("mt-kahypar", blocks[track_of], items)
    found.sort(key=lambda x: (x[0], x[1]))
    return [(cost, name, place, items) for cost, _, name, place, items in found]


def _item_start(problem: PlacementProblem, place: Int) -> Int:
    """Each item at its first spider's place."""
    return place[problem.items[:, 0]].astype(np.int32) if problem.num_items else np.zeros(0, np.int32)


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
            + ", ".join(_node_names(problem)[b] for b in np.flatnonzero(full)[:8].tolist()),
            help="fix fewer places, or raise the nodes' 'data' qubits",
        )
    return place


def _mtkahypar_blocks(
    problem: PlacementProblem, track_of: Int, number: int, seed: int, turns: int
) -> Iterator[tuple[Int, Int]]:
    """Nodes of tracks and of items by Mt-KaHyPar: tracks weigh 1, items 0, spiders are the hyperedges.

    Its deterministic preset ignores seeds, so the numbering of the vertices is permuted to vary.
    """
    import mtkahypar

    global _mtkahypar
    if _mtkahypar is None:
        _mtkahypar = mtkahypar.initialize(1)
    incident_start, incident = problem.incidence
    size = number + problem.num_items
    nets = []
    for s in range(problem.num_spiders):
        around = incident[incident_start[s] : incident_start[s + 1]]
        if len(around):
            nets.append(np.concatenate([track_of[s : s + 1], number + around]))
    weight = np.zeros(size, np.int64)
    weight[:number] = 1
    for turn in range(turns if len(incident) < MAX_TURNED else 1):
        names = np.random.Generator(np.random.PCG64([seed, turn])).permutation(size)
        context = _mtkahypar.context_from_preset(mtkahypar.PresetType.DETERMINISTIC)
        context.set_partitioning_parameters(problem.num_nodes, 0.0, mtkahypar.Objective.KM1)
        context.set_individual_target_block_weights(problem.capacity.tolist())
        context.logging = False
        weights = np.empty(size, np.int64)
        weights[names] = weight
        graph = _mtkahypar.create_hypergraph(
            context, size, len(nets), [names[net].tolist() for net in nets], weights.tolist(), [1] * len(nets)
        )
        result = graph.partition(context)
        blocks = np.array([result.block_id(int(x)) for x in names], np.int32)
        tracks, items = blocks[:number], blocks[number:]
        _repair(problem, track_of, tracks, items)
        node_of = _map_blocks(problem, track_of, tracks, items)
        yield node_of[tracks], node_of[items]


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
