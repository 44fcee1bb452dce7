"""`links`: a placement of spiders and edges becomes links, local joins, and one total order of events.

Every spider is carried to the nodes where its edges are realised as a *copy*: one link for each hop, ``U_k`` the spider or
the copy before it, ``W_k`` whatever is joined to the copy (gate packets, teleportation, detached gates, Steiner trees and
entanglement swapping are all this one primitive; theory: the link theorem). The pass replays the placement's total order of
steps, so data qubits fit by construction; where a node has a limited number of communication qubits, the copy whose next
use is farthest away is measured early and fetched again later (Belady's rule), at the price of one more ebit a hop.

References
----------
Cat-entangler and packets: Eisert et al., PRA 62, 052317 (2000); Yimsiriwattana, Lomonaco, quant-ph/0402148; Wu et al.,
arXiv:2207.11674. Farthest next use: Belady, IBM Systems Journal 5, 78 (1966). Trees: Dreyfus, Wagner, Networks 1, 195 (1971); on more
than 12 nodes Takahashi, Matsuyama, Math. Japonica 24, 573 (1980).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from gossamer.diagnostics import InternalError, NetworkInfeasible
from gossamer.ir.network import Network
from gossamer.ir.open_graph import OpenGraph
from gossamer.ir.placed import Assignment, EventKind, Placed
from gossamer.passes.relay import find_relays
from gossamer.passes.steiner import steiner_nodes
from gossamer.passes.steps import StepKind, legs, step_order
from gossamer.passes.weights import Weights, check_objective, weigh


def realise(
    graph: OpenGraph, assignment: Assignment, network: Network, objective: str = "ebits", *, farthest: bool = True
) -> Placed:
    """Build the links and the order of events for an assignment; copies take the ways that weigh least for the objective.

    ``farthest``: see `Links`.

    Raises
    ------
    NetworkInfeasible
        ``NW-13`` if a node has too few communication qubits for what the assignment asks of it.

    Examples
    --------
    A remote CZ takes one link:

    >>> from gossamer.ir.network import Network, NetworkLink, Node
    >>> from gossamer.ir.placed import Assignment
    >>> from gossamer.ir.wires import WireBuilder
    >>> from gossamer.passes.graph_like import to_open_graph
    >>> w = WireBuilder()
    >>> a, b = w.add_input("a"), w.add_input("b")
    >>> w.cz(a, b)
    >>> _ = w.output(a, "a"), w.output(b, "b")
    >>> graph = to_open_graph(w.build())
    >>> net = Network(nodes=[Node(name="n0", data=1), Node(name="n1", data=1)], links=[NetworkLink(nodes=("n0", "n1"))])
    >>> realise(graph, Assignment(np.array([0, 1]), np.array([1])), net).num_links
    1
    """
    weights = weigh(network, objective)
    return _Realiser(graph, _with_hubs_at_legs(graph, assignment, network), network, weights, farthest=farthest).run()


def _with_hubs_at_legs(graph: OpenGraph, assignment: Assignment, network: Network) -> Assignment:
    """Hubs with more than two legs rotate where a leg stands: copies take gates along their axis only, so a parity needs a data qubit.

    Two copies can be rotated together where the hardware turns about two qubits at once.
    """
    turns = [node.turns_halves for node in network.nodes]
    place, edge_place = assignment.place, assignment.edge_place
    start, _, edge = graph.adjacency
    for hub in np.flatnonzero(graph.is_hub & (np.diff(start) > 1)).tolist():
        around = legs(graph, hub)
        if len(around) == 2 and turns[place[hub]]:
            continue
        if not (place[around] == place[hub]).any():
            if place is assignment.place:
                place, edge_place = place.copy(), edge_place.copy()
            place[hub] = place[around[0]]
            edge_place[edge[start[hub] : start[hub + 1]]] = place[hub]
    return replace(assignment, place=place, edge_place=edge_place)


@dataclass(frozen=True)
class Links:
    """Pass: ``OpenGraph``, ``Assignment``, ``Network`` -> ``Placed``. Joins and links give back exactly the edges of the graph.

    Where communication qubits are limited, copies that live long may have to be fetched again and again; then the same
    placement with short-lived copies is tried too, and the one whose links weigh less kept. Where neither can be done, copies wait on
    data qubits that are free (:mod:`gossamer.passes.relay`).

    Attributes
    ----------
    objective : what links weigh, where copies can take several ways: ``ebits``, ``time`` or ``fidelity``, see :mod:`gossamer.passes.weights`
    short_lived : whether the placement with short-lived copies is tried
    farthest : whether the copy that makes room is the one whose next use is farthest away, and not the oldest
    relays : whether copies may wait on data qubits
    """

    objective: str = "ebits"
    short_lived: bool = True
    farthest: bool = True
    relays: bool = True

    def __post_init__(self) -> None:
        check_objective(self.objective)

    def run(self, graph: OpenGraph, assignment: Assignment, network: Network) -> Placed:
        if all(node.comm is None for node in network.nodes):
            return realise(graph, assignment, network, self.objective)
        short = shorten_copies(graph, assignment) if self.short_lived else assignment
        found: list[Placed] = []
        lacking: list[NetworkInfeasible] = []
        for one in (assignment, short) if self.short_lived else (assignment,):
            try:
                found.append(realise(graph, one, network, self.objective, farthest=self.farthest))
            except NetworkInfeasible as error:  # it asks for more communication qubits than there are
                lacking.append(error)
        coupled = [placed for placed in found if _keeps_halves_apart(placed)]
        if coupled:
            return min(coupled, key=weigh(network, self.objective).of)
        relays = find_relays(graph, short, network, weigh(network, self.objective)) if self.relays else None
        if relays is not None:
            return realise(*relays, network, self.objective, farthest=self.farthest)
        if found:  # the pass `route` says what is not coupled
            return found[0]
        raise lacking[-1]


def _keeps_halves_apart(placed: Placed) -> bool:
    """Whether no node joins two communication qubits that its map may not couple."""
    apart = {i for i, node in enumerate(placed.network.nodes) if not node.joins_halves}
    n = placed.graph.num_vertices
    return not apart or not any(min(s, t) >= n and placed.node_of(s) in apart for s, t in placed.joins.tolist())


def shorten_copies(graph: OpenGraph, assignment: Assignment) -> Assignment:
    """The same places of vertices, but every edge and gadget realised at the end that lives on.

    Edges are realised right before one of their ends ends; a copy of that end is needed for these steps only.
    """
    place, edge_place = assignment.place.copy(), assignment.edge_place.copy()
    start, _, edge = graph.adjacency
    ending = -1
    for kind, arg in reversed(step_order(graph).tolist()):
        if kind == StepKind.END:
            ending = arg
        elif kind == StepKind.EDGE:
            u, v = graph.edges[arg].tolist()
            edge_place[arg] = place[v if u == ending else u]
        else:
            around = legs(graph, arg)
            place[arg] = place[next((v for v in around if v != ending), ending)]  # a hub may have one leg only
            edge_place[edge[start[arg] : start[arg + 1]]] = place[arg]
    return replace(assignment, place=place, edge_place=edge_place)


class _Realiser:
    """Replays the steps; the fields are the state of the machine between two steps."""

    def __init__(
        self, graph: OpenGraph, assignment: Assignment, network: Network, weights: Weights, *, farthest: bool
    ) -> None:
        n = graph.num_vertices
        self.graph, self.network, self.weights, self.n, self.farthest = graph, network, weights, n, farthest
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
        for v in range(self.n):
            if self.needs[v]:
                self.plan_tree(v)
                for steps in self.needs[v].values():
                    steps.reverse()
        for v in self.graph.inputs.tolist():
            self.prepare(v)
        for at, (kind, arg) in enumerate(self.steps):
            self.replay(at, kind, arg)
        return Placed(
            graph=self.graph,
            network=self.network,
            place=np.array(self.place, np.int32),
            links=np.array(self.links, np.int32).reshape(-1, 2),
            joins=np.array(self.joins, np.int32).reshape(-1, 2),
            events=np.array(self.events, np.int32).reshape(-1, 2),
        )

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
        todo = sorted(steiner_nodes(dist, {home, *needs}) - {home})
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

    # ---- replay ----------------------------------------------------------------------------------------------------

    def replay(self, at: int, kind: int, arg: int) -> None:
        node, vertices = self.work(kind, arg)
        for v in vertices:
            self.prepare(v)
        terminals: list[int] = []
        for v in vertices:
            terminals.append(self.present(v, node, at, terminals))
        if kind == StepKind.EDGE:
            self.join(*terminals)
        elif kind == StepKind.HUB:
            for t in terminals:
                self.join(t, arg, event=False)
            self.events.append((EventKind.ROTATE, arg))
        elif vertices:
            self.join(*terminals)
        for v in vertices:
            self.release(v, at)
        if kind == StepKind.END:
            self.prepare(arg)
            if self.copies[arg]:
                raise InternalError("TL-14", f"copies of vertex {arg} outlive it")
            after = self.successor[arg]
            if after >= 0 and self.place[after] == self.place[arg]:
                self.prepared[after] = True
                self.events.append((EventKind.STEP, arg))
            elif arg in self.outputs:
                self.events.append((EventKind.FINISH, arg))
            else:
                self.events.append((EventKind.MEASURE, arg))

    def prepare(self, v: int) -> None:
        if not self.prepared[v]:
            self.prepared[v] = True
            self.events.append((EventKind.PREPARE, v))

    def join(self, s: int, t: int, *, event: bool = True) -> None:
        self.joins.append((s, t))
        if event:
            self.events.append((EventKind.JOIN, len(self.joins) - 1))

    def present(self, v: int, node: int, at: int, pinned: list[int]) -> int:
        """The terminal that stands for v on ``node``; fetched over links if it is not there."""
        if self.place[v] == node:
            return v
        if node in self.copies[v]:
            return self.copies[v][node]
        path = [node]
        while path[-1] != self.place[v] and path[-1] not in self.copies[v]:
            path.append(self.parent[v][path[-1]])
        path.reverse()
        for p, q in pairwise(path):
            source = v if p == self.place[v] else self.copies[v][p]
            self.make_room(p, [*pinned, source])
            self.make_room(q, [*pinned, source])
            k = len(self.links)
            self.links.append((p, q))
            a, b = self.n + 2 * k, self.n + 2 * k + 1
            self.events.append((EventKind.EBIT, k))
            self.join(source, a)
            self.events.append((EventKind.MEASURE_HALF, a))
            self.copies[v][q] = b
            self.held[q][b] = v
            if source != v:
                self.release_at(v, p, at)
        return self.copies[v][node]

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
            max(can_go, key=lambda t: (self.needs[self.held[node][t]][node][-1], t)) if self.farthest else min(can_go)
        )
        self.close(self.held[node][gone], node)

    def close(self, v: int, node: int) -> None:
        terminal = self.copies[v].pop(node)
        del self.held[node][terminal]
        self.events.append((EventKind.MEASURE_HALF, terminal))

    def release(self, v: int, at: int) -> None:
        for node in sorted(self.copies[v]):
            self.release_at(v, node, at)

    def release_at(self, v: int, node: int, at: int) -> None:
        """Forget the needs up to step ``at``; measure the copy if none is left."""
        needs = self.needs[v].get(node)
        while needs and needs[-1] <= at:
            needs.pop()
        if not needs:
            self.close(v, node)
