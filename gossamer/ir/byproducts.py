"""Byproducts of a network of links: which Z corrections the outcomes of the link terminals cause.

Link terminals have phase 0 and are measured in X. With C their adjacency among themselves and B between vertices and
terminals, measuring them with outcomes m leaves the graph ``Gamma + B C^-1 B^T`` with byproduct ``Z^(B C^-1 m + d)``,
``d_v = q(C^-1 B_v)``, ``q(x) = sum over i < j of C_ij x_i x_j`` (design theory, section 3; C must be invertible over GF(2)).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Int
from gossamer.ir.placed import Placed


@dataclass(frozen=True, eq=False)
class Byproducts:
    """``flips(end)``: the vertices that get Z when terminal ``end`` (numbered from 0 over all link terminals) has outcome 1;
    ``constant``: the vertices that get Z always. The columns are those of ``flips``, CSR."""

    start: Int
    vertex: Int
    constant: frozenset[int]

    def flips(self, end: int) -> list[int]:
        """Ascending."""
        out: list[int] = self.vertex[self.start[end] : self.start[end + 1]].tolist()
        return out


def link_byproducts(placed: Placed) -> Byproducts:
    """Solve for the byproducts, one connected component of link terminals at a time.

    A link that is joined to no other is a component of its own, ``C^-1 = C``: an outcome of the one half flips what the other is joined
    to. These are most links, and are solved at one stroke.

    Raises
    ------
    InputError
        ``LK-3`` if the links of a component do not determine the graph (C is singular).
    """
    n, size = placed.graph.num_vertices, 2 * placed.num_links
    of_links = (placed.joins >= n).sum(axis=1)
    inner = placed.joins[of_links == 2] - n
    outer = np.sort(placed.joins[of_links == 1], axis=1).astype(np.int64)  # (vertex, terminal)
    keys, times = np.unique((outer[:, 1] - n) * n + outer[:, 0], return_counts=True)
    half, vertex = np.divmod(keys[times % 2 == 1], max(n, 1))  # sorted by half
    chained = np.zeros(max(placed.num_links, 1), np.bool_)
    chained[inner.ravel() // 2] = True
    single = ~chained[half // 2]
    both, times = np.unique(vertex[single] * (size + 1) + half[single] // 2, return_counts=True)
    constant: set[int] = set()
    for v in (both[times == 2] // (size + 1)).tolist():
        constant ^= {v}
    touched: dict[int, set[int]] = {}
    for v, end in zip(vertex[~single].tolist(), half[~single].tolist(), strict=True):
        touched.setdefault(v, set()).add(end)
    pairs = _chained_flips(inner.tolist(), touched, constant)
    half = np.concatenate([half[single] ^ 1, np.array([end for end, _ in pairs], np.int64)])
    vertex = np.concatenate([vertex[single], np.array([v for _, v in pairs], np.int64)])
    by = np.lexsort((vertex, half))
    start = np.zeros(size + 1, np.int32)
    np.cumsum(np.bincount(half, minlength=size), out=start[1:])
    return Byproducts(start, vertex[by].astype(np.int32), frozenset(constant))


def _chained_flips(inner: list[list[int]], touched: dict[int, set[int]], constant: set[int]) -> list[tuple[int, int]]:
    """Pairs (terminal, vertex it flips) of the links that are joined to one another; adds to ``constant``.

    ``inner`` are the joins between link terminals, ``touched`` the terminals of such links that each vertex is joined to.
    """
    near: dict[int, set[int]] = {}
    for a, b in inner:
        for end in (a, a ^ 1, b, b ^ 1):
            near.setdefault(end, {end ^ 1})  # the ebit joins a_k and b_k
        near[a] ^= {b}
        near[b] ^= {a}
    component, members = _components(near)
    solved: dict[int, dict[int, int]] = {}  # component -> terminal -> row of C^-1 as a bit mask of members' positions
    flips: list[tuple[int, int]] = []
    for v in sorted(touched):
        parts: dict[int, list[int]] = {}
        for end in touched[v]:
            parts.setdefault(component[end], []).append(end)
        for c, ls in parts.items():
            if c not in solved:
                solved[c] = _inverse(members[c], near)
            x = 0
            for end in ls:
                x ^= solved[c][end]
            chosen = [members[c][i] for i in range(x.bit_length()) if x >> i & 1]
            for end in chosen:
                flips.append((end, v))
            inside = set(chosen)
            if sum(len(near[end] & inside) for end in chosen) // 2 % 2:
                constant ^= {v}
    return flips


def _components(near: dict[int, set[int]]) -> tuple[dict[int, int], list[list[int]]]:
    component: dict[int, int] = {}
    members: list[list[int]] = []
    for start in near:
        if start in component:
            continue
        component[start] = len(members)
        stack, found = [start], [start]
        while stack:
            for y in near[stack.pop()]:
                if y not in component:
                    component[y] = len(members)
                    stack.append(y)
                    found.append(y)
        members.append(sorted(found))
    return component, members


def _inverse(members: list[int], near: dict[int, set[int]]) -> dict[int, int]:
    """Rows of C^-1 over GF(2), by Gauss-Jordan on integers as bit rows."""
    where = {end: i for i, end in enumerate(members)}
    m = len(members)
    rows = [sum(1 << where[y] for y in near[end]) | 1 << (m + i) for i, end in enumerate(members)]
    for col in range(m):
        pivot = next((r for r in range(col, m) if rows[r] >> col & 1), None)
        if pivot is None:
            raise InputError("LK-3", "the links of one component do not determine the edges they realise")
        rows[col], rows[pivot] = rows[pivot], rows[col]
        for r in range(m):
            if r != col and rows[r] >> col & 1:
                rows[r] ^= rows[col]
    return {end: rows[i] >> m for i, end in enumerate(members)}
