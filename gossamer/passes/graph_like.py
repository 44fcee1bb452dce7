"""`graph-like`: a diagram becomes an `OpenGraph`; one with causal flow keeps its wires, diagonal gates packed into segments.

(For other diagrams see ``any_flow``.) X-spiders change colour, plain edges fuse, parallel edges cancel, gadgets become YZ-measured hubs; then rules that keep the
causal flow shorten the wires: Pauli spiders are pushed forward (also conditional ones), Clifford spiders of degree two are
removed by local complementation, and states and gadgets of Pauli or Clifford phase dissolve. The instrument is kept exactly,
up to one positive scalar; source outcomes are never removed. Each rule works on one wire, so the circuit's structure stays.

References
----------
Graph-like form, local complementation: Duncan, Kissinger, Perdrix, van de Wetering, Quantum 4, 279 (2020).
Causal flow and its finding in O(m): Danos, Kashefi, PRA 74, 052310 (2006); Mhalla, Perdrix, ICALP 2008.
Phase gadgets: Kissinger, van de Wetering, PRA 102, 022406 (2020).
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Bit, BitKind, Diagram, SpanTable, VertexKind
from gossamer.ir.open_graph import Label, OpenGraph, causal_columns
from gossamer.ir.phase import BitExpr, Phase
from gossamer.passes.any_flow import find_any_flow
from gossamer.rewriting.open_form import OpenForm, is_half, outcomes_behind, pauli_bits

_PI, _ZERO = Phase(1), Phase()
_HALVES = (Fraction(1, 2), Fraction(3, 2))
#: Conditional Paulis with more terms than this stay where they are instead of being pushed (signs would multiply).
_MAX_PUSH_TERMS = 2


def to_open_graph(diagram: Diagram, *, postselect: bool = False, form: OpenForm | None = None) -> OpenGraph:
    """Bring a diagram into the distributable form: with causal flow along its wires if it has one, else with any flow.

    Parameters
    ----------
    postselect
        Whether vertices that nothing corrects are postselected, as few as can be, instead of refused.
    form
        What the diagram has been read as, if that has been done already; for those without causal flow along their wires.

    Raises
    ------
    InputError
        ``OG-3`` if the diagram has no flow (naming vertices that are stuck), ``OG-4`` if conditions on bits forbid every order,
        ``OG-1`` for H-boxes, ``OG-15`` for a diagram that is zero.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder()
    >>> a, b = w.add_input("a"), w.add_input("b")
    >>> w.cx(a, b); w.h(b); w.h(b)
    >>> _ = w.output(a, "a"), w.output(b, "b")
    >>> g = to_open_graph(w.build())
    >>> g.num_vertices, g.num_edges
    (4, 3)
    """
    try:
        work = _WorkGraph.from_diagram(diagram)
        work.find_flow()
        work.simplify()
        return work.freeze(diagram)
    except InputError as error:
        if error.code not in ("OG-3", "OG-4"):
            raise
    return find_any_flow(diagram, postselect=postselect, form=form)


@dataclass(frozen=True)
class GraphLike:
    """Pass: ``Diagram`` -> ``OpenGraph``. Keeps the instrument (with ``postselect`` that of the accepted runs); gives a causal flow
    extended by gadget hubs, or else a Pauli flow.

    Attributes
    ----------
    postselect : whether vertices that nothing corrects are postselected
    """

    name: ClassVar[str] = "graph-like"

    postselect: bool = False

    def run(self, diagram: Diagram) -> OpenGraph:
        return to_open_graph(diagram, postselect=self.postselect)


class _WorkGraph:
    """The mutable graph of this pass. A vertex is the index of its earliest spider; ``time`` is its latest one."""

    def __init__(self) -> None:
        self.adj: dict[int, set[int]] = {}
        self.phase: dict[int, Phase] = {}
        self.time: dict[int, int] = {}
        self.hubs: set[int] = set()
        self.inputs: list[int] = []
        self.outputs: list[int] = []
        self.input_set: set[int] = set()
        self.output_set: set[int] = set()
        self.fresh: set[int] = set()  # vertices that hold the state in which a wire starts
        self.outcome: dict[int, int] = {}
        self.succ: dict[int, int] = {}
        self.pred: dict[int, int] = {}
        self.bits: list[Bit] = []
        self.sums: dict[tuple[Phase, Phase], Phase] = {}

    # ---- from the diagram ------------------------------------------------------------------------------------------

    @classmethod
    def from_diagram(cls, d: Diagram) -> _WorkGraph:
        g = cls()
        kind = d.kind
        if bool((kind == VertexKind.H).any()):
            v = int(np.flatnonzero(kind == VertexKind.H)[0])
            raise InputError("OG-1", f"vertex v{v} is an H-box; only Z- and X-spiders can be distributed",
                             span=d.spans.get(v), help="rewrite H-boxes into phase gadgets first")  # fmt: skip
        is_x = kind == VertexKind.X
        boundary = (kind == VertexKind.INPUT) | (kind == VertexKind.OUTPUT)
        # Colour change: an X-spider is a Z-spider with a Hadamard on every leg.
        hadamard = d.hadamard ^ is_x[d.edges[:, 0]] ^ is_x[d.edges[:, 1]]
        root = list(range(d.num_vertices))

        def find(v: int) -> int:
            while root[v] != v:
                root[v] = root[root[v]]
                v = root[v]
            return v

        # A boundary is a vertex of the open graph of its own (a Hadamard edge to a boundary is kept by a phase-0 vertex), so
        # it simply fuses along plain edges, except that an input never fuses with an output's or another input's class twice.
        for a, b in d.edges[~hadamard].tolist():
            ra, rb = find(a), find(b)
            if ra != rb:
                root[max(ra, rb)] = min(ra, rb)
        for v in range(d.num_vertices):
            root[v] = root[root[v]]  # a root is the smallest of its class, so those below v have been done
        of = np.array(root, np.int32)
        roots = np.flatnonzero(of == np.arange(d.num_vertices)).tolist()
        bit_of = {b.vertex: i for i, b in enumerate(d.bits) if b.kind == BitKind.OUTCOME}
        measured = np.array(list(bit_of), np.int32)
        latest = np.zeros(d.num_vertices, np.int32)
        np.maximum.at(latest, of, np.arange(d.num_vertices, dtype=np.int32))
        g.adj = {r: set() for r in roots}
        g.time = dict(zip(roots, latest[roots].tolist(), strict=True))
        g.phase = dict.fromkeys(roots, _ZERO)
        turns = np.array([not p.is_zero for p in d.phases], np.bool_)[d.phase] & ~boundary
        for v in np.flatnonzero(turns).tolist():
            r = root[v]
            g.phase[r] = g.sum(g.phase[r], d.phase_of(v))
        starts = np.bincount(of[kind == VertexKind.INPUT], minlength=d.num_vertices)
        stops = np.bincount(
            of[np.append(np.flatnonzero(kind == VertexKind.OUTPUT), measured)], minlength=d.num_vertices
        )
        crossed = np.flatnonzero((starts > 1) | (stops > 1))
        for v, bit in sorted(bit_of.items(), key=lambda pair: root[pair[0]]):
            if crossed.size and int(crossed[0]) <= root[v]:
                break
            g.outcome[root[v]] = bit
            g.refuse_own_bit(root[v], d.bits)
        if crossed.size:
            raise InputError(
                "OG-3", f"no causal flow: the wires that meet at vertex v{int(crossed[0])} cannot be told apart"
            )
        # Of an edge the end that was made first, if it has no other edge, holds the state in which a wire starts.
        first = d.edges.min(axis=1, initial=d.num_vertices)
        states = (np.bincount(d.edges.ravel(), minlength=d.num_vertices) == 1) & ~boundary
        states[measured] = False
        g.fresh = {root[v] for v in first[states[first]].tolist()}
        g.inputs = [root[v] for v in d.inputs.tolist()]
        g.outputs = [root[v] for v in d.outputs.tolist()]
        g.input_set, g.output_set = set(g.inputs), set(g.outputs)
        g.bits = list(d.bits)
        for a, b in of[d.edges[hadamard]].tolist():
            if a == b:
                g.phase[a] = g.phase[a] + _PI  # a Hadamard self-loop
            else:
                g.toggle(a, b)
        # A phase leaf that was made after its hub is an effect: hub and leaf are a gadget. (Made before, it is a state.)
        special = {*g.inputs, *g.outputs, *g.outcome}
        for leaf in list(g.adj):
            if leaf in special or len(g.adj[leaf]) != 1 or leaf in g.hubs:
                continue
            (hub,) = g.adj[leaf]
            if hub in special or hub in g.hubs or g.time[hub] > leaf or not g.phase[hub].is_pauli:
                continue
            g.phase[hub] = g.phase[leaf].negated_if(pauli_bits(g.phase[hub]))
            g.remove(leaf)
            g.hubs.add(hub)
        return g

    def sum(self, a: Phase, b: Phase) -> Phase:
        """Sums of two phases recur, and adding fractions is slow."""
        if a.is_zero or b.is_zero:
            return b if a.is_zero else a
        found = self.sums.get((a, b))
        if found is None:
            found = self.sums[a, b] = a + b
        return found

    def refuse_own_bit(self, v: int, bits: Sequence[Bit]) -> None:
        """A vertex whose angle depends on its own outcome is none that can be measured."""
        bit = self.outcome[v]
        if bit in outcomes_behind(bits, set((self.phase[v] - Phase.of_bit(bit)).bits)):
            raise InputError("OG-4", f"no causal order: v{v} would use its own outcome")

    def toggle(self, a: int, b: int) -> None:
        if b in self.adj[a]:
            self.adj[a].discard(b)
            self.adj[b].discard(a)
        else:
            self.adj[a].add(b)
            self.adj[b].add(a)

    def remove(self, v: int) -> None:
        for w in self.adj.pop(v):
            self.adj[w].discard(v)
        del self.phase[v], self.time[v]
        self.hubs.discard(v)

    # ---- causal flow -----------------------------------------------------------------------------------------------

    def find_flow(self) -> None:
        """Find a causal flow that follows the wires; any other one only where that fails.

        Flow finding does not see conditions, so a correction onto a vertex that starts a wire of its own (possible whenever
        there is one) could go against the classical order.
        """
        left = self.flow_without(self.input_set | self.fresh)
        if left and self.fresh:
            left = self.flow_without(self.input_set)
        if left:
            names = ", ".join(f"v{v}" for v in left[:8]) + (" ..." if len(left) > 8 else "")
            raise InputError("OG-3", f"no causal flow: no order of measurements corrects {names}")

    def flow_without(self, inputs: set[int]) -> list[int]:
        """Backwards from the outputs (Mhalla and Perdrix): v corrects its only neighbour that is not solved yet.

        A hub (``g(h) = {h}``) is solved once all its legs are. Source outcomes count as outputs. ``inputs`` may not correct;
        returns the vertices that stay unsolved.
        """
        self.succ.clear()
        self.pred.clear()
        solved = {*self.outputs, *self.outcome}
        open_count = {v: sum(1 for w in self.adj[v] if w not in solved) for v in self.adj}
        hub_ready = [h for h in self.hubs if open_count[h] == 0]
        free = sorted((v for v in solved if v not in inputs), key=lambda v: -self.time[v])
        queue = [v for v in free if open_count[v] == 1]
        corrects: set[int] = set()

        def solve(v: int) -> None:
            solved.add(v)
            for w in self.adj[v]:
                open_count[w] -= 1
                if w in self.hubs and w not in solved and open_count[w] == 0:
                    hub_ready.append(w)
                elif (
                    w in solved and w not in self.hubs and w not in inputs and w not in corrects and open_count[w] == 1
                ):
                    queue.append(w)
            if v not in self.hubs and v not in inputs and v not in corrects and open_count[v] == 1:
                queue.append(v)

        while queue or hub_ready:
            if hub_ready:
                h = hub_ready.pop()
                if h not in solved:
                    solve(h)
                continue
            v = queue.pop()
            if v in corrects or open_count[v] != 1:
                continue
            u = next(w for w in self.adj[v] if w not in solved)
            if u in self.hubs:
                continue
            corrects.add(v)
            self.succ[u], self.pred[v] = v, u
            solve(u)
        return sorted(v for v in self.adj if v not in solved)

    # ---- rules that keep the flow ----------------------------------------------------------------------------------

    def simplify(self) -> None:
        queue = sorted(self.adj, reverse=True)
        queued = set(queue)
        while queue:
            v = queue.pop()
            queued.discard(v)
            if v not in self.adj:
                continue
            near = self.rewrite_hub(v) if v in self.hubs else self.rewrite_wire(v)
            for w in sorted(near, reverse=True):
                if w in self.adj and w not in queued:
                    queue.append(w)
                    queued.add(w)
        by_legs: dict[frozenset[int], int] = {}
        for h in sorted(self.hubs):  # gadgets on the same legs fuse
            legs = frozenset(self.adj[h])
            if legs in by_legs:
                first = by_legs[legs]
                self.phase[first] = self.phase[first] + self.phase[h]
                self.remove(h)
            else:
                by_legs[legs] = h
        for h in sorted(self.hubs):
            self.rewrite_hub(h)

    def add_z(self, v: int, k: BitExpr) -> None:
        """A Pauli Z^k arrives at ``v``: a phase on a wire, a sign on a gadget."""
        if v in self.hubs:
            self.phase[v] = self.phase[v].negated_if(k)
        else:
            self.phase[v] = self.phase[v] + _PI.times(k)

    def rewrite_hub(self, h: int) -> set[int]:
        legs, phase = self.adj[h], self.phase[h]
        near = set(legs)
        if phase.is_zero or not legs:
            self.remove(h)
        elif len(legs) == 1 or phase.is_pauli:  # pi on the parity is Z on each leg
            for v in legs:
                self.phase[v] = self.phase[v] + phase
            self.remove(h)
        elif len(legs) == 2 and phase.is_constant and phase.constant in _HALVES:  # i^(a xor b) = i^a i^b (-1)^(ab)
            a, b = legs
            self.remove(h)
            self.phase[a] = self.phase[a] + phase
            self.phase[b] = self.phase[b] + phase
            self.toggle(a, b)
        else:
            return set()
        return near

    def rewrite_wire(self, x: int) -> set[int]:
        phase = self.phase[x]
        w = self.succ.get(x)
        if w is None or x in self.input_set or x in self.outcome:
            return set()
        p = self.pred.get(x)
        degree = len(self.adj[x])
        if p is not None and degree == 2:
            if phase.is_pauli:
                k = pauli_bits(phase)
                terminal = w in self.output_set and not k.is_zero
                if not terminal and len(k.monomials) <= _MAX_PUSH_TERMS:
                    return self.push_pauli(p, x, w, k)
            elif is_half(phase):
                return self.complement(p, x, w)
        elif p is None and degree == 1:
            if is_half(phase):
                self.cut_wire(x)
                self.remove(x)
                self.phase[w] = self.phase[w] - phase
                return {w}
            if phase.is_pauli and w not in self.output_set and w not in self.outcome:
                k = pauli_bits(phase)
                if len(k.monomials) <= _MAX_PUSH_TERMS:
                    return self.copy_state(x, w, k)
        return set()

    def cut_wire(self, x: int) -> None:
        w = self.succ.pop(x)
        del self.pred[w]

    def push_pauli(self, p: int, x: int, w: int, k: BitExpr) -> set[int]:
        """``p -H- X^k -H- w``: w fuses into p, X^k moves through w onto all its other neighbours as Z^k."""
        near = {p}
        for z in list(self.adj[w]):
            if z != x:
                if not k.is_zero:
                    self.add_z(z, k)
                self.toggle(p, z)
                near.add(z)
        self.phase[p] = self.phase[p] + self.phase[w].negated_if(k)
        self.time[p] = self.time[w]
        self.cut_wire(x)
        self.cut_wire(p)
        if w in self.succ:
            after = self.succ[w]
            self.cut_wire(w)
            self.succ[p], self.pred[after] = after, p
        if w in self.outcome:
            bit = self.outcome.pop(w)
            self.outcome[p] = bit
        if w in self.output_set:
            self.outputs = [p if v == w else v for v in self.outputs]
            self.output_set.discard(w)
            self.output_set.add(p)
        self.remove(x)
        self.remove(w)
        return near

    def complement(self, p: int, x: int, w: int) -> set[int]:
        """Local complementation at a degree-2 vertex of phase +-1/2: H S H = S^-1 H S^-1 up to a phase."""
        phase = self.phase[x]
        self.cut_wire(x)
        self.cut_wire(p)
        self.remove(x)
        for v in (p, w):
            self.phase[v] = self.phase[v] - phase
        self.toggle(p, w)
        self.succ[p], self.pred[w] = w, p
        return {p, w}

    def copy_state(self, x: int, w: int, k: BitExpr) -> set[int]:
        """The state |k> on w is copied onto w's neighbours; w and x go, the wire starts afresh behind w."""
        near = set(self.adj[w]) - {x}
        self.cut_wire(x)
        if w in self.succ:
            self.cut_wire(w)
        for z in near:
            self.add_z(z, k)
        self.remove(x)
        self.remove(w)
        return near

    # ---- freeze ----------------------------------------------------------------------------------------------------

    def freeze(self, d: Diagram) -> OpenGraph:
        for v in self.outcome:
            self.refuse_own_bit(v, self.bits)
        order = self.causal_order()
        names = {v: i for i, v in enumerate(order)}  # numbered in causal order
        n = len(order)
        table: dict[Phase, int] = {Phase(): 0}
        label = np.full(n, Label.XY, np.uint8)
        phase = np.zeros(n, np.int32)
        outcome = np.full(n, -1, np.int32)
        successor = np.full(n, -1, np.int32)
        for v, i in names.items():
            phase[i] = table.setdefault(self.phase[v], len(table))
            if v in self.hubs:
                label[i], successor[i] = Label.YZ, i
            elif v in self.output_set:
                label[i] = Label.OUTPUT
            elif v in self.succ:
                successor[i] = names[self.succ[v]]
            else:
                outcome[i] = self.outcome[v]
        edges = sorted((names[a], names[b]) for a in self.adj for b in self.adj[a] if names[a] < names[b])
        owner = {bit: v for v, bit in self.outcome.items()}
        bits = tuple(
            Bit(b.kind, names[owner[i]], b.expr, b.name) if b.kind == BitKind.OUTCOME else b
            for i, b in enumerate(self.bits)
        )
        flow_start, flow = causal_columns(successor)
        return OpenGraph(
            label=label, phase=phase, phases=tuple(table), edges=np.array(edges, np.int32).reshape(-1, 2),
            inputs=np.array([names[v] for v in self.inputs], np.int32),
            outputs=np.array([names[v] for v in self.outputs], np.int32),
            outcome=outcome, flow_start=flow_start, flow=flow, order=np.arange(n, dtype=np.int32),
            bits=bits, registers=d.registers, input_names=d.input_names, output_names=d.output_names,
            spans=SpanTable(later=[(0, n, lambda i: d.spans.get(order[i]))]),
        )  # fmt: skip

    def causal_order(self) -> list[int]:
        """Topological order of flow and bits, nearest to the order of the source."""
        owner = {bit: v for v, bit in self.outcome.items()}
        after: dict[int, list[int]] = {v: [] for v in self.adj}
        waits = dict.fromkeys(self.adj, 0)

        def arrow(a: int, b: int) -> None:
            after[a].append(b)
            waits[b] += 1

        for v in self.adj:
            if v in self.hubs:
                for w in self.adj[v]:
                    arrow(v, w)
            elif v in self.succ:
                w = self.succ[v]
                arrow(v, w)
                for z in self.adj[w]:
                    if z != v:
                        arrow(v, z)
            used = {b for b in self.phase[v].bits if b != self.outcome.get(v)}
            for bit in outcomes_behind(self.bits, used):
                if owner[bit] != v:
                    arrow(owner[bit], v)
        heap = [(self._rank(v), v) for v, k in waits.items() if k == 0]
        heapq.heapify(heap)
        order = []
        while heap:
            _, v = heapq.heappop(heap)
            order.append(v)
            for w in after[v]:
                waits[w] -= 1
                if waits[w] == 0:
                    heapq.heappush(heap, (self._rank(w), w))
        if len(order) < len(self.adj):
            stuck = sorted(set(self.adj) - set(order))[:8]
            raise InputError("OG-4", "no causal order: the conditions on measured bits and the flow form a cycle at "
                             + ", ".join(f"v{v}" for v in stuck))  # fmt: skip
        return order

    def _rank(self, v: int) -> int:
        return self.time[v]
