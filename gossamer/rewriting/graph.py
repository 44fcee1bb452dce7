"""`WorkGraph`: the mutable diagram that rewrite rules work on; Z-spiders only, Hadamard edges in sets, ends apart.

A diagram is read by changing the colour of its X-spiders and is written back (`writer`) with every vertex in causal order. Between
the two, rules change the graph in place. Three habits make them short and fast:

* Hadamard edges count without their factor 1/sqrt(2) (entries 1, 1, 1, -1). Adding or removing one is then a plain change of sets,
  two parallel ones cancel, and a loop is a phase of pi; the factors are put back when the diagram is written.
* A phase is ``const + pi * flip + sum of (-1)**sign * angle + rest`` in units of pi over a common denominator: integers where nothing
  else is needed. Flips and signs are bit expressions (Paulis that were pushed through), ``rest`` is a `Phase` with bits and symbols.
* What is not a spider (inputs, outputs, H-boxes) is an *anchor*; an *end* joins it to a spider. A spider without ends is interior.

References
----------
Graph-like diagrams: Duncan, Kissinger, Perdrix, van de Wetering, Quantum 4, 279 (2020), section 3. Scalars: Backens, EPTCS 195 (2015).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

import numpy as np

from gossamer.ir.diagram import Bit, BitKind, Diagram, VertexKind
from gossamer.ir.phase import BitExpr, Phase, TooLarge
from gossamer.ir.scalar import Scalar

#: Common denominators beyond this are left to `Phase`, one phase at a time.
MAX_UNIT = 1 << 64
#: The unit is so many times finer: a product of k bits, written with signs, has its angle over 2**k.
HEADROOM = 64
#: A sign with more terms than this is kept as a derived bit when it has to be multiplied out.
MAX_SIGN_TERMS = 2
#: A derived bit is replaced by what it is made of up to this many terms.
MAX_EXPANDED = 256

#: A sign is looked for in phases under up to this many conditions.
MAX_PARITY = 6
#: A phase is written as a sum of signs from and to up to so many terms.
MAX_PRODUCTS, MAX_SIGNS = 128, 16
#: A derived bit that is no parity is put into a phase up to this many terms.
MAX_PRODUCT_TERMS = 16

#: A Pauli exponent: 0, 1, or an expression over bits.
Pauli = int | BitExpr
#: The parts of a phase: const, flip, signed, rest.
Parts = tuple[int, BitExpr | None, dict[BitExpr, int] | None, Phase | None]


class WorkGraph:
    """A diagram under rewriting.

    Attributes
    ----------
    unit : phases are whole numbers of ``pi / unit``
    adj : Hadamard neighbours of each spider; empty for removed ones
    plain : plain edges, which fusion removes
    hung : spider -> those that had it as their only Hadamard neighbour when their edges last changed; see :meth:`leaves`
    const, flip, signed, rest : the phase, see above; ``flip[v]`` has no constant term, ``signed[v]`` maps signs (parities) to angles
        between 0 and pi/2, both excluded, ``rest[v]`` has no multiple of pi in it
    defined : derived bit -> what it is over bits that are not derived, where that is short
    ends : of each spider that has some; ``anchor``, ``end_at``, ``end_hadamard`` of each end
    owner : spider -> the outcome bit bound to it
    fixed : spiders that no rule may remove
    rank : the place of a spider in the order of the source
    power, phases, factor : the scalar ``factor * sqrt(2)**power * exp(i pi sum(phases))``, Hadamard edges counted as above; ``phases`` is None
        where nobody asks for more than the modulus
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
        self.hung: dict[int, dict[int, None]] = {}
        self.const: list[int] = []
        self.signed: dict[int, dict[BitExpr, int]] = {}
        self.flip: dict[int, BitExpr] = {}
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
        self.defined: dict[int, BitExpr] = {}
        self.power = 0
        self.phases: list[Phase] | None = []
        self.factor = Fraction(1)
        self.origins: dict[int, list[tuple[int, Pauli]]] | None = None
        self.merged: list[tuple[int, int, int]] = []

    # ---- reading a diagram ------------------------------------------------------------------------------------------

    @classmethod
    def from_diagram(cls, d: Diagram, *, modulus: bool = False) -> WorkGraph:
        """The working graph of a diagram (X-spiders change colour; wires without a spider get one).

        Parameters
        ----------
        modulus
            Whether the modulus of the scalar is enough; its phase costs more than all else where there are many bits.

        Examples
        --------
        >>> from gossamer.ir.compose import identity
        >>> g = WorkGraph.from_diagram(identity("q"))
        >>> g.num_spiders, g.ends
        (1, {2: [0, 1]})
        """
        unit = _common_unit(d)
        g = cls(unit)
        n = d.num_vertices
        kind = d.kind
        hadamard = d.hadamard ^ (kind == VertexKind.X)[d.edges[:, 0]] ^ (kind == VertexKind.X)[d.edges[:, 1]]
        g.bits = list(d.bits)
        g.power = d.scalar.power - int(hadamard.sum())
        g.phases, g.factor = None if modulus else [d.scalar.phase], d.scalar.factor
        g.adj = [set() for _ in range(n)]
        g.rank = list(range(n))
        g.alive = bytearray((kind <= VertexKind.X).astype(np.uint8).tobytes())
        g.defined = _definitions(d)
        consts = [int(c) if (c := p.constant * unit).denominator == 1 else 0 for p in d.phases] or [0]
        ids = d.phase.tolist()
        g.const = [consts[i] if there else 0 for i, there in zip(ids, g.alive, strict=True)]
        rests = [p - Phase(Fraction(c, unit)) for p, c in zip(d.phases, consts, strict=False)]
        special = [i for i, rest in enumerate(rests) if not rest.is_zero]
        if special:
            for v in np.flatnonzero(np.isin(d.phase, special)).tolist():
                if g.alive[v]:
                    g._add_rest(v, rests[ids[v]])
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
        return not (self.const[v] % self.unit or v in self.signed or v in self.rest)

    def is_half(self, v: int) -> bool:
        """Whether the phase is an odd multiple of pi/2 for every value of the bits."""
        return self.const[v] % self.unit == self.half and v not in self.signed and v not in self.rest

    def is_zero(self, v: int) -> bool:
        return not self.const[v] and v not in self.flip and v not in self.signed and v not in self.rest

    def pauli(self, v: int) -> Pauli:
        """The exponent k of a phase ``pi * k``."""
        return self._exponent(v, self.const[v] // self.unit & 1)

    def half_sign(self, v: int) -> Pauli:
        """The exponent k of a phase ``pi/2 + pi * k``."""
        return self._exponent(v, (self.const[v] - self.half) // self.unit & 1)

    def _exponent(self, v: int, constant: int) -> Pauli:
        flip = self.flip.get(v)
        return constant if flip is None else ~flip if constant else flip

    def phase_of(self, v: int) -> Phase:
        """The phase as one value, in multiples of pi."""
        out = Phase(Fraction(self.const[v], self.unit))
        if v in self.flip:
            out = out + _pi_times(self.flip[v])
        signs = self.signed.get(v, {})
        # A product of bits is three signs or more: multiplied out, it is one term again.
        few = len(signs) > 2 and len(frozenset[int]().union(*(sign.bits for sign in signs))) <= MAX_PARITY
        for sign, angle in signs.items():
            out = out + Phase(Fraction(angle, self.unit)).negated_if(sign if few else self.short(sign))
        return out + self.rest[v] if v in self.rest else out

    def short(self, sign: BitExpr) -> BitExpr:
        """The same value as an expression that is cheap under an angle: a derived bit for a long parity."""
        if len(sign.monomials) <= MAX_SIGN_TERMS:
            return sign
        if sign not in self.interned:
            self.interned[sign] = len(self.bits)
            self.defined[len(self.bits)] = sign
            self.bits.append(Bit(BitKind.DERIVED, -1, sign))
        return BitExpr.bit(self.interned[sign])

    def add_pauli(self, v: int, k: Pauli) -> None:
        """Add ``pi * k`` to the phase."""
        if isinstance(k, BitExpr):
            if frozenset() in k.monomials:
                k = ~k
                self.const[v] = (self.const[v] + self.unit) % self.turn
            total = self.flip[v] ^ k if v in self.flip else k
            if total.is_zero:
                self.flip.pop(v, None)
            else:
                self.flip[v] = total
        elif k:
            self.const[v] = (self.const[v] + self.unit) % self.turn

    def add_const(self, v: int, value: int) -> None:
        self.const[v] = (self.const[v] + value) % self.turn

    def _add_rest(self, v: int, more: Phase) -> None:
        total = self.rest[v] + more if v in self.rest else more
        total = self._without_products(total)
        found = None if total.is_pauli else self._find_sign(total) or self._find_signs(total)
        if found is not None:
            signs, total = found
            for angle, sign in signs:
                self.add_signed(v, angle, sign)
        flips, kept = [], []
        for mono, c, symbols in total.terms:
            if mono and c.denominator == 1 and not symbols:
                flips.append(frozenset(mono))
            elif not mono and (c * self.unit).denominator == 1:
                self.add_const(v, int(c * self.unit))
                kept += [(mono, Fraction(0), symbols)] if symbols else []
            else:
                kept.append((mono, c, symbols))
        if flips:
            self.add_pauli(v, self._opened(BitExpr(flips)))
        if kept:
            self.rest[v] = Phase.from_terms(kept)
        else:
            self.rest.pop(v, None)

    def _without_products(self, phase: Phase) -> Phase:
        """The same phase without the derived bits that are no parities, if that is short: products are terms of a phase already."""
        products = {
            b: k for b in phase.bits if (k := self.defined.get(b)) is not None and any(len(m) > 1 for m in k.monomials)
        }
        if not products or any(len(k.monomials) > MAX_PRODUCT_TERMS for k in products.values()):
            return phase
        try:
            out = phase.substitute(lambda b: products.get(b, BitExpr.bit(b)))
        except TooLarge:
            return phase
        return out if len(out.terms) <= MAX_PRODUCTS else phase

    def _find_sign(self, phase: Phase) -> tuple[list[tuple[int, BitExpr]], Phase] | None:
        """Angle and sign, and rest, of a phase ``(-1)**sign * angle + rest`` whose sign is a parity and whose rest is a multiple of pi."""
        singles = [(m[0], c) for m, c, s in phase.terms if len(m) == 1 and c.denominator > 1 and not s]
        if not singles or len(singles) > MAX_PARITY:
            return None
        angle = -singles[0][1] / 2 * self.unit
        if angle.denominator > 1:
            return None
        left = {m: c for m, c, _ in phase.terms}  # less (-1)**parity, the product of all 1 - 2 b
        for size in range(len(singles) + 1):
            for part in combinations([b for b, _ in singles], size):
                left[part] = left.get(part, Fraction(0)) - angle / self.unit * (-2) ** size
        if any(m and c.denominator > 1 for m, c in left.items()) or any(s for _, _, s in phase.terms):
            return None
        sign = BitExpr.xor(b for b, _ in singles)
        return [(int(angle), self._opened(sign))], Phase.from_terms((m, c, ()) for m, c in left.items())

    def _find_signs(self, phase: Phase) -> tuple[list[tuple[int, BitExpr]], Phase] | None:
        """Angles and signs of a phase ``sum of (-1)**sign * angle``, if they are few, and what of it is not under bits.

        Products of bits are sums over the parities of their parts (Fourier, Walsh): ``ab = (1 - (-1)**a - (-1)**b + (-1)**(a^b)) / 4``.
        Signs of parities multiply by adding, and equal ones add up, which products of bits under a common sign do only after long sums.
        """
        terms = [(m, c) for m, c, s in phase.terms if m and c.denominator > 1 and not s]
        if not 0 < len(terms) <= MAX_PRODUCTS or max(len(m) for m, _ in terms) > MAX_PARITY:
            return None
        found: dict[tuple[int, ...], Fraction] = {}
        for bits, c in terms:
            share = (c if c <= 1 else c - 2) / 2 ** len(bits)
            for k in range(len(bits) + 1):
                for part in combinations(bits, k):
                    found[part] = found.get(part, Fraction(0)) + (-share if k & 1 else share)
        signs = {part: angle * self.unit for part, angle in found.items() if angle}
        if len(signs) > MAX_SIGNS or any(angle.denominator > 1 for angle in signs.values()):
            return None
        rest = phase - Phase.from_terms((m, c, ()) for m, c in terms)
        return [(int(angle), self._opened(BitExpr.xor(part))) for part, angle in sorted(signs.items())], rest

    def _opened(self, k: BitExpr) -> BitExpr:
        """The same value without derived bits, if that is short."""
        if self.defined.keys().isdisjoint(k.bits):
            return k
        try:
            out = k.substitute(lambda b: self.defined.get(b, BitExpr.bit(b)))
        except TooLarge:
            return k
        return out if len(out.monomials) <= MAX_EXPANDED else k

    def add_signed(self, v: int, angle: int, sign: BitExpr) -> None:
        """Add ``(-1)**sign * angle`` to the phase; what of it is a multiple of pi/2 moves to the other terms."""
        if frozenset() in sign.monomials:
            angle, sign = -angle, ~sign
        if sign.is_zero:
            self.add_const(v, angle)
            return
        signs = self.signed.setdefault(v, {})
        clifford, left = divmod(signs.pop(sign, 0) + angle, self.half)
        if left:
            signs[sign] = left
        elif not signs:
            del self.signed[v]
        self.add_const(v, clifford * self.half)
        if clifford & 1:
            self.add_pauli(v, sign)  # the sign of pi/2 is a pi

    def take_phase(self, v: int) -> Parts:
        """Remove the phase of ``v`` and return it, for :meth:`give_phase`."""
        out = self.const[v], self.flip.pop(v, None), self.signed.pop(v, None), self.rest.pop(v, None)
        self.const[v] = 0
        return out

    def give_phase(self, v: int, phase: Parts) -> None:
        """Add a phase that was taken."""
        const, flip, signed, rest = phase
        self.const[v] = (self.const[v] + const) % self.turn
        if flip is not None:
            self.add_pauli(v, flip)
        if signed is not None:
            for sign, angle in signed.items():
                self.add_signed(v, angle, sign)
        if rest is not None:
            self._add_rest(v, rest)

    def subtract(self, v: int, u: int) -> None:
        """Subtract the phase of ``u``, which is a half (signs of the multiples of pi in it do not matter)."""
        self.const[v] = (self.const[v] - self.const[u]) % self.turn
        if u in self.flip:
            self.add_pauli(v, self.flip[u])

    def negate_if(self, v: int, k: Pauli) -> None:
        """Multiply the phase by ``(-1)**k``."""
        if k == 0 or (isinstance(k, BitExpr) and k.is_zero):
            return
        const, flip, signed, rest = self.take_phase(v)
        if flip is not None:
            self.flip[v] = flip  # minus pi is pi
        sign = as_expression(k)
        if const:
            self.add_signed(v, const, sign)
        for other, angle in (signed or {}).items():
            self.add_signed(v, angle, other ^ sign)
        if rest is not None:
            self._add_rest(v, -rest if sign.is_one else rest.negated_if(self.short(sign)))
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
            return
        if b in self.adj[a]:
            self.adj[a].remove(b)
            self.adj[b].remove(a)
        else:
            self.adj[a].add(b)
            self.adj[b].add(a)
        for v in (a, b):
            if len(self.adj[v]) == 1:
                self.note_leaf(v)

    def note_leaf(self, v: int) -> None:
        """To be called by whoever leaves one neighbour in ``adj[v]``, so that nobody has to look for leaves among all neighbours."""
        (w,) = self.adj[v]
        self.hung.setdefault(w, {})[v] = None

    def leaves(self, v: int) -> Iterator[int]:
        """The neighbours whose only Hadamard neighbour is ``v``; those that no longer are any are forgotten."""
        hung = self.hung.get(v, {})
        for w in list(hung):
            if len(self.adj[w]) == 1 and v in self.adj[w]:
                yield w
            else:
                del hung[w]

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
        other.hung = {v: near.copy() for v, near in self.hung.items()}
        other.signed = {v: signs.copy() for v, signs in self.signed.items()}
        return other

    def remove(self, v: int) -> None:
        """Remove a spider and its Hadamard edges; its ends and plain edges must be gone."""
        adj = self.adj
        near = adj[v]
        adj[v] = set()
        self.hung.pop(v, None)
        for w in near:
            other = adj[w]
            other.discard(v)
            if len(other) == 1:
                self.note_leaf(w)
        self.alive[v] = 0
        self.const[v] = 0
        self.signed.pop(v, None)
        self.flip.pop(v, None)
        self.rest.pop(v, None)
        self.owner.pop(v, None)
        if self.origins is not None:
            self.origins.pop(v, None)

    def multiply(self, power: int, phase: Phase | None = None) -> None:
        """Multiply the scalar by ``sqrt(2)**power * exp(i pi phase)``."""
        self.power += power
        if phase is not None and self.phases is not None:
            self.phases.append(phase)

    def scalar(self) -> Scalar:
        """The scalar, Hadamard edges counted as above.

        A phase with too many terms to be written (clause PH-4) is left out: it is a phase of each map ``K_m`` by itself, which no
        instrument sees.
        """
        assert self.phases is not None
        try:
            phase = Phase.from_terms(term for phase in self.phases for term in phase.terms)
        except TooLarge:
            phase = Phase()
        return Scalar(self.power, phase, self.factor)


def xor(a: Pauli, b: Pauli) -> Pauli:
    """The sum of two exponents."""
    if isinstance(a, BitExpr):
        return a ^ (b if isinstance(b, BitExpr) else BitExpr.const(b))
    return b ^ BitExpr.const(a) if isinstance(b, BitExpr) else a ^ b


def as_expression(k: Pauli) -> BitExpr:
    return k if isinstance(k, BitExpr) else BitExpr.const(k)


def _pi_times(k: BitExpr) -> Phase:
    return Phase.from_terms((tuple(m), Fraction(1), ()) for m in k.monomials)


def _common_unit(d: Diagram) -> int:
    """A multiple of 4 that most denominators divide."""
    unit = 4
    for phase in d.phases:
        more = math.lcm(unit, phase.constant.denominator)
        if more <= MAX_UNIT:
            unit = more
    return unit * HEADROOM


def _definitions(d: Diagram) -> dict[int, BitExpr]:
    """Derived bits written out over bits that are not derived, if that is short."""
    out: dict[int, BitExpr] = {}
    for i, bit in enumerate(d.bits):
        if bit.expr is not None and len(bit.expr.monomials) <= MAX_EXPANDED:
            try:
                expr = bit.expr.substitute(lambda b: out.get(b, BitExpr.bit(b)))
            except TooLarge:
                continue
            if len(expr.monomials) <= MAX_EXPANDED:
                out[i] = expr
    return out
