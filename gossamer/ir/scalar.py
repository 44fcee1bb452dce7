"""`Scalar`: the number that a diagram is multiplied by, exact: ``factor * sqrt(2)**power * exp(i pi phase)``.

Rewriting, composing and closing diagrams gives powers of the square root of two and phases, so these have places of their
own; everything else is a positive rational factor. The form is unique (no power of two is left in the factor), so ``==`` is
equality of value, bits and symbols being free variables. Nothing is ever rounded. The meaning of a diagram as an instrument
does not depend on a scalar other than 0; strict equality does (clause IR-10). Stands on ``ir.phase``.

References
----------
Scalars of the ZX-calculus: Backens, *Making the stabilizer ZX-calculus complete for scalars*, EPTCS 195 (2015).
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from gossamer.ir.phase import Phase


@dataclass(frozen=True, slots=True)
class Scalar:
    """``factor * sqrt(2)**power * exp(i pi phase)``, in canonical form; the scalar 0 has power and phase 0.

    Parameters
    ----------
    power
        Of the square root of 2.
    phase
        In multiples of pi; may hold bits and symbols.
    factor
        Not negative; a float counts with its exact value. Its powers of two move into ``power``.

    Examples
    --------
    >>> half = Scalar(power=-2)
    >>> half == Scalar(factor=0.5), half * Scalar(phase=Phase(1))
    (True, Scalar(power=-2, phase=Phase(1), factor=Fraction(1, 1)))
    >>> Scalar(1, Phase(Fraction(1, 4))).value().real
    1.0000000000000002
    """

    power: int = 0
    phase: Phase = field(default_factory=Phase)
    factor: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        try:
            factor = Fraction(self.factor)
        except (OverflowError, ValueError):
            raise ValueError(f"the factor of a scalar must be finite, not {self.factor}") from None
        if factor < 0:
            raise ValueError("the factor of a scalar is not negative; a sign is a phase")
        power = self.power
        if factor == 0:
            object.__setattr__(self, "phase", Phase())
            power = 0
        else:
            twos = _twos(factor.numerator) - _twos(factor.denominator)
            factor = factor / 2**twos if twos >= 0 else factor * 2**-twos
            power += 2 * twos
        object.__setattr__(self, "power", power)
        object.__setattr__(self, "factor", factor)

    @property
    def is_one(self) -> bool:
        return self.power == 0 and self.factor == 1 and self.phase.is_zero

    @property
    def is_zero(self) -> bool:
        return self.factor == 0

    def __mul__(self, other: Scalar) -> Scalar:
        if other.is_one:
            return self
        if self.is_one:
            return other
        return Scalar(self.power + other.power, self.phase + other.phase, self.factor * other.factor)

    def conjugate(self) -> Scalar:
        return Scalar(self.power, -self.phase, self.factor)

    def value(
        self, bits: Mapping[int, bool | int] | None = None, symbols: Mapping[str, Fraction] | None = None
    ) -> complex:
        """The number, as a float: KeyError for a missing bit or symbol, OverflowError if it is too large."""
        if self.is_zero:
            return 0j
        turn = cmath.exp(1j * math.pi * float(self.phase.evaluate(bits, symbols)))
        size: float = 2.0 ** (self.power / 2 + math.log2(self.factor.numerator) - math.log2(self.factor.denominator))
        return size * turn


def _twos(number: int) -> int:
    """How many times 2 divides a positive number."""
    return (number & -number).bit_length() - 1


ONE = Scalar()
ZERO = Scalar(factor=Fraction(0))
SQRT2 = Scalar(1)
