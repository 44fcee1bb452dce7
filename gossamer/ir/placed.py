"""`Placed`: an open graph whose vertices have nodes and whose edges are realised by links (theory: the link theorem).

Terminals number what a local CZ can act on: vertex ``v`` is terminal ``v``; link ``k`` has the two terminals
``n + 2k`` (``a_k``, on the first-named node) and ``n + 2k + 1`` (``b_k``), joined by the ebit, phase 0, measured in X.
A *join* is a local CZ between two terminals of one node. ``U_k`` are the terminals joined to ``a_k``, ``W_k`` those joined to
``b_k``; they may be vertices or other link terminals (copies of copies, entanglement swapping, edges realised on a third
node). Eliminating the link terminals must give back the edges of the graph: ``Gamma + B C^-1 B^T`` over GF(2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np

from gossamer.ir.diagram import Int
from gossamer.ir.network import Network
from gossamer.ir.open_graph import OpenGraph


class EventKind(IntEnum):
    """Events of the total order; the argument is given in brackets."""

    PREPARE = 0  # a vertex comes into being as |+> or as an input [vertex]
    JOIN = 1  # a local CZ [index into joins]
    STEP = 2  # v becomes f(v) on the same physical qubit: the unitary H Rz; prepares f(v) [vertex v]
    MEASURE = 3  # a vertex is measured on its physical qubit [vertex]
    ROTATE = 4  # a gadget hub is realised as a native rotation of its joined terminals [vertex, the hub]
    EBIT = 5  # the two terminals of a link come into being [link]
    MEASURE_HALF = 6  # a link terminal is measured in X [terminal]
    FINISH = 7  # an output vertex gets its phase and its last corrections [vertex]


@dataclass(frozen=True, eq=False)
class Assignment:
    """Where things are done: what a partition pass hands to the pass that makes links.

    Attributes
    ----------
    place : int32[n], the node of each vertex (of a gadget hub: where its rotation is done)
    edge_place : int32[m], the node where each edge is realised (of a hub's legs: the hub's node)
    partitioner : the name of what found it, for the report
    moved : outputs, by number, that are carried over to another node at the end by two more vertices each, which the columns count
        (:func:`gossamer.passes.ends.split_outputs`)
    """

    place: Int
    edge_place: Int
    partitioner: str = ""
    moved: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Placed:
    """A distributed open graph and the total order of its events.

    Attributes
    ----------
    graph, network
    place : int32[n], the node (index into ``network.nodes``) of each vertex
    links : int32[L, 2], the nodes of ``a_k`` and ``b_k``; one ebit each
    joins : int32[J, 2], pairs of terminals
    events : int32[E, 2], rows ``(EventKind, argument)``: the total order that all node programs are restrictions of
    notes : plain data that the report takes over from the passes; no part of what the placed graph is
    """

    graph: OpenGraph
    network: Network
    place: Int
    links: Int
    joins: Int
    events: Int
    notes: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of_rows(
        cls, graph: OpenGraph, network: Network, place: Sequence[int], links: Sequence[Sequence[int]],
        joins: Sequence[Sequence[int]], events: Sequence[Sequence[int]],
    ) -> Placed:  # fmt: skip
        """A placed graph whose columns were gathered row by row."""
        ends, pairs, order = (np.array(rows, np.int32).reshape(-1, 2) for rows in (links, joins, events))
        return cls(graph, network, np.array(place, np.int32), ends, pairs, order)

    @property
    def num_links(self) -> int:
        return int(self.links.shape[0])

    def node_of(self, terminal: int) -> int:
        n = self.graph.num_vertices
        if terminal < n:
            return int(self.place[terminal])
        return int(self.links[(terminal - n) // 2, (terminal - n) % 2])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Placed):
            return NotImplemented
        return (
            self.graph == other.graph
            and self.network.outline == other.network.outline
            and all(np.array_equal(getattr(self, f), getattr(other, f)) for f in ("place", "links", "joins", "events"))
        )

    __hash__ = None  # type: ignore[assignment]

    def verify(self) -> None:
        """Check that joins are local, that the links realise the edges, and that the order of events is causal."""
        from gossamer.ir.verify import verify_placed

        verify_placed(self)
