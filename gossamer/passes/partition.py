"""`partition`: put every spider and every item (edge, gadget) of an open graph on a node, with as few ebits as possible.

The problem is in :mod:`gossamer.passes.placement_problem`, the search for one effort in :mod:`gossamer.passes.placement_search`. Here efforts are
made one after another, and where communication qubits are limited, what their links take is counted.
"""

from __future__ import annotations

from dataclasses import replace

from gossamer.diagnostics import NetworkInfeasible
from gossamer.ir.diagram import Int
from gossamer.ir.network import Network
from gossamer.ir.open_graph import OpenGraph
from gossamer.ir.placed import Assignment
from gossamer.passes.links import Links
from gossamer.passes.placement_graph import Names, assignment_of, problem_and_names
from gossamer.passes.placement_problem import PlacementProblem
from gossamer.passes.placement_search import TURNS, Tricks, default_moves, search
from gossamer.passes.steiner import UNREACHABLE
from gossamer.passes.weights import weigh
from gossamer.progress import share

#: How many steps a copy may wait for its next use, tried where communication qubits are limited.
WINDOWS = (5, 15, 45, 135)
#: With more items only one of them is tried.
MAX_PROBED = 20_000


def partition(
    graph: OpenGraph,
    network: Network,
    *,
    effort: int = 1,
    seed: int = 0,
    objective: str = "ebits",
    fixed: Int | None = None,
    tricks: Tricks = Tricks(),
    links: Links | None = None,
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
    links
        How the placement is going to be realised; by default with all that the pass `links` can do.
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
    problem, names = problem_and_names(graph, network, weights)
    problem = replace(
        problem, third=problem.third and tricks.third, steiner=problem.steiner[: None if tricks.steiner else 0]
    )
    if fixed is not None:
        problem = replace(problem, fixed=fixed[names.vertex_of])
    limited = any(node.comm is not None for node in network.nodes)
    links = Links(objective=objective) if links is None else links
    levels = range(min(least, effort), effort + 1)
    budgets = [default_moves(problem, level) for level in levels]
    results: list[tuple[int, Assignment]] = []
    for i, level in enumerate(levels):
        begin, end = (sum(budgets[:at]) / max(1, sum(budgets)) for at in (i, i + 1))
        with share("", begin, end):
            found = search(problem, moves=budgets[i], seed=seed, tricks=tricks, turns=TURNS[level])
            one = found.cost, assignment_of(graph, names, found)
            if limited:
                one = _within_comm(graph, network, links, problem, names, budgets[i], seed, tricks, *one)
            results.append(one)
    return min(results, key=lambda result: result[0])[1]


def _within_comm(
    graph: OpenGraph, network: Network, links: Links, problem: PlacementProblem, names: Names, moves: int, seed: int,
    tricks: Tricks, cost: int, given: Assignment,
) -> tuple[int, Assignment]:  # fmt: skip
    """The assignment that takes the fewest links (the least weight of them) with the communication qubits that there are.

    ``given`` was found for any number of them, and has that ``cost`` then.
    A copy that waits long for its next use is measured and fetched again where communication qubits are short. How long is
    long depends on the program, so the search is made with several windows (see ``PlacementProblem``), each result is
    realised, and the window that did best gets more moves. Moves with a window take some three times as long.
    """

    def count_links(assignment: Assignment) -> int:
        try:
            return weigh(network, links.objective).of(links.run(graph, assignment, network))
        except NetworkInfeasible:
            return UNREACHABLE * graph.num_vertices

    def search_within(window: int, budget: int) -> tuple[int, Assignment]:
        found = search(replace(problem, window=window), moves=budget, seed=seed, tricks=tricks)
        assignment = assignment_of(graph, names, found)
        return count_links(assignment), assignment

    best = count_links(given)
    if best <= cost or not tricks.windows:
        return best, given  # they suffice, or nobody asks
    windows = WINDOWS if problem.num_items <= MAX_PROBED else WINDOWS[1:2]
    probes = [(*search_within(window, moves // 16), window) for window in windows]
    _, _, window = min(probes, key=lambda probe: probe[0])
    results = [(best, given), *(probe[:2] for probe in probes), search_within(window, moves // 4)]
    return min(results, key=lambda result: result[0])
