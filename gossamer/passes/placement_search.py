"""The search for a placement: a static start, improved by simulated annealing.

What comes out fits. Equal arguments give an equal result: effort is a number of moves, never a clock.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import numpy as np

from gossamer.ir.diagram import Int
from gossamer.passes.placement_problem import Placement, PlacementProblem, check_capacity, count_cost, count_occupied
from gossamer.passes.placement_reduce import contract, expand, find_idle, with_idle, without_idle
from gossamer.passes.placement_starts import find_starts, items_with_first
from gossamer.passes.steiner import UNREACHABLE
from gossamer.progress import share, tell

#: Elementary moves for each spider and item, and the most of all, by effort: a wider search takes a few times as long.
MOVES = (1_875, 15_000, 60_000, 180_000)
MOST_MOVES = (13_750_000, 110_000_000, 300_000_000, 600_000_000)
#: How many starts Mt-KaHyPar makes, by effort.
TURNS = (1, 4, 4, 4)
#: Seconds between two words about the progress.
TICK = 0.2


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


def default_moves(problem: PlacementProblem, effort: int = 1) -> int:
    """The budget of elementary moves of each of two threads, for an effort of 0 to 3: some seconds at most for effort 1, minutes for 3.

    Idle wires ask for none.
    """
    idle = find_idle(problem)
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
    idle = find_idle(problem)
    if idle.any():
        found = with_idle(problem, idle, _search(without_idle(problem, idle), moves, seed, tricks, turns))
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
    >>> from gossamer.passes.placement_graph import problem_from_graph
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
    item_place = items_with_first(problem, place)
    start_cost = count_cost(problem, place, item_place)
    place, item_place = _anneal(
        problem, [(place, item_place)], moves, 0.3 * problem.typical, 0.08 * problem.least, 2 * seed
    )
    _tidy(problem, place, item_place)
    return Placement(place, item_place, count_cost(problem, place, item_place), start_cost, "given")


def _search(problem: PlacementProblem, moves: int, seed: int, tricks: Tricks, turns: int) -> Placement:
    tell("start", 0.0)
    core, merge = contract(problem) if tricks.contract else (problem, None)
    starts = find_starts(core, seed, turns if tricks.hypergraph else 0)
    start_cost, name, place, item_place = starts[0]
    choice = tricks.anneal and problem.num_nodes > 1 and problem.num_items > 0
    if choice:
        near = [s[2:] for s in starts[:2] if s[0] <= start_cost + start_cost // 4]
        hot = _temperature(moves / (core.num_spiders + core.num_items))
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


def _temperature(moves: float) -> float:
    """The first temperature, in ebits, for so many moves of each spider and item: no start is heated up more than can be cooled again.

    Below 200 moves what is lost by heating up is not won back (measured on random circuits of 10^4 gates).
    """
    return min(0.15 + 0.12 * math.log10(1 + moves), 0.13 + 0.25 * max(0.0, math.log10(max(moves, 1) / 200)))


def _anneal(
    problem: PlacementProblem, starts: list[tuple[Int, Int]], moves: int, hot: float, cold: float, seed: int,
    tricks: Tricks = Tricks(),
) -> tuple[Int, Int]:  # fmt: skip
    """Anneal two starts (or one twice) in two threads; return the better result, the first if they are equal."""
    start_cost = count_cost(problem, *starts[0])
    if start_cost == 0:
        return starts[0]
    from gossamer.passes import placement_kernels

    kernel: Any = placement_kernels.anneal
    watch = np.array([[0, start_cost, 0]] * 2, np.int64)

    def run(thread: int) -> tuple[int, Int, Int]:
        place, item_place = (x.copy() for x in starts[min(thread, len(starts) - 1)])
        arrays = (*kernel_arguments(problem), tricks.runs, tricks.exchanges)
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


def kernel_arguments(problem: PlacementProblem) -> tuple[Any, ...]:
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


def _tidy(problem: PlacementProblem, place: Int, item_place: Int) -> None:
    """An item whose spiders all stand on one node is realised there: that never costs more."""
    for i, legs in enumerate(problem.items.tolist()):
        nodes = {int(place[s]) for s in legs if s >= 0}
        if len(nodes) == 1:
            item_place[i] = nodes.pop()
