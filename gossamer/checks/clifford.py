"""Clifford diagrams of any size, for all outcomes at once: each ``K_m`` as a quadratic form whose signs are functions of m.

For phases that are multiples of pi/2 the map of a diagram is, up to a scalar,

    K_m = sum over z of  [A z = b(m)]  i**(z . a)  (-1)**(z . s(m) + sum of C_jk z_j z_k)  |z>

over the inputs and outputs z. Inner variables are summed over one after the other, as soon as all their edges are done:
a phase of +-pi/2 by local complementation, a phase of 0 or pi together with a neighbour by pivoting. The signs ``s(m)`` and
``b(m)`` are polynomials over GF(2) in the outcome bits and only ever added, so all outcomes are done in one pass. In reduced
row echelon form the data (A, b, a, C, s) are unique, and a constraint without z says which outcomes can occur at all. All
``K_m`` that are not zero have the same norm.

References
----------
Dehaene, De Moor, Phys. Rev. A 68, 042318 (2003); Amy, QPL 2018 (sums over paths); Duncan, Kissinger, Perdrix, van de Wetering,
Quantum 4, 279 (2020), for local complementation and pivoting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from gossamer.ir.diagram import BitKind, Diagram, VertexKind
from gossamer.ir.phase import BitExpr


class NotClifford(Exception):
    """The diagram, or a condition in it, is outside of what this module can do."""


class Symbols:
    """Monomials of bits as bit positions: a polynomial over GF(2) is one int, its sum with another one is XOR."""

    def __init__(self) -> None:
        self.monomials: list[frozenset[int]] = [frozenset()]
        self.position: dict[frozenset[int], int] = {frozenset(): 0}

    def pack(self, expr: BitExpr) -> int:
        out = 0
        for m in expr.monomials:
            at = self.position.get(m)
            if at is None:
                at = self.position[m] = len(self.monomials)
                self.monomials.append(m)
            out |= 1 << at
        return out

    def unpack(self, packed: int) -> BitExpr:
        return BitExpr(self.monomials[i] for i in ones(packed))


def ones(mask: int) -> list[int]:
    """Positions of the ones, ascending.

    Examples
    --------
    >>> ones(0b1010)
    [1, 3]
    """
    out = []
    while mask:
        low = mask & -mask
        out.append(low.bit_length() - 1)
        mask ^= low
    return out


@dataclass(frozen=True)
class Form:
    """The unique data of a family ``K_m``; legs are the inputs, then the outputs.

    Attributes
    ----------
    determined : leg -> (mask of the free legs it is the sum of, sign)
    quarter : mask of the free legs with a factor ``i**z``
    signs : free leg -> sign, where it is not 0
    edges : free leg -> mask of the legs with which it has a factor ``(-1)**(z z')``, where it is not 0
    vanishing : signs that have to be 0, else ``K_m`` is 0
    """

    determined: dict[int, tuple[int, int]]
    quarter: int
    signs: dict[int, int]
    edges: dict[int, int]
    vanishing: list[int] = field(default_factory=list)

    def unsigned(self) -> tuple[object, ...]:
        """Everything but the signs."""
        return {x: mask for x, (mask, _) in self.determined.items()}, self.quarter, self.edges

    def all_signs(self, legs: int) -> list[int]:
        """One sign for each leg, in order."""
        return [self.determined[x][1] if x in self.determined else self.signs.get(x, 0) for x in range(legs)]


def quadratic_form(
    diagram: Diagram, bit: Callable[[int], BitExpr], symbols: Symbols, guess: Callable[[BitExpr], bool | None]
) -> Form:
    """The form of a Clifford diagram.

    Parameters
    ----------
    bit
        Each bit of the diagram as a polynomial in the bits that the signs are to be written in.
    guess
        The value of a polynomial that decides about a phase of pi/2, where that is known.

    Raises
    ------
    NotClifford
        For an H-box, for another phase, or for a phase of pi/2 under a condition that ``guess`` does not know.

    Examples
    --------
    >>> from gossamer.ir.phase import Phase
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); q = w.add_input("q"); w.rz(q, Phase(1)); _ = w.output(q, "q")
    >>> form = quadratic_form(w.build(), BitExpr.bit, Symbols(), lambda e: None)
    >>> form.determined, form.signs
    ({0: (2, 0)}, {1: 1})
    """
    return _Elimination(diagram, bit, symbols, guess).run()


class _Elimination:
    def __init__(
        self, diagram: Diagram, bit: Callable[[int], BitExpr], symbols: Symbols, guess: Callable[[BitExpr], bool | None]
    ) -> None:
        self.d, self.bit, self.symbols, self.guess = diagram, bit, symbols, guess
        self.quarter: list[bool] = []
        self.sign: list[int] = []
        self.adj: list[int] = []
        self.open: list[int] = []
        self.free: list[int] = []
        self.waiting = 0  # closed variables that could not be summed over yet
        self.todo: list[int] = []
        self.vanishing: list[int] = []
        self.phases: dict[int, tuple[bool, int]] = {}

    # ---- variables in slots ----------------------------------------------------------------------------------------

    def new(self) -> int:
        if self.free:
            x = self.free.pop()
            self.quarter[x], self.sign[x], self.adj[x], self.open[x] = False, 0, 0, 0
            return x
        self.quarter.append(False)
        self.sign.append(0)
        self.adj.append(0)
        self.open.append(0)
        return len(self.adj) - 1

    def drop(self, x: int) -> int:
        """Take a variable out; its neighbours."""
        near = self.adj[x]
        for n in ones(near):
            self.adj[n] ^= 1 << x
        self.adj[x] = 0
        self.waiting &= ~(1 << x)
        return near

    def add_quarter(self, x: int) -> None:
        """A factor ``i**x``."""
        if self.quarter[x]:
            self.sign[x] ^= 1
        self.quarter[x] = not self.quarter[x]
        if self.waiting >> x & 1:
            self.todo.append(x)

    def toggle(self, x: int, y: int) -> None:
        if x == y:
            self.sign[x] ^= 1
        else:
            self.adj[x] ^= 1 << y
            self.adj[y] ^= 1 << x

    def complement(self, mask: int) -> None:
        """Toggle all edges inside the mask."""
        for n in ones(mask):
            self.adj[n] ^= mask & ~(1 << n)

    def merge(self, x: int, y: int) -> int:
        """Two variables become one (a plain edge)."""
        if x == y:
            return x
        near = self.drop(y)
        if near >> x & 1:
            self.sign[x] ^= 1
            near &= ~(1 << x)
        self.adj[x] ^= near
        for n in ones(near):
            self.adj[n] ^= 1 << x
        self.sign[x] ^= self.sign[y]
        if self.quarter[y]:
            self.add_quarter(x)
        self.open[x] += self.open[y]
        return x

    def sum_over(self, x: int) -> None:
        """Sum over a closed variable, or let it wait for a neighbour that is closed too."""
        self.todo.append(x)
        self.waiting |= 1 << x
        while self.todo:
            x = self.todo.pop()
            if not self.waiting >> x & 1:
                continue
            if self.quarter[x]:  # sum of i**x (-1)**(x (L + s)) is a multiple of i**-(L xor s)
                s = self.sign[x]
                near = self.drop(x)
                self.free.append(x)
                self.complement(near)
                for n in ones(near):
                    self.add_quarter(n)
                    self.sign[n] ^= 1 ^ s
                continue
            near = self.adj[x]
            if not near:
                if self.sign[x]:
                    self.vanishing.append(self.sign[x])
                self.drop(x)
                self.free.append(x)
                continue
            partners = near & self.waiting
            if partners:
                w = partners.bit_length() - 1
                self.substitute(x, w)

    def substitute(self, x: int, w: int) -> None:
        """x says that the sum of its neighbours is its sign: w becomes the sum of the others, and x and w are gone."""
        s, s_w, quarter = self.sign[x], self.sign[w], self.quarter[w]
        rest = self.drop(x) & ~(1 << w)
        others = self.drop(w)
        self.free += [x, w]
        self.replace(rest, s, s_w, quarter, others)

    def replace(self, rest: int, s: int, s_w: int, quarter: bool, others: int) -> None:
        """A variable with sign ``s_w``, a quarter and edges to ``others`` is now ``s`` plus the sum of ``rest``."""
        if quarter:
            self.complement(rest)
            for n in ones(rest):
                self.add_quarter(n)
                self.sign[n] ^= s
        for n in ones(rest):
            self.sign[n] ^= s_w
            self.adj[n] ^= others
        for v in ones(others):
            self.sign[v] ^= s
            self.adj[v] ^= rest
        for v in ones(rest & others):
            self.sign[v] ^= 1
        for v in ones(rest | others):
            if self.waiting >> v & 1:
                self.todo.append(v)

    # ---- the diagram -----------------------------------------------------------------------------------------------

    def phase(self, index: int) -> tuple[bool, int]:
        """A phase as (whether it is an odd multiple of pi/2, sign)."""
        if index in self.phases:
            return self.phases[index]
        quarter, sign = False, 0

        def add(turn: Fraction) -> None:
            nonlocal quarter, sign
            k = int(turn * 2) % 4
            if k & 1:
                sign ^= int(quarter)
                quarter = not quarter
            sign ^= k >> 1

        for bits, c, names in self.d.phases[index].terms:
            if names or c.denominator > 2:
                raise NotClifford(f"the phase {self.d.phases[index]}")
            if not bits:
                add(c)
                continue
            expr = BitExpr.const(1)
            for b in bits:
                expr = expr & self.bit(b)
            if c.denominator == 1:
                sign ^= self.symbols.pack(expr)
                continue
            value = True
            for b in bits:
                known = self.guess(self.bit(b))
                if known is None:
                    raise NotClifford("a phase of pi/2 under a condition")
                value = value and known
            if value:
                add(c)
        self.phases[index] = quarter, sign
        return quarter, sign

    def run(self) -> Form:
        d = self.d
        n = d.num_vertices
        if bool((d.kind == VertexKind.H).any()):
            raise NotClifford("an H-box")
        kind = d.kind.tolist()
        back: list[list[tuple[int, bool]]] = [[] for _ in range(n)]
        later = [0] * n
        loops = [0] * n
        for (a, b), h in zip(d.edges.tolist(), d.hadamard.tolist(), strict=True):
            if a == b:
                loops[a] ^= int(h)
                continue
            u, v = (a, b) if a < b else (b, a)
            back[v].append((u, h ^ (kind[u] == VertexKind.X) ^ (kind[v] == VertexKind.X)))
            later[u] += 1
        of = [-1] * n
        holders: dict[int, list[int]] = {}  # variable -> its vertices, so that a merge can move them
        for v in range(n):
            touched: list[int] = []
            x = -1
            for u, h in back[v]:
                if not h:
                    y = of[u]
                    self.open[y] -= 1
                    if x >= 0 and y != x:
                        self.merge(x, y)
                        self.free.append(y)
                        for w in holders.pop(y):
                            of[w] = x
                            holders[x].append(w)
                    else:
                        x = y
            if x < 0:
                x = self.new()
                holders[x] = []
            of[v] = x
            holders[x].append(v)
            self.open[x] += later[v] + (kind[v] in (VertexKind.INPUT, VertexKind.OUTPUT))
            for u, h in back[v]:
                if h:
                    y = of[u]
                    self.open[y] -= 1
                    self.toggle(x, y)
                    touched.append(y)
            if loops[v]:
                self.sign[x] ^= 1
            quarter, sign = self.phase(int(d.phase[v]))
            self.sign[x] ^= sign
            if quarter:
                self.add_quarter(x)
            for y in dict.fromkeys([*touched, x]):
                if not self.open[y] and y in holders:
                    del holders[y]
                    self.sum_over(y)
        return self.finish([of[v] for v in d.inputs.tolist() + d.outputs.tolist()])

    def finish(self, legs: list[int]) -> Form:
        """Bring the constraints on the legs into reduced row echelon form and substitute what they determine."""
        first: dict[int, int] = {}
        rows: list[tuple[int, int]] = []  # (mask over legs, sign)
        for i, x in enumerate(legs):
            if x in first:
                rows.append((1 << i | 1 << first[x], 0))
            else:
                first[x] = i
        slots = list(first)

        def over_legs(mask: int) -> int:
            return sum(1 << first[x] for x in ones(mask))

        for x in ones(self.waiting):
            rows.append((over_legs(self.adj[x]), self.sign[x]))
        for x in ones(self.waiting):
            self.drop(x)
        # A fresh numbering: leg i is slot i.
        quarter = [False] * len(legs)
        sign, adj = [0] * len(legs), [0] * len(legs)
        for x in slots:
            i = first[x]
            quarter[i], sign[i], adj[i] = self.quarter[x], self.sign[x], over_legs(self.adj[x])
        self.quarter, self.sign, self.adj, self.waiting = quarter, sign, adj, 0
        pivots: dict[int, tuple[int, int]] = {}  # leg -> (row, sign); the pivot is the lowest leg of its row
        held = 0  # the pivots; each stands in its own row only
        users: dict[int, set[int]] = {}  # leg -> the pivots of the rows that it stands in
        for mask, s in rows:
            for p in ones(mask & held):
                other, t = pivots[p]
                mask, s = mask ^ other, s ^ t
            if not mask:
                if s:
                    self.vanishing.append(s)
                continue
            legs_of = ones(mask)
            p = legs_of[0]
            for q in list(users.get(p, ())):
                other, t = pivots[q]
                pivots[q] = other ^ mask, t ^ s
                for leg in legs_of:
                    users.setdefault(leg, set()).symmetric_difference_update((q,))
            for leg in legs_of:
                users.setdefault(leg, set()).add(p)
            held |= 1 << p
            pivots[p] = mask, s
        determined: dict[int, tuple[int, int]] = {}
        for p in sorted(pivots):
            mask, s = pivots[p]
            rest = mask & ~(1 << p)
            s_p, q_p = self.sign[p], self.quarter[p]
            others = self.drop(p)
            self.sign[p], self.quarter[p] = 0, False
            self.replace(rest, s, s_p, q_p, others)
            determined[p] = rest, s
        return Form(
            determined,
            sum(1 << i for i, q in enumerate(self.quarter) if q),
            {i: s for i, s in enumerate(self.sign) if s},
            {i: a for i, a in enumerate(self.adj) if a},
            self.vanishing,
        )


# ---- polynomials under constraints ----------------------------------------------------------------------------------


def outcome_polynomials(diagram: Diagram, base: Mapping[int, BitExpr] | None = None) -> list[BitExpr]:
    """Every bit of a diagram over its outcome bits (or over what ``base`` says that those are)."""
    out: list[BitExpr] = []
    for i, b in enumerate(diagram.bits):
        if b.kind == BitKind.INPUT:
            raise NotClifford("a classical input")
        if b.expr is not None:
            out.append(b.expr.substitute(lambda j: out[j]))
        else:
            out.append(BitExpr.bit(i) if base is None else base[i])
    return out


class Solution:
    """Constraints on bits, solved: each determined bit as a polynomial in the free ones."""

    def __init__(self) -> None:
        self.values: dict[int, BitExpr] = {}

    def apply(self, expr: BitExpr) -> BitExpr:
        while any(b in self.values for b in expr.bits):
            expr = expr.substitute(lambda b: self.values.get(b, BitExpr.bit(b)))
        return expr

    def add(self, expr: BitExpr) -> bool:
        """Demand that ``expr`` is 0; False if that is impossible.

        The bit that is solved for is the last one that stands alone: the latest outcome is the one that is determined.
        """
        expr = self.apply(expr)
        if expr.is_zero:
            return True
        if expr.is_one:
            return False
        alone = {next(iter(m)) for m in expr.monomials if len(m) == 1}
        mixed = {b for m in expr.monomials if len(m) > 1 for b in m}
        if not alone - mixed:
            raise NotClifford("outcomes that depend on each other in a non-linear way")
        b = max(alone - mixed)
        self.values[b] = expr ^ BitExpr.bit(b)
        return True


def independent(exprs: list[BitExpr]) -> bool:
    """Whether the polynomials are affine and their linear parts independent, so that all values are equally likely.

    Examples
    --------
    >>> a, b = BitExpr.bit(0), BitExpr.bit(1)
    >>> independent([a, a ^ b]), independent([a, ~a]), independent([a, b, a & b])
    (True, False, False)
    """
    basis: dict[int, int] = {}
    for e in exprs:
        if not e.is_parity:
            return False
        row = sum(1 << b for b in e.bits)
        while row:
            top = row.bit_length() - 1
            if top not in basis:
                basis[top] = row
                break
            row ^= basis[top]
        if not row:
            return False
    return True


def condition_bits(diagram: Diagram) -> set[int]:
    """Bits that decide about a phase of pi/2: their values have to be known before the form is made.

    Examples
    --------
    >>> from gossamer.ir.phase import Phase
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); q = w.add_input("q"); m = w.measure(q, keep=True); w.rz(q, Phase(Fraction(1, 2)).times(BitExpr.bit(m)))
    >>> condition_bits(w.build())
    {0}
    """
    out: set[int] = set()
    for index in set(diagram.phase.tolist()):
        for bits, c, _ in diagram.phases[index].terms:
            if bits and c.denominator == 2:
                out.update(bits)
    return out


__all__ = [
    "Form",
    "NotClifford",
    "Solution",
    "Symbols",
    "condition_bits",
    "independent",
    "ones",
    "outcome_polynomials",
    "quadratic_form",
]
