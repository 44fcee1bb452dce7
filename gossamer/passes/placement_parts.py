"""Parts of a placement problem that can be searched at the same time: what lives between two moments.

A placement is bound together in time by the wires, and far apart in time hardly at all. So a large problem is cut into windows of time. A
spider belongs to a window if it begins and ends there, an item if all its spiders do; what reaches from one window to another stays as it
is until other windows are cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gossamer.ir.diagram import Int
from gossamer.passes.placement_problem import PlacementProblem


@dataclass(frozen=True, eq=False)
class Parts:
    """Windows of time, and what is inside of each.

    Attributes
    ----------
    number : of windows
    home, item_home : int32[S], int32[I], the window of a spider or an item, -1 for those that are in none or may not move
    spider_start, spiders, item_start, items : the same, by window: ``spiders[spider_start[p]:spider_start[p + 1]]``
    """

    number: int
    home: Int
    item_home: Int
    spider_start: Int
    spiders: Int
    item_start: Int
    items: Int

    @property
    def held(self) -> float:
        """The share of spiders and items that are in a window."""
        return (len(self.spiders) + len(self.items)) / max(1, len(self.home) + len(self.item_home))

    @property
    def columns(self) -> tuple[Int, ...]:
        """What the kernel takes."""
        return self.spider_start, self.spiders, self.item_start, self.items, self.home, self.item_home


def cut_in_time(problem: PlacementProblem, size: int, offset: int = 0) -> Parts:
    """Windows in each of which about ``size`` spiders begin; in the first one ``offset`` fewer.

    Examples
    --------
    >>> from gossamer.ir.network_text import resolve_network
    >>> from gossamer.ir.wires import WireBuilder
    >>> from gossamer.passes.graph_like import to_open_graph
    >>> from gossamer.passes.placement_graph import problem_from_graph
    >>> w = WireBuilder()
    >>> a, b = w.add_input("a"), w.add_input("b")
    >>> for _ in range(3): w.cz(a, b); w.h(a); w.h(b)
    >>> _ = w.output(a, "a"), w.output(b, "b")
    >>> parts = cut_in_time(problem_from_graph(to_open_graph(w.build()), resolve_network("2:qubits=2")), 4)
    >>> parts.number, parts.home.tolist()
    (2, [0, 0, -1, -1, 1, 1, 1, 1])
    """
    first, last, _ = problem.cells
    bounds = np.unique(np.sort(first)[size - offset :: size])
    begin, end = np.searchsorted(bounds, first, side="right"), np.searchsorted(bounds, last, side="right")
    inside = np.append(np.where(begin == end, begin, -1), -2).astype(np.int32)
    of_items = inside[problem.items]
    of_first = of_items[:, :1]
    together = ((of_items == of_first) | (of_items == -2)).all(axis=1)
    item_home = np.where(together, of_first[:, 0], -1).astype(np.int32)
    home = np.where(problem.fixed < 0, inside[:-1], -1).astype(np.int32)
    number = len(bounds) + 1
    return Parts(number, home, item_home, *_by_part(home, number), *_by_part(item_home, number))


def _by_part(home: Int, number: int) -> tuple[Int, Int]:
    order = np.argsort(home, kind="stable").astype(np.int32)
    start = np.searchsorted(home[order], np.arange(number + 1)).astype(np.int32)
    return (start - start[0]).astype(np.int32), np.ascontiguousarray(order[start[0] :])
