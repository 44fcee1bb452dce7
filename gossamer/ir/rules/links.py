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
    support = [vertex[by_half[start[t] : start[t + 1]]].astype(np.int64) for t in range(2 * m)]
    inner_of: dict[int, list[tuple[int, int]]] = {}
    for a, b in inner.tolist():
        inner_of.setdefault(int(component[a // 2]), []).append((a, b))
    by_component = np.argsort(component, kind="stable")
    first = np.flatnonzero(np.concatenate([[True], np.diff(component[by_component]) != 0]))
    work = 0
    for links in np.split(by_component, first[1:]):
        c = int(component[links[0]])
        halves = np.stack([2 * links, 2 * links + 1], axis=1).ravel()
        if len(links) == 1 and c not in inner_of:
            u, w = support[halves[0]], support[halves[1]]
            work += u.size * w.size
            _bound(work)
            yield _product_keys(u, w, n)
            continue
        touched = np.unique(np.concatenate([support[t] for t in halves]))
        work += touched.size**2 + halves.size**3
        _bound(work)
        local = {int(t): i for i, t in enumerate(halves)}
        c_matrix = np.zeros((halves.size, halves.size), np.uint8)
        for a, b in [*((2 * int(k), 2 * int(k) + 1) for k in links), *inner_of.get(c, [])]:
            c_matrix[local[a], local[b]] ^= 1
            c_matrix[local[b], local[a]] ^= 1
        b_matrix = np.zeros((touched.size, halves.size), np.uint8)
        for i, t in enumerate(halves):
            b_matrix[np.searchsorted(touched, support[t]), i] = 1
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


def _product_keys(u: Long, w: Long, n: int) -> Long:
    """Keys of the edges ``u x w``; a pair met in both orders appears twice and cancels, a vertex with itself is no edge."""
    a, b = np.repeat(u, w.size), np.tile(w, u.size)
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
