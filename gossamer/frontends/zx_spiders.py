"""Boxes as spiders: what H-boxes, Z-boxes and W nodes of a ZX-diagram become on the way in, exactly.

A product of bits is a sum of parities, ``x1 ... xn = 2^(1-n) * sum over S of (-1)^(|S|-1) * parity(S)``, so a phase on a product is a
phase gadget on each parity; a label of another modulus ``r`` is a sum of two phases, ``cos b = (e^(ib) + e^(-ib)) / 2``. The module
guarantees that maps are kept with their scalars; angles of labels that are not exact are rounded as floats are ([PH-2]).

References
----------
Phase gadgets of multiply controlled phases: Kuijpers, van de Wetering, Kissinger, arXiv:1904.07551; W nodes in terms of AND:
Backens, Kissinger, QPL 2018, EPTCS 287.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations

from gossamer.ir.diagram import VertexKind
from gossamer.ir.phase import Phase
from gossamer.ir.scalar import Scalar

_PI = Phase(1)
#: Moduli of labels whose angle is exact: cos(pi / 2) and cos(pi / 3).
_EXACT = {Fraction(0): Fraction(1, 2), Fraction(1, 2): Fraction(1, 3)}
#: A label counts as one of modulus 1 from this close on: the rounding of a complex number.
_UNIT = 2.0**-50


@dataclass(slots=True, eq=False)
class Node:
    """A vertex to be; ``outcome`` is the bit that it measures, or -1."""

    kind: VertexKind
    phase: Phase = field(default_factory=Phase)
    outcome: int = -1
    line: int = 0


class Spiders:
    """Nodes and edges in the making, and the scalar that has come together.

    Examples
    --------
    >>> s = Spiders()
    >>> legs = [s.node([], VertexKind.Z) for _ in range(3)]
    >>> s.phase_of_product([], legs, Phase(1)); s.gadgets, s.scalar.power  # CCZ
    (4, 5)
    """

    def __init__(self) -> None:
        self.edges: list[tuple[Node, Node, bool]] = []
        self.scalar = Scalar()
        self.gadgets = 0

    def node(self, at: list[Node], kind: VertexKind, phase: Phase | None = None) -> Node:
        """A new node at the end of the list ``at``."""
        out = Node(kind, Phase() if phase is None else phase)
        at.append(out)
        return out

    def edge(self, a: Node, b: Node, hadamard: bool = False) -> None:
        self.edges.append((a, b, hadamard))

    def times(self, power: int = 0, phase: Phase | None = None, factor: Fraction = Fraction(1)) -> None:
        self.scalar = self.scalar * Scalar(power, Phase() if phase is None else phase, factor)

    def phase_of_product(self, at: list[Node], variables: Sequence[Node], phase: Phase) -> None:
        """``exp(i pi phase)`` where all variables (Z-spiders) are 1, and 1 elsewhere."""
        n = len(variables)
        if n == 0:
            self.times(phase=phase)
        elif n == 1:
            self.turn(at, variables[0], phase)
        elif not phase.is_zero:
            part = _portion(phase, Fraction(1, 1 << (n - 1)))
            for size in range(1, n + 1):
                for parity in combinations(variables, size):
                    self.gadget(at, parity, part if size % 2 else -part)

    def turn(self, at: list[Node], spider: Node, phase: Phase) -> None:
        """Add to the phase of a spider; a phase with bits, by a leaf: the spider may come before the bits are known."""
        if phase.bits:
            self.edge(self.node(at, VertexKind.Z, phase), spider)
        else:
            spider.phase = spider.phase + phase

    def gadget(self, at: list[Node], parity: Sequence[Node], phase: Phase) -> None:
        if len(parity) == 1:
            self.turn(at, parity[0], phase)
            return
        hub, leaf = self.node(at, VertexKind.Z), self.node(at, VertexKind.Z, phase)
        for leg in (*parity, leaf):
            self.edge(leg, hub, hadamard=True)
        self.times(len(parity) - 1)
        self.gadgets += 1

    def label_of_product(self, at: list[Node], variables: Sequence[Node], label: complex) -> None:
        """The number ``label`` where all variables are 1, and 1 elsewhere."""
        modulus, angle = _polar(label)
        if modulus == 1:
            self.phase_of_product(at, variables, angle)
            return
        small = min(modulus, 1 / modulus) if modulus else modulus
        tilt = Phase(_EXACT[small]) if small in _EXACT else Phase(math.acos(small) / math.pi)
        either = self.node(at, VertexKind.Z)  # summed over: exp(i pi tilt) and exp(-i pi tilt)
        if modulus < 1:
            self.times(-2)
            self.phase_of_product(at, variables, angle + tilt)
            self.phase_of_product(at, [*variables, either], tilt.scaled(-2))
        else:
            self.times(-2, tilt, modulus)
            self.phase_of_product(at, variables, angle - tilt)
            either.phase = tilt.scaled(-2)
            self.phase_of_product(at, [*variables, either], tilt.scaled(2))

    def exactly_one(self, at: list[Node], variables: Sequence[Node]) -> None:
        """1 where one of the variables is 1 and the others are 0, and 0 elsewhere: the tensor of a W node."""
        left = list(variables)
        while len(left) > 3:  # the first two together: one of them is 1, or none
            some = self.node(at, VertexKind.Z)
            none = self.node(at, VertexKind.X, _PI)
            rest = self.node(at, VertexKind.Z)
            self.edge(some, none)
            self.edge(none, rest)
            self._one_of_three(at, left[0], left[1], rest)
            left[:2] = [some]
        if len(left) == 3:
            self._one_of_three(at, *left)
        elif left:
            one = self.node(at, VertexKind.X, _PI)
            for v in left:
                self.edge(v, one)
            self.times(-1 if len(left) == 1 else 0)
        else:
            self.times(factor=Fraction(0))

    def _one_of_three(self, at: list[Node], a: Node, b: Node, c: Node) -> None:
        """An odd number of them, and not both a and b."""
        odd = self.node(at, VertexKind.X, _PI)
        for v in (a, b, c):
            self.edge(v, odd)
        self.phase_of_product(at, list(dict.fromkeys((a, b, self.node(at, VertexKind.Z)))), _PI)
        self.times(1 - 2)


def _portion(phase: Phase, part: Fraction) -> Phase:
    """A fraction of the one real number that the coefficients, as they stand, give; the same one in every gadget of a product."""
    return Phase.from_terms((m, c * part, tuple((n, k * part) for n, k in s)) for m, c, s in phase.terms)


def _polar(label: complex) -> tuple[Fraction, Phase]:
    """Modulus and angle, exact on the axes."""
    if label.imag == 0 or label.real == 0:
        quarter = (0 if label.real >= 0 else 2) if label.imag == 0 else (1 if label.imag > 0 else 3)
        return Fraction(abs(label.real) + abs(label.imag)), Phase(Fraction(quarter, 2))
    modulus = abs(label)
    return Fraction(1 if abs(modulus - 1) < _UNIT else modulus), Phase(cmath.phase(label) / math.pi)
