"""Steiner nodes: through which nodes the smallest tree goes that joins some of them, exactly, where the costs of all sets are tabulated.

The partition search counts a spider as the smallest tree that joins its nodes. Joining these one after another by shortest paths may take
more links than that, so the tree is read off the table: a node belongs to a smallest tree if and only if it adds nothing to the cost of the set.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gossamer.ir.diagram import Int

#: Up to so many nodes the cost of every set of nodes is tabulated; beyond, hops from the spider's place add up.
MAX_TABLE_NODES = 12
#: A cost no placement pays if it can do otherwise: a set of nodes that no links can join.
UNREACHABLE = 1_000_000


def steiner_table(distance: NDArray[np.int32], node: Int | None = None) -> Int:
    """Size of the smallest tree that joins each set of nodes (bit mask), ``int32[2**K]``; empty for more than 12 nodes.

    With ``node`` each node of the set adds its own weight, so that a spider pays for where it stands and for where its copies come.

    References
    ----------
    Dreyfus, Wagner, Networks 1, 195 (1971).

    Examples
    --------
    >>> line = np.abs(np.subtract.outer(np.arange(4), np.arange(4))).astype(np.int32)
    >>> steiner_table(line)[[0b0001, 0b0011, 0b1001, 0b1101]].tolist()
    [0, 1, 3, 3]
    """
    k = distance.shape[0]
    if k > MAX_TABLE_NODES:
        return np.zeros(0, np.int32)
    if node is not None and node.any():
        inside = (np.arange(1 << k)[:, None] >> np.arange(k)) & 1
        return steiner_table(distance) + (inside @ node).astype(np.int32)
    d = np.where(distance < 0, UNREACHABLE, distance).astype(np.int32)
    if (d[~np.eye(k, dtype=bool)] == 1).all():
        return np.array([max(0, mask.bit_count() - 1) for mask in range(1 << k)], np.int32)
    tree = np.full((1 << k, k), UNREACHABLE, np.int32)  # tree[mask, v]: joins mask and v
    tree[0] = 0
    for mask in range(1, 1 << k):
        low = mask & -mask
        if mask == low:
            tree[mask] = d[low.bit_length() - 1]
            continue
        best = tree[mask]
        part = (mask - 1) & mask
        while part:
            if part & low:  # each split once
                np.minimum(best, tree[part] + tree[mask ^ part], out=best)
            part = (part - 1) & mask
        tree[mask] = np.minimum(best, (best[None, :] + d).min(axis=1))
    table = np.zeros(1 << k, np.int32)
    for mask in range(1, 1 << k):
        table[mask] = tree[mask, (mask & -mask).bit_length() - 1]
    return table


def steiner_nodes(distance: Int, nodes: set[int]) -> set[int]:
    """All nodes of a smallest tree that joins ``nodes``; just these where there are too many nodes for a table.

    A smallest tree that spans the result has links between neighbours in it only.

    Parameters
    ----------
    distance : int32[K, K], between nodes, of links that all cost something
    nodes : two or more

    Examples
    --------
    Three corners of a grid of two rows and three columns: the fourth node is between them all.

    >>> from gossamer.ir.network_text import parse_network
    >>> sides = [(0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5)]
    >>> links = ", ".join(f"{{nodes: [n{a}, n{b}]}}" for a, b in sides)
    >>> names = ", ".join(f"{{name: n{i}, data: 1}}" for i in range(6))
    >>> sorted(steiner_nodes(parse_network(f"nodes: [{names}]\\nlinks: [{links}]").distance, {0, 2, 4}))
    [0, 1, 2, 4]
    """
    size = len(distance)
    if size > MAX_TABLE_NODES or int(distance.max()) == 1:
        return nodes
    table = _table(size, np.ascontiguousarray(distance, np.int32).tobytes())
    found, mask = set(nodes), sum(1 << x for x in nodes)
    for x in range(size):
        if x not in found and table[mask | 1 << x] == table[mask]:
            found.add(x)
            mask |= 1 << x
    return found


@lru_cache(maxsize=4)
def _table(size: int, distance: bytes) -> list[int]:
    costs: list[int] = steiner_table(np.frombuffer(distance, np.int32).reshape(size, size)).tolist()
    return costs
