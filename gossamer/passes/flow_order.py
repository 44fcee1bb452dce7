"""The order in which the vertices of an open graph are measured, given its flow: causal, and with few vertices alive at one time.

What has to come first is read off the correction sets and the bits (clauses OG-4 and OG-10 to OG-12). Among the vertices that
may come next, the one is taken that brings the fewest new vertices to life, the earliest in the source if there are several.

References
----------
Pauli flow: Browne, Kashefi, Mhalla, Perdrix, NJP 9, 250 (2007).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence

from gossamer.ir.open_graph import Label

#: What a label bears after its measurement: an X, a Z, both together.
_BEARS_X, _BEARS_Z = (Label.X, Label.Y), (Label.Z, Label.Y)


def arrows_of_flow(
    labels: Sequence[int], near: Sequence[set[int]], corrections: Sequence[Iterable[int]]
) -> list[set[int]]:
    """For each vertex those that have to be measured after it, because its correction changes their outcome.

    Examples
    --------
    >>> arrows_of_flow([Label.XY, Label.XY, Label.OUTPUT], [{1}, {0, 2}, {1}], [[1], [2], []])
    [{1, 2}, {2}, set()]
    """
    after: list[set[int]] = []
    for v, members in enumerate(corrections):
        x = set(members)
        z: set[int] = set()
        for w in x:
            z ^= near[w]
        late = {w for w in x if labels[w] not in _BEARS_X} | {w for w in z if labels[w] not in _BEARS_Z}
        late |= {w for w in x ^ z if labels[w] == Label.Y}
        after.append(late - {v})
    return after


def order_of_measurement(
    near: Sequence[set[int]], after: Sequence[set[int]], alive: Iterable[int], rank: Mapping[int, int] | Sequence[int]
) -> list[int]:
    """A topological order of ``after``; shorter than the list of vertices if there is none.

    Parameters
    ----------
    near : the neighbours of each vertex, which live before it is measured
    after : for each vertex those that come after it
    alive : vertices that live from the start (inputs)
    rank : of each vertex, for ties

    Examples
    --------
    >>> order_of_measurement([{1}, {0}, {3}, {2}], [{1}, set(), {3}, set()], [], range(4))
    [0, 1, 2, 3]
    """
    n = len(near)
    waits = [0] * n
    for late in after:
        for w in late:
            waits[w] += 1
    born = [False] * n
    unborn = [len(near[v]) for v in range(n)]

    def bear(v: int) -> list[int]:
        """The vertices whose price this changes."""
        if born[v]:
            return []
        born[v] = True
        for w in near[v]:
            unborn[w] -= 1
        return [v, *near[v]]

    for v in alive:
        bear(v)
    heap: list[tuple[int, int, int]] = []

    def push(v: int) -> None:
        heapq.heappush(heap, (unborn[v] + (not born[v]), rank[v], v))

    for v in range(n):
        if waits[v] == 0:
            push(v)
    order: list[int] = []
    done = [False] * n
    while heap:
        price, _, v = heapq.heappop(heap)
        if done[v] or price != unborn[v] + (not born[v]):
            continue
        done[v] = True
        order.append(v)
        changed = {u for w in (v, *near[v]) for u in bear(w)}
        for w in after[v]:
            waits[w] -= 1
            changed.add(w)
        for w in changed:
            if waits[w] == 0 and not done[w]:
                push(w)
    return order
