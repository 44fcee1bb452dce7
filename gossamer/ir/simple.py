"""`resolve_edges`: the same diagram without loops and parallel edges, what they were worth being in phases and the scalar.

Sources may draw what they like; the frontends of the IR's own forms call this on entry, so what follows sees a simple graph. Maps
are equal exactly, scalar included. Spiders lose edges only; an H-box, whose legs are not interchangeable with one leg, keeps
them, each behind a Z-spider of phase 0 of its own (an identity, or the sum over a looping leg). Stands on ``ir.diagram``.

References
----------
Coecke, Kissinger, *Picturing Quantum Processes* (2017), ch. 9; H-boxes: Backens, Kissinger, QPL 2018, EPTCS 287.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gossamer.ir.diagram import BitKind, Diagram, VertexKind
from gossamer.ir.phase import Phase
from gossamer.ir.scalar import Scalar

_PI = Phase(1)


def resolve_edges(diagram: Diagram) -> Diagram:
    """Remove loops and parallel edges (clause SEM-5); a diagram that has none is returned as it is.

    Examples
    --------
    >>> from gossamer.ir.diagram import DiagramBuilder
    >>> b = DiagramBuilder()
    >>> z = b.vertex(VertexKind.Z); b.edge(b.input("q"), z); b.edge(z, b.output("q")); b.edge(z, z, hadamard=True)
    >>> d = resolve_edges(b.build())
    >>> d.num_edges, str(d.phase_of(0)), d.scalar.power
    (2, '1', -1)
    """
    if is_simple(diagram):
        return diagram
    work = _Work(diagram)
    n = max(diagram.num_vertices, 1)
    low, high = diagram.edges.min(axis=1).astype(np.int64), diagram.edges.max(axis=1).astype(np.int64)
    key = low * n + high
    _, group, count = np.unique(key, return_inverse=True, return_counts=True)
    crowded = (count[group] > 1) | (low == high)
    bundles: dict[int, list[int]] = {}
    for e in np.flatnonzero(crowded).tolist():
        bundles.setdefault(int(key[e]), []).append(e)
    for edges in bundles.values():
        work.resolve(edges)
    return work.freeze()


def is_simple(diagram: Diagram) -> bool:
    """Whether there is no loop and no pair of parallel edges.

    Examples
    --------
    >>> from gossamer.ir.compose import identity
    >>> is_simple(identity("ab"))
    True
    """
    if not diagram.num_edges:
        return True
    low, high = diagram.edges.min(axis=1).astype(np.int64), diagram.edges.max(axis=1).astype(np.int64)
    key = np.sort(low * diagram.num_vertices + high)
    return not bool((low == high).any() or (key[1:] == key[:-1]).any())


@dataclass
class _Between:
    """A new Z-spider of phase 0 that takes its number right after the vertex ``after``."""

    after: int
    edges: list[tuple[int, bool]]  # to old vertices


class _Work:
    def __init__(self, diagram: Diagram) -> None:
        self.d = diagram
        self.kind = diagram.kind.tolist()
        self.keep = np.ones(diagram.num_edges, np.bool_)
        self.flips: dict[int, int] = {}  # vertex -> how many times pi is added to its phase
        self.power = 0
        self.new: list[_Between] = []

    def resolve(self, edges: list[int]) -> None:
        a, b = self.d.edges[edges[0]].tolist()
        box = VertexKind.H in (self.kind[a], self.kind[b])
        if a == b:
            self._boxed_loops(a, edges) if box else self._spider_loops(a, edges)
        elif self.kind[a] == self.kind[b] == VertexKind.H:
            for e in edges[1:]:
                self._subdivide(e)
        elif box:
            self._box_and_spider(a, b, edges)
        else:
            self._two_spiders(a, b, edges)

    def _drop(self, edges: list[int]) -> None:
        self.keep[edges] = False

    def _spider_loops(self, v: int, edges: list[int]) -> None:
        """A plain loop is nothing; a Hadamard loop is the sign of its spider's 1, over sqrt(2)."""
        hadamards = int(self.d.hadamard[edges].sum())
        self.flips[v] = self.flips.get(v, 0) + hadamards
        self.power -= hadamards
        self._drop(edges)

    def _plain(self, e: int) -> bool:
        """Whether the edge is plain when both ends are read as Z-spiders."""
        a, b = self.d.edges[e].tolist()
        return not bool(self.d.hadamard[e] ^ (self.kind[a] == VertexKind.X) ^ (self.kind[b] == VertexKind.X))

    def _two_spiders(self, a: int, b: int, edges: list[int]) -> None:
        """Plain edges count once; Hadamard edges cancel in pairs (1/2), and next to a plain edge they are loops."""
        plain = [e for e in edges if self._plain(e)]
        crossed = [e for e in edges if not self._plain(e)]
        if plain:
            self._drop(plain[1:] + crossed)
            self.power -= len(crossed)
            self.flips[a] = self.flips.get(a, 0) + len(crossed)
        else:
            left = len(crossed) % 2
            self._drop(crossed[left:])
            self.power -= len(crossed) - left

    def _box_and_spider(self, a: int, b: int, edges: list[int]) -> None:
        """Legs of a box that are the same variable are one leg (x AND x is x); Hadamard edges are different variables."""
        plain = [e for e in edges if self._plain(e)]
        self._drop(plain[1:])
        for e in [e for e in edges if not self._plain(e)][0 if plain else 1 :]:
            self._subdivide(e)

    def _subdivide(self, e: int) -> None:
        """Put a Z-spider next to the box on the edge: then no two edges have the same ends."""
        a, b = self.d.edges[e].tolist()
        if self.kind[a] != VertexKind.H:
            a, b = b, a
        self._drop([e])
        self.new.append(_Between(max(a, b), [(a, False), (b, bool(self.d.hadamard[e]))]))

    def _boxed_loops(self, v: int, edges: list[int]) -> None:
        """The two legs of a plain loop are one variable that is summed over; those of a Hadamard loop are two."""
        self._drop(edges)
        for e in edges:
            first = _Between(v, [(v, False)])
            self.new.append(first)
            if self.d.hadamard[e]:
                self.new.append(_Between(v, [(v, False), (-1, True)]))  # -1: the new vertex before it

    def freeze(self) -> Diagram:
        d = self.d
        n = d.num_vertices
        order = sorted(range(n + len(self.new)), key=lambda v: (v, 0, 0) if v < n else (self.new[v - n].after, 1, v))
        number = np.empty(len(order), np.int32)
        number[order] = np.arange(len(order), dtype=np.int32)
        edges = [tuple(number[[a, b]].tolist()) for a, b in d.edges[self.keep].tolist()]
        hadamard = d.hadamard[self.keep].tolist()
        for i, vertex in enumerate(self.new):
            for other, h in vertex.edges:
                edges.append((int(number[n + i - 1 if other < 0 else other]), int(number[n + i])))
                hadamard.append(h)
        table = {p: i for i, p in enumerate(dict.fromkeys([Phase(), *d.phases]))}
        kind = np.full(len(order), VertexKind.Z, np.uint8)
        phase = np.zeros(len(order), np.int32)
        legs = np.bincount(np.array(edges, np.int64).ravel(), minlength=len(order))
        delays = {
            int(number[v]): delay
            for v, delay in d.delays.items()
            if legs[number[v]] == 2 and not self.flips.get(v, 0) % 2  # the others are no identities on a wire
        }
        renumber = np.array([table[p] for p in d.phases], np.int32)
        kind[number[:n]] = d.kind
        phase[number[:n]] = renumber[d.phase]
        for v, times in self.flips.items():
            if times % 2:
                phase[number[v]] = table.setdefault(d.phase_of(v) + _PI, len(table))
        return replace(
            d,
            kind=kind,
            phase=phase,
            phases=tuple(table),
            edges=np.array(edges, np.int32).reshape(-1, 2),
            hadamard=np.array(hadamard, np.bool_),
            inputs=number[d.inputs],
            outputs=number[d.outputs],
            bits=tuple(replace(b, vertex=int(number[b.vertex])) if b.kind == BitKind.OUTCOME else b for b in d.bits),
            scalar=d.scalar * Scalar(self.power),
            spans={int(number[v]): span for v, span in d.spans.items()},
            delays=delays,
        )
