"""`OpenGraph`: the distributable form, a labelled open graph with causal flow.

Z-spiders and Hadamard edges only, no parallel edges, no loops. Each vertex has a label: a measurement plane or Pauli, or
OUTPUT. A vertex of phase ``a`` is measured at ``-a`` (multiples of pi). The flow is the causal flow of Danos and Kashefi
(PRA 74, 052310, 2006) extended by YZ-measured vertices with ``g(v) = {v}`` (phase gadgets; Browne et al., NJP 9, 250,
2007). Vertices bound to an outcome bit of the source ("source outcomes": reported, used or forgotten) count as outputs for
the flow: nothing corrects them, and their true outcome is part of the meaning.
"""

from __future__ import annotations

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


@dataclass(frozen=True, eq=False)
class OpenGraph:
    """A labelled open graph with flow.

    Attributes
    ----------
    label : uint8[n], :class:`Label`
    phase : int32[n], index into ``phases`` (multiples of pi)
    edges : int32[m, 2], ``u < v``, sorted, unique: the Hadamard edges (CZ)
    inputs, outputs : int32[...], vertices; a vertex may be both
    outcome : int32[n], the source outcome bit bound to the vertex, else -1. Such a vertex is labelled XY, its phase is
        ``pi * bit`` plus any angle that does not use the bit, and it has no successor
    successor : int32[n], the flow: ``f(v)`` for XY vertices, ``v`` itself for YZ (gadget hubs), -1 for outputs and
        source outcomes
    order : int32[n], a permutation of the vertices compatible with the flow and the bits: measuring in this order is
        causal (``v`` before ``f(v)`` and before every other neighbour of ``f(v)``)
    bits, registers, input_names, output_names : as in the diagram; an outcome bit's ``vertex`` is a vertex of this graph
    """

    label: NDArray[np.uint8]
    phase: Int
    phases: tuple[Phase, ...]
    edges: Int
    inputs: Int
    outputs: Int
    outcome: Int
    successor: Int
    order: Int
    bits: tuple[Bit, ...] = ()
    registers: tuple[Register, ...] = ()
    input_names: tuple[str, ...] = ()
    output_names: tuple[str, ...] = ()
    spans: dict[int, Span] = field(default_factory=dict, repr=False)

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
        return [int(x) for x in other[start[vertex] : start[vertex + 1]]]

    @cached_property
    def position(self) -> Int:
        """``position[v]`` is the place of v in ``order``."""
        out = np.empty(self.num_vertices, np.int32)
        out[self.order] = np.arange(self.num_vertices, dtype=np.int32)
        return out

    @property
    def is_hub(self) -> NDArray[np.bool_]:
        """Which vertices are hubs of phase gadgets."""
        return np.asarray(self.label == Label.YZ)

    @property
    def is_chain_edge(self) -> NDArray[np.bool_]:
        """Which edges are ``v - f(v)``."""
        u, v = self.edges[:, 0], self.edges[:, 1]
        return np.asarray((self.successor[u] == v) | (self.successor[v] == u))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OpenGraph):
            return NotImplemented
        return (
            all(
                np.array_equal(getattr(self, f), getattr(other, f))
                for f in ("label", "edges", "inputs", "outputs", "outcome", "successor", "order")
            )
            and [self.phase_of(v) for v in range(self.num_vertices)]
            == [other.phase_of(v) for v in range(other.num_vertices)]
            and (self.bits, self.registers, self.input_names, self.output_names)
            == (other.bits, other.registers, other.input_names, other.output_names)
        )

    __hash__ = None  # type: ignore[assignment]

    def verify(self) -> None:
        """Check the invariants and the axioms of the flow; raise with the clause that is violated."""
        from gossamer.ir.verify import verify_open_graph

        verify_open_graph(self)
