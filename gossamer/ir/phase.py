"""Bit expressions and phases: the exact scalars-on-spiders of the IR, in canonical form.

A :class:`BitExpr` is a Boolean function of bits in algebraic normal form (XOR of ANDs). A :class:`Phase` is an angle in
multiples of pi: a multilinear polynomial over bits whose coefficients are affine in symbols and taken mod 2. Both forms
are unique, so ``==`` is equality of meaning (bits and symbols being free variables). Both are bounded in size: what would
grow further is refused with clause PH-4. Everything above builds on this module; it imports the diagnostics only.

References
----------
Algebraic normal form and Moebius inversion: O'Donnell, *Analysis of Boolean Functions* (2014), ch. 6.2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import cached_property

from gossamer.diagnostics import InputError

#: A float angle is stored as the nearest multiple of ``2**-40`` (of pi): the documented tolerance is ``2**-41``.
FLOAT_BITS = 40
#: More monomials than this in one expression are refused; a derived bit is the way out.
MAX_MONOMIALS = 4096
#: Words that an expression or a phase takes when it is written; a few terms of many factors are as large as many terms.
MAX_WORDS = 32768
#: Numerators and denominators of a phase are smaller than this (400 digits): sums of fractions would grow without end [PH-4].
MAX_NUMBER = 10**400

_NO_BITS: frozenset[int] = frozenset()


class TooLarge(InputError, ValueError):
    """An expression or a phase beyond its bounds (PH-4)."""

    def __init__(self, what: str) -> None:
        super().__init__("PH-4", what)


class BitExpr:
    """A Boolean function of bits, as the XOR of the AND-monomials in ``monomials`` (the empty monomial is 1).

    Examples
    --------
    >>> a, b = BitExpr.bit(0), BitExpr.bit(1)
    >>> (a ^ b) & a == a & ~b
    True
    >>> str(~(a & b))
    '1 ^ b0&b1'
    """

    __slots__ = ("_hash", "monomials")

    def __init__(self, monomials: Iterable[frozenset[int]] = ()) -> None:
        self.monomials = frozenset(monomials)
        if len(self.monomials) > MAX_MONOMIALS:
            raise TooLarge(f"bit expression with more than {MAX_MONOMIALS} terms; use a derived bit")
        if sum(map(len, self.monomials)) > MAX_WORDS:
            raise TooLarge(f"bit expression with more than {MAX_WORDS} factors; use a derived bit")
        self._hash = hash(self.monomials)

    @staticmethod
    def bit(index: int) -> BitExpr:
        return BitExpr((frozenset((index,)),))

    @staticmethod
    def const(value: bool | int) -> BitExpr:
        return BitExpr((_NO_BITS,)) if value else BitExpr()

    @staticmethod
    def xor(indices: Iterable[int]) -> BitExpr:
        """The parity of the bits in ``indices`` (a bit named twice cancels)."""
        out: set[frozenset[int]] = set()
        for i in indices:
            out ^= {frozenset((i,))}
        return BitExpr(out)

    def __xor__(self, other: BitExpr) -> BitExpr:
        return BitExpr(self.monomials ^ other.monomials)

    def __and__(self, other: BitExpr) -> BitExpr:
        if len(self.monomials) * len(other.monomials) > 64 * MAX_MONOMIALS:
            raise TooLarge("bit expression too large; use a derived bit")
        out: set[frozenset[int]] = set()
        for m in self.monomials:
            for n in other.monomials:
                out ^= {m | n}
        return BitExpr(out)

    def __or__(self, other: BitExpr) -> BitExpr:
        return self ^ other ^ (self & other)

    def __invert__(self) -> BitExpr:
        return BitExpr(self.monomials ^ {_NO_BITS})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BitExpr) and self.monomials == other.monomials

    def __hash__(self) -> int:
        return self._hash

    def __bool__(self) -> bool:
        raise TypeError("a BitExpr has no truth value; use is_zero, is_one or evaluate")

    @property
    def bits(self) -> frozenset[int]:
        return frozenset().union(*self.monomials) if self.monomials else _NO_BITS

    @property
    def is_zero(self) -> bool:
        return not self.monomials

    @property
    def is_one(self) -> bool:
        return self.monomials == {_NO_BITS}

    @property
    def is_parity(self) -> bool:
        """Whether it is affine: an XOR of single bits and a constant."""
        return all(len(m) <= 1 for m in self.monomials)

    def evaluate(self, bits: Mapping[int, bool | int]) -> bool:
        return sum(all(bits[i] for i in m) for m in self.monomials) % 2 == 1

    def substitute(self, mapping: Callable[[int], BitExpr]) -> BitExpr:
        """Replace each bit ``i`` by the expression ``mapping(i)``."""
        out: set[frozenset[int]] = set()
        for m in self.monomials:
            first, *rest = sorted(m) or (None,)
            term = BitExpr((_NO_BITS,)) if first is None else mapping(first)
            for i in rest:
                term = term & mapping(i)
            out ^= term.monomials
        return BitExpr(out)

    def rename(self, mapping: Callable[[int], int]) -> BitExpr:
        """Renumber bits; ``mapping`` must be injective on them."""
        return BitExpr(frozenset(map(mapping, m)) for m in self.monomials)

    def sorted_monomials(self) -> list[tuple[int, ...]]:
        return sorted((tuple(sorted(m)) for m in self.monomials), key=lambda m: (len(m), m))

    def __str__(self) -> str:
        if not self.monomials:
            return "0"
        return " ^ ".join("&".join(f"b{i}" for i in m) or "1" for m in self.sorted_monomials())

    def __repr__(self) -> str:
        return f"BitExpr({self})"


#: One term of a phase: (bits of the monomial, constant mod 2, ((symbol, coefficient), ...)).
Term = tuple[tuple[int, ...], Fraction, tuple[tuple[str, Fraction], ...]]


class Phase:
    """An angle in multiples of pi, exact and in canonical form; immutable and hashable.

    Parameters
    ----------
    value
        A constant: an int or Fraction is exact, a float is rounded to a multiple of ``2**-40``.

    Examples
    --------
    >>> m = Phase.of_bit(3)                       # pi * b3
    >>> Phase(Fraction(7, 4)) + Phase(Fraction(1, 2)) == Phase(Fraction(1, 4))
    True
    >>> str(Phase(Fraction(1, 4)).negated_if(BitExpr.bit(3)))
    '1/4 + 3/2*b3'
    >>> (m + m).is_zero
    True
    """

    __slots__ = ("__dict__", "terms")
    terms: tuple[Term, ...]

    def __init__(self, value: int | Fraction | float = 0) -> None:
        c = _bounded(_mod_2(_exact(value)))
        self.terms = (((), c, ()),) if c else ()

    @classmethod
    def from_terms(cls, terms: Iterable[Term]) -> Phase:
        """Canonicalise any list of terms (equal monomials are added, zeros dropped)."""
        const: dict[tuple[int, ...], Fraction] = {}
        syms: dict[tuple[int, ...], dict[str, Fraction]] = {}
        for mono, c, symbols in terms:
            key = tuple(sorted(set(mono))) if len(mono) > 1 else mono
            const[key] = _bounded(const[key] + c) if key in const else c
            if symbols:
                d = syms.setdefault(key, {})
                for name, k in symbols:
                    d[name] = _bounded(d[name] + k) if name in d else k
        out: list[Term] = []
        for key in sorted(const, key=lambda m: (len(m), m)) if len(const) > 1 else const:
            c = _bounded(_mod_2(const[key]))
            s = tuple(sorted((n, _bounded(k)) for n, k in syms[key].items() if k)) if key in syms else ()
            if c or s:
                out.append((key, c, s))
        if len(out) > MAX_MONOMIALS:
            raise TooLarge(f"phase with more than {MAX_MONOMIALS} terms; use a derived bit")
        if sum((len(m) + 3) * (1 + len(s)) for m, _, s in out) > MAX_WORDS:
            raise TooLarge(f"phase that takes more than {MAX_WORDS} words; use a derived bit")
        return cls._of(tuple(out))

    @classmethod
    def _of(cls, terms: tuple[Term, ...]) -> Phase:
        phase = cls.__new__(cls)
        phase.terms = terms
        return phase

    @classmethod
    def of_symbol(cls, name: str, coefficient: int | Fraction = 1) -> Phase:
        """``coefficient * name``; a symbol stands for a real number of multiples of pi."""
        return cls.from_terms([((), Fraction(0), ((name, Fraction(coefficient)),))])

    @classmethod
    def of_bit(cls, bit: int, coefficient: int | Fraction = 1) -> Phase:
        """``pi * coefficient * bit``."""
        return cls.from_terms([((bit,), Fraction(coefficient), ())])

    def __add__(self, other: Phase) -> Phase:
        if not other.terms:
            return self
        if not self.terms:
            return other
        return Phase.from_terms(self.terms + other.terms)

    def __neg__(self) -> Phase:
        return self.scaled(-1)

    def __sub__(self, other: Phase) -> Phase:
        return self + other.scaled(-1)

    def scaled(self, k: int) -> Phase:
        """``k`` times the phase. Only integers: a fraction of an angle mod 2 pi has no meaning."""
        out = []
        for m, c, s in self.terms:  # in their order already
            c = _bounded(Fraction(c.numerator * k % (2 * c.denominator), c.denominator))
            s = tuple((n, _bounded(x * k)) for n, x in s) if k else ()
            if c or s:
                out.append((m, c, s))
        return Phase._of(tuple(out))

    def times(self, condition: BitExpr) -> Phase:
        """The phase where ``condition`` is 1, and 0 elsewhere."""
        if condition.is_one or not self.terms:
            return self
        out: list[Term] = []
        for factor, mono in _real_polynomial(condition, integral=self.is_pauli):
            for m, c, s in self.terms:
                out.append((tuple({*m, *mono}), c * factor, tuple((n, x * factor) for n, x in s)))
        return Phase.from_terms(out)

    def negated_if(self, condition: BitExpr) -> Phase:
        """``(-1)**condition`` times the phase."""
        return self + self.scaled(-2).times(condition)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Phase) and self.terms == other.terms

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(self.terms)

    @property
    def is_zero(self) -> bool:
        return not self.terms

    @cached_property
    def bits(self) -> frozenset[int]:
        return frozenset(b for m, _, _ in self.terms for b in m)

    @cached_property
    def symbols(self) -> frozenset[str]:
        return frozenset(n for _, _, s in self.terms for n, _ in s)

    @property
    def is_constant(self) -> bool:
        return all(not m and not s for m, _, s in self.terms)

    @property
    def constant(self) -> Fraction:
        """The term without bits and symbols."""
        return self.terms[0][1] if self.terms and not self.terms[0][0] else Fraction(0)

    @cached_property
    def is_pauli(self) -> bool:
        """A multiple of pi for every value of the bits (sign changes do not matter)."""
        return all(c.denominator == 1 and not s for _, c, s in self.terms)

    @cached_property
    def is_clifford(self) -> bool:
        """A multiple of pi/2 for every value of the bits."""
        return all(c.denominator <= 2 and not s for _, c, s in self.terms)

    def evaluate(
        self, bits: Mapping[int, bool | int] | None = None, symbols: Mapping[str, Fraction] | None = None
    ) -> Fraction:
        """The value in multiples of pi, in [0, 2). Raises KeyError for a missing bit or symbol."""
        total = Fraction(0)
        for m, c, s in self.terms:
            if not m or all(bits[i] for i in m):  # type: ignore[index]
                total += c
                for n, x in s:
                    total += x * symbols[n]  # type: ignore[index]
        return total % 2

    def substitute(self, mapping: Callable[[int], BitExpr]) -> Phase:
        """Replace each bit ``i`` by ``mapping(i)``."""
        out = Phase()
        for m, c, s in self.terms:
            cond = BitExpr.const(True)
            for i in m:
                cond = cond & mapping(i)
            out = out + Phase.from_terms([((), c, s)]).times(cond)
        return out

    def rename(self, mapping: Callable[[int], int]) -> Phase:
        """Renumber bits; ``mapping`` must be injective on them."""
        if not self.bits:
            return self
        return Phase.from_terms((tuple(map(mapping, m)), c, s) for m, c, s in self.terms)

    def bind(self, values: Mapping[str, int | Fraction | float]) -> Phase:
        """Give symbols their values (multiples of pi); unknown symbols stay."""
        out: list[Term] = []
        for m, c, s in self.terms:
            rest = []
            for n, x in s:
                if n in values:
                    c = c + x * _exact(values[n])
                else:
                    rest.append((n, x))
            out.append((m, c, tuple(rest)))
        return Phase.from_terms(out)

    def __str__(self) -> str:
        """The text form of the phase, in multiples of pi; a term's factors are joined by ``*``."""
        parts = []
        for m, c, s in self.terms:
            bits = "".join(f"*b{i}" for i in m)
            if c:
                parts.append(f"{c}{bits}")
            parts.extend(f"{x}*{n}{bits}" for n, x in s)
        return " + ".join(parts) or "0"

    def __repr__(self) -> str:
        return f"Phase({self})"


