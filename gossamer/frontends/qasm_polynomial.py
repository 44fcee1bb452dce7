"""Real numbers that are not constant: polynomials over bits, affine in the symbols of unbound parameters.

An angle such as ``theta/2 + pi*c[0]`` has a value only when the program runs. The module guarantees exact coefficients as far as
``gossamer.formats.openqasm_angles`` has them, and that products without such a form are refused by their caller (None).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from gossamer.formats.openqasm_angles import Exact, Value, arithmetic, multiples_of_pi, rational_of
from gossamer.ir.phase import BitExpr, Phase

#: A product of bits and at most one symbol ("": none).
Monomial = tuple[frozenset[int], str]
#: More terms are refused: an angle has not more.
MAX_TERMS = 4096

_ONE: Monomial = (frozenset(), "")
_ZERO = Exact(Fraction(0))


class Polynomial:
    """A real number: the sum of ``coefficient * bits * symbol``; symbols are in radians.

    Examples
    --------
    >>> half = Polynomial.symbol("theta").times(Exact(Fraction(1, 2)))
    >>> str(half.angle().phase())
    '1/2*theta'
    """

    __slots__ = ("terms",)

    def __init__(self, terms: Mapping[Monomial, Value]) -> None:
        self.terms = {m: c for m, c in terms.items() if c not in (_ZERO, 0.0)}
        if len(self.terms) > MAX_TERMS:
            raise ValueError("too many terms")

    @staticmethod
    def symbol(name: str) -> Polynomial:
        return Polynomial({(frozenset(), name): Exact(Fraction(1))})

    @staticmethod
    def constant(value: Value) -> Polynomial:
        return Polynomial({_ONE: value})

    @staticmethod
    def of_bits(bits: Iterable[tuple[int, BitExpr]]) -> Polynomial:
        """The sum of ``weight * bit``."""
        total: dict[Monomial, Value] = {}
        for weight, bit in bits:
            for mono, k in _integers(bit).items():
                key = (mono, "")
                total[key] = arithmetic("+", total.get(key, _ZERO), Exact(Fraction(k * weight)))
            if len(total) > MAX_TERMS:
                raise ValueError("too many terms")
        return Polynomial(total)

    def plus(self, other: Polynomial) -> Polynomial:
        out = dict(self.terms)
        for m, c in other.terms.items():
            out[m] = arithmetic("+", out.get(m, _ZERO), c)
        return Polynomial(out)

    def times(self, factor: Value) -> Polynomial:
        return Polynomial({m: arithmetic("*", c, factor) for m, c in self.terms.items()})

    def over(self, divisor: Value) -> Polynomial:
        return Polynomial({m: arithmetic("/", c, divisor) for m, c in self.terms.items()})

    def multiplied(self, other: Polynomial) -> Polynomial | None:
        """The product; None if it has a product of symbols."""
        if len(self.terms) * len(other.terms) > MAX_TERMS:
            raise ValueError("too many terms")
        out: dict[Monomial, Value] = {}
        for (m, s), c in self.terms.items():
            for (n, t), d in other.terms.items():
                if s and t:
                    return None
                key = (m | n, s or t)
                out[key] = arithmetic("+", out.get(key, _ZERO), arithmetic("*", c, d))
        return Polynomial(out)

    def where(self, condition: BitExpr) -> Polynomial:
        """The number where ``condition`` holds, 0 elsewhere."""
        product = self.multiplied(Polynomial.of_bits([(1, condition)]))
        assert product is not None, "a condition holds no symbol"
        return product

    def as_constant(self) -> Value | None:
        """The value, if it is constant."""
        if not self.terms:
            return _ZERO
        return self.terms[_ONE] if set(self.terms) == {_ONE} else None

    def angle(self) -> AnglePolynomial:
        """In multiples of pi (symbols too)."""
        return AnglePolynomial(
            {m: rational_of(c) if m[1] else multiples_of_pi(c) for m, c in self.terms.items()},
        )


class AnglePolynomial:
    """As :class:`Polynomial`, in multiples of pi; sums and rational multiples, as gates need them."""

    __slots__ = ("terms",)

    def __init__(self, terms: Mapping[Monomial, Fraction]) -> None:
        self.terms = {m: c for m, c in terms.items() if c}

    def __add__(self, other: AnglePolynomial | Fraction | int) -> AnglePolynomial:
        out = dict(self.terms)
        for m, c in (other.terms if isinstance(other, AnglePolynomial) else {_ONE: Fraction(other)}).items():
            out[m] = out.get(m, Fraction(0)) + c
        return AnglePolynomial(out)

    __radd__ = __add__

    def __mul__(self, factor: Fraction | int) -> AnglePolynomial:
        return AnglePolynomial({m: c * factor for m, c in self.terms.items()})

    __rmul__ = __mul__

    def __neg__(self) -> AnglePolynomial:
        return self * -1

    def __sub__(self, other: AnglePolynomial | Fraction | int) -> AnglePolynomial:
        return self + other * -1

    def __rsub__(self, other: Fraction | int) -> AnglePolynomial:
        return -self + other

    def __truediv__(self, divisor: Fraction | int) -> AnglePolynomial:
        return self * (1 / Fraction(divisor))

    def __mod__(self, modulus: int) -> AnglePolynomial:
        return self  # equals no number: what depends on bits or symbols is no special case

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AnglePolynomial) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    def phase(self) -> Phase:
        return Phase.from_terms(
            (tuple(sorted(bits)), Fraction(0), ((symbol, c),)) if symbol else (tuple(sorted(bits)), c, ())
            for (bits, symbol), c in self.terms.items()
        )


def _integers(bit: BitExpr) -> dict[frozenset[int], int]:
    """A Boolean function as a polynomial with integer coefficients: p xor m is p + m - 2pm."""
    out: dict[frozenset[int], int] = {}
    for mono in bit.monomials:
        new = dict(out)
        new[mono] = new.get(mono, 0) + 1
        for n, k in out.items():
            new[n | mono] = new.get(n | mono, 0) - 2 * k
        out = {n: k for n, k in new.items() if k}
        if len(out) > MAX_TERMS:
            raise ValueError("too many terms")
    return out
