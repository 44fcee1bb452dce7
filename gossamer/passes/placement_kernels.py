"""Compiled loops of the partition search: simulated annealing over places of spiders and items, with exact occupancy.

Everything here is plain arrays. The state is kept incrementally: for each spider how many of its items stand on each node and
what it costs, for each node how many data qubits are taken at each moment. A move is applied, judged, and undone if refused;
capacities hold after every move. A run depends on its seed alone (:mod:`gossamer.passes.random_kernel`).
Import it inside functions only: numba compiles on first use and keeps the result on disk.

References
----------
Simulated annealing: Kirkpatrick, Gelatt, Vecchi, Science 220, 671 (1983).
Steiner trees by subsets: Dreyfus, Wagner, Networks 1, 195 (1971).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from gossamer.passes.random_kernel import below, draw

#: Differences of cost from here on are never accepted: at least so large, at most so large where weights are.
MIN_RISE, MAX_RISE = 64, 1 << 14
#: How many cells around a run are looked at for room.
WIDE = 256
#: What a move costs that would leave an item where it may not be.
FORBIDDEN = 1 << 40


@njit(cache=True, nogil=True)
def _cost_at(s: Any, p: Any, mask: Any, visits: Any, table: Any, distance: Any, window: Any) -> Any:
    """Cost of spider s if it stood on node p."""
    if table.shape[0] > 0:
        return np.int64(table[mask[s] | (1 << p)])
    total = np.int64(0)
    for b in range(distance.shape[0]):
        if visits[s, b] > 0:
            if window is None:
                total += distance[p, b]
            else:
                total += distance[p, b] * visits[s, b]
    return total


@njit(cache=True, nogil=True)
def _new_visits(
    e: Any, z: Any, b: Any, items: Any, item_place: Any, position: Any, item_time: Any, incident_start: Any, incident: Any,
    window: Any,
) -> Any:  # fmt: skip
    """How many more visits spider ``items[e, z]`` makes to node b with item e there than without it.

    Items that follow each other within ``window`` steps are one visit.
    """
    s, at, t = items[e, z], position[e, z], item_time[e]
    before = after = np.int64(-1)
    for y in range(at - 1, incident_start[s] - 1, -1):
        o = incident[y]
        if t - item_time[o] > window:
            break
        if item_place[o] == b:
            before = np.int64(item_time[o])
            break
    for y in range(at + 1, incident_start[s + 1]):
        o = incident[y]
        if item_time[o] - t > window:
            break
        if item_place[o] == b:
            after = np.int64(item_time[o])
            break
    if before >= 0 and after >= 0:
        return np.int64(0 if after - before <= window else -1)
    return np.int64(1 if before < 0 and after < 0 else 0)


@njit(cache=True, nogil=True)
def _count_visits(
    e: Any, b0: Any, b1: Any, move: Any, items: Any, place: Any, item_place: Any, visits: Any, cost: Any, distance: Any,
    position: Any, item_time: Any, incident_start: Any, incident: Any, window: Any,
) -> Any:  # fmt: skip
    """With a window: by how much the cost rises if item e moves from node b0 to node b1; with ``move``, note it."""
    d = np.int64(0)
    for z in range(items.shape[1]):
        s = items[e, z]
        if s < 0:
            break
        p = place[s]
        rise = np.int64(0)
        for side in range(2):
            b = b1 if side else b0
            if b != p or move:
                more = (2 * side - 1) * _new_visits(
                    e, z, b, items, item_place, position, item_time, incident_start, incident, window
                )
                rise += distance[p, b] * more
                if move:
                    visits[s, b] += more
        if move:
            cost[s] += rise
        d += rise
    return d


@njit(cache=True, nogil=True)
def _rise(
    e: Any, b0: Any, b1: Any, items: Any, place: Any, item_place: Any, mask: Any, visits: Any, cost: Any, table: Any,
    distance: Any, position: Any, item_time: Any, incident_start: Any, incident: Any, window: Any,
) -> Any:  # fmt: skip
    """By how much the cost rises if item e moves from node b0 to node b1."""
    if window is not None:
        return _count_visits(e, b0, b1, False, items, place, item_place, visits, cost, distance, position, item_time,
                             incident_start, incident, window)  # fmt: skip
    d = np.int64(0)
    for z in range(items.shape[1]):
        s = items[e, z]
        if s < 0:
            break
        p = place[s]
        if table.shape[0] > 0:
            m = mask[s] | (1 << b1)
            if visits[s, b0] == 1:
                m &= ~(1 << b0)
            d += table[m | (1 << p)] - cost[s]
        else:
            if visits[s, b0] == 1:
                d -= distance[p, b0]
            if visits[s, b1] == 0:
                d += distance[p, b1]
    return d


@njit(cache=True, nogil=True)
def _move_item(
    e: Any, b1: Any, items: Any, place: Any, item_place: Any, mask: Any, visits: Any, cost: Any, table: Any,
    distance: Any, position: Any, item_time: Any, incident_start: Any, incident: Any, window: Any,
) -> None:  # fmt: skip
    b0 = np.int64(item_place[e])
    item_place[e] = b1
    if window is not None:
        _count_visits(e, b0, b1, True, items, place, item_place, visits, cost, distance, position, item_time,
                      incident_start, incident, window)  # fmt: skip
        return
    for z in range(items.shape[1]):
        s = items[e, z]
        if s < 0:
            break
        p = place[s]
        visits[s, b0] -= 1
        visits[s, b1] += 1
        if table.shape[0] > 0:
            m = mask[s] | (1 << b1)
            if visits[s, b0] == 0:
                m &= ~(1 << b0)
            mask[s] = m
            cost[s] = table[m | (1 << p)]
        else:
            if visits[s, b0] == 0:
                cost[s] -= distance[p, b0]
            if visits[s, b1] == 1:
                cost[s] += distance[p, b1]


@njit(cache=True, nogil=True)
def _allowed(e: Any, b: Any, items: Any, place: Any, third: Any) -> Any:
    if third and (items.shape[1] == 2 or items[e, 2] < 0):  # a wide gadget needs a data qubit of its node
        return True
    for z in range(items.shape[1]):
        s = items[e, z]
        if s < 0:
            break
        if place[s] == b:
            return True
    return False


@njit(cache=True, nogil=True)
def _span(a: Any, lo: Any, hi: Any, end: Any, p: Any, chain: Any, place: Any, first: Any, last: Any) -> Any:
    """The cells that ``chain[lo..hi]`` takes on node p beyond what its neighbours on the chain take there anyway.

    A spider keeps its qubit during the step that hands it over to another node; on one node it shares it with its successor.
    """
    u = first[chain[lo]]
    if lo > a and place[chain[lo - 1]] == p:
        u += 1
    v = last[chain[hi]]
    if hi + 1 < end and place[chain[hi + 1]] == p:
        v -= 1
    return u, v


@njit(cache=True, nogil=True)
def _reach(
    i: Any, end: Any, most: Any, p: Any, part: Any, chain: Any, place: Any, home: Any
) -> Any:  # fmt: skip
    """Where a run ends that goes from ``chain[i]`` towards ``chain[end]``, over at most so many spiders that stand on node p and may move."""
    step = 1 if end > i else -1
    while i != end and most > 0 and place[chain[i + step]] == p and home[chain[i + step]] == part:
        i += step
        most -= 1
    return i


@njit(cache=True, nogil=True)
def _has_room(occupied: Any, u: Any, v: Any, capacity: Any) -> Any:
    """Whether one more qubit fits from cell u to cell v; without a branch in the loop, which the processor then does for many cells at once."""
    most = np.int32(0)
    for t in range(u, v + 1):
        most = max(most, occupied[t])
    return v < u or most < capacity


@njit(cache=True, nogil=True)
def _shift(
    a: Any, lo: Any, hi: Any, end: Any, p0: Any, p1: Any, chain: Any, place: Any, first: Any, last: Any, occupied: Any
) -> None:
    """Move ``chain[lo..hi]`` from node p0 to node p1 in the table of occupied qubits and in ``place``."""
    u, v = _span(a, lo, hi, end, p0, chain, place, first, last)
    for t in range(u, v + 1):
        occupied[p0, t] -= 1
    u, v = _span(a, lo, hi, end, p1, chain, place, first, last)
    for t in range(u, v + 1):
        occupied[p1, t] += 1
    for i in range(lo, hi + 1):
        place[chain[i]] = p1


@njit(cache=True, nogil=True)
def count_state(
    items: Any, item_time: Any, incident_start: Any, incident: Any, chain_start: Any, chain: Any, first: Any, last: Any,
    table: Any, distance: Any, window: Any, place: Any, item_place: Any, mask: Any, visits: Any, cost: Any, occupied: Any,
) -> Any:  # fmt: skip
    """Fill ``mask, visits, cost, occupied`` from scratch; return the total cost."""
    mask[:] = 0
    visits[:] = 0
    occupied[:] = 0
    total = np.int64(0)
    latest = np.empty(visits.shape[1], np.int64)
    for s in range(place.shape[0]):
        latest[:] = -1
        for y in range(incident_start[s], incident_start[s + 1]):
            e = np.int64(incident[y])
            b = np.int64(item_place[e])
            visits[s, b] += 1
            if window is not None:
                visits[s, b] -= latest[b] >= 0 and item_time[e] - latest[b] <= window
            latest[b] = item_time[e]
            if table.shape[0] > 0:
                mask[s] |= 1 << b
        cost[s] = _cost_at(s, np.int64(place[s]), mask, visits, table, distance, window)
        total += cost[s]
    for w in range(chain_start.shape[0] - 1):
        for i in range(chain_start[w], chain_start[w + 1]):
            s = chain[i]
            v = last[s]
            if i + 1 < chain_start[w + 1] and place[chain[i + 1]] == place[s]:
                v -= 1
            for t in range(first[s], v + 1):
                occupied[place[s], t] += 1
    return total


def make_state(
    place: Any, item_place: Any, items: Any, position: Any, item_time: Any, incident_start: Any, incident: Any,
    chain_start: Any, chain: Any, chain_of: Any, index_of: Any, first: Any, last: Any, free: Any, capacity: Any, table: Any,
    distance: Any, third: Any, window: Any,
) -> Any:  # fmt: skip
    """``mask, visits, cost, occupied`` of the places, and the total cost; takes what the kernels take."""
    num_spiders, nodes = place.shape[0], capacity.shape[0]
    mask = np.zeros(num_spiders, np.int32)
    cost = np.zeros(num_spiders, np.int32)
    visits = np.zeros((num_spiders, nodes), np.int32)
    occupied = np.zeros((nodes, int(last.max(initial=-1)) + 1), np.int32)
    total = count_state(items, item_time, incident_start, incident, chain_start, chain, first, last, table, distance,
                        window, place, item_place, mask, visits, cost, occupied)  # fmt: skip
    return mask, visits, cost, occupied, total


@njit(cache=True, nogil=True)
def seeded(seed: Any) -> Any:
    """The state of random numbers for a seed."""
    state = np.empty(1, np.uint64)
    state[0] = (np.uint64(seed) + np.uint64(1)) * np.uint64(11400714819323198485) | np.uint64(1)
    for _ in range(8):
        draw(state)
    return state


@njit(cache=True, nogil=True)
def _note(changed: Any, x: Any) -> None:
    """Add an element to the list of those that differ from the best state; ``changed[0]`` is their number, or more than there is room for."""
    if changed[0] + 1 < changed.shape[0]:
        changed[changed[0] + 1] = x
    changed[0] += 1


@njit(cache=True, nogil=True)
def anneal_within(
    part: Any, spiders: Any, some_items: Any, place: Any, item_place: Any, items: Any, position: Any, item_time: Any,
    incident_start: Any, incident: Any, chain_start: Any, chain: Any, chain_of: Any, index_of: Any, first: Any, last: Any,
    home: Any, item_home: Any, capacity: Any, table: Any, distance: Any, third: Any, window: Any, runs_move: Any,
    full_exchange: Any, mask: Any, visits: Any, cost: Any, occupied: Any, best_place: Any, best_item: Any, changed: Any,
    undo_item: Any, undo_node: Any, total: Any, moves: Any, hot: Any, cold: Any, state: Any, watch: Any,
) -> Any:  # fmt: skip
    """Anneal one part of a problem in place, from temperature ``hot`` to ``cold``; the best state is kept.

    The part are the ``spiders`` and ``some_items`` whose ``home`` and ``item_home`` are ``part``; nothing else moves, and parts whose
    spiders share no moment and whose items are those of their own spiders may be annealed at the same time. ``mask, visits,
    cost, occupied`` are those of the whole problem (`count_state`) and stay true; ``total`` is its cost, ``best_place`` and
    ``best_item`` begin as copies of the places. ``changed`` and the arrays to undo moves are room to work in.

    Returns the cost of the best state.
    """
    num_spiders, nodes, legs, chains = place.shape[0], capacity.shape[0], items.shape[1], chain_start.shape[0] - 1
    # Beyond the moments of the part others may be at work: what they do there must not decide how much is looked at here.
    earliest, latest = np.int64(occupied.shape[1]), np.int64(-1)
    for s in spiders:
        if home[s] == part:
            earliest, latest = min(earliest, first[s]), max(latest, last[s])
    best = total
    changed[0] = 0
    rises = min(max(MIN_RISE, int(23 * hot) + 1), MAX_RISE)  # exp(-23) is less than what a draw can tell from 0
    accept = np.zeros(rises, np.uint64)
    run = np.zeros((2, 4), np.int64)  # start of the chain, lo, hi, end of the chain; two runs at most
    work = np.int64(0)
    cooled = np.int64(0)
    while work < moves:
        work += 1
        if work >= cooled:
            watch[0] += moves >> 10
            watch[1] = best
            if watch[2]:
                break
            cooled = work + (moves >> 10)
            temperature = hot * (cold / hot) ** (work / moves)
            for d in range(1, rises):
                accept[d] = np.uint64(np.exp(-d / temperature) * 4294967296.0)
        kind = below(state, 16)
        if kind < 12 and some_items.shape[0] > 0:
            # One item, or all items that a spider has on one node, moves to another node.
            e = np.int64(some_items[below(state, some_items.shape[0])])
            b0 = np.int64(item_place[e])
            s = np.int64(items[e, below(state, legs)])
            if s < 0:
                continue
            choice = below(state, 8)
            if choice < 3:
                o = items[e, below(state, legs)]
                if o < 0:
                    continue
                b1 = np.int64(place[o])
            elif choice < 6:
                b1 = np.int64(
                    item_place[incident[incident_start[s] + below(state, incident_start[s + 1] - incident_start[s])]]
                )
            else:
                b1 = below(state, nodes)
            if b1 == b0:
                continue
            if kind < 9:
                if not _allowed(e, b1, items, place, third):
                    continue
                d = _rise(e, b0, b1, items, place, item_place, mask, visits, cost, table, distance,
                          position, item_time, incident_start, incident, window)  # fmt: skip
                if d <= 0 or (d < rises and draw(state) < accept[d]):
                    _move_item(e, b1, items, place, item_place, mask, visits, cost, table, distance,
                               position, item_time, incident_start, incident, window)  # fmt: skip
                    _note(changed, num_spiders + e)
                    total += d
            else:
                d = 0
                undone = 0
                work += (incident_start[s + 1] - incident_start[s]) >> 1
                for y in range(incident_start[s], incident_start[s + 1]):
                    e = np.int64(incident[y])
                    if item_place[e] == b0 and item_home[e] == part and _allowed(e, b1, items, place, third):
                        d += _rise(e, b0, b1, items, place, item_place, mask, visits, cost, table, distance,
                                   position, item_time, incident_start, incident, window)  # fmt: skip
                        _move_item(e, b1, items, place, item_place, mask, visits, cost, table, distance,
                                   position, item_time, incident_start, incident, window)  # fmt: skip
                        undo_item[undone] = e
                        undone += 1
                if d <= 0 or (d < rises and draw(state) < accept[d]):
                    total += d
                    for y in range(undone):
                        _note(changed, num_spiders + undo_item[y])
                else:
                    for y in range(undone):
                        _move_item(np.int64(undo_item[y]), b0, items, place, item_place, mask, visits, cost, table, distance,
                                   position, item_time, incident_start, incident, window)  # fmt: skip
        else:
            # A run of spiders that stand on one node moves to another node, if need be in exchange for another run.
            s = spiders[below(state, spiders.shape[0])]
            if home[s] != part:
                continue
            p0 = np.int64(place[s])
            a, end = np.int64(chain_start[chain_of[s]]), np.int64(chain_start[chain_of[s] + 1])
            i: Any = np.int64(index_of[s])
            choice = below(state, 8)
            p1 = p0
            degree = incident_start[s + 1] - incident_start[s]
            if choice < 5 and degree > 0:
                e = np.int64(incident[incident_start[s] + below(state, degree)])
                if choice < 3:
                    p1 = np.int64(item_place[e])
                else:
                    o = items[e, below(state, legs)]
                    if o >= 0:
                        p1 = np.int64(place[o])
            elif choice == 5:
                if i > a:
                    p1 = np.int64(place[chain[i - 1]])
            elif choice == 6:
                if i + 1 < end:
                    p1 = np.int64(place[chain[i + 1]])
            else:
                p1 = below(state, nodes)
            if p1 == p0:
                continue
            lo = i
            hi = i
            longest = np.int64(1)
            if runs_move:
                # Lengths of all scales, long ones more rarely, so that each scale gets about the same part of the time.
                while longest < 1 << 15 and below(state, 8) < 5:
                    longest <<= 1
                longest -= 1
                shape = below(state, 4)
                left = right = longest
                if shape == 0:
                    left, right = below(state, longest + 1), below(state, longest + 1)
                elif shape == 1:
                    left = np.int64(0)
                elif shape == 2:
                    right = np.int64(0)
                lo = _reach(i, a, left, p0, part, chain, place, home)
                hi = _reach(i, end - 1, right, p0, part, chain, place, home)
            run[0, 0], run[0, 1], run[0, 2], run[0, 3] = a, lo, hi, end
            runs = 1
            u0, v0 = _span(a, lo, hi, end, p0, chain, place, first, last)
            u1, v1 = _span(a, lo, hi, end, p1, chain, place, first, last)
            work += 2 + hi - lo + (v1 - u1) // 20
            if not _has_room(occupied[p1], u1, v1, capacity[p1]):
                if not full_exchange:
                    continue
                # Somebody on p1 must come over in exchange: for all moments at which it is full (u1 to v1), and for none at
                # which p0 will be (before f0 or after l0).
                while occupied[p1, u1] < capacity[p1]:
                    u1 += 1
                while occupied[p1, v1] < capacity[p1]:
                    v1 -= 1
                f0, l0 = u0, v0
                while f0 > earliest and occupied[p0, f0 - 1] < capacity[p0] and u0 - f0 < WIDE:
                    f0 -= 1
                while l0 < latest and occupied[p0, l0 + 1] < capacity[p0] and l0 - v0 < WIDE:
                    l0 += 1
                work += (l0 - f0) // 20
                for _ in range(4 * nodes + 8):
                    w = below(state, chains)
                    if w == chain_of[s]:
                        continue
                    a2, end2 = np.int64(chain_start[w]), np.int64(chain_start[w + 1])
                    if first[chain[a2]] > u1 or last[chain[end2 - 1]] < v1:
                        continue
                    low, high = a2, end2 - 1
                    while low < high:
                        mid = (low + high + 1) >> 1
                        if first[chain[mid]] <= u1:
                            low = mid
                        else:
                            high = mid - 1
                    if place[chain[low]] != p1 or home[chain[low]] != part:
                        continue
                    work += 1
                    if first[chain[low]] + 1 < f0:
                        continue
                    lo2, hi2, high = low, low, end2 - 1
                    while hi2 < high:
                        mid = (hi2 + high) >> 1
                        if last[chain[mid]] >= v1:
                            high = mid
                        else:
                            hi2 = mid + 1
                    if last[chain[hi2]] - 1 > l0 or (hi2 > low and not runs_move):
                        continue
                    if _reach(low, hi2, hi2 - low, p1, part, chain, place, home) < hi2:
                        continue
                    if runs_move and below(state, 4) == 0:  # more than has to
                        lo2 = _reach(low, a2, longest, p1, part, chain, place, home)
                        hi2 = _reach(hi2, end2 - 1, longest, p1, part, chain, place, home)
                    u2, v2 = _span(a2, lo2, hi2, end2, p1, chain, place, first, last)
                    while runs_move and u2 > u1 and lo2 != _reach(lo2, a2, 1, p1, part, chain, place, home):
                        lo2 -= 1
                        u2, _ = _span(a2, lo2, hi2, end2, p1, chain, place, first, last)
                    while runs_move and v2 < v1 and hi2 != _reach(hi2, end2 - 1, 1, p1, part, chain, place, home):
                        hi2 += 1
                        _, v2 = _span(a2, lo2, hi2, end2, p1, chain, place, first, last)
                    work += hi2 - lo2
                    if u2 > u1 or v2 < v1:
                        continue
                    u2, v2 = _span(a2, lo2, hi2, end2, p0, chain, place, first, last)
                    work += (v2 - u2) // 20
                    if not _has_room(occupied[p0], u2, min(v2, u0 - 1), capacity[p0]):
                        continue
                    if not _has_room(occupied[p0], max(u2, v0 + 1), v2, capacity[p0]):
                        continue
                    run[1, 0], run[1, 1], run[1, 2], run[1, 3] = a2, lo2, hi2, end2
                    runs = 2
                    break
                if runs == 1:
                    continue
                _shift(run[1, 0], run[1, 1], run[1, 2], run[1, 3], p1, p0, chain, place, first, last, occupied)
            _shift(a, lo, hi, end, p0, p1, chain, place, first, last, occupied)
            d = 0
            for r in range(runs):
                for i in range(run[r, 1], run[r, 2] + 1):
                    s = np.int64(chain[i])
                    c = _cost_at(s, np.int64(place[s]), mask, visits, table, distance, window)
                    d += c - cost[s]
                    cost[s] = c
            undone = 0
            for r in range(runs):
                to = p1 if r == 0 else p0
                for i in range(run[r, 1], run[r, 2] + 1):
                    s = np.int64(chain[i])
                    work += incident_start[s + 1] - incident_start[s]
                    for y in range(incident_start[s], incident_start[s + 1]):
                        e = np.int64(incident[y])
                        b0 = np.int64(item_place[e])
                        if item_home[e] != part:
                            if not _allowed(e, b0, items, place, third):
                                d += FORBIDDEN
                        elif b0 != to:
                            rise = _rise(e, b0, to, items, place, item_place, mask, visits, cost, table, distance,
                                         position, item_time, incident_start, incident, window)  # fmt: skip
                            if rise <= 0 or not _allowed(e, b0, items, place, third):
                                undo_item[undone] = e
                                undo_node[undone] = b0
                                undone += 1
                                d += rise
                                _move_item(e, to, items, place, item_place, mask, visits, cost, table, distance,
                                           position, item_time, incident_start, incident, window)  # fmt: skip
            if d <= 0 or (d < rises and draw(state) < accept[d]):
                total += d
                for r in range(runs):
                    for i in range(run[r, 1], run[r, 2] + 1):
                        _note(changed, chain[i])
                for y in range(undone):
                    _note(changed, num_spiders + undo_item[y])
            else:
                for y in range(undone - 1, -1, -1):
                    _move_item(np.int64(undo_item[y]), np.int64(undo_node[y]), items, place, item_place, mask, visits, cost, table, distance,
                               position, item_time, incident_start, incident, window)  # fmt: skip
                if runs == 2:
                    _shift(run[1, 0], run[1, 1], run[1, 2], run[1, 3], p0, p1, chain, place, first, last, occupied)
                _shift(a, lo, hi, end, p1, p0, chain, place, first, last, occupied)
                for r in range(runs):
                    for i in range(run[r, 1], run[r, 2] + 1):
                        s = np.int64(chain[i])
                        cost[s] = _cost_at(s, np.int64(place[s]), mask, visits, table, distance, window)
        if total < best:
            best = total
            if changed[0] < changed.shape[0]:
                for y in range(1, changed[0] + 1):
                    x = changed[y]
                    if x < num_spiders:
                        best_place[x] = place[x]
                    else:
                        best_item[x - num_spiders] = item_place[x - num_spiders]
            else:
                for s in spiders:
                    best_place[s] = place[s]
                for e in some_items:
                    best_item[e] = item_place[e]
            changed[0] = 0
    # Back to the best state.
    every = changed[0] >= changed.shape[0]
    number = spiders.shape[0]
    for y in range(number + some_items.shape[0] if every else changed[0]):
        if not every:
            x = np.int64(changed[y + 1])
        elif y < number:
            x = np.int64(spiders[y])
        else:
            x = np.int64(num_spiders + some_items[y - number])
        if x >= num_spiders:
            e = x - num_spiders
            if item_place[e] != best_item[e]:
                _move_item(e, np.int64(best_item[e]), items, place, item_place, mask, visits, cost, table, distance,
                           position, item_time, incident_start, incident, window)  # fmt: skip
        elif place[x] != best_place[x]:
            i, w = np.int64(index_of[x]), chain_of[x]
            b0, b1 = np.int64(place[x]), np.int64(best_place[x])
            a, end = np.int64(chain_start[w]), np.int64(chain_start[w + 1])
            _shift(a, i, i, end, b0, b1, chain, place, first, last, occupied)
            cost[x] = _cost_at(x, b1, mask, visits, table, distance, window)
    return best


def anneal(
    place: Any, item_place: Any, items: Any, position: Any, item_time: Any, incident_start: Any, incident: Any,
    chain_start: Any, chain: Any, chain_of: Any, index_of: Any, first: Any, last: Any, free: Any, capacity: Any, table: Any,
    distance: Any, third: Any, window: Any, runs_move: Any, full_exchange: Any, moves: Any, hot: Any, cold: Any, seed: Any,
    watch: Any,
) -> Any:  # fmt: skip
    """Anneal ``place`` and ``item_place`` in place, from temperature ``hot`` to ``cold``; the best is kept.

    ``moves`` is a budget of elementary moves: a proposal takes one for each item, spider and ten moments that it looks at,
    so that the time taken hardly depends on the length of the wires. ``window`` is None, or a number of steps: then a spider
    pays for each visit to a node, and items there that follow each other within so many steps are one visit. Without
    ``runs_move`` spiders move one by one, without ``full_exchange`` nothing moves to a full node.

    ``watch`` is int64[3] for who waits: the moves made, the best cost, and, set from outside, whether to stop.

    Returns the cost of the best state, which is left in ``place`` and ``item_place``.
    """
    num_spiders, num_items = place.shape[0], items.shape[0]
    mask, visits, cost, occupied, total = make_state(
        place, item_place, items, position, item_time, incident_start, incident, chain_start, chain, chain_of, index_of, first,
        last, free, capacity, table, distance, third, window,
    )  # fmt: skip
    home = np.where(free, 0, -1).astype(np.int32)
    return anneal_within(
        0, np.arange(num_spiders, dtype=np.int32), np.arange(num_items, dtype=np.int32), place, item_place, items, position,
        item_time, incident_start, incident, chain_start, chain, chain_of, index_of, first, last, home,
        np.zeros(num_items, np.int32), capacity, table, distance, third, window, runs_move, full_exchange, mask, visits,
        cost, occupied, place.copy(), item_place.copy(), np.zeros(num_spiders + num_items + 2, np.int64),
        np.empty(2 * num_items + 2, np.int32), np.empty(2 * num_items + 2, np.int32), total, moves, hot, cold,
        seeded(seed), watch,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def anneal_parts(
    parts: Any, spider_start: Any, spiders: Any, item_start: Any, some_items: Any, home: Any, item_home: Any, place: Any,
    item_place: Any, items: Any, position: Any, item_time: Any, incident_start: Any, incident: Any, chain_start: Any,
    chain: Any, chain_of: Any, index_of: Any, first: Any, last: Any, free: Any, capacity: Any, table: Any, distance: Any,
    third: Any, window: Any, runs_move: Any, full_exchange: Any, mask: Any, visits: Any, cost: Any, occupied: Any,
    best_place: Any, best_item: Any, moves: Any, hot: Any, cold: Any, seed: Any, watch: Any,
) -> None:  # fmt: skip
    """Anneal ``parts`` of a problem one after another, each with its share of ``moves`` for all spiders and items.

    Part p are the spiders ``spiders[spider_start[p]:spider_start[p + 1]]``, with its items in the same way (see `anneal_within`).
    ``watch[1]`` is the cost of the whole problem as if nobody else had changed it.
    """
    changed = np.zeros(place.shape[0] + items.shape[0] + 2, np.int64)
    undo_item = np.empty(2 * items.shape[0] + 2, np.int32)
    undo_node = np.empty(2 * items.shape[0] + 2, np.int32)
    for p in parts:
        of_part = spiders[spider_start[p] : spider_start[p + 1]]
        items_of_part = some_items[item_start[p] : item_start[p + 1]]
        if of_part.shape[0] == 0 or watch[2]:
            continue
        size = of_part.shape[0] + items_of_part.shape[0]
        watch[1] = anneal_within(
            p, of_part, items_of_part, place, item_place, items, position, item_time, incident_start, incident,
            chain_start, chain, chain_of, index_of, first, last, home, item_home, capacity, table, distance, third, window,
            runs_move, full_exchange, mask, visits, cost, occupied, best_place, best_item, changed, undo_item, undo_node,
            np.int64(watch[1]), moves * size // (place.shape[0] + items.shape[0]), hot, cold, seeded(seed + p), watch,
        )  # fmt: skip
