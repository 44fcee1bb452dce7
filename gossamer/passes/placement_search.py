"""The search for a placement: a static start, improved by simulated annealing.

What comes out fits. Equal arguments give an equal result: effort is a number of moves, never a clock.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from gossamer.ir.diagram import Int
from gossamer.passes.placement_parts import Parts, cut_in_time
from gossamer.passes.placement_problem import Placement, PlacementProblem, check_capacity, count_cost, count_occupied
from gossamer.passes.placement_reduce import contract, expand, find_idle, with_idle, without_idle
from gossamer.passes.placement_starts import find_starts, items_on_demand
from gossamer.passes.steiner import UNREACHABLE
from gossamer.progress import share, tell

#: Elementary moves for each spider and item, the most of all, and the least for each in a problem that is too large for that, by effort: a
#: wider search takes a few times as long.
MOVES = (1_250, 9_000, 36_000, 108_000)
MOST_MOVES = (11_000_000, 66_000_000, 180_000_000, 360_000_000)
LEAST_MOVES = (120, 240, 480, 960)
#: How many starts Mt-KaHyPar makes, by effort.
TURNS = (1, 4, 4, 4)
#: Problems with at least so many spiders are searched in parts of the time, in so many rounds that cut at different times. Parts have so many
#: spiders each at most, or twice, four times ... as many, so that at least this share of spiders and items is inside of one in each round.
MIN_IN_PARTS, ROUNDS, PART, LEAST_HELD = 2_500, 4, 4_000, 0.8
#: More parts than there ever are: seeds of rounds are so far apart.
MAX_PARTS = 1 << 24
#: Seconds between two words about the progress.
TICK = 0.2

_T = TypeVar("_T")


@dataclass(frozen=True)
class Tricks:
    """What the search does to find better placements; each can be left out, to see what it wins.

    Attributes
    ----------
    hypergraph : a start by partitioning the hypergraph (Mt-KaHyPar), besides the greedy one
    anneal : the start is improved; without it the placement stays static
    runs : spiders that follow each other on a wire move together
    parts : large problems are searched in parts of the time, which both threads share
    exchanges : what moves to a full node changes places with what stands there
    contract : spiders that have chain items only are merged first
    third : items may be realised at a node where none of their spiders stands
    steiner : trees of links are what is counted, not a way to each node of its own
    windows : where communication qubits are limited, what waiting costs is counted too
    """

    hypergraph: bool = True
    anneal: bool = True
    runs: bool = True
    parts: bool = True
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
    return min(MOVES[effort] * size, max(MOST_MOVES[effort], LEAST_MOVES[effort] * size))


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
    item_place = items_on_demand(problem, place)
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
        near = [s[2:] for s in starts if s[0] <= start_cost + start_cost // 4]
        near[1:] = sorted(near[1:], key=lambda start: -_room(core, start[0]))[:1]  # full nodes are hard to get out of
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


def _room(problem: PlacementProblem, place: Int) -> int:
    """How many qubits are free all the time on the fullest node."""
    return int((problem.capacity - count_occupied(problem, place).max(axis=1, initial=0)).min())


def _temperature(moves: float) -> float:
    """The first temperature, in ebits, for so many moves of each spider and item: no start is heated up more than can be cooled again.

    Below 60 moves what is lost by heating up is not won back (measured on random circuits of 10^4 and 10^5 gates).
    """
    return min(0.15 + 0.12 * math.log10(1 + moves), 0.13 + 0.25 * max(0.0, math.log10(max(moves, 1) / 60)))


def _anneal(
    problem: PlacementProblem, starts: list[tuple[Int, Int]], moves: int, hot: float, cold: float, seed: int,
    tricks: Tricks = Tricks(),
) -> tuple[Int, Int]:  # fmt: skip
    """Anneal in two threads: two starts (or one twice), of which the better result is returned, or the first start in parts of the time."""
    start_cost = count_cost(problem, *starts[0])
    if start_cost == 0:
        return starts[0]
    if tricks.parts and problem.num_spiders >= MIN_IN_PARTS:
        rounds = _rounds(problem)
        if rounds:
            return _anneal_parts(
                problem, max(starts, key=lambda start: _room(problem, start[0])), rounds, moves, hot, cold, seed, tricks
            )
    from gossamer.passes import placement_kernels

    kernel: Any = placement_kernels.anneal
    watch = np.array([[0, start_cost, 0]] * 2, np.int64)

    def run(thread: int) -> tuple[int, Int, Int]:
        place, item_place = (x.copy() for x in starts[min(thread, len(starts) - 1)])
        arrays = (*kernel_arguments(problem), tricks.runs, tricks.exchanges)
        cost = kernel(place, item_place, *arrays, moves, hot, cold, seed + thread, watch[thread])
        return int(cost), place, item_place

    results = _in_two_threads(run, problem, watch, lambda: int(watch[:, 1].min()), 2 * moves)
    _, place, item_place = min(results, key=lambda result: result[0])
    return place, item_place


def _rounds(problem: PlacementProblem) -> list[Parts]:
    """The parts of each round, as small as they may be; none if that is half of the problem or more."""
    most = PART
    while True:
        pairs = -(-problem.num_spiders // (2 * most))
        size = -(-problem.num_spiders // (2 * pairs))  # an even number of parts, for two threads
        even, odd = (cut_in_time(problem, size, offset) for offset in (0, size // 2))
        if min(even.held, odd.held) >= LEAST_HELD:
            return [(even, odd)[r % 2] for r in range(ROUNDS)]
        if pairs == 1:
            return []
        most *= 2


def _anneal_parts(
    problem: PlacementProblem, start: tuple[Int, Int], rounds: list[Parts], moves: int, hot: float, cold: float, seed: int,
    tricks: Tricks,
) -> tuple[Int, Int]:  # fmt: skip
    """Anneal parts of the time one after another, every second one in each of two threads; each round cuts elsewhere and begins cooler.

    No part costs more afterwards than it did before. Two threads that share the work make as many moves of each spider as one that
    has twice the time, and what a part needs stays in the processor's cache.
    """
    from gossamer.passes import placement_kernels

    kernel: Any = placement_kernels.anneal_parts
    place, item_place = (x.copy() for x in start)
    arrays = kernel_arguments(problem)
    *state, cost = placement_kernels.make_state(place, item_place, *arrays)
    kept = place.copy(), item_place.copy()
    watch = np.array([[0, cost, 0]] * 2, np.int64)
    for r, parts in enumerate(rounds):
        cost += int((watch[:, 1] - cost).sum())
        watch[:, 1] = cost
        ends = [hot * (cold / hot) ** (at / len(rounds)) for at in (r, r + 1)]

        def run(thread: int, parts: Parts = parts, ends: list[float] = ends, r: int = r) -> None:
            mine = np.arange(thread, parts.number, 2)
            kernel(
                mine, *parts.columns, place, item_place, *arrays, tricks.runs, tricks.exchanges, *state, *kept,
                2 * moves // len(rounds), *ends, seed + r * MAX_PARTS, watch[thread],
            )  # fmt: skip

        def best_cost(cost: int = cost) -> int:
            return int(watch[:, 1].sum()) - cost

        _in_two_threads(run, problem, watch, best_cost, 2 * moves)
    return place, item_place


def _in_two_threads(
    run: Callable[[int], _T], problem: PlacementProblem, watch: Any, best: Callable[[], int], moves: int
) -> list[_T]:
    """The results of ``run(0)`` and ``run(1)``; meanwhile the best cost and the moves made are told."""
    unit = "ebits" if problem.least == problem.typical == 1 and problem.window is None else "in weights"
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run, thread) for thread in range(2)]
        try:
            while wait(runs, TICK).not_done:
                tell(f"{best()} {unit}", min(1.0, float(watch[:, 0].sum()) / max(1, moves)))
            return [one.result() for one in runs]
        except BaseException:
            watch[:, 2] = 1  # the threads stop soon, or an interrupt would wait for them
            raise


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
    nodes = place[problem.items]
    together = ((nodes == nodes[:, :1]) | (problem.items < 0)).all(axis=1)
    item_place[together] = nodes[together, 0]
