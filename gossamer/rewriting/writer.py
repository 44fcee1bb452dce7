"""`write_diagram`: a working graph becomes a diagram again, its vertices numbered in an order in which every bit is known before it is used.

Among the causal orders it takes the one nearest to the order of the source. An outcome that has no place in any becomes a coin.
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from fractions import Fraction

import numpy as np

from gossamer.ir.diagram import Bit, BitKind, Diagram, SpanTable, VertexKind
from gossamer.ir.phase import Phase
from gossamer.ir.scalar import Scalar
from gossamer.rewriting.graph import WorkGraph


def write_diagram(graph: WorkGraph, source: Diagram) -> Diagram:
    """The diagram that the graph stands for; ``source`` is what it was read from (its anchors and registers are kept).

    An outcome bit whose vertex is gone, or can no longer come before all uses of the bit, becomes a coin: an isolated vertex of
    phase ``pi/2 + pi*b``, whose modulus does not depend on the bit.

    Examples
    --------
    >>> from gossamer.ir.compose import identity
    >>> d = identity("q")
    >>> write_diagram(WorkGraph.from_diagram(d), d).num_edges
    1
    """
    return _Writer(graph, source).run()


class _Writer:
    def __init__(self, graph: WorkGraph, source: Diagram) -> None:
        self.g, self.d = graph, source
        self.anchors = np.flatnonzero(source.kind > VertexKind.X).tolist()
        self.is_anchor = frozenset(self.anchors)
        self.coins: list[int] = []
        self.behind: dict[int, set[int]] = {}
        self.phases: dict[int, Phase] = {}  # of spiders whose phase is not a constant

    def run(self) -> Diagram:
        g, d = self.g, self.d
        spiders = g.spiders()
        for v in sorted({*g.flip, *g.signed, *g.rest}):
            self.phases[v] = g.phase_of(v)
        self.behind = _behind(g.bits)
        owner = {v: b for v, b in g.owner.items() if self._shows(v, b)}
        bound = set(owner.values())
        self.coins = [i for i, bit in enumerate(d.bits) if bit.kind == BitKind.OUTCOME and i not in bound]
        skipped = self._bare_wires(spiders)
        order = self._order([v for v in spiders if v not in skipped], owner)
        return self._freeze(order, owner, skipped)

    def _shows(self, v: int, bit: int) -> bool:
        """Whether the phase is ``pi * bit`` plus terms that do not depend on the bit (clauses IR-7, IR-8)."""
        terms = [t for t in self.phases.get(v, Phase()).terms if any(bit in self.behind.get(b, (b,)) for b in t[0])]
        return terms == [((bit,), Fraction(1), ())]

    def _bare_wires(self, spiders: list[int]) -> set[int]:
        """Spiders that do nothing but join two ends."""
        g = self.g
        out = set()
        for v, ends in g.ends.items():
            anchors = {g.anchor[e] for e in ends}
            alone = not g.adj[v] and v not in g.plain and g.is_zero(v) and v not in g.fixed
            if len(ends) == len(anchors) == 2 and alone and not all(g.end_hadamard[e] for e in ends):
                out.add(v)
        return out

    def _order(self, spiders: list[int], owner: dict[int, int]) -> list[int]:
        """Numbers: coins (negative), anchors and spiders, nearest to the order of the source that is causal."""
        g = self.g
        anchors = self.anchors
        first = [-1 - b for b in self.coins]
        rows = sorted([(g.rank[v], 1, v) for v in spiders] + [(v, 0, v) for v in anchors])
        users = self._users(spiders)
        if not users:
            return first + [v for _, _, v in rows]
        place = {v: i for i, (_, _, v) in enumerate(rows)}
        home = {bit: v for v, bit in owner.items()}
        waits = dict.fromkeys(place, 0)
        after: dict[int, list[int]] = {}
        for v, bits in users.items():
            for b in bits:
                if b in home and home[b] != v:
                    waits[v] += 1
                    after.setdefault(home[b], []).append(v)
        heap = [place[v] for v in place if not waits[v]]
        heapq.heapify(heap)
        out: list[int] = []
        done: set[int] = set()
        stuck = sorted((place[v], v) for v in owner)
        while len(out) < len(rows):
            if not heap:  # a circle: the first outcome in it is drawn before everything else instead
                v = next(v for _, v in stuck if v not in done and after.get(v))
                bit = owner.pop(v)
                self.coins.append(bit)
                first.append(-1 - bit)
                for w in after.pop(v):
                    waits[w] -= 1
                    if not waits[w]:
                        heapq.heappush(heap, place[w])
                continue
            v = rows[heapq.heappop(heap)][2]
            out.append(v)
            done.add(v)
            for w in after.pop(v, ()):
                waits[w] -= 1
                if not waits[w]:
                    heapq.heappush(heap, place[w])
        return first + out

    def _users(self, spiders: list[int]) -> dict[int, set[int]]:
        """The bits, derived ones opened, that stand behind the phase of a vertex."""
        d = self.d
        known = set(spiders)
        out = {v: phase.bits for v, phase in self.phases.items() if v in known and phase.bits}
        for v in self.anchors:
            if d.kind[v] == VertexKind.H and d.phase_of(v).bits:
                out[v] = d.phase_of(v).bits
        return {v: set().union(*(self.behind.get(b, {b}) for b in bits)) for v, bits in out.items()}

    def _freeze(self, order: list[int], owner: dict[int, int], skipped: set[int]) -> Diagram:
        g, d = self.g, self.d
        number = {v: i for i, v in enumerate(order)}
        n = len(order)
        table: dict[Phase, int] = {Phase(): 0}
        consts: dict[int, int] = {0: 0}
        kind = np.zeros(n, np.uint8)
        phase = [0] * n
        for i, v in enumerate(order):
            if v < 0:
                phase[i] = table.setdefault(Phase(Fraction(1, 2)) + Phase.of_bit(-1 - v), len(table))
            elif v in self.is_anchor:
                kind[i] = d.kind[v]
                if d.kind[v] == VertexKind.H:
                    phase[i] = table.setdefault(d.phase_of(v), len(table))
            elif v in self.phases:
                phase[i] = table.setdefault(self.phases[v], len(table))
            else:
                c = g.const[v]
                if c not in consts:
                    consts[c] = table.setdefault(Phase(Fraction(c, g.unit)), len(table))
                phase[i] = consts[c]
        edges: list[tuple[int, int]] = []
        for i, v in enumerate(order):
            if v >= 0 and v not in self.is_anchor:
                edges += sorted((i, number[w]) for w in g.adj[v] if number[w] > i)
        crossed = len(edges)
        for a, others in sorted(g.plain.items()):
            edges += [(number[a], number[b]) for b in sorted(others) if a < b]
        hadamard = [True] * crossed + [False] * (len(edges) - crossed)
        for e, v in enumerate(g.end_at):
            if v in skipped:
                other = next(x for x in g.ends[v] if x != e)
                if e < other:
                    edges.append((number[g.anchor[e]], number[g.anchor[other]]))
                    hadamard.append(g.end_hadamard[e] or g.end_hadamard[other])
            else:
                edges.append((number[g.anchor[e]], number[v]))
                hadamard.append(g.end_hadamard[e])
        bits = list(g.bits)
        for v, bit in owner.items():
            bits[bit] = replace(bits[bit], vertex=number[v])
        scalar = g.scalar() * Scalar(sum(hadamard) - len(self.coins))
        for bit in self.coins:  # 1 + i (-1)^b is sqrt(2) exp(i pi (1/4 - b/2))
            bits[bit] = replace(bits[bit], vertex=number[-1 - bit])
            scalar = scalar * Scalar(0, Phase.of_bit(bit, Fraction(1, 2)) - Phase(Fraction(1, 4)))
        known, old = d.spans, d.num_vertices
        spans = SpanTable({}, [(0, n, lambda i: known.get(order[i]) if 0 <= order[i] < old else None)])
        return Diagram(
            kind=kind,
            phase=np.array(phase, np.int32),
            phases=tuple(table),
            edges=np.array(edges, np.int32).reshape(-1, 2),
            hadamard=np.array(hadamard, np.bool_),
            inputs=np.array([number[v] for v in d.inputs.tolist()], np.int32),
            outputs=np.array([number[v] for v in d.outputs.tolist()], np.int32),
            bits=tuple(bits),
            registers=d.registers,
            input_names=d.input_names,
            output_names=d.output_names,
            scalar=scalar,
            spans=spans,
        )


def _behind(bits: list[Bit]) -> dict[int, set[int]]:
    """For each derived bit the bits that it is made of, through other derived bits."""
    out: dict[int, set[int]] = {}
    for i, bit in enumerate(bits):
        if bit.expr is not None:
            out[i] = set().union(*(out.get(b, {b}) for b in bit.expr.bits)) if bit.expr.bits else set()
    return out
