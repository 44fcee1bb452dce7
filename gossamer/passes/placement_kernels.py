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
            e = incident[y]
            b = item_place[e]
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


@njit(cache=True, nogil=True)
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
    num_spiders, num_items, nodes = place.shape[0], items.shape[0], capacity.shape[0]
    legs = items.shape[1]
    state = np.empty(1, np.uint64)
    state[0] = (np.uint64(seed) + np.uint64(1)) * np.uint64(11400714819323198485) | np.uint64(1)
    for _ in range(8):
        draw(state)
    mask = np.zeros(num_spiders, np.int32)
    cost = np.zeros(num_spiders, np.int32)
    visits = np.zeros((num_spiders, nodes), np.int32)
    cells = 0
    for s in range(num_spiders):
        cells = max(cells, last[s] + 1)
    occupied = np.zeros((nodes, cells), np.int32)
    total = count_state(items, item_time, incident_start, incident, chain_start, chain, first, last, table, distance,
                        window, place, item_place, mask, visits, cost, occupied)  # fmt: skip
    best = total
    best_place, best_item = place.copy(), item_place.copy()
    undo_item = np.empty(2 * num_items + 2, np.int32)
    undo_node = np.empty(2 * num_items + 2, np.int32)
    rises = min(max(MIN_RISE, int(23 * hot) + 1), MAX_RISE)  # exp(-23) is less than what a draw can tell from 0
    accept = np.zeros(rises, np.uint64)
    run = np.zeros((2, 4), np.int64)  # start of the chain, lo, hi, end of the chain; two runs at most
    work = np.int64(0)
    cooled = np.int64(0)
    while work < moves:
        work += 1
        if work >= cooled:
            watch[0], watch[1] = work, best
            if watch[2]:
                break
            cooled = work + (moves >> 10)
            temperature = hot * (cold / hot) ** (work / moves)
            for d in range(1, rises):
                accept[d] = np.uint64(np.exp(-d / temperature) * 4294967296.0)
        kind = below(state, 16)
        if kind < 4 and num_items > 0:
            # One item, or all items that a spider has on one node, moves to another node.
            e = below(state, num_items)
            b0 = np.int64(item_place[e])
            s = items[e, below(state, legs)]
            if s < 0:
                continue
            choice = below(state, 8)
            if choice < 3:
                o = items[e, below(state, legs)]
                if o < 0:
                    continue
                b1 = np.int64(place[o])
            elif choice < 6:
                b1 = item_place[incident[incident_start[s] + below(state, incident_start[s + 1] - incident_start[s])]]
            else:
                b1 = below(state, nodes)
            if b1 == b0:
                continue
            if kind < 3:
                if not _allowed(e, b1, items, place, third):
                    continue
                d = _rise(
                    e,
                    b0,
                    b1,
                    items,
                    place,
                    item_place,
                    mask,
                    visits,
                    cost,
                    table,
                    distance,
                    position,
                    item_time,
                    incident_start,
                    incident,
                    window,
                )
                if d <= 0 or (d < rises and draw(state) < accept[d]):
                    _move_item(
                        e,
                        b1,
                        items,
                        place,
                        item_place,
                        mask,
                        visits,
                        cost,
                        table,
                        distance,
                        position,
                        item_time,
                        incident_start,
                        incident,
                        window,
                    )
                    total += d
            else:
                d = 0
                undone = 0
                work += (incident_start[s + 1] - incident_start[s]) >> 1
                for y in range(incident_start[s], incident_start[s + 1]):
                    e = incident[y]
                    if item_place[e] == b0 and _allowed(e, b1, items, place, third):
                        d += _rise(
                            e,
                            b0,
                            b1,
                            items,
                            place,
                            item_place,
                            mask,
                            visits,
                            cost,
                            table,
                            distance,
                            position,
                            item_time,
                            incident_start,
                            incident,
                            window,
                        )
                        _move_item(
                            e,
                            b1,
                            items,
                            place,
                            item_place,
                            mask,
                            visits,
                            cost,
                            table,
                            distance,
                            position,
                            item_time,
                            incident_start,
                            incident,
                            window,
                        )
                        undo_item[undone] = e
                        undone += 1
                if d <= 0 or (d < rises and draw(state) < accept[d]):
                    total += d
                else:
                    for y in range(undone):
                        _move_item(
                            undo_item[y],
                            b0,
                            items,
                            place,
                            item_place,
                            mask,
                            visits,
                            cost,
                            table,
                            distance,
                            position,
                            item_time,
                            incident_start,
                            incident,
                            window,
                        )
        else:
            # A run of spiders that stand on one node moves to another node, if need be in exchange for another run.
            s = below(state, num_spiders)
            if not free[s]:
                continue
            p0 = place[s]
            a, end = chain_start[chain_of[s]], chain_start[chain_of[s] + 1]
            i = index_of[s]
            choice = below(state, 8)
            p1 = p0
            degree = incident_start[s + 1] - incident_start[s]
            if choice < 5 and degree > 0:
                e = incident[incident_start[s] + below(state, degree)]
                if choice < 3:
                    p1 = np.int64(item_place[e])
                else:
                    o = items[e, below(state, legs)]
                    if o >= 0:
                        p1 = place[o]
            elif choice == 5:
                if i > a:
                    p1 = place[chain[i - 1]]
            elif choice == 6:
                if i + 1 < end:
                    p1 = place[chain[i + 1]]
            else:
                p1 = below(state, nodes)
            if p1 == p0:
                continue
            lo = i
            hi = i
            longest = 16 << below(state, 12)
            shape = below(state, 8)
            if not runs_move:
                pass
            elif shape < 3:  # a few
                while lo > a and place[chain[lo - 1]] == p0 and free[chain[lo - 1]] and below(state, 4) > 0:
                    lo -= 1
                while hi + 1 < end and place[chain[hi + 1]] == p0 and free[chain[hi + 1]] and below(state, 4) > 0:
                    hi += 1
            else:
                if shape != 4 and shape != 3:  # towards the beginning
                    while lo > a and place[chain[lo - 1]] == p0 and free[chain[lo - 1]] and i - lo < longest:
                        lo -= 1
                if shape != 5 and shape != 3:  # towards the end
                    while hi + 1 < end and place[chain[hi + 1]] == p0 and free[chain[hi + 1]] and hi - i < longest:
                        hi += 1
            run[0, 0], run[0, 1], run[0, 2], run[0, 3] = a, lo, hi, end
            runs = 1
            u1, v1 = _span(a, lo, hi, end, p1, chain, place, first, last)
            work += (hi - lo) >> 1
            full = -1
            for t in range(u1, v1 + 1):
                if occupied[p1, t] >= capacity[p1]:
                    full = t
                    break
            if full >= 0:
                if not full_exchange:
                    continue
                # Somebody on p1 at the full moment must come over in exchange.
                for _ in range(2 * nodes + 4):
                    w = below(state, chain_start.shape[0] - 1)
                    if w == chain_of[s]:
                        continue
                    a2, end2 = chain_start[w], chain_start[w + 1]
                    if first[chain[a2]] > full or last[chain[end2 - 1]] < full:
                        continue
                    low, high = a2, end2 - 1
                    while low < high:
                        mid = (low + high + 1) >> 1
                        if first[chain[mid]] <= full:
                            low = mid
                        else:
                            high = mid - 1
                    if place[chain[low]] != p1 or not free[chain[low]]:
                        continue
                    lo2 = low
                    hi2 = low
                    if not runs_move:
                        pass
                    elif below(state, 4) == 0:
                        while lo2 > a2 and place[chain[lo2 - 1]] == p1 and free[chain[lo2 - 1]] and low - lo2 < longest:
                            lo2 -= 1
                        while (
                            hi2 + 1 < end2
                            and place[chain[hi2 + 1]] == p1
                            and free[chain[hi2 + 1]]
                            and hi2 - low < longest
                        ):
                            hi2 += 1
                    else:
                        while (
                            first[chain[lo2]] > u1 and lo2 > a2 and place[chain[lo2 - 1]] == p1 and free[chain[lo2 - 1]]
                        ):
                            lo2 -= 1
                        while (
                            last[chain[hi2]] < v1
                            and hi2 + 1 < end2
                            and place[chain[hi2 + 1]] == p1
                            and free[chain[hi2 + 1]]
                        ):
                            hi2 += 1
                    run[1, 0], run[1, 1], run[1, 2], run[1, 3] = a2, lo2, hi2, end2
                    runs = 2
                    break
                if runs == 1:
                    continue
                work += 2 + hi2 - lo2
            u2 = v2 = np.int64(0)
            if runs == 2:
                u2, v2 = _span(run[1, 0], run[1, 1], run[1, 2], run[1, 3], p0, chain, place, first, last)
            work += 2 + hi - lo + (v1 - u1 + v2 - u2) // 10
            _shift(a, lo, hi, end, p0, p1, chain, place, first, last, occupied)
            if runs == 2:
                _shift(run[1, 0], run[1, 1], run[1, 2], run[1, 3], p1, p0, chain, place, first, last, occupied)
                fits = True
                for t in range(u1, v1 + 1):
                    if occupied[p1, t] > capacity[p1]:
                        fits = False
                        break
                if fits:
                    for t in range(u2, v2 + 1):
                        if occupied[p0, t] > capacity[p0]:
                            fits = False
                            break
                if not fits:
                    _shift(run[1, 0], run[1, 1], run[1, 2], run[1, 3], p0, p1, chain, place, first, last, occupied)
                    _shift(a, lo, hi, end, p1, p0, chain, place, first, last, occupied)
                    continue
            d = 0
            for r in range(runs):
                for i in range(run[r, 1], run[r, 2] + 1):
                    s = chain[i]
                    c = _cost_at(s, np.int64(place[s]), mask, visits, table, distance, window)
                    d += c - cost[s]
                    cost[s] = c
            undone = 0
            for r in range(runs):
                to = p1 if r == 0 else p0
                for i in range(run[r, 1], run[r, 2] + 1):
                    s = chain[i]
                    work += incident_start[s + 1] - incident_start[s]
                    for y in range(incident_start[s], incident_start[s + 1]):
                        e = incident[y]
                        b0 = np.int64(item_place[e])
                        if b0 != to:
                            rise = _rise(
                                e,
                                b0,
                                to,
                                items,
                                place,
                                item_place,
                                mask,
                                visits,
                                cost,
                                table,
                                distance,
                                position,
                                item_time,
                                incident_start,
                                incident,
                                window,
                            )
                            if rise <= 0 or not _allowed(e, b0, items, place, third):
                                undo_item[undone] = e
                                undo_node[undone] = b0
                                undone += 1
                                d += rise
                                _move_item(
                                    e,
                                    to,
                                    items,
                                    place,
                                    item_place,
                                    mask,
                                    visits,
                                    cost,
                                    table,
                                    distance,
                                    position,
                                    item_time,
                                    incident_start,
                                    incident,
                                    window,
                                )
            if d <= 0 or (d < rises and draw(state) < accept[d]):
                total += d
            else:
                for y in range(undone - 1, -1, -1):
                    _move_item(
                        undo_item[y],
                        np.int64(undo_node[y]),
                        items,
                        place,
                        item_place,
                        mask,
                        visits,
                        cost,
                        table,
                        distance,
                        position,
                        item_time,
                        incident_start,
                        incident,
                        window,
                    )
                if runs == 2:
                    _shift(run[1, 0], run[1, 1], run[1, 2], run[1, 3], p0, p1, chain, place, first, last, occupied)
                _shift(a, lo, hi, end, p1, p0, chain, place, first, last, occupied)
                for r in range(runs):
                    for i in range(run[r, 1], run[r, 2] + 1):
                        s = chain[i]
                        cost[s] = _cost_at(s, np.int64(place[s]), mask, visits, table, distance, window)
        if total < best:
            best = total
            best_place[:] = place
            best_item[:] = item_place
    place[:] = best_place
    item_place[:] = best_item
    return best
