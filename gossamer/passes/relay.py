"""Relays: where a node has too few communication qubits to pass a copy on, the copy waits on a data qubit.

A copy of a spider ``u`` is a link half, and a node with one communication qubit cannot hold it and open the next link. It can hand it to
a data qubit: the edge ``u - w`` becomes a path ``u - d - e - w`` whose middle stands on that node, ``d`` and ``e`` measured in X; ``d`` steps
to ``e`` on one qubit, and ``e`` is a copy of ``u``. Each edge of the path joins neighbours, so one communication qubit is enough. A gadget whose
legs would have to meet as copies becomes two vertices as well: its parity, which takes the legs one by one, and the leaf with its
angle, to which the parity steps. All this is a rewriting of the open graph and its Pauli flow; the result is placed, lowered
and checked as any other. It costs one data qubit for a moment on each node that passes something on.

References
----------
Vertices measured along an axis that are added while a Pauli flow is kept: McElvanney, Backens, QPL 2022, arXiv:2205.02009.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from heapq import heappop, heappush
from itertools import count, pairwise

import numpy as np

from gossamer.ir.diagram import Int
from gossamer.ir.network import Network
from gossamer.ir.open_graph import Label, OpenGraph, correction_columns
from gossamer.ir.phase import Phase
from gossamer.ir.placed import Assignment
from gossamer.passes.steps import StepKind, legs, step_order
from gossamer.passes.weights import Weights


def find_relays(
    graph: OpenGraph, assignment: Assignment, network: Network, weights: Weights
) -> tuple[OpenGraph, Assignment] | None:
    """A graph of the same meaning and its assignment, in which no node has to hold two copies at one time; None if data qubits lack.

    Examples
    --------
    Two qubits at the ends of a line of three nodes; the one in the middle passes the copy on.

    >>> from gossamer.ir.network import NetworkLink, Node
    >>> from gossamer.ir.wires import WireBuilder
    >>> from gossamer.passes.graph_like import to_open_graph
    >>> from gossamer.passes.weights import weigh
    >>> w = WireBuilder(); a, b = w.add_input("a"), w.add_input("b"); w.cz(a, b); _ = w.output(a, "a"), w.output(b, "b")
    >>> graph = to_open_graph(w.build())
    >>> nodes = tuple(Node(name=f"n{i}", data=1, comm=1) for i in range(3))
    >>> line = Network(nodes=nodes, links=tuple(NetworkLink(nodes=(f"n{i}", f"n{i + 1}")) for i in range(2)))
    >>> found, where = find_relays(graph, Assignment(np.array([0, 2]), np.array([2])), line, weigh(line))
    >>> found.edges.tolist(), where.place.tolist()
    ([[0, 2], [1, 3], [2, 3]], [0, 2, 1, 1])
    """
    for rewriting in (_measure_gadgets, _pass_on):
        found = rewriting(graph, assignment, network, weights)
        if found is None:
            return None
        graph, assignment = found
    return graph, assignment


def _measure_gadgets(
    graph: OpenGraph, assignment: Assignment, network: Network, weights: Weights
) -> tuple[OpenGraph, Assignment] | None:
    """Gadgets whose legs would have to meet as copies become a parity and a leaf."""
    draft = _Draft(graph, assignment)
    for block in _blocks(graph, draft.place, network):
        for kind, hub in block.items:
            if kind != StepKind.HUB:
                continue
            around = legs(graph, hub)
            at = draft.place[hub]
            foreign = [draft.place[v] for v in around if draft.place[v] != at]
            limit = network.nodes[at].comm
            if (limit is None or len(foreign) <= limit) and all(network.distance[p, at] == 1 for p in foreign):
                continue
            free = [node for node in range(network.size) if block.room[node] > 0]
            if not free:
                return None
            at = min(free, key=lambda node: (sum(int(weights.distance[node, draft.place[v]]) for v in around), node))
            draft.split_gadget(hub, around, at, block.end)
    return draft.build()


def _pass_on(
    graph: OpenGraph, assignment: Assignment, network: Network, weights: Weights
) -> tuple[OpenGraph, Assignment] | None:
    """Edges whose ends stand too far apart become paths over the nodes between."""
    draft = _Draft(graph, assignment)
    successor, edges = graph.successor.tolist(), graph.edges.tolist()
    for block in _blocks(graph, draft.place, network):
        pairs = [(*edges[x], False) for kind, x in block.items if kind == StepKind.EDGE]
        if successor[block.end] >= 0:
            pairs.append((block.end, successor[block.end], True))
        for u, w, is_chain in pairs:
            p, q = draft.place[u], draft.place[w]
            path = [p] if p == q else _path_with_room(network, weights, p, q, block.room)
            if path is None:
                return None
            if len(path) <= 2:
                draft.realise_at_an_end(u, w)
                continue
            draft.pass_on(u, w, path[1:-1], block.end, is_chain=is_chain)
    return draft.build()


def _path_with_room(network: Network, weights: Weights, p: int, q: int, room: list[int]) -> list[int] | None:
    """A path of least weight over nodes that have a data qubit free and a communication qubit; the first that is found wins ties."""
    came = {p: p}
    far = {p: 0}
    number = count(1)
    todo = [(0, 0, p)]
    while todo:
        here, _, at = heappop(todo)
        if at == q:
            path = [q]
            while path[-1] != p:
                path.append(came[path[-1]])
            return path[::-1]
        if here > far[at]:
            continue
        for node in network.neighbours[at]:
            if node != q and (room[node] <= 0 or network.nodes[node].comm == 0):
                continue
            further = here + int(weights.link[at, node])
            if node not in far or further < far[node]:
                came[node], far[node] = at, further
                heappush(todo, (further, next(number), node))
    return None


class _Block:
    """The steps up to the end of one vertex, and how many data qubits are free on each node before it ends."""

    def __init__(self) -> None:
        self.items: list[tuple[int, int]] = []
        self.end = -1
        self.room: list[int] = []


def _blocks(graph: OpenGraph, place: list[int], network: Network) -> Iterator[_Block]:
    born = np.zeros(graph.num_vertices, bool)
    room = [node.data for node in network.nodes]  # what is added along X takes no other qubit for its steps
    edges, successor, is_output = graph.edges.tolist(), graph.successor.tolist(), set(graph.outputs.tolist())

    def begin(v: int) -> None:
        if not born[v]:
            born[v] = True
            room[place[v]] -= 1

    for v in graph.inputs.tolist():
        begin(v)
    block = _Block()
    for kind, x in step_order(graph).tolist():
        if kind != StepKind.END:
            block.items.append((kind, x))
            for v in edges[x] if kind == StepKind.EDGE else legs(graph, x):
                begin(v)
            continue
        begin(x)
        after = successor[x]
        stays = after >= 0 and place[after] == place[x]
        if stays:
            born[after] = True
        elif after >= 0:
            begin(after)
        block.end, block.room = x, list(room)
        yield block
        if not stays and x not in is_output:
            room[place[x]] += 1
        block = _Block()


class _Draft:
    """A graph with its assignment while vertices are added; those that are there keep their numbers."""

    def __init__(self, graph: OpenGraph, assignment: Assignment) -> None:
        self.graph, self.assignment = graph, assignment
        self.label: list[int] = graph.label.tolist()
        self.phase: list[int] = graph.phase.tolist()
        self.phases = list(graph.phases)
        self.place: list[int] = assignment.place.tolist()
        pairs = [(u, v) for u, v in graph.edges.tolist()]
        self.edges: dict[tuple[int, int], int] = dict(zip(pairs, assignment.edge_place.tolist(), strict=True))
        self.flow = [set(graph.correction_set(v)) for v in range(graph.num_vertices)]
        # For each vertex, those in whose correction sets it is.
        self.corrects: list[set[int]] = [set() for _ in self.flow]
        for v, members in enumerate(self.flow):
            for w in members:
                self.corrects[w].add(v)
        # Where a vertex stands in the order: what is put before v has the key (2 p, number), v has (2 p + 1, 0), what is put behind it (2 p + 1, number).
        self.key = [(2 * p + 1, 0) for p in graph.position.tolist()]
        self.number = count(1)

    def add(self, label: Label, phase: int, place: int, beside: int, *, behind: bool = False) -> int:
        """A new vertex, right before ``beside`` in the order or right behind it, after those that were put there already."""
        v = len(self.label)
        self.label.append(label)
        self.phase.append(phase)
        self.place.append(place)
        self.flow.append(set())
        self.corrects.append(set())
        self.key.append((self.key[beside][0] - (not behind), next(self.number)))
        return v

    @cached_property
    def zero(self) -> int:
        """The number of the phase 0."""
        if Phase() not in self.phases:
            self.phases.append(Phase())
        return self.phases.index(Phase())

    def join(self, u: int, v: int, at: int) -> None:
        self.edges[min(u, v), max(u, v)] = at

    def realise_at_an_end(self, u: int, w: int) -> None:
        """Let an edge that was to be realised on a third node be realised where w stands."""
        pair = min(u, w), max(u, w)
        if self.edges[pair] not in (self.place[u], self.place[w]):
            self.edges[pair] = self.place[w]

    def toggle(self, v: int, members: list[int]) -> None:
        """Put members into the correction set of v, or take them out."""
        for w in members:
            self.flow[v] ^= {w}
            self.corrects[w] ^= {v}

    def pass_on(self, u: int, w: int, nodes: list[int], end: int, *, is_chain: bool) -> None:
        """Replace the edge ``u - w`` by a path with two vertices on each of ``nodes``, before ``end``; for a chain edge right behind u, which is ``end``."""
        del self.edges[min(u, w), max(u, w)]
        ins: list[int] = []
        outs: list[int] = []
        for node in nodes:
            for made in (ins, outs):
                made.append(self.add(Label.X, self.zero, node, end, behind=is_chain))
        path = [u, *(v for pair in zip(ins, outs, strict=True) for v in pair), w]
        for a, b in pairwise(path):
            self.join(a, b, self.place[b])
        # An X on u is a Z on the first vertex of the path, where it was one on w. Who is measured later than that vertex corrects with the
        # copies of u too, and does to the old vertices what it did.
        start = self.key[ins[0]]
        late = [[v for v in self.corrects[x] if self.key[v] > start] for x in (u, w)]
        for who, others in zip(late, (outs, ins), strict=True):
            for v in who:
                self.toggle(v, others)
        if is_chain:
            self.toggle(u, [w, ins[0]])
            for a, b in pairwise(path[1:]):
                self.toggle(a, [b])
            return
        for k, (a, b) in enumerate(zip(ins, outs, strict=True)):
            self.toggle(a, [b])
            self.toggle(b, ins[: k + 1])

    def split_gadget(self, hub: int, around: list[int], at: int, end: int) -> None:
        """Make the hub a parity in X that steps to a leaf with its angle; both stand before ``end``."""
        old, self.key[hub] = self.key[hub], (self.key[end][0] - 1, next(self.number))
        leaf = self.add(Label.XY if self.label[hub] == Label.YZ else Label.X, self.phase[hub], at, end)
        self.label[hub], self.phase[hub], self.place[hub] = Label.X, self.zero, at
        for v in around:
            self.join(v, hub, at)
        self.join(hub, leaf, at)
        # What is measured later, and found the hub along Z as it was, undoes what its X would be in the parity.
        odd = {v for x in around for v in self.corrects[x] if self.key[v] > old and v != hub}
        for v in odd:
            if sum(x in self.flow[v] for x in around) % 2:
                self.toggle(v, [leaf])
        self.toggle(hub, [hub, leaf])
        self.toggle(leaf, [hub])

    def build(self) -> tuple[OpenGraph, Assignment]:
        n = len(self.label)
        edges = sorted(self.edges)
        start, flow = correction_columns([sorted(x) for x in self.flow])
        graph = replace(
            self.graph,
            label=np.array(self.label, np.uint8),
            phase=np.array(self.phase, np.int32),
            phases=tuple(self.phases),
            edges=np.array(edges, np.int32).reshape(-1, 2),
            outcome=_longer(self.graph.outcome, n),
            flow_start=start,
            flow=flow,
            order=np.array(sorted(range(n), key=self.key.__getitem__), np.int32),
        )
        edge_place = np.array([self.edges[e] for e in edges], np.int32)
        return graph, replace(self.assignment, place=np.array(self.place, np.int32), edge_place=edge_place)


def _longer(column: Int, n: int) -> Int:
    return np.concatenate([column, np.full(n - len(column), -1, np.int32)])
