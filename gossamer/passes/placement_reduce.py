"""Smaller placement problems whose solutions carry over: without the wires on which nothing happens, and without spiders that cost nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gossamer.ir.diagram import Int
from gossamer.passes.placement_problem import Placement, PlacementProblem, count_cost, count_occupied


def _bare(problem: PlacementProblem) -> NDArray[np.bool_]:
    """The spiders that have chain items only and no fixed place."""
    bare = np.asarray(problem.fixed == -1)
    legs = problem.items[~problem.is_chain].ravel()
    bare[legs[legs >= 0]] = False
    return bare


def find_idle(problem: PlacementProblem) -> NDArray[np.bool_]:
    """The spiders of wires on which nothing ever happens and that may stand anywhere."""
    start, chain = problem.chains
    idle = np.zeros(problem.num_spiders, bool)
    if len(chain):
        idle[chain] = np.repeat(np.logical_and.reduceat(_bare(problem)[chain], start[:-1]), np.diff(start))
    return idle


def without_idle(problem: PlacementProblem, idle: NDArray[np.bool_]) -> PlacementProblem:
    """The problem of the other wires, with all qubits of the network."""
    kept = ~idle
    number = np.append(np.cumsum(kept, dtype=np.int32) - 1, np.int32(-1))  # -1 stays -1
    items = kept[problem.items[:, 0]]
    return replace(
        problem, num_spiders=int(kept.sum()), items=number[problem.items[items]], is_chain=problem.is_chain[items],
        start=problem.start[kept], end=problem.end[kept], successor=number[problem.successor[kept]],
        item_time=problem.item_time[items], fixed=problem.fixed[kept],
    )  # fmt: skip


def with_idle(problem: PlacementProblem, idle: NDArray[np.bool_], found: Placement) -> Placement | None:
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
