"""Replays the steps of a placement: links are opened, copies come and go, and one total order of events comes out.

What the pass `links` is about stands in :mod:`gossamer.passes.links`; this is the machine it runs.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from gossamer.diagnostics import InternalError, NetworkInfeasible
from gossamer.ir.network import Network
from gossamer.ir.open_graph import OpenGraph
from gossamer.ir.placed import Assignment, EventKind, Placed
from gossamer.passes.steiner import steiner_nodes
from gossamer.passes.steps import StepKind, legs, step_order
from gossamer.passes.weights import Weights


class Realiser:
    """Replays the steps; the fields are the state of the machine between two steps."""

    def __init__(
        self,
        graph: OpenGraph,
        assignment: Assignment,
        network: Network,
        weights: Weights,
        *,
        farthest: bool,
        eager: bool,
        steiner: bool,
    ) -> None:
        n = graph.num_vertices
        self.graph, self.network, self.weights, self.n = graph, network, weights, n
        self.farthest, self.eager, self.steiner = farthest, eager, steiner
        self.place: list[int] = assignment.place.tolist()
        self.edge_place: list[int] = assignment.edge_place.tolist()
        self.edges: list[list[int]] = graph.edges.tolist()
        self.successor: list[int] = graph.successor.tolist()
        self.outputs = set(graph.outputs.tolist())
        self.steps: list[list[int]] = step_order(graph).tolist()
        self.links: list[tuple[int, int]] = []
        self.joins: list[tuple[int, int]] = []
        self.events: list[tuple[int, int]] = []
        self.prepared = [False] * n
        self.copies: list[dict[int, int]] = [{} for _ in range(n)]  # vertex -> node -> live link terminal
        self.held: list[dict[int, int]] = [{} for _ in network.nodes]  # node -> live link terminal -> vertex
        self.needs: list[dict[int, list[int]]] = [
            {} for _ in range(n)
        ]  # vertex -> node -> steps that need a copy, last first
        self.parent: list[dict[int, int]] = [{} for _ in range(n)]  # vertex -> node -> the node before it in its tree
        self.done = [False] * len(self.steps)
        self.waiting: list[list[int]] = [[] for _ in range(n if eager else 0)]  # vertex -> its steps that need a copy
        self.before: dict[int, list[int]] = {}  # hub -> whose outcomes turn its angle around
        self.ended = [False] * n
        self.met: set[int] = set()  # vertices of steps that were done early, beside the current one
        self.first_half = n  # the terminals of link k are this and 2k, and one more
        self.source: dict[int, int] = {}  # far terminal of a link -> the terminal that it copies
        chain = graph.is_chain_edge
        self.chain_place = [-1] * n  # of v: where the edge v - f(v) is realised
        for e in np.flatnonzero(chain).tolist():
            u, v = self.edges[e]
            self.chain_place[u if self.successor[u] == v else v] = self.edge_place[e]

    def run(self) -> Placed:
        for at, (kind, arg) in enumerate(self.steps):
            node, vertices = self.work(kind, arg)
            for v in vertices:
                if self.place[v] != node:
                    self.needs[v].setdefault(node, []).append(at)
            if self.eager and len(vertices) == 2 and kind != StepKind.END:
                for v in vertices if any(self.place[v] != node for v in vertices) else ():
                    self.waiting[v].append(at)
        for v in range(self.n):
            if self.needs[v]:
                self.plan_tree(v)
                for steps in self.needs[v].values():
                    steps.reverse()
        if self.eager:
            self.plan_hubs()
        for v in self.graph.inputs.tolist():
            self.prepare(v)
        for at, (kind, arg) in enumerate(self.steps):
            if not self.done[at]:
                self.replay(at, kind, arg)
        return self.placed()

    def placed(self) -> Placed:
        return Placed.of_rows(self.graph, self.network, self.place, self.links, self.joins, self.events)

    def work(self, kind: int, arg: int) -> tuple[int, list[int]]:
        """The node where a step happens and the vertices that must be present there (as themselves or as copies)."""
        if kind == StepKind.EDGE:
            return self.edge_place[arg], self.edges[arg]
        if kind == StepKind.HUB:
            return self.place[arg], legs(self.graph, arg)
        after = self.successor[arg]
        if after < 0 or self.place[after] == self.place[arg]:
            return self.place[arg], []
        return self.chain_place[arg], [arg, after]

    def plan_tree(self, v: int) -> None:
        """A tree of least weight from v's home to all nodes that need it; relays need it when their children do."""
        home, needs, dist = self.place[v], self.needs[v], self.weights.distance
        tree = [home]
        parent = self.parent[v]
        todo = sorted(steiner_nodes(dist, {home, *needs}) - {home}) if self.steiner else sorted(needs)
        while todo:
            _, _, x, joint = min((int(dist[t, x]), i, x, t) for i, t in enumerate(tree) for x in todo)
            path = self.weights.path(joint, x)
            for a, b in pairwise(path):
                if b not in parent and b != home:
                    parent[b] = a
                    tree.append(b)
            todo.remove(x)
        first = {x: steps[0] for x, steps in needs.items()}
        for x, at in first.items():
            y = parent[x]
            while y != home:
                needs[y] = sorted({*needs.get(y, ()), at})
                y = parent[y]

    def plan_hubs(self) -> None:
        """What has to be measured before a hub that rotates early; one whose angle depends on outcomes does not."""
        graph = self.graph
        self.before = {hub: [] for hub in np.flatnonzero(graph.is_hub).tolist() if not graph.phase_of(hub).bits}
        for v in range(self.n) if self.before else ():
            for hub in ({*graph.correction_set(v), *graph.odd_neighbours(v)} - {v}) & self.before.keys():
                self.before[hub].append(v)

    # ---- replay ----------------------------------------------------------------------------------------------------

    def replay(self, at: int, kind: int, arg: int) -> None:
        node, vertices = self.work(kind, arg)
        for v in vertices:
            self.prepare(v)
        terminals: list[int] = []
        for v in vertices:
            if not self.done[at]:
                terminals.append(self.present(v, node, at, terminals))
        if not self.done[at] and vertices:
            self.perform(kind, arg, terminals)
        self.done[at] = True
        for v in sorted({*vertices, *self.met}):
            self.release(v, at)
        self.met.clear()
        if kind == StepKind.END:
            self.end(arg)

    def perform(self, kind: int, arg: int, terminals: list[int]) -> None:
        if kind == StepKind.HUB:
            for t in terminals:
                self.join(t, arg, event=False)
            self.events.append((EventKind.ROTATE, arg))
            self.ended[arg] = True
        else:
            self.join(*terminals)

    def end(self, v: int) -> None:
        self.prepare(v)
        if self.copies[v]:
            raise InternalError("TL-14", f"copies of vertex {v} outlive it")
        self.ended[v] = True
        after = self.successor[v]
        if after >= 0 and self.place[after] == self.place[v]:
            self.prepared[after] = True
            self.events.append((EventKind.STEP, v))
            self.meet(after, self.place[after])
        elif v in self.outputs:
            self.events.append((EventKind.FINISH, v))
        else:
            self.events.append((EventKind.MEASURE, v))

    def prepare(self, v: int) -> None:
        if not self.prepared[v]:
            self.prepared[v] = True
            self.events.append((EventKind.PREPARE, v))
            self.meet(v, self.place[v])

    def meet(self, v: int, node: int) -> None:
        """Do what ``v``, which has come to a node, can do there with what is there already: then less has to come later."""
        if not self.eager:
            return
        self.waiting[v] = [at for at in self.waiting[v] if not self.done[at]]
        for at in self.waiting[v]:
            kind, arg = self.steps[at]
            around = self.work(kind, arg)[1]
            terminals = [t for w in around if self.prepared[w] and (t := self.terminal(w, node)) is not None]
            if len(terminals) < 2 or (min(terminals) >= self.first_half and not self.may_meet(kind, node)):
                continue
            if kind == StepKind.HUB:
                if arg not in self.before or not all(self.ended[w] for w in self.before[arg]):
                    continue
                self.place[arg] = node
            self.perform(kind, arg, terminals)
            self.done[at] = True
            self.met.update(around)

    def may_meet(self, kind: int, node: int) -> bool:
        """Whether two copies can be joined on a node, or be rotated together."""
        one = self.network.nodes[node]
        return one.turns_halves if kind == StepKind.HUB else one.joins_halves

    def terminal(self, v: int, node: int) -> int | None:
        """What stands for v on a node, if anything does."""
        return v if self.place[v] == node else self.copies[v].get(node)

    def join(self, s: int, t: int, *, event: bool = True) -> None:
        self.joins.append((s, t))
        if event:
            self.events.append((EventKind.JOIN, len(self.joins) - 1))

    def present(self, v: int, node: int, at: int, pinned: list[int]) -> int:
        """The terminal that stands for v on ``node``; fetched over links if it is not there, or on the way until step ``at`` is done."""
        found = self.terminal(v, node)
        if found is not None:
            return found
        path = [node]
        while self.terminal(v, path[-1]) is None:
            path.append(self.parent[v][path[-1]])
        path.reverse()
        for p, q in pairwise(path):
            source = v if p == self.place[v] else self.copies[v][p]
            self.make_room(p, [*pinned, source])
            self.make_room(q, [*pinned, source])
            k = len(self.links)
            self.links.append((p, q))
            a, b = self.first_half + 2 * k, self.first_half + 2 * k + 1
            self.events.append((EventKind.EBIT, k))
            self.join(source, a)
            self.source[b] = source
            self.events.append((EventKind.MEASURE_HALF, a))
            self.copies[v][q] = b
            self.held[q][b] = v
            self.meet(v, q)
            if source != v:
                self.release_at(v, p, at)
            if self.done[at]:
                break
        return b

    def make_room(self, node: int, pinned: list[int]) -> None:
        limit = self.network.nodes[node].comm
        if limit is None or len(self.held[node]) < limit:
            return
        can_go = [t for t in self.held[node] if t not in pinned]
        if not can_go:
            name = self.network.nodes[node].name
            raise NetworkInfeasible(
                "NW-13",
                f"node {name} has {limit} communication qubit{'s' * (limit != 1)}, but {len(self.held[node]) + 1} "
                "are needed there at one time",
                help=f"give {name} comm={len(self.held[node]) + 1}, or connect its neighbours directly",
                lacks=(name, "comm", len(self.held[node]) + 1 - limit),
            )
        gone = (
            max(can_go, key=lambda t: (self.next_need(self.held[node][t], node), t)) if self.farthest else min(can_go)
        )
        self.dismiss(gone, node, pinned)

    def dismiss(self, terminal: int, node: int, pinned: list[int]) -> None:
        """Make a copy leave its communication qubit."""
        self.close(self.held[node][terminal], node)

    def close(self, v: int, node: int) -> None:
        terminal = self.copies[v].pop(node)
        del self.held[node][terminal]
        self.events.append((EventKind.MEASURE_HALF, terminal))

    def release(self, v: int, at: int) -> None:
        for node in sorted(self.copies[v]):
            self.release_at(v, node, at)

    def release_at(self, v: int, node: int, at: int) -> None:
        """Measure the copy if no step after ``at`` needs it."""
        if self.next_need(v, node, at) == len(self.steps):
            self.close(v, node)

    def next_need(self, v: int, node: int, after: int = -1) -> int:
        """The first step after ``after`` that needs v on a node and is not done; their number if there is none."""
        needs = self.needs[v].get(node)
        while needs and (self.done[needs[-1]] or needs[-1] <= after):
            needs.pop()
        return needs[-1] if needs else len(self.steps)
