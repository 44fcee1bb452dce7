"""The rule that a placed graph realises the edges of its graph: the link theorem, checked over GF(2) (PL-7, LK-3, LK-4).

Link terminals are eliminated component by component, so hundreds of thousands of links cost seconds.

References
----------
Elimination of X-measured vertices: ``spec/ir.md``, section on placed graphs; Hein, Eisert and Briegel, PRA 69, 062311 (2004).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from gossamer.ir.placed import EventKind, Placed
from gossamer.ir.rules.events import event_times
from gossamer.ir.rules.open_graph import edge_keys
from gossamer.ir.rules.shared import Long, contains, fail

#: A component of links that touches so many vertices that its block of edges has more entries than this is refused.
MAX_BLOCK = 4_000_000_000
#: Edges that are made at one time.
_CHUNK = 20_000_000
#: A vertex in a set takes the room and time of so many pairs in an array.
_SET = 30


def placed_edges(p: Placed) -> None:
    """Joins, steps and links together realise exactly the edges of the graph (the link theorem)."""
    g, n = p.graph, p.graph.num_vertices
    parts: list[Long] = []
    both = (p.joins < n).all(axis=1)
    lo, hi = p.joins[both].min(axis=1, initial=n), p.joins[both].max(axis=1, initial=0)
    parts.append(lo.astype(np.int64) * n + hi)
    v = np.flatnonzero(event_times(p, EventKind.STEP, n)[0])
    w = g.successor[v]
    parts.append(np.minimum(v, w).astype(np.int64) * n + np.maximum(v, w))
    parts.extend(_link_edges(p))
    keys, count = np.unique(np.concatenate(parts), return_counts=True)
    realised = keys[count % 2 == 1]
    want = edge_keys(g)
    missing = want[~contains(realised, want)]
    if missing.size:
        e = int(missing[0])
        help = "joins, steps and links must give back every edge once"
        fail("PL-7", f"edge v{e // n} - v{e % n} of the graph is not realised ({missing.size} such edges)", help=help)
    extra = realised[~contains(want, realised)]
    if extra.size:
        e = int(extra[0])
        fail(
            "PL-7",
            f"v{e // n} and v{e % n} get entangled although the graph has no such edge ({extra.size} such pairs)",
        )


def _link_edges(p: Placed) -> Iterable[Long]:
    """Edge keys that eliminating the link terminals gives: ``B C^-1 B^T`` for each component of link terminals."""
    n, m = p.graph.num_vertices, p.num_links
    if not m:
        return
    mixed = (p.joins < n).sum(axis=1)
    inner = p.joins[mixed == 0] - n  # between link terminals
    outer = p.joins[mixed == 1]
    vertex, half = outer.min(axis=1, initial=n + 2 * m), outer.max(axis=1, initial=0) - n
    component = _components(m, inner // 2)
    by_half = np.argsort(half, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(half, minlength=2 * m))])
    vertex = vertex[by_half].astype(np.int64)
    chained = np.zeros(m, np.bool_)
    chained[inner.ravel() // 2] = True
    alone = np.flatnonzero(~chained)
    many = np.diff(start)
    sizes = many[2 * alone] * many[2 * alone + 1]
    work = int(sizes.sum())
    _bound(work)
    piece = np.cumsum(sizes) // _CHUNK
    for links in np.split(alone, np.flatnonzero(np.diff(piece)) + 1):
        yield _lone_edges(links, vertex, start, n)
    inner_of: dict[int, list[tuple[int, int]]] = {}
    for a, b in inner.tolist():
        inner_of.setdefault(int(component[a // 2]), []).append((a, b))
    rest = np.flatnonzero(chained)
    by_component = rest[np.argsort(component[rest], kind="stable")]
    first = np.flatnonzero(np.concatenate([[True], np.diff(component[by_component]) != 0]))
    for links in np.split(by_component, first[1:]) if rest.size else ():
        c = int(component[links[0]])
        near: dict[int, set[int]] = {}
        for a, b in [*((2 * k, 2 * k + 1) for k in links.tolist()), *inner_of.get(c, [])]:
            near[a] = near.get(a, set()) ^ {b}
            near[b] = near.get(b, set()) ^ {a}
        support = {t: set(vertex[start[t] : start[t + 1]].tolist()) for t in near}
        pairs, work = _take_leaves(near, support, work)
        yield _pair_keys(pairs, n)
        halves = sorted(near)
        if not halves:
            continue
        touched = np.array(sorted(set().union(*(support[t] for t in halves))), np.int64)
        work += touched.size**2 + len(halves) ** 3
        _bound(work)
        local = {t: i for i, t in enumerate(halves)}
        c_matrix = np.zeros((len(halves), len(halves)), np.uint8)
        b_matrix = np.zeros((touched.size, len(halves)), np.uint8)
        for t, i in local.items():
            c_matrix[i, [local[u] for u in near[t]]] = 1
            b_matrix[np.searchsorted(touched, sorted(support[t])), i] = 1
        inverse = invert_gf2(c_matrix)
        if inverse is None:
            names = ", ".join(f"l{int(k)}" for k in links[:8])
            help = "an odd chain of link halves fuses its ends instead of joining them; use an even one"
            fail("LK-3", f"links {names} do not act as edges: the adjacency of their halves is singular", help=help)
        right = (inverse.astype(np.float32) @ b_matrix.T.astype(np.float32)) % 2
        rows = max(1, 20_000_000 // max(1, touched.size))
        for r in range(0, touched.size, rows):
            block = (b_matrix[r : r + rows].astype(np.float32) @ right) % 2
            row, column = np.nonzero(block > 0.5)
            keep = row + r < column  # the product is symmetric with zero diagonal
            yield touched[row[keep] + r] * n + touched[column[keep]]


def _bound(work: int) -> None:
    if work > MAX_BLOCK:
        fail("LK-4", "the links span too many pairs of vertices to check", help="split the supports over several links")


def _take_leaves(
    near: dict[int, set[int]], support: dict[int, set[int]], work: int
) -> tuple[list[tuple[set[int], set[int]]], int]:
    """Eliminate halves that are joined to one other half only, with that one; links of links are trees, and nothing is left of them.

    Such a pair is a pivot of C without fill-in: it joins all that one stands for with all that the other does, and what else the second one is
    joined to stands for the first one's vertices too. ``near`` and ``support`` are left as they are after that. ``work`` is what was done before, and what
    was done by now is returned with the pairs.
    """
    pairs = []
    leaves = [t for t, others in near.items() if len(others) == 1]
    while leaves:
        leaf = leaves.pop()
        if len(near.get(leaf, ())) != 1:
            continue
        (stem,) = near.pop(leaf)
        pairs.append((support[leaf], support[stem]))
        others = near.pop(stem) - {leaf}
        work += len(support[leaf]) * (len(support[stem]) + _SET * len(others))
        _bound(work)
        for t in others:
            support[t] = support[t] ^ support[leaf]
            near[t].discard(stem)
            if len(near[t]) == 1:
                leaves.append(t)
    return pairs, work


def _pair_keys(pairs: list[tuple[set[int], set[int]]], n: int) -> Long:
    """Edge keys of all that the first of each pair has with all that the second has."""
    parts = [np.empty(0, np.int64)]
    for first, second in pairs:
        a = np.repeat(np.fromiter(first, np.int64, len(first)), len(second))
        b = np.tile(np.fromiter(second, np.int64, len(second)), len(first))
        parts.append((np.minimum(a, b) * n + np.maximum(a, b))[a != b])
    return np.concatenate(parts)


def _lone_edges(links: NDArray[np.int64], vertex: Long, start: NDArray[np.int64], n: int) -> Long:
    """Edge keys of links that no other is joined to: all that one half is joined to with all that the other is.

    A pair met in both orders appears twice and cancels, a vertex with itself is no edge.
    """
    many = np.diff(start)
    size = many[2 * links] * many[2 * links + 1]
    of = np.repeat(links, size)
    row, column = np.divmod(np.arange(len(of)) - np.repeat(np.cumsum(size) - size, size), many[2 * of + 1])
    a, b = vertex[start[2 * of] + row], vertex[start[2 * of + 1] + column]
    keep = a != b
    a, b = a[keep], b[keep]
    return np.asarray(np.minimum(a, b) * n + np.maximum(a, b), np.int64)


def _components(size: int, pairs: NDArray[np.int32]) -> NDArray[np.int64]:
    """A representative of each element's component (union-find)."""
    parent = list(range(size))

    def find(x: int) -> int:
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for a, b in pairs.tolist():
        parent[find(a)] = find(b)
    return np.array([find(x) for x in range(size)], np.int64)


def invert_gf2(matrix: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """The inverse over GF(2), or None if the matrix is singular.

    Examples
    --------
    >>> invert_gf2(np.array([[1, 1], [0, 1]], np.uint8)).tolist()
    [[1, 1], [0, 1]]
    >>> invert_gf2(np.array([[1, 1], [1, 1]], np.uint8)) is None
    True
    """
    size = matrix.shape[0]
    work = np.concatenate([matrix % 2, np.eye(size, dtype=np.uint8)], axis=1)
    for col in range(size):
        pivot = col + int(np.argmax(work[col:, col]))
        if not work[pivot, col]:
            return None
        if pivot != col:
            work[[col, pivot]] = work[[pivot, col]]
        rows = work[:, col].astype(np.bool_)
        rows[col] = False
        work[rows] ^= work[col]
    return work[:, size:]
