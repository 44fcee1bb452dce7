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

import numpy as np

from gossamer.diagnostics import NetworkInfeasible
from gossamer.ir.network import Network
from gossamer.ir.open_graph import OpenGraph
from gossamer.ir.placed import Assignment, Placed
from gossamer.passes.ends import split_outputs
from gossamer.passes.realiser import Realiser
from gossamer.passes.relay import find_relays
from gossamer.passes.steps import StepKind, legs, step_order
from gossamer.passes.storage import Storer
from gossamer.passes.weights import check_objective, weigh


def realise(
    graph: OpenGraph,
    assignment: Assignment,
    network: Network,
    objective: str = "ebits",
    *,
    farthest: bool = True,
    eager: bool = False,
    steiner: bool = True,
    store: bool = False,
) -> Placed:
    """Build the links and the order of events for an assignment; copies take the ways that weigh least for the objective.

    ``farthest``, ``eager``, ``steiner``, ``store``: see `Links`; what is eager is done where copies meet, which need not be where it was assigned to.

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
    where = _with_hubs_at_legs(graph, assignment, network)
    machine = Storer if store else Realiser
    return machine(graph, where, network, weights, farthest=farthest, eager=eager, steiner=steiner).run()


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
class LinkTricks:
    """What can be done so that a placement takes fewer links; each can be left out, to see what it wins.

    Attributes
    ----------
    short_lived : whether the placement with short-lived copies is tried
    farthest : whether the copy that makes room is the one whose next use is farthest away, and not the oldest
    relays : whether copies may wait on data qubits
    eager : whether edges and gadgets are done as soon as copies meet, where communication qubits are limited
    steiner : whether copies take a smallest tree, where shortest paths one after another may take more links
    store : whether copies that are in the way on a communication qubit may wait on a data qubit, see :mod:`gossamer.passes.storage`
    """

    short_lived: bool = True
    farthest: bool = True
    relays: bool = True
    eager: bool = True
    steiner: bool = True
    store: bool = True


@dataclass(frozen=True)
class Links(LinkTricks):
    """Pass: ``OpenGraph``, ``Assignment``, ``Network`` -> ``Placed``. Joins and links give back exactly the edges of the graph.

    Where communication qubits are limited, copies that live long may have to be fetched again and again. So what copies are for is done as
    soon as they meet, and they wait on data qubits that are free; the same placement with short-lived copies is tried too, and the one whose
    links weigh less kept. Where neither can be done, copies are passed on over data qubits (:mod:`gossamer.passes.relay`).

    Attributes
    ----------
    objective : what links weigh, where copies can take several ways: ``ebits``, ``time`` or ``fidelity``, see :mod:`gossamer.passes.weights`

    The others are those of `LinkTricks`.
    """

    objective: str = "ebits"

    def __post_init__(self) -> None:
        check_objective(self.objective)

    def run(self, graph: OpenGraph, assignment: Assignment, network: Network) -> Placed:
        if assignment.moved:
            graph, assignment = split_outputs(graph, assignment.moved), replace(assignment, moved=())
        if all(node.comm is None for node in network.nodes):
            return self.realise(graph, assignment, network)
        short = shorten_copies(graph, assignment) if self.short_lived else assignment
        found: list[Placed] = []
        lacking: list[NetworkInfeasible] = []
        for one in (assignment, short) if self.short_lived else (assignment,):
            try:
                found.append(self.realise(graph, one, network, eager=self.eager, store=self.store))
            except NetworkInfeasible as error:  # it asks for more communication qubits than there are
                lacking.append(error)
        coupled = [placed for placed in found if _keeps_halves_apart(placed)]
        if coupled:
            return min(coupled, key=weigh(network, self.objective).of)
        relays = find_relays(graph, short, network, weigh(network, self.objective)) if self.relays else None
        if relays is not None:
            return self.realise(*relays, network)
        if found:  # the pass `route` says what is not coupled
            return found[0]
        raise lacking[-1]

    def realise(
        self, graph: OpenGraph, assignment: Assignment, network: Network, *, eager: bool = False, store: bool = False
    ) -> Placed:
        """With the options of the pass."""
        options = {"farthest": self.farthest, "eager": eager, "steiner": self.steiner, "store": store}
        return realise(graph, assignment, network, self.objective, **options)


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
