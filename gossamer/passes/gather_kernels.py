"""Compiled loop of the pass `gather`: annealing over places of vertices, the cost of a place being ranks over GF(2) of cuts.

Rows of the adjacency matrix are bit rows of 64-bit words. Import it inside functions only: numba compiles on first use and keeps the
result on disk. A run depends on its seed alone (:mod:`gossamer.passes.random_kernel`).

References
----------
Cut-rank: Oum, Seymour, J. Combin. Theory B 96, 514 (2006).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from gossamer.passes.random_kernel import below, draw


@njit("int64(uint64[:, ::1], boolean[::1], int32[::1], uint64[:, ::1], uint64[::1])", cache=True, nogil=True)
def cut_rank(rows: Any, inside: Any, place: Any, work: Any, mask: Any) -> Any:
    """The rank of the matrix of edges between the vertices on the nodes ``inside`` and all others; ``work`` is scratch."""
    size, words = rows.shape
    mask[:] = 0
    held = 0
    for v in range(size):
        held += inside[place[v]]
    small = 2 * held <= size  # the rank is that of either side's rows
    for v in range(size):
        if inside[place[v]] != small:
            mask[v >> 6] |= np.uint64(1) << np.uint64(v & 63)
    rank = 0
    for v in range(size):
        if inside[place[v]] != small:
            continue
        row = work[rank]
        for w in range(words):
            row[w] = rows[v, w] & mask[w]
        for r in range(rank):  # each earlier row is reduced and has its lowest bit for itself among those before it
            other = work[r]
            w = 0
            while other[w] == 0:
                w += 1
            low = other[w] & (~other[w] + np.uint64(1))
            if row[w] & low:
                for i in range(w, words):
                    row[i] ^= other[i]
        for w in range(words):
            if row[w]:
                rank += 1
                break
    return rank


@njit(cache=True, nogil=True)
def _copy(source: Any, target: Any) -> None:
    """What ``target[:] = source`` does; that takes numba some seconds to compile, for the message of its error."""
    for i in range(source.shape[0]):
        target[i] = source[i]


@njit(cache=True, nogil=True)
def _move(v: Any, to: Any, place: Any, partner: Any) -> None:
    place[v] = to
    if partner[v] >= 0:
        place[partner[v]] = to


@njit(cache=True, nogil=True)
def anneal(
    rows: Any, early: Any, late: Any, free: Any, partner: Any, place: Any, room: Any, inside: Any, of_cut: Any, of_node: Any,
    hot: Any, cold: Any, moves: Any, seed: Any,
) -> Any:  # fmt: skip
    """Anneal ``place`` in place; return the cost of the best one, which is left there.

    ``early`` and ``late`` vertices take room of a node, each kind apart. Those that are not ``free`` stay, unless they are the ``partner`` of one that
    moves; that one takes the room of both. ``inside[t]`` are the nodes on one side of the t-th cut, ``of_cut``
    the weights of cuts and ``of_node`` those of nodes.
    """
    size, words = rows.shape
    cuts, nodes = inside.shape
    state = np.empty(1, np.uint64)
    state[0] = (np.uint64(seed) + np.uint64(1)) * np.uint64(11400714819323198485) | np.uint64(1)
    for _ in range(8):
        draw(state)
    work = np.zeros((size + 1, words), np.uint64)
    mask = np.zeros(words, np.uint64)
    held = np.zeros((2, nodes), np.int64)
    for x in range(size):
        held[0, place[x]] += early[x]
        held[1, place[x]] += late[x]
    ranks = np.zeros(cuts, np.int64)
    total = np.int64(0)
    for t in range(cuts):
        ranks[t] = cut_rank(rows, inside[t], place, work, mask)
        total += ranks[t] * of_cut[t]
    for v in range(size):
        total += of_node[place[v]]
    best, best_place = total, place.copy()
    fresh = np.zeros(cuts, np.int64)
    for move in range(moves):
        temperature = hot * (cold / hot) ** (move / moves)
        v = below(state, size)
        u = below(state, size)
        p, q = place[v], place[u]
        if not free[v]:
            continue
        alone = draw(state) & np.uint64(3) == np.uint64(
            0
        )  # v moves to a node of its own choice, else v and u change places
        if alone:
            q = np.int32(below(state, nodes))
            if p == q or held[0, q] + early[v] > room[q] or held[1, q] + late[v] > room[q]:
                continue
        elif p == q or not free[u] or early[v] != early[u] or late[v] != late[u]:
            continue
        number = 1 + np.int64(partner[v] >= 0)
        _move(v, q, place, partner)
        if not alone:
            number -= 1 + np.int64(partner[u] >= 0)
            _move(u, p, place, partner)
        change = number * np.int64(of_node[q] - of_node[p])
        for t in range(cuts):
            fresh[t] = ranks[t]
            if inside[t, p] != inside[t, q]:
                fresh[t] = cut_rank(rows, inside[t], place, work, mask)
                change += (fresh[t] - ranks[t]) * of_cut[t]
        if change <= 0 or draw(state) < np.uint64(np.exp(-change / temperature) * 4294967296.0):
            total += change
            _copy(fresh, ranks)
            if alone:
                for kind, takes in ((0, early[v]), (1, late[v])):
                    held[kind, p] -= takes
                    held[kind, q] += takes
            if total < best:
                best = total
                _copy(place, best_place)
        else:
            _move(v, p, place, partner)
            if not alone:
                _move(u, q, place, partner)
    _copy(best_place, place)
    return best
