"""`WorkGraph`: the mutable diagram that rewrite rules work on; Z-spiders only, Hadamard edges in sets, ends apart.

A diagram is read by changing the colour of its X-spiders and is written back with every vertex in causal order. Between the two,
rules change the graph in place. Three habits make them short and fast:

* Hadamard edges count without their factor 1/sqrt(2) (entries 1, 1, 1, -1). Adding or removing one is then a plain change of sets,
  two parallel ones cancel, and a loop is a phase of pi; the factors are put back when the diagram is written.
* A phase is ``const + (-1)**sign * angle + rest`` in units of pi over a common denominator: integers where nothing else is needed.
  The sign is a bit expression (Paulis that were pushed through), ``rest`` a `Phase` with bits and symbols.
* What is not a spider (inputs, outputs, H-boxes) is an *anchor*; an *end* joins it to a spider. A spider without ends is interior.

References
----------
Graph-like diagrams: Duncan, Kissinger, Perdrix, van de Wetering, Quantum 4, 279 (2020), section 3. Scalars: Backens, EPTCS 195 (2015).
"""

from __future__ import annotations

import heapq
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np

from gossamer.ir.diagram import Bit, BitKind, Diagram, SpanTable, VertexKind
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.scalar import Scalar

#: Common denominators beyond this are left to `Phase`, one phase at a time.
MAX_UNIT = 1 << 64
#: A sign with more terms than this is kept as a derived bit when it has to be multiplied out.
MAX_SIGN_TERMS = 2
#: A derived bit is replaced by the parity that it is made of up to this many terms.
MAX_EXPANDED = 256

#: A Pauli exponent: 0, 1, or an expression over bits.
Pauli = int | BitExpr


