"""`OpenForm`: the one reading of a diagram, of whatever shape, as a graph of vertices that are measured or left open.

Z-spiders and Hadamard edges only. X-spiders change colour, plain edges fuse, parallel Hadamard edges cancel, identities go. Inputs,
outputs and outcomes are vertices; nothing may correct the last two, so where several of them meet in one spider each gets a vertex of its
own behind two Hadamard edges. A leaf is part of the vertex that it hangs on. A Pauli leaf cuts that vertex off, a Clifford leaf is a phase of
it; any other, on a vertex whose own phase is a multiple of pi/2, is noted beside it, for those who use the form read it in different ways:
as a plane of measurement (`labels`), or as the phase of a gadget (`extract`). Components without ends and bits are numbers: they are
dropped, unless they are 0. The instrument is kept up to one positive factor. Stands on ``ir``.

References
----------
Graph-like form: Duncan, Kissinger, Perdrix, van de Wetering, Quantum 4, 279 (2020), section 3. Leaves and planes: Backens,
Miller-Bakewell, de Felice, Lobski, van de Wetering, Quantum 5, 421 (2021), sections 2 and 4. Identities and copies keep gflow: McElvanney,
Backens, QPL 2022, EPTCS 394.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Bit, BitKind, Diagram, DiagramBuilder, VertexKind
from gossamer.ir.phase import BitExpr, Phase

_PI = Phase(1)
_HALF = Phase(Fraction(1, 2))
#: Numbers of components with more live axes than this are not computed.
MAX_AXES = 20
MAX_NUMBER_WORK = 1e9
#: A number smaller than this is 0, beside what it would be with random phases, the root of the number of its terms.
_ZERO = 1e-9


def pauli_bits(phase: Phase) -> BitExpr:
    """The exponent k of a Pauli phase ``pi * k``.

    Examples
    --------
    >>> pauli_bits(Phase(1) + Phase.of_bit(2))
    BitExpr(1 ^ b2)
    """
    return BitExpr(frozenset(m) for m, _, _ in phase.terms)


def is_half(phase: Phase) -> bool:
    """+-1/2 for every value of the bits: constant part a half, the rest multiples of pi."""
    return phase.constant in (Fraction(1, 2), Fraction(3, 2)) and (phase - _HALF).is_pauli


def outcomes_behind(bits: Sequence[Bit], used: set[int]) -> set[int]:
    """The outcomes that the bits ``used`` are made of."""
    stack, seen = list(used), set(used)
    while stack:
        expr = bits[stack.pop()].expr
        for x in expr.bits - seen if expr is not None else ():
            seen.add(x)
            stack.append(x)
    return {x for x in seen if bits[x].kind == BitKind.OUTCOME}


class OpenForm:
    """The graph. Vertices are numbers; those of the diagram keep the number of the earliest spider that they are made of.

    Attributes
    ----------
    near : vertex -> its neighbours, all by Hadamard edges
    phase : vertex -> its phase, in multiples of pi; that of an outcome's vertex has the term ``1*b``
    leaf : vertex -> the phase of the leaf that is noted on it; its own phase is a multiple of pi/2 then
    early : the vertices whose leaf comes before them in the diagram: it is a state that a wire may start in
    inputs, outputs : vertices, in the order of the diagram
    outcome : vertex -> the source outcome bit bound to it
    name : vertex -> the spider of the diagram that it is named after
    bits : those of the diagram

    Raises
    ------
    InputError
        ``OG-1`` for H-boxes; ``OG-15`` if the diagram is zero, or has a component without ends of which that cannot be told.

    Examples
    --------
    A gadget on two wires: its leaf is a part of it.

    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); a, b = w.add_input("a"), w.add_input("b"); w.gadget([a, b], Phase(1 / 4))
    >>> _ = w.output(a, "a"), w.output(b, "b")
    >>> form = OpenForm(w.build())
    >>> len(form.near), list(form.leaf.values())
    (3, [Phase(1/4)])
    """

    def __init__(self, diagram: Diagram) -> None:
        self.near: dict[int, set[int]] = {}
        self.phase: dict[int, Phase] = {}
        self.leaf: dict[int, Phase] = {}
        self.early: set[int] = set()
        self.outcome: dict[int, int] = {}
        self.name: dict[int, int] = {}
        self.bits = diagram.bits
        self._next = diagram.num_vertices
        self._input: dict[int, int] = {}  # vertex -> number of the input there
        self._output: dict[int, int] = {}
        self._latest: dict[int, int] = {}  # vertex -> the last spider of the diagram that it is made of
        _refuse_at_once(diagram)
        self._read(diagram)
        self._reduce()
        self._drop_numbers()
        self._note_leaves()
        self.inputs = sorted(self._input, key=self._input.__getitem__)
        self.outputs = sorted(self._output, key=self._output.__getitem__)

    # ---- spiders ---------------------------------------------------------------------------------------------------

    def _read(self, d: Diagram) -> None:
        is_x = d.kind == VertexKind.X
        hadamard = (d.hadamard ^ is_x[d.edges[:, 0]] ^ is_x[d.edges[:, 1]]).tolist()
        edges = d.edges.tolist()
        root = list(range(d.num_vertices))

        def find(v: int) -> int:
            while root[v] != v:
                root[v] = root[root[v]]
                v = root[v]
            return v

        for (a, b), h in zip(edges, hadamard, strict=True):
            if not h:
                a, b = find(a), find(b)
                root[max(a, b)] = min(a, b)
        has_phase = [not phase.is_zero for phase in d.phases]
        ends = {*d.inputs.tolist(), *d.outputs.tolist()}
        for v, i in enumerate(d.phase.tolist()):
            r = find(v)
            if r not in self.near:
                self._add(r, r)
            self._latest[r] = v
            if has_phase[i] and v not in ends:
                self.phase[r] += d.phases[i]
        for (a, b), h in zip(edges, hadamard, strict=True):
            if h:
                self._toggle(find(a), find(b))
        for i, v in enumerate(d.inputs.tolist()):
            self._input[self._seat(find(v), self._input)] = i
        meet: dict[int, int] = {}  # outputs and outcomes of a spider
        homes = {i: find(bit.vertex) for i, bit in enumerate(d.bits) if bit.kind == BitKind.OUTCOME}
        for r in (*map(find, d.outputs.tolist()), *homes.values()):
            meet[r] = meet.get(r, 0) + 1
        for i, v in enumerate(d.outputs.tolist()):
            self._output[self._seat(find(v), self._output)] = i
        for i, r in homes.items():
            self.phase[r] -= Phase.of_bit(i)
        circular = self._circular(homes)
        for i, r in homes.items():
            at = self._behind_identity(r) if meet[r] > 1 or i in circular else r
            self.outcome[at] = i
            self.phase[at] += Phase.of_bit(i)

    def _add(self, v: int, name: int) -> int:
        self.near[v], self.phase[v], self.name[v] = set(), Phase(), name
        return v

    def _seat(self, v: int, taken: dict[int, int]) -> int:
        """``v`` itself for the first end that meets there; a vertex behind an identity for all others."""
        return self._behind_identity(v) if v in taken else v

    def _behind_identity(self, v: int) -> int:
        middle, end = (self._add(self._next + i, self.name[v]) for i in (0, 1))
        self._next += 2
        self._toggle(v, middle)
        self._toggle(middle, end)
        return end

    def _circular(self, homes: dict[int, int]) -> set[int]:
        """Outcomes that the phase of their own spider depends on, through other outcomes too: it comes after the measurement.

        What neither starts nor ends a chain of dependences is in a circle or between two; to stand alone harms none.
        """
        needs = {i: outcomes_behind(self.bits, set(self.phase[r].bits)) for i, r in homes.items()}
        used_by: dict[int, set[int]] = {i: set() for i in homes}
        for i, others in needs.items():
            for j in others:
                used_by[j].add(i)
        left = set(homes)
        todo = [i for i in homes if not needs[i] or not used_by[i]]
        while todo:
            i = todo.pop()
            if i not in left:
                continue
            left.remove(i)
            for j in needs[i] & left:
                used_by[j].discard(i)
                if not used_by[j]:
                    todo.append(j)
            for j in used_by[i] & left:
                needs[j].discard(i)
                if not needs[j]:
                    todo.append(j)
        return left

    def _toggle(self, a: int, b: int) -> None:
        if a == b:  # a Hadamard loop
            self.phase[a] += _PI
            return
        self.near[a] ^= {b}
        self.near[b] ^= {a}

    def _remove(self, v: int) -> None:
        for w in self.near.pop(v):
            self.near[w].discard(v)
        del self.phase[v], self.name[v]
        self._latest.pop(v, None)

    def is_end(self, v: int) -> bool:
        """Whether the vertex is an input, an output or an outcome: it has to stay."""
        return v in self._input or v in self._output or v in self.outcome

    # ---- identities and Clifford leaves ----------------------------------------------------------------------------

    def _reduce(self) -> None:
        todo = sorted(self.near, reverse=True)
        while todo:
            v = todo.pop()
            if v not in self.near or self.is_end(v):
                continue
            if len(self.near[v]) == 1:
                (hub,) = self.near[v]
                todo += sorted(self._take_leaf(v, hub), reverse=True)
            elif len(self.near[v]) == 2 and self.phase[v].is_zero:
                # The larger one stays, so that the costs of all joins together stay small.
                a, b = sorted(self.near[v], key=lambda w: (-len(self.near[w]), w))
                if self._joinable(a, b):
                    todo += sorted(self._join(v, a, b), reverse=True)

    def _take_leaf(self, leaf: int, hub: int) -> set[int]:
        """Take a Clifford leaf in, if that can be; the vertices that this changes. On the values 0 and 1 of the hub it is worth ``1 + z``
        and ``1 - z``."""
        angle = self.phase[leaf]
        if not angle.is_clifford:
            return set()
        if angle.bits and any(self._would_use_itself(w, angle) for w in (*self.near[hub], hub)):
            return set()
        if is_half(angle) and (self.is_end(hub) or not self.phase[hub].is_pauli):  # (1 - z) / (1 + z) is -+i
            self._remove(leaf)
            self.phase[hub] -= angle
            return {hub}
        if not angle.is_pauli or self.is_end(hub):
            return set()
        around = self.near[hub] - {leaf}
        for w in around:  # only one value is left
            self.phase[w] += angle
        self._remove(leaf)
        self._remove(hub)
        return around

    def _would_use_itself(self, v: int, phase: Phase) -> bool:
        """Whether a phase that is added to ``v`` depends on the outcome of ``v``: then it has to stay where it is."""
        return v in self.outcome and self.outcome[v] in outcomes_behind(self.bits, set(phase.bits))

    def _joinable(self, a: int, b: int) -> bool:
        """Whether two vertices can be one: no two ends of one side. What an outcome joined would have to be known as early as it is."""
        if a in self.outcome or b in self.outcome:
            return False
        return not ((a in self._input and b in self._input) or (a in self._output and b in self._output))

    def _join(self, middle: int, a: int, b: int) -> set[int]:
        """``a -H- middle -H- b`` with phase 0 in the middle: b becomes a part of a. Returns the vertices that this changes."""
        self._remove(middle)
        changed = {a, *self.near[b]}
        self.phase[a] += self.phase[b] + (_PI if a in self.near[b] else Phase())
        self.name[a] = min(self.name[a], self.name[b])
        self._latest[a] = max(self._latest.get(a, -1), self._latest.get(b, -1))
        self._remove(b)
        for w in changed - {a}:
            self._toggle(a, w)
        for ends in (self._input, self._output):
            if b in ends:
                ends[a] = ends.pop(b)
        return changed

    def _note_leaves(self) -> None:
        for leaf in sorted(self.near):
            if leaf not in self.near or self.is_end(leaf) or len(self.near[leaf]) != 1 or leaf in self.leaf:
                continue
            (hub,) = self.near[leaf]
            own = self.phase[hub]
            if hub in self.leaf or self.is_end(hub) or not (own.is_pauli or is_half(own)):
                continue
            if self._latest.get(hub, -1) > self.name[leaf]:
                self.early.add(hub)
            self.leaf[hub] = self.phase[leaf]
            self._remove(leaf)

    # ---- numbers ---------------------------------------------------------------------------------------------------

    def _drop_numbers(self) -> None:
        seen: set[int] = set()
        for start in sorted(self.near):
            if start in seen:
                continue
            members, stack = {start}, [start]
            while stack:
                fresh = self.near[stack.pop()] - members
                members |= fresh
                stack.extend(fresh)
            seen |= members
            if any(self.is_end(v) for v in members):
                continue
            if len(members) > 1 or not is_half(self.phase[start]):  # 1 + i and 1 - i differ by a phase only
                if any(self.phase[v].bits for v in members):
                    continue
                self._refuse_zero(sorted(members))
            for v in members:
                self._remove(v)

    def _refuse_zero(self, members: list[int]) -> None:
        """A component without ends is a number; a product with it is zero if it is."""
        import numpy as np

        from gossamer.ir.semantics import kraus, sweep_cost

        names = ", ".join(f"v{self.name[v]}" for v in members[:8]) + (" ..." if len(members) > 8 else "")
        if any(self.phase[v].symbols for v in members):
            raise InputError("OG-15", f"the component of {names} has no ends, and whether it is zero depends on symbols",
                             help="bind the symbols first")  # fmt: skip
        b = DiagramBuilder()
        made = {v: b.vertex(VertexKind.Z, self.phase[v]) for v in members}
        for v in members:
            for w in self.near[v]:
                if v < w:
                    b.edge(made[v], made[w], hadamard=True)
        d = b.build()
        axes, work = sweep_cost(d)
        if axes > MAX_AXES or work > MAX_NUMBER_WORK:
            raise InputError("OG-15", f"the component of {names} has no ends and is too large to tell whether it is zero",
                             help="remove it, it is a number only")  # fmt: skip
        size = float(np.abs(kraus(d, {})).max())
        if size <= _ZERO * 2.0 ** ((d.num_vertices - d.num_edges) / 2):
            raise InputError("OG-15", f"the diagram is zero: the component of {names} is a number, and it is 0",
                             help="nothing realises a map that never happens")  # fmt: skip


def _refuse_at_once(diagram: Diagram) -> None:
    kinds = diagram.kind.tolist()
    if VertexKind.H in kinds:
        v = kinds.index(VertexKind.H)
        raise InputError("OG-1", f"vertex v{v} is an H-box; an open graph has Z- and X-spiders only",
                         span=diagram.spans.get(v), help="turn H-boxes into phase gadgets first")  # fmt: skip
    if diagram.scalar.is_zero:
        raise InputError(
            "OG-15", "the diagram is zero: its scalar is", help="nothing realises a map that never happens"
        )
