"""Stored copies: where communication qubits are few, copies wait for their next use on data qubits that are free, and give way to vertices.

A copy of a spider ``u`` on a communication qubit is joined to a vertex ``d`` and measured; ``d`` steps to ``e`` on its qubit, both are measured along
X, and ``e`` is a copy of u in place of the first. That is a rewriting of the open graph: of the edges of u, those that are realised with the
copy from then on go to e, and ``u - d - e`` is a path. In the Pauli flow ``g(d) = {e}``, and ``g(e)`` holds the ``d`` of all copies on the way from u.
A vertex that is measured when d or e is gone already, and whose correction would flip its outcome, corrects with their partners too. A stored copy takes
no ebit: where it has to go before it is used again, one is what it would have taken anyway.

References
----------
Vertices measured along an axis that are added while a Pauli flow is kept: McElvanney, Backens, QPL 2022, arXiv:2205.02009. Farthest next
use: Belady, IBM Systems Journal 5, 78 (1966).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gossamer.ir.open_graph import Label, OpenGraph, correction_columns
from gossamer.ir.phase import Phase
from gossamer.ir.placed import EventKind, Placed
from gossamer.passes.realiser import Realiser
from gossamer.passes.steps import StepKind, legs

#: Terminals of links while it is not known yet how many vertices there will be.
_FIRST_HALF = 1 << 30
_ENDS = (EventKind.STEP, EventKind.MEASURE, EventKind.FINISH, EventKind.ROTATE)


class Storer(Realiser):
    """A `Realiser` with a second store on each node: data qubits on which no vertex stands."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.first_half = _FIRST_HALF
        self.used = [0] * self.network.size  # data qubits that hold vertices of the graph
        self.stored: list[dict[int, int]] = [{} for _ in self.network.nodes]  # node -> stored copy -> vertex
        self.made: list[tuple[int, int, int]] = []  # d, e, and the vertex or stored copy of which e is a copy
        self.moved: dict[int, tuple[int, int]] = {}  # edge -> its ends where they are not those of the graph

    # ---- data qubits -----------------------------------------------------------------------------------------------

    def prepare(self, v: int) -> None:
        if not self.prepared[v]:
            node = self.place[v]
            if self.stored[node] and self.used[node] + len(self.stored[node]) >= self.network.nodes[node].room:
                self.close(self.stored[node][self.farthest_stored(node, [])], node)
            self.used[node] += 1
        super().prepare(v)

    def end(self, v: int) -> None:
        super().end(v)
        self.used[self.place[v]] -= self.events[-1] == (EventKind.MEASURE, v)

    def farthest_stored(self, node: int, pinned: list[int]) -> int:
        """The stored copy that is needed last, -1 if there is none that may go."""
        return max(
            (t for t in self.stored[node] if t not in pinned),
            key=lambda t: (self.next_need(self.stored[node][t], node), t),
            default=-1,
        )

    # ---- copies ----------------------------------------------------------------------------------------------------

    def dismiss(self, terminal: int, node: int, pinned: list[int]) -> None:
        v = self.held[node][terminal]
        need = self.next_need(v, node)
        if need < len(self.steps) and self.may_be_stored(v) and self.has_room(node, need, pinned):
            self.store(terminal, v, node)
        else:
            self.close(v, node)

    def may_be_stored(self, v: int) -> bool:
        """Whether the edge to its successor, which stays as it is, is not realised with a copy of v."""
        after = self.successor[v]
        return after < 0 or self.place[after] == self.place[v]

    def has_room(self, node: int, need: int, pinned: list[int]) -> bool:
        """Whether a copy that is needed at step ``need`` finds a data qubit; one that is needed later gives way."""
        if self.used[node] + len(self.stored[node]) < self.network.nodes[node].room:
            return True
        other = self.farthest_stored(node, pinned)
        if other < 0 or self.next_need(self.stored[node][other], node) <= need:
            return False
        self.close(self.stored[node][other], node)
        return True

    def store(self, terminal: int, v: int, node: int) -> None:
        d = self.n + 2 * len(self.made)
        self.made.append((d, d + 1, self.origin(terminal)))
        self.place += [node, node]
        self.events.append((EventKind.PREPARE, d))
        self.join(terminal, d)
        self.close(v, node)
        self.events.append((EventKind.STEP, d))
        self.copies[v][node] = d + 1
        self.stored[node][d + 1] = v

    def close(self, v: int, node: int) -> None:
        terminal = self.copies[v][node]
        if terminal >= self.first_half:
            super().close(v, node)
            return
        del self.copies[v][node], self.stored[node][terminal]
        self.events.append((EventKind.MEASURE, terminal))

    def origin(self, terminal: int) -> int:
        """The vertex or stored copy that a terminal stands for."""
        while terminal >= self.first_half:
            terminal = self.source[terminal]
        return terminal

    def perform(self, kind: int, arg: int, terminals: list[int]) -> None:
        super().perform(kind, arg, terminals)
        ends = [self.origin(t) for t in terminals]
        if kind == StepKind.EDGE:
            if ends != self.edges[arg]:
                self.moved[arg] = ends[0], ends[1]
        elif kind == StepKind.HUB and ends != legs(self.graph, arg):
            start, _, edge = self.graph.adjacency
            for e, end in zip(edge[start[arg] : start[arg + 1]].tolist(), ends, strict=True):
                self.moved[e] = end, arg

    # ---- the graph -------------------------------------------------------------------------------------------------

    def placed(self) -> Placed:
        halves = self.n + 2 * len(self.made)

        def number(terminal: int) -> int:
            return terminal if terminal < self.first_half else terminal - self.first_half + halves

        self.joins = [(number(s), number(t)) for s, t in self.joins]
        self.events = [(k, number(x) if k == EventKind.MEASURE_HALF else x) for k, x in self.events]
        if self.made:
            self.graph = self.rewritten()
        return super().placed()

    def rewritten(self) -> OpenGraph:
        """The graph with stored copies and its flow, in the order in which vertices end."""
        graph, new = self.graph, 2 * len(self.made)
        edges = [self.moved.get(e, (u, v)) for e, (u, v) in enumerate(self.edges)]
        edges += [pair for d, e, origin in self.made for pair in ((origin, d), (d, e))]
        order = [x for kind, x in self.events if kind in _ENDS]
        phases = graph.phases if Phase() in graph.phases else (*graph.phases, Phase())
        start, flow = correction_columns(self.flow(edges, order))
        return replace(
            graph,
            label=np.concatenate([graph.label, np.full(new, Label.X, np.uint8)]),
            phase=np.concatenate([graph.phase, np.full(new, phases.index(Phase()), np.int32)]),
            phases=phases,
            edges=np.array(sorted((min(pair), max(pair)) for pair in edges), np.int32),
            outcome=np.concatenate([graph.outcome, np.full(new, -1, np.int32)]),
            flow_start=start,
            flow=flow,
            order=np.array(order, np.int32),
        )

    def flow(self, edges: list[tuple[int, int]], order: list[int]) -> list[set[int]]:
        sets = [set(self.graph.correction_set(v)) for v in range(self.n)]
        partner: dict[int, set[int]] = {}  # what undoes a Z on a vertex that was added
        for d, e, origin in self.made:
            partner[d], partner[e] = {e}, {*partner.get(origin, ()), d}
            sets += [partner[d], partner[e]]
        near: dict[int, set[int]] = {}  # vertex -> neighbours that were added
        for u, v in edges:
            for x, y in ((u, v), (v, u)):
                if y >= self.n:
                    near.setdefault(x, set()).add(y)
        position = {v: i for i, v in enumerate(order)}

        def gone(v: int) -> list[int]:
            """The added vertices that the corrections of v flip, although they were measured before."""
            odd: set[int] = set()
            for w in sets[v] & near.keys():
                odd ^= near[w]
            return [x for x in odd if position[x] < position[v]]

        for v in range(self.n):
            while late := gone(v):
                sets[v] ^= partner[min(late)]
        return sets
