"""Byproducts of a network of links: which Z corrections the outcomes of the link terminals cause.

Link terminals have phase 0 and are measured in X. With C their adjacency among themselves and B between vertices and
terminals, measuring them with outcomes m leaves the graph ``Gamma + B C^-1 B^T`` with byproduct ``Z^(B C^-1 m + d)``,
``d_v = q(C^-1 B_v)``, ``q(x) = sum over i < j of C_ij x_i x_j`` (design theory, section 3; C must be invertible over GF(2)).
"""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.diagnostics import InputError
from gossamer.ir.placed import Placed


@dataclass(frozen=True)
class Byproducts:
    """``flips[end]``: the vertices that get Z when terminal ``end`` (numbered from 0 over all link terminals) has outcome 1;
    ``constant``: the vertices that get Z always."""

    flips: tuple[tuple[int, ...], ...]
    constant: frozenset[int]


def link_byproducts(placed: Placed) -> Byproducts:
    """Solve for the byproducts, one connected component of link terminals at a time.

    Raises
    ------
    InputError
        ``LK-3`` if the links of a component do not determine the graph (C is singular).
    """
    n, size = placed.graph.num_vertices, 2 * placed.num_links
    near: list[set[int]] = [{end ^ 1} for end in range(size)]  # the ebit joins a_k and b_k
    touched: dict[int, set[int]] = {}  # vertex -> terminals joined to it
    for s, t in placed.joins.tolist():
        if s >= n and t >= n:
            near[s - n] ^= {t - n}
            near[t - n] ^= {s - n}
        elif s >= n or t >= n:
            v, end = (s, t - n) if s < n else (t, s - n)
            touched.setdefault(v, set()).__ixor__({end})
    component, members = _components(near)
    solved: dict[int, dict[int, int]] = {}  # component -> terminal -> row of C^-1 as a bit mask of members' positions
    flips: list[list[int]] = [[] for _ in range(size)]
    constant: set[int] = set()
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
                flips[end].append(v)
            inside = set(chosen)
            if sum(len(near[end] & inside) for end in chosen) // 2 % 2:
                constant ^= {v}
    return Byproducts(tuple(tuple(f) for f in flips), frozenset(constant))


def _components(near: list[set[int]]) -> tuple[list[int], list[list[int]]]:
    component = [-1] * len(near)
    members: list[list[int]] = []
    for start in range(len(near)):
        if component[start] >= 0:
            continue
        component[start] = len(members)
        stack, found = [start], [start]
        while stack:
            for y in near[stack.pop()]:
                if component[y] < 0:
                    component[y] = len(members)
                    stack.append(y)
                    found.append(y)
        members.append(sorted(found))
    return component, members


def _inverse(members: list[int], near: list[set[int]]) -> dict[int, int]:
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
