"""The placement problem: spiders and items of an open graph, to be put on nodes; what a placement costs, and whether it fits.

The problem is one hypergraph: a *spider* spans its own node and the nodes of its *items* (edges, gadgets), and costs the size of the smallest
tree of links that joins them. Static placement, gate packets, detached gates, teleportation and their mixtures are all points
of this space. Time is one fixed total order of steps, which the pass `links` replays, and the number of data qubits that are
taken on each node at each step is exact: a placement that fits here fits. Costs and qubits are counted from scratch in this module; the search
keeps them incrementally (:mod:`gossamer.passes.placement_kernels`).

References
----------
One hypergraph for wires and gates: Andres-Martinez, Heunen, PRA 100, 032308 (2019); Andres-Martinez et al., arXiv:2305.14148;
Burt, Chen, Leung, arXiv:2503.19082.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gossamer.diagnostics import NetworkInfeasible
from gossamer.ir.diagram import Int


@dataclass(frozen=True, eq=False)
class PlacementProblem:
    """Spiders and items to be placed on nodes; nothing of it is quantum.

    Attributes
    ----------
    num_spiders
    items : int32[I, L], the spiders (two, or more padded by -1) that an item brings together at one node
    is_chain : bool[I], the items ``v - successor[v]``
    start, end : int32[S], the steps between which a spider is alive, both included. A spider starts at the step in which its
        predecessor ends. Spiders in succession on one node share a qubit in that step; on two nodes both take one
    successor : int32[S], the next spider on the wire, or -1
    item_time : int32[I], the step at which the item is realised
    num_steps
    capacity : int32[K], qubits of each node
    steiner : int32[2**K], cost of joining a set of nodes (a bit mask), and of standing there; empty if ``K > MAX_TABLE_NODES``
    distance : int32[K, K], hops, or their weights and that of the node where they end; without ``steiner`` a spider costs the sum of those
        from its place to the nodes of its items
    fixed : int32[S], the node a spider must stand on, or -1; -2: any, but it is not merged with others of its wire
    third : whether an item of two spiders may be realised at a node where none of them stands
    window : None, or a number of steps: then a spider pays the hops to a node once for each visit, and items there that follow each
        other within so many steps are one visit. So copies that are used in quick succession cost less than those that wait
    least, typical : the least and the median weight of a hop, which are the units of the last and the first temperature
    """

    num_spiders: int
    items: Int
    is_chain: NDArray[np.bool_]
    start: Int
    end: Int
    successor: Int
    item_time: Int
    num_steps: int
    capacity: Int
    steiner: Int
    distance: Int
    fixed: Int
    third: bool = True
    window: int | None = None
    node_names: tuple[str, ...] = ()
    least: int = 1
    typical: int = 1

    @property
    def num_items(self) -> int:
        return int(self.items.shape[0])

    @property
    def num_nodes(self) -> int:
        return int(self.capacity.shape[0])

    @property
    def names(self) -> tuple[str, ...]:
        return self.node_names or tuple(f"n{i}" for i in range(self.num_nodes))

    @cached_property
    def incidence(self) -> tuple[Int, Int]:
        """The items of each spider, CSR: ``item[start[s]:start[s+1]]``."""
        spider = self.items.ravel()
        item = np.repeat(np.arange(self.num_items, dtype=np.int32), self.items.shape[1])
        item, spider = item[spider >= 0], spider[spider >= 0]
        start = np.zeros(self.num_spiders + 1, np.int32)
        np.cumsum(np.bincount(spider, minlength=self.num_spiders), out=start[1:])
        return start, np.ascontiguousarray(item[np.argsort(spider, kind="stable")])

    @cached_property
    def incident_position(self) -> Int:
        """int32[I, L]: where an item stands in ``incidence`` among the items of each of its spiders; -1 where it has none."""
        start, item = self.incidence
        spider = np.repeat(np.arange(self.num_spiders, dtype=np.int32), np.diff(start))
        out = np.full(self.items.shape, -1, np.int32)
        out[item, np.argmax(self.items[item] == spider[:, None], axis=1)] = np.arange(len(item), dtype=np.int32)
        return out

    @cached_property
    def chains(self) -> tuple[Int, Int]:
        """The maximal successions of spiders, CSR: ``spider[start[w]:start[w+1]]``, in order of their first spider."""
        has_predecessor = np.zeros(self.num_spiders, bool)
        has_predecessor[self.successor[self.successor >= 0]] = True
        start, order = [0], []
        successor = self.successor.tolist()
        for s in np.flatnonzero(~has_predecessor).tolist():
            while s >= 0:
                order.append(s)
                s = successor[s]
            start.append(len(order))
        return np.array(start, np.int32), np.array(order, np.int32)

    @cached_property
    def chain_of(self) -> Int:
        start, order = self.chains
        out = np.empty(self.num_spiders, np.int32)
        out[order] = np.repeat(np.arange(len(start) - 1, dtype=np.int32), np.diff(start))
        return out

    @cached_property
    def cells(self) -> tuple[Int, Int, int]:
        """``(first, last, number)``: start and end of the spiders among the steps where one starts or ends, in order.

        Between two such steps nothing changes and no more qubits are taken than at the later one.
        """
        steps, which_step = np.unique(np.concatenate([self.start, self.end]), return_inverse=True)
        which: Int = which_step.astype(np.int32)
        first, last = which[: self.num_spiders].copy(), which[self.num_spiders :].copy()
        return first, last, len(steps)


@dataclass(frozen=True, eq=False)
class Placement:
    """A solution: ``place`` of each spider, ``item_place`` of each item, its cost (ebits), that of the static start, and
    ``partitioner``, the name of what made that start."""

    place: Int
    item_place: Int
    cost: int
    start_cost: int
    partitioner: str


def count_cost(problem: PlacementProblem, place: Int, item_place: Int) -> int:
    """The cost of a placement, counted from scratch."""
    if problem.window is not None:
        return _count_visits(problem, problem.window, place, item_place)
    touches = np.zeros((problem.num_spiders, problem.num_nodes), bool)
    touches[np.arange(problem.num_spiders), place] = True
    for leg in problem.items.T:
        touches[leg[leg >= 0], item_place[leg >= 0]] = True
    if len(problem.steiner):
        masks = touches @ (1 << np.arange(problem.num_nodes))
        return int(problem.steiner[masks].sum())
    return int((problem.distance[place] * touches).sum())


def _count_visits(problem: PlacementProblem, window: int, place: Int, item_place: Int) -> int:
    start, item = problem.incidence
    spider = np.repeat(np.arange(problem.num_spiders), np.diff(start))
    node, time = item_place[item], problem.item_time[item]
    by = np.lexsort((time, node, spider))
    spider, node, time = spider[by], node[by], time[by]
    follows = (spider[1:] == spider[:-1]) & (node[1:] == node[:-1]) & (time[1:] - time[:-1] <= window)
    first = np.append(True, ~follows)[: len(by)]
    return int(problem.distance[place[spider[first]], node[first]].sum())


def count_occupied(problem: PlacementProblem, place: Int) -> Int:
    """Data qubits taken on each node at each step where a spider starts or ends, int32[K, cells], counted from scratch."""
    first, last, cells = problem.cells
    change = np.zeros((problem.num_nodes, cells + 2), np.int32)
    shared = (problem.successor >= 0) & (place == place[problem.successor])
    np.add.at(change, (place, first), 1)
    np.add.at(change, (place, last + 1 - shared), -1)
    return np.cumsum(change, axis=1, dtype=np.int32)[:, :cells]


def check_capacity(problem: PlacementProblem) -> None:
    """Raise ``NW-13`` if at some step more spiders are alive than there are data qubits."""
    if problem.num_spiders == 0:
        return
    alive = count_occupied(problem, np.zeros(problem.num_spiders, np.int32))[0]
    total = int(problem.capacity.sum())
    if int(alive.max()) > total:
        names = problem.names
        sizes = "; ".join(f"{name}: {c}" for name, c in zip(names[:8], problem.capacity.tolist(), strict=False))
        raise NetworkInfeasible(
            "NW-13",
            f"the program needs {int(alive.max())} data qubits at one time, the network has {total} ({sizes}"
            + ("; ..." if len(names) > 8 else "") + f"): {int(alive.max()) - total} too few",
            help="add nodes or raise their 'data' qubits",
            lacks=(None, "data", int(alive.max()) - total),
        )  # fmt: skip
