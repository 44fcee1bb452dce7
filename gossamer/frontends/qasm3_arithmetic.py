"""Operators on classical values of OpenQASM 3.

The module guarantees that arithmetic on measured numbers is exact until a declared size wraps it, and that all costs are bounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

from gossamer.diagnostics import InputError, Span
from gossamer.formats.openqasm_angles import TOO_LARGE, Exact, Value, arithmetic, as_float, domain
from gossamer.frontends.qasm3_conversions import Conversions, complex_number
from gossamer.frontends.qasm3_values import (
    MAX_BITS,
    NOT_ZERO,
    ONE,
    SMALLER,
    ZERO,
    ClassicalValue,
    Duration,
    Quotient,
    Word,
    extended,
    no_value,
    settled,
    tidy_bool,
    unexpressible,
    whole_part,
    wrong,
)
from gossamer.frontends.qasm_polynomial import Polynomial
from gossamer.ir.phase import BitExpr

#: An operation on measured numbers without a circuit of its own is tabulated over at most so many bits.
_TABLE_BITS = 10

_BITWISE: dict[str, Callable[[int, int], int]] = {
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
}
_COMPARISONS: dict[str, Callable[..., bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


class Arithmetic(Conversions):
    """Operators and conversions."""

    def unary(self, operator: str, value: ClassicalValue, span: Span) -> ClassicalValue:
        if operator == "!":
            return tidy_bool(~self.boolean(value, span))
        if operator == "~":
            if isinstance(value, Word):
                return Word(tuple(~b for b in value.bits), value.kind, value.signed, value.single)
            if isinstance(value, bool):
                return not value
            return ~self.integer(value, span)
        if isinstance(value, Duration):
            return Duration(None if value.value is None else -value.value, value.unit)
        if isinstance(value, complex):
            return -value
        return self.binary("-", 0, value, span)

    def binary(
        self, operator: str, a: ClassicalValue, b: ClassicalValue, span: Span, divisor: Span | None = None
    ) -> ClassicalValue:
        """``a operator b``, for every operator but ``&&`` and ``||``; ``divisor`` is the place of ``b``."""
        try:
            return self._binary(operator, a, b, span)
        except ZeroDivisionError:
            at = span if divisor is None or operator == "**" else divisor
            raise no_value("division by zero", at, NOT_ZERO) from None

    def _binary(self, operator: str, a: ClassicalValue, b: ClassicalValue, span: Span) -> ClassicalValue:
        if operator in _BITWISE or operator in ("<<", ">>"):
            a, b = (whole_part(x, span) if isinstance(x, Quotient) else x for x in (a, b))
        if operator in _BITWISE:
            return self._bitwise(operator, a, b, span)
        if operator in ("<<", ">>"):
            return self._shifted(operator, a, b, span)
        a, b = self._plain(a, span), self._plain(b, span)
        if isinstance(a, Duration) or isinstance(b, Duration):
            return self._timed(operator, a, b, span)
        if isinstance(a, list) or isinstance(b, list):
            if operator in ("==", "!=") and isinstance(a, list) and isinstance(b, list):
                return (a == b) == (operator == "==")
            raise wrong(f"an array cannot stand beside '{operator}'", span, "name one element of the array")
        if isinstance(a, bool | int) and isinstance(b, bool | int):
            return self._whole(operator, int(a), int(b), span)
        if isinstance(a, Quotient | bool | int) and isinstance(b, Quotient | bool | int):
            return self._quotients(operator, a, b, span)
        if isinstance(a, complex) or isinstance(b, complex):
            return self._complex(operator, a, b, span)
        if operator in _COMPARISONS:
            return self._compared(operator, a, b, span)
        if isinstance(a, Word | bool | int) and isinstance(b, Word | bool | int):
            return self._words(operator, self.word(a, span), self.word(b, span), span)
        return self.arithmetic(operator, self.real(a, span), self.real(b, span), span)

    def _plain(self, value: ClassicalValue, span: Span) -> ClassicalValue:
        """A number; the bits of an angle as the angle that they are."""
        return self.real(value, span) if isinstance(value, Word) and value.kind == "angle" else settled(value)

    def _whole(self, operator: str, a: int, b: int, span: Span) -> ClassicalValue:
        if operator in _COMPARISONS:
            return _COMPARISONS[operator](a, b)
        try:
            return whole_operation(operator, a, b)
        except ValueError:
            raise _bad_shift(b, span) from None
        except OverflowError:
            raise no_value("the value is too large", span, SMALLER) from None

    def _quotients(self, operator: str, a: Quotient | int, b: Quotient | int, span: Span) -> ClassicalValue:
        """Of whole numbers and their quotients: a comparison or remainder is that of whole numbers, all else is kept as both."""
        if operator in _COMPARISONS or operator == "%":
            return self._whole(operator, self.integer(a, span), self.integer(b, span), span)
        real = self.arithmetic(operator, self.real(a, span), self.real(b, span), span)
        if not isinstance(real, Exact) or real.pi_part:
            return real
        try:
            whole = self.integer(self._whole(operator, self.integer(a, span), self.integer(b, span), span), span)
        except (InputError, ZeroDivisionError):  # only an error where the whole number is asked for
            return Quotient(real.rational)
        return whole if real.rational == whole else Quotient(real.rational, whole=whole)

    def _complex(self, operator: str, a: ClassicalValue, b: ClassicalValue, span: Span) -> ClassicalValue:
        x, y = complex_number(a, span), complex_number(b, span)
        try:
            match operator:
                case "+":
                    return x + y
                case "-":
                    return x - y
                case "*":
                    return x * y
                case "/":
                    return x / y
                case "**":
                    return x**y
                case "==":
                    return x == y
                case "!=":
                    return x != y
        except OverflowError:
            raise no_value("the value is not a finite number", span, TOO_LARGE) from None
        raise wrong(
            f"complex numbers know no '{operator}'", span, "take real(...), imag(...) or abs(...) of them first"
        )

    def _timed(self, operator: str, a: ClassicalValue, b: ClassicalValue, span: Span) -> ClassicalValue:
        """Sums, multiples, ratios and comparisons of times, exact as far as numbers are."""
        if isinstance(a, Duration) and isinstance(b, Duration):
            known = a.value is not None and b.value is not None and (a.unit == b.unit or not a.value or not b.value)
            if operator in _COMPARISONS or operator == "/":
                if a.value is None or b.value is None or not known:
                    what = "a ratio" if operator == "/" else "a comparison"
                    raise unexpressible(
                        f"{what} of durations that are not known or not in one unit",
                        span,
                        "write both times in one unit, seconds or dt",
                    )
                if operator in _COMPARISONS:
                    return _COMPARISONS[operator](a.value, b.value)
                return self.arithmetic("/", Exact(a.value), Exact(b.value), span)
            if operator not in ("+", "-", "*"):
                raise wrong(
                    f"two durations cannot stand beside '{operator}'",
                    span,
                    "times are added, subtracted, divided and compared",
                )
            if not known or operator == "*":  # a product, which files in the wild have, is no time
                return Duration()
            assert a.value is not None
            assert b.value is not None
            return self._duration(operator, Exact(a.value), Exact(b.value), a.unit if a.value else b.unit, span)
        time, number = (a, b) if isinstance(a, Duration) else (b, a)
        if operator != "*" and (operator != "/" or number is a):
            raise wrong(
                f"a duration and a number cannot stand beside '{operator}'",
                span,
                "write a unit behind the number, such as 100ns; a time is multiplied with a number or divided by one",
            )
        assert isinstance(time, Duration)
        factor = self.real(number, span)
        if time.value is None or isinstance(factor, Polynomial):
            return Duration()
        return self._duration(operator, Exact(time.value), factor, time.unit, span)

    def _duration(self, operator: str, x: Value, y: Value, unit: str, span: Span) -> Duration:
        result = self.arithmetic(operator, x, y, span)
        assert isinstance(result, Exact | float)
        if isinstance(result, Exact) and not result.pi_part:
            return Duration(result.rational, unit)
        return Duration(Fraction(as_float(result)), unit)

    def arithmetic(
        self, operator: str, a: Exact | float | Polynomial, b: Exact | float | Polynomial, span: Span
    ) -> ClassicalValue:
        """``+ - * / ** %`` of real numbers."""
        try:
            if isinstance(a, Polynomial) or isinstance(b, Polynomial):
                return self._polynomials(operator, a, b, span)
            if operator == "%":
                quotient = arithmetic("/", a, b)
                whole = math.floor(
                    quotient.rational if isinstance(quotient, Exact) and not quotient.pi_part else as_float(quotient)
                )
                return arithmetic("-", a, arithmetic("*", b, Exact(Fraction(whole))))
            return arithmetic("^" if operator == "**" else operator, a, b)
        except ValueError:
            raise no_value("the value is not a finite real number", span, domain(operator)) from None
        except OverflowError:
            raise no_value("the value is not a finite real number", span, TOO_LARGE) from None

    def _polynomials(
        self, operator: str, a: Exact | float | Polynomial, b: Exact | float | Polynomial, span: Span
    ) -> Polynomial:
        if operator == "/" and not isinstance(b, Polynomial):
            assert isinstance(a, Polynomial)
            return a.over(b)
        p = a if isinstance(a, Polynomial) else Polynomial.constant(a)
        q = b if isinstance(b, Polynomial) else Polynomial.constant(b)
        if operator == "+":
            return p.plus(q)
        if operator == "-":
            return p.plus(q.times(Exact(Fraction(-1))))
        if operator == "*":
            product = p.multiplied(q)
            if product is not None:
                return product
        raise unexpressible(
            f"'{operator}' of parameters or measured numbers",
            span,
            "an angle is affine in parameters; bind them to values",
        )

    def _bitwise(self, operator: str, a: ClassicalValue, b: ClassicalValue, span: Span) -> ClassicalValue:
        if not isinstance(a, Word) and not isinstance(b, Word):
            if isinstance(a, bool) and isinstance(b, bool):
                return bool(_BITWISE[operator](a, b))
            x, y = self.integer(a, span), self.integer(b, span)
            return int(_BITWISE[operator](x, y))
        p, q = self.word(a, span), self.word(b, span)
        if p.kind == q.kind == "bit" and len(p.bits) != len(q.bits):
            raise InputError(
                "QASM-10",
                f"{len(p.bits)} and {len(q.bits)} bits do not go together",
                span=span,
                help=f"give both as many bits; c[0:{min(len(p.bits), len(q.bits)) - 1}] takes the lowest of c",
            )
        kind = "bit" if "bit" in (p.kind, q.kind) else p.kind if p.kind == q.kind else "int"
        size = max(len(p.bits), len(q.bits))
        p, q = extended(p, size), extended(q, size)
        out = tuple(self._gate(operator, x, y) for x, y in zip(p.bits, q.bits, strict=True))
        return Word(out, kind, p.signed and q.signed, p.single and q.single)

    def _gate(self, operator: str, x: BitExpr, y: BitExpr) -> BitExpr:
        if operator == "^":
            return self.circuit.shortened(x) ^ self.circuit.shortened(y)
        if operator == "&":
            return self.circuit.joined(x, y)
        return ~self.circuit.joined(~x, ~y)

    def _shifted(self, operator: str, a: ClassicalValue, b: ClassicalValue, span: Span) -> ClassicalValue:
        by = settled(b)
        if isinstance(by, Word) or not isinstance(a, Word):
            p, q = settled(a), by
            if isinstance(p, bool | int) and isinstance(q, bool | int):
                return self._whole(operator, int(p), int(q), span)
            if isinstance(p, Exact | float | Polynomial):  # an angle
                factor = Exact(Fraction(2 ** self._small(by, span)))
                return self.arithmetic("*" if operator == "<<" else "/", p, factor, span)
            return self._words(operator, self.word(a, span), self.word(b, span), span)
        k, bits = self._small(by, span), a.bits
        fill = bits[-1] if a.signed else ZERO
        if operator == ">>":
            out = (*bits[k:], *[fill] * min(k, len(bits)))
        elif a.kind in ("bit", "angle"):
            out = (*[ZERO] * min(k, len(bits)), *bits)[: len(bits)]
        else:
            out = (*[ZERO] * k, *bits)
        return Word(out, a.kind, a.signed, a.single)

    def _small(self, value: ClassicalValue, span: Span) -> int:
        k = self.integer(value, span, "the distance of a shift")
        if not 0 <= k <= MAX_BITS:
            raise _bad_shift(k, span)
        return k

    def _compared(self, operator: str, a: ClassicalValue, b: ClassicalValue, span: Span) -> ClassicalValue:
        if isinstance(a, Polynomial) or isinstance(b, Polynomial):
            raise unexpressible(
                "a comparison of parameters or measured real numbers",
                span,
                "compare whole numbers or bits; bind parameters to values with --bind",
            )
        if not isinstance(a, Word) and not isinstance(b, Word):
            x, y = self.real(a, span), self.real(b, span)
            assert not isinstance(x, Polynomial)
            assert not isinstance(y, Polynomial)
            if isinstance(x, Exact) and isinstance(y, Exact) and x.pi_part == y.pi_part:
                return _COMPARISONS[operator](x.rational, y.rational)
            return _COMPARISONS[operator](as_float(x), as_float(y))
        p, q = self.word(_whole_if(a), span), self.word(_whole_if(b), span)
        size = max(len(p.bits), len(q.bits)) + 1
        if operator in ("==", "!="):
            p, q = extended(p, size), extended(q, size)
            equal = ONE
            for left, right in zip(p.bits, q.bits, strict=True):
                differ = self.circuit.shortened(left) ^ self.circuit.shortened(right)
                equal = self.circuit.joined(equal, ~differ)
            return tidy_bool(equal if operator == "==" else ~equal)
        if operator in (">", "<="):
            p, q = q, p
        less = self._sum(p, Word(tuple(~x for x in extended(q, size).bits), "int", True), ONE, size).bits[-1]
        return tidy_bool(less if operator in ("<", ">") else ~less)

    def _sum(self, a: Word, b: Word, carry: BitExpr, size: int) -> Word:
        out = []
        for first, second in zip(extended(a, size).bits, extended(b, size).bits, strict=True):
            x, y = self.circuit.shortened(first), self.circuit.shortened(second)
            carry = self.circuit.shortened(carry)
            out.append(x ^ y ^ carry)
            carry = self.circuit.joined(x, y) ^ self.circuit.joined(carry, x ^ y)
        return Word(tuple(out), "int", True)

    def _words(self, operator: str, a: Word, b: Word, span: Span) -> ClassicalValue:
        """Arithmetic on measured numbers, exact: the result has as many bits as it needs."""
        variables = sorted({v for w in (a, b) for bit in w.bits for v in bit.bits})
        if len(variables) <= _TABLE_BITS:
            return self._tabulated(operator, a, b, variables, span)
        size = max(len(a.bits), len(b.bits)) + 2
        if operator == "+":
            return self._sum(a, b, ZERO, size)
        if operator == "-":
            return self._sum(a, Word(tuple(~x for x in extended(b, size).bits), "int", True), ONE, size)
        raise unexpressible(
            f"'{operator}' of numbers that depend on more than {_TABLE_BITS} bits",
            span,
            "use fewer measured bits in it; + and - take any number of them",
        )

    def _tabulated(self, operator: str, a: Word, b: Word, variables: list[int], span: Span) -> ClassicalValue:
        results = []
        for x in range(1 << len(variables)):
            values = {v: x >> i & 1 for i, v in enumerate(variables)}
            result = self._whole(operator, word_value(a, values), word_value(b, values), span)
            if isinstance(result, Exact):
                result = math.trunc(result.rational)
            results.append(int(result))  # type: ignore[arg-type]
        signed = min(results) < 0
        size = max(r.bit_length() for r in results) + signed
        if size > 64:
            raise no_value("the value is too large", span, "what is computed from measured bits has at most 64 bits")
        columns = [[r >> i & 1 for r in results] for i in range(max(1, size))]
        return Word(tuple(self.circuit.shortened(from_table(c, variables)) for c in columns), "int", signed)


def whole_operation(operator: str, a: int, b: int) -> int | Exact:
    """An operation on whole numbers; a quotient that is not whole is a :class:`Quotient`."""
    match operator:
        case "+":
            result = a + b
        case "-":
            result = a - b
        case "*":
            result = a * b
        case "/":
            quotient = Fraction(a, b)
            return quotient.numerator if quotient.denominator == 1 else Quotient(quotient, whole=math.trunc(quotient))
        case "%":
            result = (
                int(math.fmod(a, b)) if max(abs(a), abs(b)) < 2**50 and b else abs(a) % abs(b) * (1 if a >= 0 else -1)
            )
        case "**":
            if b < 0:
                return Exact(Fraction(a) ** b) if abs(b) * a.bit_length() <= MAX_BITS else Exact(Fraction(0))
            if b * a.bit_length() > MAX_BITS and abs(a) > 1:
                raise OverflowError
            result = a**b
        case "<<":
            if not 0 <= b <= MAX_BITS:
                raise ValueError
            result = a << b
        case ">>":
            if b < 0:
                raise ValueError
            result = a >> b
        case _:
            raise OverflowError
    if result.bit_length() > MAX_BITS:
        raise OverflowError
    return result


def from_table(column: list[int], variables: Sequence[int]) -> BitExpr:
    """The Boolean function with that table, by the Moebius transform."""
    column = list(column)
    for i in range(len(variables)):
        for x in range(len(column)):
            if x >> i & 1:
                column[x] ^= column[x ^ (1 << i)]
    return BitExpr(frozenset(v for i, v in enumerate(variables) if x >> i & 1) for x, bit in enumerate(column) if bit)


def word_value(word: Word, values: dict[int, int]) -> int:
    total = sum(int(bit.evaluate(values)) << i for i, bit in enumerate(word.bits))
    if word.signed and word.bits and total >> (len(word.bits) - 1):
        total -= 1 << len(word.bits)
    return total


def _whole_if(value: ClassicalValue) -> ClassicalValue:
    """A real number that is whole, as a whole number (comparing a register with 2.0)."""
    if isinstance(value, Exact) and not value.pi_part and value.rational.denominator == 1:
        return value.rational.numerator
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _bad_shift(by: int, span: Span) -> InputError:
    shown = by if abs(by) < 10**9 else "so much"
    return no_value(f"a shift by {shown} has no value", span, f"shift by a number from 0 to {MAX_BITS}")
