r"""Phases and labels of ZX-diagrams as text: ``3*pi/4``, ``\frac{\pi}{4}``, ``1/2 + pi*a``.

A number counts as a multiple of pi whether or not a pi stands beside it, as in all these formats. The module guarantees that nothing is
evaluated as code, that sizes are bounded before anything is computed, and that decimals are exact. Grammar: ``spec/grammar/phase.lark``.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

from gossamer.diagnostics import InputError
from gossamer.formats.grammar import GrammarReader
from gossamer.formats.zx import Polynomial

#: Longest text, longest number (digits, and size of a decimal exponent), most terms, highest degree.
MAX_TEXT, MAX_DIGITS, MAX_TERMS, MAX_DEGREE = 200_000, 400, 4096, 64
#: Products of terms that are multiplied out for each character: a short text must not ask for much time.
WORK = 64

_PI = "π"


def parse_phase(text: str) -> Polynomial:
    r"""The polynomial, in multiples of pi, that a phase is.

    Raises
    ------
    InputError
        ZX-3, without a place: the caller knows where the text stands.

    Examples
    --------
    >>> parse_phase("3*pi/4"), parse_phase(r"\frac{\pi}{4}")
    ({(): Fraction(3, 4)}, {(): Fraction(1, 4)})
    >>> parse_phase("pi*a + 1/2")
    {('a',): Fraction(1, 1), (): Fraction(1, 2)}
    """
    return dict(_parse(text))


@lru_cache(maxsize=4096)
def _parse(text: str) -> Polynomial:
    if len(text) > MAX_TEXT:
        raise InputError("ZX-3", f"a phase of more than {MAX_TEXT} characters")
    if not text.strip(" \t$~"):
        return {}
    reader = _reader()
    try:
        with reader.lock:
            reader.transformer.work = WORK * (len(text) + 16)
            found: Polynomial = reader.read(text, "<phase>")
    except InputError as error:
        raise InputError("ZX-3", f"'{text[:60]}' is no phase: {error.diagnostic.message}") from None
    return found


def parse_label(text: str) -> complex:
    """The number that the label of a box is: complex, or a constant as phases are written (``pi/2`` is then one half, as pyzx has it).

    Raises
    ------
    InputError
        ZX-3 for what is no label, ZX-7 for one with variables.

    Examples
    --------
    >>> parse_label("(0.5+0.5j)"), parse_label("1/2")
    ((0.5+0.5j), (0.5+0j))
    """
    try:
        return complex(text.strip(" $")) if len(text) <= MAX_TEXT else complex("")
    except ValueError:
        value = parse_phase(text)
    if any(value):
        raise InputError(
            "ZX-7",
            f"the label '{text[:60]}' of a box is not a number",
            help="a box of a variable label is no spider: a phase has modulus 1, a variable number has not",
        )
    try:
        return complex(float(value.get((), Fraction(0))))
    except OverflowError:
        raise InputError("ZX-3", f"the label '{text[:60]}' of a box is too large") from None


@cache
def _reader() -> GrammarReader:
    from lark import Transformer, v_args

    @v_args(inline=True)
    class ToPolynomial(Transformer):  # type: ignore[type-arg]
        file = ""
        work = 0

        def product(self, a: Polynomial, b: Polynomial) -> Polynomial:
            self.work -= len(a) * len(b)
            if self.work < 0:
                raise InputError("ZX-3", "powers and products that take too long to multiply out")
            return _product(a, b)

        def start(self, value: Polynomial) -> Polynomial:
            return _without_pi(value)

        def number(self, token: Any) -> Polynomial:
            return _constant(_number(str(token)))

        def pi(self, _: Any) -> Polynomial:
            return {(_PI,): Fraction(1)}

        def name(self, token: Any) -> Polynomial:
            plain = str(token).removeprefix("\\").replace("_{", "_").replace("}", "")
            return {(plain,): Fraction(1)}

        def negative(self, a: Polynomial) -> Polynomial:
            return {k: -c for k, c in a.items()}

        def add(self, a: Polynomial, b: Polynomial) -> Polynomial:
            return _sum(a, b)

        def subtract(self, a: Polynomial, b: Polynomial) -> Polynomial:
            return _sum(a, self.negative(b))

        def multiply(self, a: Polynomial, _: Any, b: Polynomial) -> Polynomial:
            return self.product(a, b)

        def multiply_adjacent(self, a: Polynomial, b: Polynomial) -> Polynomial:
            return self.product(a, b)

        def divide(self, a: Polynomial, _: Any, b: Polynomial) -> Polynomial:
            return _quotient(a, b)

        def fraction(self, _: Any, a: Polynomial, b: Polynomial) -> Polynomial:
            return _quotient(a, b)

        def power(self, a: Polynomial, exponent: Any) -> Polynomial:
            if len(exponent) > 3 or int(exponent) > MAX_DEGREE:
                raise InputError("ZX-3", f"a power above {MAX_DEGREE}")
            out = _constant(Fraction(1))
            for _ in range(int(exponent)):
                out = self.product(out, a)
            return out

    return GrammarReader("phase", ToPolynomial(), "ZX-3")


def _constant(value: Fraction) -> Polynomial:
    return {(): value} if value else {}


def _number(text: str) -> Fraction:
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > MAX_DIGITS or len(exponent) > 4 or abs(int(exponent or 0)) > MAX_DIGITS:
        raise InputError("ZX-3", f"a number of more than {MAX_DIGITS} digits")
    return Fraction(text)


def _bounded(value: Polynomial) -> Polynomial:
    if len(value) > MAX_TERMS or any(len(k) > MAX_DEGREE for k in value):
        raise InputError("ZX-3", f"a phase with more than {MAX_TERMS} terms or of a degree above {MAX_DEGREE}")
    limit = 10**MAX_DIGITS
    if any(abs(c.numerator) >= limit or c.denominator >= limit for c in value.values()):
        raise InputError("ZX-3", f"a number of more than {MAX_DIGITS} digits")
    return value


def _sum(a: Polynomial, b: Polynomial) -> Polynomial:
    small, out = (b, a) if len(b) <= len(a) else (a, b)
    for k, c in small.items():  # the larger one is changed in place, so that long sums take linear time
        total = out.get(k, Fraction(0)) + c
        if total:
            out[k] = total
        else:
            out.pop(k, None)
    limit = 10**MAX_DIGITS
    if len(out) > MAX_TERMS or any(
        abs(out[k].numerator) >= limit or out[k].denominator >= limit for k in small if k in out
    ):
        raise InputError(
            "ZX-3", f"a phase with more than {MAX_TERMS} terms, or a number of more than {MAX_DIGITS} digits"
        )
    return out


def _product(a: Polynomial, b: Polynomial) -> Polynomial:
    out: Polynomial = {}
    for k, c in a.items():
        for m, d in b.items():
            key = tuple(sorted((*k, *m)))
            out[key] = out.get(key, Fraction(0)) + c * d
    return _bounded({k: c for k, c in out.items() if c})


def _quotient(a: Polynomial, b: Polynomial) -> Polynomial:
    if not b:
        raise InputError("ZX-3", "a division by zero")
    if any(b):
        raise InputError("ZX-3", "a divisor is a number, without a variable and without pi")
    return _bounded({k: c / b[()] for k, c in a.items()})


def _without_pi(value: Polynomial) -> Polynomial:
    """Pi is the unit: it may stand once in each product or not at all."""
    out: Polynomial = {}
    for k, c in value.items():
        if k.count(_PI) > 1:
            raise InputError("ZX-3", "a phase with a square of pi")
        out = _sum(out, {tuple(n for n in k if n != _PI): c})
    return out
