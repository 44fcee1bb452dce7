"""From any ZX-diagram to a labelled graph: Z-spiders and Hadamard edges, ends at vertices of their own, leaves as planes.

Nothing is assumed of the diagram's shape. X-spiders change colour, plain edges fuse, parallel Hadamard edges cancel; where several
inputs, outputs or outcomes meet in one spider, all but one get vertices of their own behind two Hadamard edges. A leaf says in which plane
the spider that it hangs on is measured: YZ if that has phase 0 or pi, XZ at plus or minus pi/2; a Clifford leaf is a phase of its
spider, or cuts it off. Components without ends and bits are numbers: they are dropped, unless they are 0. The instrument is kept up to
one positive factor.

References
----------
Graph-like form: Duncan, Kissinger, Perdrix, van de Wetering, Quantum 4, 279 (2020), section 3. Leaves and planes: Backens,
Miller-Bakewell, de Felice, Lobski, van de Wetering, Quantum 5, 421 (2021), sections 2 and 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Bit, BitKind, Diagram, DiagramBuilder, VertexKind
from gossamer.ir.open_graph import Label
from gossamer.ir.phase import BitExpr, Phase

_PI = Phase(1)
_HALF = Phase(Fraction(1, 2))
#: Numbers of components with more live axes than this are not computed.
MAX_AXES = 20
MAX_NUMBER_WORK = 1e9
#: A number smaller than this is 0, beside what it would be with random phases, the root of the number of its terms.
_ZERO = 1e-9


def pauli_bits(phase: Phase) -> BitExpr:
    """The exponent k of a Pauli phase ``pi * k``."""
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


class AnyForm:
    """The graph. Vertices are numbers; those of the diagram keep the number of the earliest spider that they are made of.

    Attributes
    ----------
    near : vertex -> its neighbours, all by Hadamard edges
    phase : vertex -> its phase; with a leaf, that of the leaf, as clause SEM-3 has it
    plane : the vertices with a leaf, and their label, YZ or XZ
    inputs, outputs : vertices
    outcome : vertex -> the source outcome bit bound to it
    name : vertex -> the spider of the diagram that it is named after
    """

    def __init__(self, diagram: Diagram) -> None:
        self.near: dict[int, set[int]] = {}
        self.phase: dict[int, Phase] = {}
        self.plane: dict[int, Label] = {}
        self.outcome: dict[int, int] = {}
        self.name: dict[int, int] = {}
        self.next = diagram.num_vertices
        self.bits = diagram.bits
        if diagram.scalar.is_zero:
            raise InputError(
                "OG-15", "the diagram is zero: its scalar is", help="nothing realises a map that never happens"
            )
        self._fuse(diagram)
        self._reduce()
        self._drop_numbers()

    @property
    def special(self) -> set[int]:
        """Vertices that have to stay: inputs, outputs, source outcomes."""
        return {*self.inputs, *self.outputs, *self.outcome}

    # ---- spiders ---------------------------------------------------------------------------------------------------

    def _fuse(self, d: Diagram) -> None:
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
        spider = (d.kind == VertexKind.Z) | is_x
        for v in range(d.num_vertices):
            r = find(v)
            if r not in self.near:
                self._add(r, r)
            if spider[v]:
                self.phase[r] += d.phase_of(v)
        for (a, b), h in zip(edges, hadamard, strict=True):
            if h:
                self._toggle(find(a), find(b))
        taken_in: set[int] = set()
        taken_out: set[int] = set()
        self.inputs = [self._seat(find(v), taken_in) for v in d.inputs.tolist()]
        self.outputs = [self._seat(find(v), taken_out) for v in d.outputs.tolist()]
        for i, bit in enumerate(d.bits):
            if bit.kind == BitKind.OUTCOME:
                own = Phase.of_bit(i)
                r = find(bit.vertex)
                self.phase[r] -= own
                # A spider that uses the bit elsewhere, too, comes after the measurement that gives it.
                v = self._seat(r, taken_out, alone=i in outcomes_behind(self.bits, set(self.phase[r].bits)))
                self.outcome[v] = i
                self.phase[v] += own

    def _add(self, v: int, name: int) -> int:
        self.near[v], self.phase[v], self.name[v] = set(), Phase(), name
        return v

    def _seat(self, v: int, taken: set[int], *, alone: bool = False) -> int:
        """``v`` itself for the first end that meets there, unless it shall stand alone; a vertex behind an identity for all others."""
        if v not in taken and not alone:
            taken.add(v)
            return v
        middle, end = (self._add(self.next + i, self.name[v]) for i in (0, 1))
        self.next += 2
        self._toggle(v, middle)
        self._toggle(middle, end)
        return end

    def _toggle(self, a: int, b: int) -> None:
        if a == b:  # a Hadamard loop
            self.phase[a] += _PI
            return
        self.near[a] ^= {b}
        self.near[b] ^= {a}

    def remove(self, v: int) -> None:
        for w in self.near.pop(v):
            self.near[w].discard(v)
        del self.phase[v], self.name[v]
        self.plane.pop(v, None)

    # ---- leaves and identities -------------------------------------------------------------------------------------

    def _reduce(self) -> None:
        special = self.special
        todo = sorted(self.near, reverse=True)
        while todo:
            v = todo.pop()
            if v not in self.near or v in special or v in self.plane:
                continue
            if len(self.near[v]) == 1:
                (hub,) = self.near[v]
                around = self.near[hub] - {v}
                if self._leaf(v, hub, special):
                    todo.extend(sorted({hub, *around} & self.near.keys(), reverse=True))
            elif len(self.near[v]) == 2 and self.phase[v].is_zero:
                a, b = sorted(self.near[v])
                if self._joinable(a, b) and not (
                    self._would_use_itself(a, self.phase[b]) or self._would_use_itself(b, self.phase[a])
                ):
                    if b in special and a not in special:
                        a, b = b, a
                    self._join(v, a, b)
                    special = self.special
                    todo.extend(sorted({a, *self.near[a]}, reverse=True))

    def _leaf(self, leaf: int, hub: int, special: set[int]) -> bool:
        """Take a leaf in; False if it has to stay a vertex. On the values 0 and 1 of the hub it is worth ``1 + z`` and ``1 - z``."""
        angle, own = self.phase[leaf], self.phase[hub]
        if hub in self.plane or any(self._would_use_itself(w, angle) for w in self.near[hub] | {hub}):
            return False
        if is_half(angle):  # (1 - z) / (1 + z) is -+i
            self.remove(leaf)
            self.phase[hub] = own - angle
            return True
        if hub in special:
            return False
        if angle.is_pauli:  # only one value is left
            for w in self.near[hub] - {leaf}:
                self._add_z(w, pauli_bits(angle))
            self.remove(leaf)
            self.remove(hub)
            return True
        if own.is_pauli:
            plane, sign = Label.YZ, pauli_bits(own)
        elif is_half(own):
            plane, sign = Label.XZ, pauli_bits(own - _HALF)
        else:
            return False
        self.remove(leaf)
        self.plane[hub], self.phase[hub] = plane, angle.negated_if(sign)
        return True

    def _would_use_itself(self, v: int, phase: Phase) -> bool:
        """Whether a phase that is added to ``v`` depends on the outcome of ``v``: then it has to stay where it is."""
        return v in self.outcome and self.outcome[v] in outcomes_behind(self.bits, set(phase.bits))

    def _add_z(self, v: int, k: BitExpr) -> None:
        self.phase[v] = self.phase[v].negated_if(k) if v in self.plane else self.phase[v] + _PI.times(k)

    def _joinable(self, a: int, b: int) -> bool:
        """Whether two vertices can be one: no leaf on them, and no two ends of one side."""
        ins, outs = set(self.inputs), {*self.outputs, *self.outcome}
        both = (a in ins and b in ins) or (a in outs and b in outs)
        return not both and a not in self.plane and b not in self.plane

    def _join(self, middle: int, a: int, b: int) -> None:
        """``a -H- middle -H- b`` with phase 0 in the middle: b becomes a part of a."""
        self.remove(middle)
        around = self.near[b] - {a}
        phase = self.phase[b] + (_PI if a in self.near[b] else Phase())
        self.remove(b)
        self.phase[a] += phase
        for w in around:
            self._toggle(a, w)
        self.inputs = [a if v == b else v for v in self.inputs]
        self.outputs = [a if v == b else v for v in self.outputs]
        if b in self.outcome:
            self.outcome[a] = self.outcome.pop(b)

    # ---- numbers ---------------------------------------------------------------------------------------------------

    def _drop_numbers(self) -> None:
        special = self.special
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
            if members & special or any(self.phase[v].bits for v in members):
                continue
            self._refuse_zero(sorted(members))
            for v in members:
                self.remove(v)

    def _refuse_zero(self, members: list[int]) -> None:
        """A component without ends is a number; a product with it is zero if it is."""
        import numpy as np

        from gossamer.ir.semantics import kraus, sweep_cost

        names = ", ".join(f"v{self.name[v]}" for v in members[:8]) + (" ..." if len(members) > 8 else "")
        if any(self.phase[v].symbols for v in members):
            raise InputError("OG-15", f"the component of {names} has no ends, and whether it is zero depends on symbols",
                             help="bind the symbols first")  # fmt: skip
        b = DiagramBuilder()
        made = {v: b.vertex(VertexKind.Z, self._own_phase(v)) for v in members}
        for v in members:
            if v in self.plane:
                b.edge(made[v], b.vertex(VertexKind.Z, self.phase[v]), hadamard=True)
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

    def _own_phase(self, v: int) -> Phase:
        plane = self.plane.get(v)
        return self.phase[v] if plane is None else _HALF if plane == Label.XZ else Phase()