class WorkGraph:
    """A diagram under rewriting.

    Attributes
    ----------
    unit : phases are whole numbers of ``pi / unit``
    adj : Hadamard neighbours of each spider; empty for removed ones
    plain : plain edges, which fusion removes
    const, signed, rest : the phase, see above; ``signed[v]`` is ``(angle, sign)`` with an angle that is no multiple of pi/2
    ends : of each spider that has some; ``anchor``, ``end_at``, ``end_hadamard`` of each end
    owner : spider -> the outcome bit bound to it
    fixed : spiders that no rule may remove
    rank : the place of a spider in the order of the source
    power, phase, factor : the scalar ``factor * sqrt(2)**power * exp(i pi phase)``, Hadamard edges counted as above
    origins : where set, the phases of the source that are in the phase of a spider, each with the exponent of its sign
    merged : ``(i, j, k)``: phases i and j of the source were added, with the relative sign ``(-1)**k``
    """

    def __init__(self, unit: int) -> None:
        self.unit = unit
        self.half = unit // 2
        self.turn = 2 * unit
        self.adj: list[set[int]] = []
        self.alive = bytearray()
        self.plain: dict[int, set[int]] = {}
        self.const: list[int] = []
        self.signed: dict[int, tuple[int, BitExpr]] = {}
        self.rest: dict[int, Phase] = {}
        self.ends: dict[int, list[int]] = {}
        self.anchor: list[int] = []
        self.end_at: list[int] = []
        self.end_hadamard: list[bool] = []
        self.owner: dict[int, int] = {}
        self.fixed: set[int] = set()
        self.rank: list[int] = []
        self.bits: list[Bit] = []
        self.interned: dict[BitExpr, int] = {}
        self.power = 0
        self.phase = Phase()
        self.factor = Fraction(1)
        self.origins: dict[int, list[tuple[int, Pauli]]] | None = None
        self.merged: list[tuple[int, int, int]] = []

    # ---- reading a diagram ------------------------------------------------------------------------------------------

    @classmethod
    def from_diagram(cls, d: Diagram) -> WorkGraph:
        """The working graph of a diagram (X-spiders change colour; wires without a spider get one).

        Examples
        --------
        >>> from gossamer.ir.compose import identity
        >>> g = WorkGraph.from_diagram(identity("q"))
        >>> g.num_spiders, g.ends
        (1, {0: [0, 1]})
        """
        unit = _common_unit(d)
        g = cls(unit)
        n = d.num_vertices
        kind = d.kind
        hadamard = d.hadamard ^ (kind == VertexKind.X)[d.edges[:, 0]] ^ (kind == VertexKind.X)[d.edges[:, 1]]
        g.bits = list(d.bits)
        g.power = d.scalar.power - int(hadamard.sum())
        g.phase, g.factor = d.scalar.phase, d.scalar.factor
        g.adj = [set() for _ in range(n)]
        g.rank = list(range(n))
        g.alive = bytearray((kind <= VertexKind.X).astype(np.uint8).tobytes())
        g.const = [0] * n
        table = _PhaseTable(g, d)
        used = [table.split(phase) for phase in d.phases]
        consts = np.array([c for c, _, _ in used] or [0], object)
        g.const = consts[d.phase].tolist()
        special = {i for i, (_, signed, rest) in enumerate(used) if signed is not None or rest is not None}
        if special:
            ids = d.phase.tolist()
            for v in np.flatnonzero(np.isin(d.phase, list(special))).tolist():
                _, signed, rest = used[ids[v]]
                if signed is not None:
                    g.signed[v] = signed
                if rest is not None:
                    g.rest[v] = rest
        for v in np.flatnonzero(kind > VertexKind.X).tolist():
            g.const[v] = 0
            g.signed.pop(v, None)
            g.rest.pop(v, None)
        spider = g.alive
        for (a, b), h in zip(d.edges.tolist(), hadamard.tolist(), strict=True):
            if spider[a] and spider[b]:
                g.add_edge(a, b) if h else g.add_plain(a, b)
            elif spider[a]:
                g.add_end(a, b, h)
            elif spider[b]:
                g.add_end(b, a, h)
            else:
                middle = g.new_spider(min(a, b))
                g.add_end(middle, a, False)
                g.add_end(middle, b, h)
        for i, bit in enumerate(d.bits):
            if bit.kind == BitKind.OUTCOME:
                g.owner[bit.vertex] = i
        return g

    # ---- phases -----------------------------------------------------------------------------------------------------

    def is_pauli(self, v: int) -> bool:
        """Whether the phase is a multiple of pi for every value of the bits."""
        if self.const[v] % self.unit or v in self.signed:
            return False
        return v not in self.rest or self.rest[v].is_pauli

    def is_half(self, v: int) -> bool:
        """Whether the phase is an odd multiple of pi/2 for every value of the bits."""
        if self.const[v] % self.unit != self.half or v in self.signed:
            return False
        return v not in self.rest or self.rest[v].is_pauli

    def is_zero(self, v: int) -> bool:
        return not self.const[v] and v not in self.signed and v not in self.rest

    def pauli(self, v: int) -> Pauli:
        """The exponent k of a phase ``pi * k``."""
        k = self.const[v] // self.unit & 1
        rest = self.rest.get(v)
        return k if rest is None else _exponent(rest) ^ BitExpr.const(k)

    def half_sign(self, v: int) -> Pauli:
        """The exponent k of a phase ``pi/2 + pi * k``."""
        k = (self.const[v] - self.half) // self.unit & 1
        rest = self.rest.get(v)
        return k if rest is None else _exponent(rest) ^ BitExpr.const(k)

    def phase_of(self, v: int) -> Phase:
        """The phase as one value, in multiples of pi."""
        out = Phase(Fraction(self.const[v], self.unit))
        if v in self.signed:
            angle, sign = self.signed[v]
            out = out + Phase(Fraction(angle, self.unit)).negated_if(self.short(sign))
        return out + self.rest[v] if v in self.rest else out

    def short(self, sign: BitExpr) -> BitExpr:
        """The same value as an expression that is cheap under an angle: a derived bit for a long parity."""
        if len(sign.monomials) <= MAX_SIGN_TERMS:
            return sign
        if sign not in self.interned:
            self.interned[sign] = len(self.bits)
            self.bits.append(Bit(BitKind.DERIVED, -1, sign))
        return BitExpr.bit(self.interned[sign])

    def add_pauli(self, v: int, k: Pauli) -> None:
        """Add ``pi * k`` to the phase."""
        if isinstance(k, BitExpr):
            if k.is_zero:
                return
            self._add_rest(v, _pi_times(k))
        elif k:
            self.const[v] = (self.const[v] + self.unit) % self.turn

    def add_const(self, v: int, value: int) -> None:
        self.const[v] = (self.const[v] + value) % self.turn

    def _add_rest(self, v: int, more: Phase) -> None:
        total = self.rest[v] + more if v in self.rest else more
        if self.interned:
            total = self._expand(total)
        constant = total.constant
        if constant and (constant * self.unit).denominator == 1:
            self.add_const(v, int(constant * self.unit))
            total = total - Phase(constant)
        if total.is_zero:
            self.rest.pop(v, None)
        else:
            self.rest[v] = total

    def add_signed(self, v: int, angle: int, sign: BitExpr) -> None:
        """Add ``(-1)**sign * angle`` to the phase."""
        have = self.signed.get(v)
        if have is None:
            self._set_signed(v, angle, sign)
            return
        difference = have[1] ^ sign
        if difference.is_zero:
            self._set_signed(v, have[0] + angle, sign)
        elif difference.is_one:
            self._set_signed(v, have[0] - angle, have[1])
        else:
            self._add_rest(v, Phase(Fraction(angle, self.unit)).negated_if(self.short(sign)))

    def _set_signed(self, v: int, angle: int, sign: BitExpr) -> None:
        """Signs matter only to what is no multiple of pi/2; the part that is one moves to the other terms."""
        self.signed.pop(v, None)
        clifford = angle // self.half
        angle -= clifford * self.half
        self.add_const(v, clifford * self.half)
        if clifford & 1:
            self.add_pauli(v, sign)  # the sign of pi/2 is a pi
        if angle == 0:
            return
        if sign.is_zero or sign.is_one:
            self.add_const(v, -angle if sign.is_one else angle)
        else:
            self.signed[v] = (angle, sign)

    def _expand(self, phase: Phase) -> Phase:
        """Write out interned bits under multiples of pi, so that equal Paulis cancel."""
        opened = {bit: sign for sign, bit in self.interned.items()}
        paulis = [t for t in phase.terms if len(t[0]) == 1 and t[0][0] in opened and t[1].denominator == 1 and not t[2]]
        for term in paulis:
            phase = phase - Phase.from_terms([term]) + _pi_times(opened[term[0][0]])
        return phase

    def take_phase(self, v: int) -> tuple[int, tuple[int, BitExpr] | None, Phase | None]:
        """Remove the phase of ``v`` and return it, for :meth:`give_phase`."""
        out = self.const[v], self.signed.pop(v, None), self.rest.pop(v, None)
        self.const[v] = 0
        return out

    def give_phase(self, v: int, phase: tuple[int, tuple[int, BitExpr] | None, Phase | None]) -> None:
        const, signed, rest = phase
        self.const[v] = (self.const[v] + const) % self.turn
        if signed is not None:
            self.add_signed(v, *signed)
        if rest is not None:
            self._add_rest(v, rest)

    def subtract(self, v: int, u: int) -> None:
        """Subtract the phase of ``u``, which is a half (signs of the multiples of pi in it do not matter)."""
        self.const[v] = (self.const[v] - self.const[u]) % self.turn
        if u in self.rest:
            self._add_rest(v, self.rest[u])

    def negate_if(self, v: int, k: Pauli) -> None:
        """Multiply the phase by ``(-1)**k``."""
        if not isinstance(k, BitExpr):
            if k:
                self.const[v] = -self.const[v] % self.turn
                if v in self.signed:
                    angle, sign = self.signed[v]
                    self._set_signed(v, -angle, sign)
                if v in self.rest:
                    self.rest[v] = -self.rest[v]
                self._flip_origins(v, 1)
            return
        if k.is_zero:
            return
        const, signed, rest = self.take_phase(v)
        if const:
            self.add_signed(v, const, k)
        if signed is not None:
            self.add_signed(v, signed[0], signed[1] ^ k)
        if rest is not None:
            self._add_rest(v, rest if rest.is_pauli else rest.negated_if(self.short(k)))
        self._flip_origins(v, k)

    def merge_origins(self, a: int, b: int) -> None:
        """The phase of ``b`` has been added to that of ``a``."""
        if self.origins is None or b not in self.origins:
            return
        mine, more = self.origins.setdefault(a, []), self.origins.pop(b)
        for j, sign in more:
            for i, have in mine:
                k = xor(have, sign)
                if not isinstance(k, BitExpr) or k.is_zero or k.is_one:
                    self.merged.append((i, j, k.is_one if isinstance(k, BitExpr) else k))
                    break
        mine += more

    def _flip_origins(self, v: int, k: Pauli) -> None:
        if self.origins is not None and v in self.origins:
            self.origins[v] = [(i, xor(s, k)) for i, s in self.origins[v]]

    # ---- structure --------------------------------------------------------------------------------------------------

    @property
    def num_spiders(self) -> int:
        return self.alive.count(1)

    @property
    def num_edges(self) -> int:
        """Edges between spiders."""
        return (sum(map(len, self.adj)) + sum(map(len, self.plain.values()))) // 2

    def spiders(self) -> list[int]:
        return [v for v, there in enumerate(self.alive) if there]

    def is_interior(self, v: int) -> bool:
        """Whether rules that remove the vertex may be used on it."""
        return v not in self.ends and v not in self.fixed

    def new_spider(self, rank: int) -> int:
        self.adj.append(set())
        self.alive.append(1)
        self.const.append(0)
        self.rank.append(rank)
        return len(self.adj) - 1

    def add_edge(self, a: int, b: int) -> None:
        """A Hadamard edge: two cancel, a loop is a phase of pi."""
        if a == b:
            self.add_const(a, self.unit)
        elif b in self.adj[a]:
            self.adj[a].remove(b)
            self.adj[b].remove(a)
        else:
            self.adj[a].add(b)
            self.adj[b].add(a)

    def add_plain(self, a: int, b: int) -> None:
        """A plain edge, an equality: a second one says nothing new."""
        if a != b:
            self.plain.setdefault(a, set()).add(b)
            self.plain.setdefault(b, set()).add(a)

    def add_end(self, v: int, anchor: int, hadamard: bool) -> int:
        self.anchor.append(anchor)
        self.end_at.append(v)
        self.end_hadamard.append(hadamard)
        self.ends.setdefault(v, []).append(len(self.anchor) - 1)
        return len(self.anchor) - 1

    def move_ends(self, a: int, b: int, *, flip: bool = False) -> None:
        """The ends of ``a`` become ends of ``b``; with ``flip`` a Hadamard more is on each."""
        moved = self.ends.pop(a, None)
        if moved:
            for e in moved:
                self.end_at[e] = b
                self.end_hadamard[e] ^= flip
            self.ends.setdefault(b, []).extend(moved)

    def copy(self) -> WorkGraph:
        """A graph of its own with the same content."""
        other = WorkGraph(self.unit)
        for name, value in vars(self).items():
            setattr(other, name, value.copy() if hasattr(value, "copy") and not isinstance(value, WorkGraph) else value)
        other.adj = [near.copy() for near in self.adj]
        other.plain = {v: near.copy() for v, near in self.plain.items()}
        other.ends = {v: ends.copy() for v, ends in self.ends.items()}
        return other

    def remove(self, v: int) -> None:
        """Remove a spider and its Hadamard edges; its ends and plain edges must be gone."""
        adj = self.adj
        for w in adj[v]:
            adj[w].discard(v)
        adj[v] = set()
        self.alive[v] = 0
        self.const[v] = 0
        self.signed.pop(v, None)
        self.rest.pop(v, None)
        self.owner.pop(v, None)
        if self.origins is not None:
            self.origins.pop(v, None)

    def multiply(self, power: int, phase: Phase | None = None) -> None:
        """Multiply the scalar by ``sqrt(2)**power * exp(i pi phase)``."""
        self.power += power
        if phase is not None:
            self.phase = self.phase + phase

    # ---- writing a diagram ------------------------------------------------------------------------------------------

    def to_diagram(self, source: Diagram) -> Diagram:
        """The diagram that the graph stands for; ``source`` is what it was read from (its anchors and registers are kept).

        An outcome bit whose vertex is gone, or can no longer come before all uses of the bit, becomes a coin: an isolated vertex of
        phase ``pi/2 + pi*b``, whose modulus does not depend on the bit.
        """
        return _Writer(self, source).run()


