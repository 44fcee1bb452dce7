"""Which outcomes of the programs give which outcomes of the source: whether the witness meets each of them equally often.

A check that looks at branches of the programs sees what they do, never what they leave out: programs that report one coin twice agree,
branch by branch, with a source that throws two. The witness is a polynomial map from outcomes of the programs to those of the source. Where
each of its rows, after elimination, has a bit of its own on which nothing else depends, every value has equally many preimages; then
agreement branch by branch makes the probabilities add up to 1, and nothing is left out. Where rows add up to a constant, the source's
outcomes obey a law, or the programs are wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gossamer.checks.case import Case, NotApplicable
from gossamer.ir.phase import BitExpr, TooLarge


@dataclass(frozen=True)
class Row:
    """The parity of the source outcomes ``sources`` is the bit ``pivot`` and ``rest``, on which no later row's pivot depends."""

    pivot: int
    rest: BitExpr
    sources: frozenset[int]


@dataclass(frozen=True)
class Law:
    """The programs give source outcomes of this parity only."""

    sources: frozenset[int]
    parity: bool

    def allows(self, outcomes: Mapping[int, bool]) -> bool:
        return sum(outcomes[i] for i in self.sources) % 2 == self.parity


@dataclass(frozen=True)
class Fibres:
    """The witness, solved for outcomes of the programs, in the order of elimination."""

    rows: tuple[Row, ...]

    def choose(self, outcomes: Mapping[int, bool], rng: np.random.Generator) -> dict[int, bool]:
        """Random outcomes of the programs whose witness says ``outcomes``."""
        others = sorted({b for row in self.rows for b in row.rest.bits} - self.pivots)
        return self.complete(outcomes, {b: bool(rng.integers(2)) for b in others})

    @property
    def pivots(self) -> set[int]:
        return {row.pivot for row in self.rows}

    def complete(self, outcomes: Mapping[int, bool], others: Mapping[int, bool]) -> dict[int, bool]:
        """The outcomes ``others`` of the programs, which are no pivots, with those that make the witness say ``outcomes``."""
        chosen = dict(others)
        for row in reversed(self.rows):  # a row may depend on pivots of later rows, never of earlier ones
            parity = sum(outcomes[i] for i in row.sources) % 2 == 1
            chosen[row.pivot] = parity ^ row.rest.evaluate(chosen)
        return chosen


def solve_witness(case: Case) -> Fibres | Law:
    """Solve the witness of a complete case.

    Raises
    ------
    NotApplicable
        If a polynomial is too large, or no row is left that has a bit of its own.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); bits = [w.measure(w.add_zero()) for _ in range(2)]; d = w.build()
    >>> solve_witness(Case(d, d, {0: BitExpr.xor(bits), 1: BitExpr.bit(1)}, frozenset())).rows[0].pivot
    0
    >>> solve_witness(Case(d, d, {0: BitExpr.bit(1), 1: BitExpr.bit(1)}, frozenset()))
    Law(sources=frozenset({0, 1}), parity=False)
    """
    try:
        return _solve(case)
    except TooLarge as reason:
        raise NotApplicable(str(reason)) from None


def _solve(case: Case) -> Fibres | Law:
    known: dict[int, BitExpr] = {}

    def over_outcomes(b: int) -> BitExpr:
        if b not in known:
            expr = case.target.bits[b].expr
            known[b] = BitExpr.bit(b) if expr is None else expr.substitute(known.__getitem__)
        return known[b]

    needed = {b for w in case.witness.values() for b in w.bits}
    todo = list(needed)
    while todo:  # without recursion: derived bits may stand on each other thousands deep
        expr = case.target.bits[todo.pop()].expr
        below = set() if expr is None else set(expr.bits) - needed
        needed |= below
        todo += below
    for b in sorted(needed):  # a derived bit stands after those that it is made of
        over_outcomes(b)

    left = {k: (w.substitute(known.__getitem__), frozenset([i])) for k, (i, w) in enumerate(case.witness.items())}
    alone: dict[int, set[int]] = {}
    bound: Counter[int] = Counter()  # how many larger terms a bit stands in

    def enter(k: int, sign: int) -> None:
        for term in left[k][0].monomials:
            if len(term) == 1:
                (b,) = term
                (set.add if sign > 0 else set.discard)(alone.setdefault(b, set()), k)
            else:
                for b in term:
                    bound[b] += sign

    for k in left:
        enter(k, 1)
    rows: list[Row] = []
    moved = True
    while left and moved:
        moved = False
        for k in list(left):
            expr, sources = left[k]
            if not expr.bits:
                return Law(sources, expr.is_one)
            own = [b for term in expr.monomials if len(term) == 1 for b in term if not bound[b]]
            if not own:
                continue
            pivot = min(own)
            enter(k, -1)
            del left[k]
            for other in sorted(alone[pivot]):
                enter(other, -1)
                left[other] = (left[other][0] ^ expr, left[other][1] ^ sources)
                enter(other, 1)
            rows.append(Row(pivot, expr ^ BitExpr.bit(pivot), sources))
            moved = True
    if left:
        raise NotApplicable("outcomes of the source are products of outcomes of the programs")
    return Fibres(tuple(rows))
