"""`OpenGraph`: the distributable form, a labelled open graph with its flow.

Z-spiders and Hadamard edges only, no parallel edges, no loops. Each vertex has a label: a measurement plane, a Pauli, or
OUTPUT. The flow is a Pauli flow (Browne, Kashefi, Mhalla, Perdrix, NJP 9, 250, 2007): each measured vertex has a correction
set g(v), on whose members an X corrects the outcome 1 of v. Causal flow (Danos and Kashefi, PRA 74, 052310, 2006) is the case
g(v) = {f(v)}, a phase gadget's hub the case g(v) = {v}. Vertices bound to an outcome bit of the source ("source outcomes":
reported, used or forgotten) count as outputs for the flow: nothing corrects them, and their true outcome is part of the
meaning. So do postselected vertices, whose true outcome has to be 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gossamer.diagnostics import Span
from gossamer.ir.diagram import Bit, Int, Register
from gossamer.ir.phase import Phase


class Label(IntEnum):
    XY = 0
    YZ = 1
    XZ = 2
    X = 3
    Y = 4
    Z = 5
    OUTPUT = 6


def _none() -> Int:
    return np.zeros(0, np.int32)


@dataclass(frozen=True, eq=False)
class OpenGraph:
    """A labelled open graph with flow.

    Attributes
    ----------
    label : uint8[n], :class:`Label`
    phase : int32[n], index into ``phases`` (multiples of pi); a vertex of the labels YZ, XZ and Z has its phase on a leaf
    edges : int32[m, 2], ``u < v``, sorted, unique: the Hadamard edges (CZ)
    inputs, outputs : int32[...], vertices; a vertex may be both
    outcome : int32[n], the source outcome bit bound to the vertex, else -1. Such a vertex is labelled XY, X or Y, its phase is
        ``pi * bit`` plus any angle that does not use the bit, and it has no correction set
    flow_start : int32[n + 1], flow : int32[...], the correction sets, CSR: ``g(v) = flow[flow_start[v]:flow_start[v + 1]]``,
        ascending; empty for outputs, source outcomes and postselected vertices
    order : int32[n], a permutation of the vertices compatible with the flow and the bits: measuring in this order is causal
    bits, registers, input_names, output_names : as in the diagram; an outcome bit's ``vertex`` is a vertex of this graph
    postselected : int32[...], ascending: vertices that nothing corrects, of which only the outcome 0 is accepted
    """

    label: NDArray[np.uint8]
    phase: Int
    phases: tuple[Phase, ...]
    edges: Int
    inputs: Int
    outputs: Int
    outcome: Int
    flow_start: Int
    flow: Int
    order: Int
    bits: tuple[Bit, ...] = ()
    registers: tuple[Register, ...] = ()
    input_names: tuple[str, ...] = ()
    output_names: tuple[str, ...] = ()
    spans: dict[int, Span] = field(default_factory=dict, repr=False)
    postselected: Int = field(default_factory=_none)

    @property
    def num_vertices(self) -> int:
        return int(self.label.shape[0])

    @property
    def num_edges(self) -> int:
        return int(self.edges.shape[0])

    def phase_of(self, vertex: int) -> Phase:
        return self.phases[int(self.phase[vertex])]

    @cached_property
    def adjacency(self) -> tuple[Int, Int, Int]:
        """CSR form ``(start[n+1], neighbour[2m], edge[2m])``; neighbours of v in ``neighbour[start[v]:start[v+1]]``."""
        n, m = self.num_vertices, self.num_edges
        ends = np.concatenate([self.edges[:, 0], self.edges[:, 1]])
        other = np.concatenate([self.edges[:, 1], self.edges[:, 0]])
        edge = np.concatenate([np.arange(m, dtype=np.int32)] * 2)
        by = np.lexsort((other, ends))
        start = np.zeros(n + 1, np.int32)
        np.cumsum(np.bincount(ends, minlength=n), out=start[1:])
        return start, other[by].astype(np.int32), edge[by].astype(np.int32)

    def neighbours(self, vertex: int) -> list[int]:
        start, other, _ = self.adjacency
        near: list[int] = other[start[vertex] : start[vertex + 1]].tolist()
        return near

    def correction_set(self, vertex: int) -> list[int]:
        """g(v), ascending."""
        members: list[int] = self.flow[self.flow_start[vertex] : self.flow_start[vertex + 1]].tolist()
        return members

    def odd_neighbours(self, vertex: int) -> list[int]:
        """Odd(g(v)): the vertices with an odd number of neighbours in g(v), on which a Z corrects; ascending."""
        members = self.correction_set(vertex)
        if len(members) == 1:
            return self.neighbours(members[0])
        odd: set[int] = set()
        for w in members:
            odd.symmetric_difference_update(self.neighbours(w))
        return sorted(odd)

    @cached_property
    def position(self) -> Int:
        """``position[v]`` is the place of v in ``order``."""
        out = np.empty(self.num_vertices, np.int32)
        out[self.order] = np.arange(self.num_vertices, dtype=np.int32)
        return out

    @cached_property
    def _first_neighbour(self) -> Int:
        """For each vertex the earliest position of a neighbour; n without neighbours."""
        n = self.num_vertices
        out = np.full(n, n, np.int32)
        for a, b in ((0, 1), (1, 0)):
            np.minimum.at(out, self.edges[:, a], self.position[self.edges[:, b]])
        return out

    @cached_property
    def _only(self) -> Int:
        """For each vertex the only member of its correction set, -1 if it has none or more."""
        single = np.diff(self.flow_start) == 1
        out = np.full(self.num_vertices, -1, np.int32)
        out[single] = self.flow[self.flow_start[:-1][single]]
        return out

    @cached_property
    def successor(self) -> Int:
        """int32[n]: w if ``g(v) = {w}`` and v can become w on one qubit by the unitary ``H Rz``, else -1.

        That takes a label in the XY plane, and an order in which v comes before w and before w's other neighbours (with Pauli
        labels it need not): w comes into being when v ends. No two vertices have the same successor.
        """
        w = self._only
        may = (w >= 0) & (w != np.arange(self.num_vertices)) & np.isin(self.label, (Label.XY, Label.X, Label.Y))
        v = np.flatnonzero(may)
        w = w[v]
        first = (self._first_neighbour[w] == self.position[v]) & (self.position[v] < self.position[w])
        out = np.full(self.num_vertices, -1, np.int32)
        out[v[first]] = w[first]
        return out

    @cached_property
    def is_hub(self) -> NDArray[np.bool_]:
        """Which vertices are hubs of phase gadgets: they correct themselves and come before all their neighbours (one or more)."""
        alone = self._only == np.arange(self.num_vertices)
        early = (self.position < self._first_neighbour) & (self._first_neighbour < self.num_vertices)
        return np.asarray(alone & early & np.isin(self.label, (Label.YZ, Label.Z)))

    @cached_property
    def is_chain_edge(self) -> NDArray[np.bool_]:
        """Which edges are ``v - successor[v]``."""
        u, v = self.edges[:, 0], self.edges[:, 1]
        return np.asarray((self.successor[u] == v) | (self.successor[v] == u))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OpenGraph):
            return NotImplemented
        return (
            all(
                np.array_equal(getattr(self, f), getattr(other, f))
                for f in (
                    "label", "edges", "inputs", "outputs", "outcome", "flow_start", "flow", "order", "postselected"
                )
            )
            and [self.phase_of(v) for v in range(self.num_vertices)]
            == [other.phase_of(v) for v in range(other.num_vertices)]
            and (self.bits, self.registers, self.input_names, self.output_names)
            == (other.bits, other.registers, other.input_names, other.output_names)
        )  # fmt: skip

    __hash__ = None  # type: ignore[assignment]

    def verify(self) -> None:
        """Check the invariants and the axioms of the flow; raise with the clause that is violated."""
        from gossamer.ir.verify import verify_open_graph

        verify_open_graph(self)


def correction_columns(sets: Sequence[Iterable[int]]) -> tuple[Int, Int]:
    """The columns ``flow_start`` and ``flow`` of the correction set of each vertex.

    Examples
    --------
    >>> [column.tolist() for column in correction_columns([[2, 1], [], [2]])]
    [[0, 2, 2, 3], [1, 2, 2]]
    """
    start = np.zeros(len(sets) + 1, np.int32)
    members: list[int] = []
    for v, one in enumerate(sets):
        members.extend(sorted(one))
        start[v + 1] = len(members)
    return start, np.array(members, np.int32)


def causal_columns(successor: Int) -> tuple[Int, Int]:
    """The columns ``flow_start`` and ``flow`` where each vertex has the one member ``successor[v]``, or none (-1).

    Examples
    --------
    >>> [column.tolist() for column in causal_columns(np.array([1, -1, 2], np.int32))]
    [[0, 1, 1, 2], [1, 2]]
    """
    has = successor >= 0
    start = np.zeros(len(successor) + 1, np.int32)
    np.cumsum(has, out=start[1:])
    return start, successor[has].astype(np.int32)