def xor(a: Pauli, b: Pauli) -> Pauli:
    """The sum of two exponents."""
    if isinstance(a, BitExpr):
        return a ^ (b if isinstance(b, BitExpr) else BitExpr.const(b))
    return b ^ BitExpr.const(a) if isinstance(b, BitExpr) else a ^ b


def as_expression(k: Pauli) -> BitExpr:
    return k if isinstance(k, BitExpr) else BitExpr.const(k)


def _exponent(phase: Phase) -> BitExpr:
    """The exponent k of a phase ``pi * k``."""
    return BitExpr(frozenset(m) for m, _, _ in phase.terms)


def _pi_times(k: BitExpr) -> Phase:
    return Phase.from_terms((tuple(m), Fraction(1), ()) for m in k.monomials)


def _common_unit(d: Diagram) -> int:
    """A multiple of 4 that most denominators divide."""
    unit = 4
    for phase in d.phases:
        more = math.lcm(unit, phase.constant.denominator)
        if more <= MAX_UNIT:
            unit = more
    return unit


class _PhaseTable:
    """Splits phases into the parts that the graph keeps; derived parities are written out, so that equal ones cancel."""

    def __init__(self, g: WorkGraph, d: Diagram) -> None:
        self.g = g
        self.plain: dict[int, BitExpr] = {}  # derived bit -> what it is over bits that are not derived, if short
        for i, bit in enumerate(d.bits):
            if bit.expr is not None:
                expr = bit.expr.substitute(lambda b: self.plain.get(b, BitExpr.bit(b))) if bit.expr.is_parity else None
                if expr is not None and len(expr.monomials) <= MAX_EXPANDED:
                    self.plain[i] = expr

    def open(self, k: BitExpr) -> BitExpr:
        if not any(b in self.plain for b in k.bits):
            return k
        out = k.substitute(lambda b: self.plain.get(b, BitExpr.bit(b)))
        return out if len(out.monomials) <= MAX_EXPANDED else k

    def split(self, phase: Phase) -> tuple[int, tuple[int, BitExpr] | None, Phase | None]:
        unit = self.g.unit
        whole = phase.constant * unit
        const = int(whole) if whole.denominator == 1 else 0
        rest = phase - Phase(Fraction(const, unit))
        signed = None
        if rest.terms:
            pauli = [t for t in rest.terms if t[1].denominator == 1 and not t[2] and t[0]]
            others = [t for t in rest.terms if t not in pauli]
            if len(others) == 1 and not others[0][2] and len(others[0][0]) == 1:
                (bit,), c, _ = others[0]
                angle = -c * unit / 2  # const + c*b = (-1)^b angle + (const - angle)
                for a in (angle, angle + unit):
                    if a.denominator == 1 and (const - int(a)) % (unit // 2) == 0 and int(a) % (unit // 2):
                        signed = (int(a) % (2 * unit), self.open(BitExpr.bit(bit)))
                        const -= int(a)
                        others = []
                        break
            rest = Phase.from_terms(others) + _pi_times(
                self.open(BitExpr(frozenset(t[0]) for t in pauli))
            )
        if signed is not None:  # only the part below pi/2 needs a sign
            half = unit // 2
            clifford, angle_left = divmod(signed[0], half)
            const += clifford * half
            if clifford & 1:
                rest = rest + _pi_times(signed[1])
            signed = (angle_left, signed[1])
        extra = rest.constant * unit
        if extra and extra.denominator == 1:
            const += int(extra)
            rest = rest - Phase(rest.constant)
        return const % (2 * unit), signed, None if rest.is_zero else rest


class _Writer:
    def __init__(self, graph: WorkGraph, source: Diagram) -> None:
        self.g, self.d = graph, source
        self.anchors = np.flatnonzero(source.kind > VertexKind.X).tolist()
        self.is_anchor = frozenset(self.anchors)
        self.coins: list[int] = []
        self.phases: dict[int, Phase] = {}  # of spiders whose phase is not a constant

    def run(self) -> Diagram:
        g, d = self.g, self.d
        spiders = g.spiders()
        for v in sorted({*g.signed, *g.rest}):
            self.phases[v] = g.phase_of(v)
        owner = {v: b for v, b in g.owner.items() if self._shows(v, b)}
        bound = set(owner.values())
        self.coins = [i for i, bit in enumerate(d.bits) if bit.kind == BitKind.OUTCOME and i not in bound]
        skipped = self._bare_wires(spiders)
        order = self._order([v for v in spiders if v not in skipped], owner)
        return self._freeze(order, owner, skipped)

    def _shows(self, v: int, bit: int) -> bool:
        """Whether the phase is ``pi * bit`` plus terms without the bit (clause IR-7)."""
        terms = [t for t in self.phases.get(v, Phase()).terms if bit in t[0]]
        return terms == [((bit,), Fraction(1), ())]

    def _bare_wires(self, spiders: list[int]) -> set[int]:
        """Spiders that do nothing but join two ends."""
        g = self.g
        out = set()
        for v, ends in g.ends.items():
            anchors = {g.anchor[e] for e in ends}
            if len(ends) == 2 and len(anchors) == 2 and g.alive[v] and not g.adj[v] and not g.plain.get(v) and g.is_zero(v):
                if v not in g.owner and not (g.end_hadamard[ends[0]] and g.end_hadamard[ends[1]]):
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
        """The outcome bits that stand behind the phase of a vertex."""
        g, d = self.g, self.d
        behind: dict[int, set[int]] = {}
        for i, bit in enumerate(g.bits):
            if bit.expr is not None:
                behind[i] = set().union(*(behind.get(b, {b}) for b in bit.expr.bits)) if bit.expr.bits else set()
        known = set(spiders)
        out = {v: phase.bits for v, phase in self.phases.items() if v in known and phase.bits}
        for v in self.anchors:
            if d.kind[v] == VertexKind.H and d.phase_of(v).bits:
                out[v] = d.phase_of(v).bits
        return {v: set().union(*(behind.get(b, {b}) for b in bits)) for v, bits in out.items()}

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
        scalar_phase = g.phase
        for bit in self.coins:  # 1 + i (-1)^b is sqrt(2) exp(i pi (1/4 - b/2))
            bits[bit] = replace(bits[bit], vertex=number[-1 - bit])
            scalar_phase = scalar_phase - Phase(Fraction(1, 4)) + Phase.of_bit(bit, Fraction(1, 2))
        power = g.power + sum(hadamard) - len(self.coins)
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
            scalar=Scalar(power, scalar_phase, g.factor),
            spans=spans,
        )
