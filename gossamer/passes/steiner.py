"""Steiner nodes: through which nodes the smallest tree goes that joins some of them, exactly, where the costs of all sets are tabulated.

The partition search counts a spider as the smallest tree that joins its nodes. Joining these one after another by shortest paths may take
more links than that, so the tree is read off the table: a node belongs to a smallest tree if and only if it adds nothing to the cost of the set.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from gossamer.ir.diagram import Int
from gossamer.passes.partition import MAX_TABLE_NODES, steiner_table


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