def _exact(value: int | Fraction | float) -> Fraction:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"an angle must be finite, not {value}")
        scale = 1 << FLOAT_BITS
        whole, rest = divmod(Fraction(value), 1)
        return whole + Fraction(round(rest * scale), scale)
    return Fraction(value)


def _mod_2(value: Fraction) -> Fraction:
    n, d = value.numerator, value.denominator
    return value if 0 <= n < 2 * d else Fraction(n % (2 * d), d)


def _bounded(value: Fraction) -> Fraction:
    if value.denominator >= MAX_NUMBER or abs(value.numerator) >= MAX_NUMBER:
        raise TooLarge("a phase with a number of more than 400 digits")
    return value


def _real_polynomial(expr: BitExpr, *, integral: bool) -> list[tuple[int, tuple[int, ...]]]:
    """The Boolean ``expr`` as an integer multilinear polynomial; mod 2 only if ``integral`` (XOR is then a sum)."""
    if integral:
        return [(1, tuple(m)) for m in expr.monomials]
    poly: dict[frozenset[int], int] = {}
    for mono in expr.monomials:  # p xor m = p + m - 2 p m
        new = dict(poly)
        new[mono] = new.get(mono, 0) + 1
        for n, k in poly.items():
            new[n | mono] = new.get(n | mono, 0) - 2 * k
        poly = {n: k for n, k in new.items() if k}
        if len(poly) > MAX_MONOMIALS:
            raise TooLarge(f"a phase under a condition with more than {MAX_MONOMIALS} terms; use a derived bit")
    return [(k, tuple(n)) for n, k in poly.items()]
