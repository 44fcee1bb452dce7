"""Classical values of OpenQASM 3, constant ones and those that depend on measured bits, and their operators.

Whole numbers are ``int``, truth values ``bool``, real numbers :data:`~gossamer.formats.openqasm_angles.Value` (exact as far as they go), and
what depends on bits is a :class:`Word` (bits, integers) or a :class:`~gossamer.frontends.qasm_polynomial.Polynomial` (reals). The module
guarantees that arithmetic on measured numbers is exact until a declared size wraps it, and that all costs are bounded.
``gossamer.frontends.qasm3`` stands on it.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from gossamer.diagnostics import InputError, Span
from gossamer.formats.openqasm_angles import CONSTANTS, Exact, Value, arithmetic, as_float
from gossamer.frontends.qasm_circuit import Circuit
from gossamer.frontends.qasm_polynomial import Polynomial
from gossamer.ir.phase import BitExpr

#: Whole numbers with more bits are refused.
MAX_BITS = 4096
#: An operation on measured numbers without a circuit of its own is tabulated over at most so many bits.
_TABLE_BITS = 10

ZERO, ONE = BitExpr.const(0), BitExpr.const(1)


@dataclass(frozen=True, slots=True)
class Word:
    """Bits, lowest first. ``kind`` is ``bit`` (a register), ``int`` (two's complement if ``signed``), ``bool`` (one bit) or ``angle``.

    Bit ``i`` of ``n`` of an angle weighs ``2 pi 2^i / 2^n``.
    """

    bits: tuple[BitExpr, ...]
    kind: str = "bit"
    signed: bool = False
    single: bool = False  # a bit that takes no index

    @property
    def constant(self) -> int | None:
        """Its value as a number, if no bit is open."""
        total = 0
        for i, bit in enumerate(self.bits):
            if bit.is_one:
                total |= 1 << i
            elif not bit.is_zero:
                return None
        return total - (1 << len(self.bits)) if self.signed and self.bits and self.bits[-1].is_one else total


@dataclass(frozen=True, slots=True)
class Duration:
    """A time. ``value`` None: not known here (``durationof``, a stretch, a sum of seconds and cycles, a product of times)."""

    value: Fraction | None = None
    unit: str = "s"  # or "dt", cycles of the hardware


@dataclass(frozen=True, slots=True)
class Quotient(Exact):
    """A quotient of whole numbers that is not whole, or what is computed from one with whole numbers only.

    Files write ``rx(1/2*pi)`` and ``pow(1/2) @`` and mean a half; where a whole number is asked for, the division is that of C. Which of the
    two is meant shows where the value is used, so both are kept: the fraction, and ``whole``, None where that divides by zero.
    """

    whole: int | None = None


@dataclass(frozen=True, slots=True)
class Qubits:
    """Numbered qubits; ``single`` ones take no index."""

    ids: Sequence[int]
    single: bool = False


Number: TypeAlias = "int | bool | Exact | float | complex | Word | Polynomial"
ClassicalValue: TypeAlias = "Number | Duration | list[ClassicalValue]"


@dataclass(frozen=True, slots=True)
class ValueType:
    """A type with its sizes known; ``size`` None: not given. ``dimensions`` of an array; ``element`` in it."""

    base: str
    size: int | None = None
    element: ValueType | None = None
    dimensions: tuple[int, ...] = ()

    def __str__(self) -> str:
        if self.base == "array":
            return f"array[{self.element}, {', '.join(map(str, self.dimensions))}]"
        return self.base if self.size is None else f"{self.base}[{self.size}]"


def wrong(message: str, span: Span, help: str | None = None) -> InputError:
    return InputError("QASM-13", message, span=span, help=help)


def unexpressible(what: str, span: Span, help: str | None = None) -> InputError:
    return InputError("QASM-15", f"{what} is not expressible", span=span, help=help)


def no_value(message: str, span: Span, help: str | None = None) -> InputError:
    return InputError("QASM-11", message, span=span, help=help)


def describe(value: object) -> str:
    """The kind of a value, for diagnostics."""
    match value:
        case bool():
            return "a truth value"
        case int():
            return "a whole number"
        case Exact() | float() | Polynomial():
            return "a real number"
        case complex():
            return "a complex number"
        case Word():
            return (
                "a bit"
                if len(value.bits) == 1
                else f"{len(value.bits)} bits"
                if value.kind == "bit"
                else "a number that depends on bits"
            )
        case Duration():
            return "a duration"
        case list():
            return "an array"
        case Qubits():
            return "a qubit" if value.single else "qubits"
    return "nothing"


def shape(value: ClassicalValue) -> tuple[int, ...]:
    """The sizes of an array, outermost first."""
    out = []
    while isinstance(value, list):
        out.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(out)


def settled(value: ClassicalValue) -> ClassicalValue:
    """A word whose bits are all constant, as the number that it is in arithmetic."""
    if isinstance(value, Word):
        constant = value.constant
        if constant is not None and value.kind == "angle":
            return Exact(Fraction(0), Fraction(2 * constant, 1 << len(value.bits)))
        if constant is not None:
            return bool(constant) if value.kind == "bool" else constant
    if isinstance(value, Polynomial):
        known = value.as_constant()
        if known is not None:
            return known
    return value


class Arithmetic:
    """Operators and conversions; ``circuit`` keeps long Boolean functions short by derived bits."""

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit

    # Conversions

    def integer(self, value: ClassicalValue, span: Span, what: str = "this") -> int:
        """A whole number that is known while reading."""
        value = settled(value)
        if isinstance(value, bool | int):
            return int(value)
        if isinstance(value, Quotient):
            return _whole_part(value, span)
        if isinstance(value, Exact) and not value.pi_part and value.rational.denominator == 1:
            return value.rational.numerator
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, Word | Polynomial):
            raise unexpressible(f"{what}, which depends on a measurement or an input,", span)
        raise wrong(f"{what} is {describe(value)}, not a whole number", span)

    def real(self, value: ClassicalValue, span: Span) -> Exact | float | Polynomial:
        value = settled(value)
        match value:
            case bool() | int():
                return Exact(Fraction(value))
            case Quotient():
                return Exact(value.rational)
            case Exact() | float() | Polynomial():
                return value
            case Word(kind="angle"):
                turn = self.real(Word(value.bits), span)
                real = self.arithmetic("*", turn, Exact(Fraction(0), Fraction(2, 1 << len(value.bits))), span)
                assert isinstance(real, Exact | float | Polynomial)
                return real
            case Word():
                weights = [1 << i for i in range(len(value.bits))]
                if value.signed and weights:
                    weights[-1] = -weights[-1]
                return self._bounded(lambda: Polynomial.of_bits(zip(weights, value.bits, strict=True)), span)
            case complex():
                if abs(value.imag) < 1e-12:
                    return value.real
        raise wrong(f"{describe(value)} is not a real number", span)

    def _bounded(self, make: Callable[[], Polynomial], span: Span) -> Polynomial:
        try:
            return make()
        except ValueError:
            raise InputError("QASM-12", "an expression depends on too many bits", span=span) from None

    def boolean(self, value: ClassicalValue, span: Span) -> BitExpr:
        """The condition that ``value`` is; numbers are true where they are not 0."""
        value = settled(value)
        match value:
            case bool() | int():
                return BitExpr.const(value != 0)
            case Quotient():
                return BitExpr.const(_whole_part(value, span) != 0)
            case Exact():
                return BitExpr.const(value.rational != 0 or value.pi_part != 0)
            case float() | complex():
                return BitExpr.const(value != 0)
            case Word():
                return self.any(value.bits)
            case Polynomial():
                raise unexpressible("a condition on a real parameter", span)
        raise wrong(f"a condition cannot be {describe(value)}", span)

    def any(self, bits: Sequence[BitExpr]) -> BitExpr:
        if len(bits) == 1:
            return bits[0]
        out = ONE
        for bit in bits:
            out = self.circuit.joined(out, ~bit)
        return ~out

    def word(self, value: ClassicalValue, span: Span) -> Word:
        """A number as bits, as few as it needs."""
        match value:
            case Word():
                return value
            case bool():
                return Word((BitExpr.const(value),), "bool")
            case int():
                return constant_word(
                    value, value.bit_length() + 1 if value < 0 else max(1, value.bit_length()), value < 0
                )
        raise wrong(f"{describe(value)} has no bits", span)

    def convert(self, value: ClassicalValue, type: ValueType, span: Span, *, explicit: bool = False) -> ClassicalValue:
        """``value`` as a value of ``type``; ``explicit`` conversions (casts) may change sizes."""
        base = type.base
        if base == "array":
            return self._array(value, type, span)
        if isinstance(value, list):
            raise wrong(f"an array does not fit the type {type}", span)
        if base in ("duration", "stretch"):
            if not isinstance(value, Duration):
                raise wrong(f"{describe(value)} is not a duration", span)
            return value
        if base == "bit":
            return self._bits(value, type, span, explicit)
        if base == "bool":
            return _tidy_bool(self.boolean(value, span))
        if base in ("int", "uint"):
            return self._int(value, type, span)
        if base == "complex":
            return _complex(settled(value), span)
        if base == "angle" and isinstance(value, Word) and value.kind in ("bit", "angle"):
            if type.size in (None, len(value.bits)):
                return Word(value.bits, "angle")
            if value.kind == "bit":
                raise InputError("QASM-10", f"{len(value.bits)} bits do not fit {type}", span=span)
        number = self.real(value, span)
        return self._reduced(number) if base == "angle" else number

    def _reduced(self, value: ClassicalValue) -> ClassicalValue:
        """An angle is in [0, 2 pi)."""
        if isinstance(value, Exact):
            if not value.rational:
                return Exact(value.rational, value.pi_part % 2)
            turns = math.floor(as_float(value) / (2 * math.pi))
            return Exact(value.rational, value.pi_part - 2 * turns)
        return math.fmod(value, 2 * math.pi) % (2 * math.pi) if isinstance(value, float) else value

    def angle_word(self, value: ClassicalValue, size: int, span: Span) -> Word:
        """The ``size`` bits of an angle, the nearest that there is."""
        if isinstance(value, Word) and len(value.bits) == size:
            return value
        real = self.real(value, span)
        if isinstance(real, Polynomial):
            raise unexpressible("the bits of an angle that depends on a measurement or an input", span)
        half_turns = real.pi_part if isinstance(real, Exact) and not real.rational else as_float(real) / math.pi
        return Word(constant_word(round(half_turns * (1 << size) / 2) % (1 << size), size, False).bits, "angle")

    def _array(self, value: ClassicalValue, type: ValueType, span: Span) -> ClassicalValue:
        if not isinstance(value, list) or len(value) != type.dimensions[0]:
            raise InputError("QASM-10", f"the value has not the shape of {type}", span=span)
        assert type.element is not None
        inner = (
            ValueType("array", None, type.element, type.dimensions[1:]) if len(type.dimensions) > 1 else type.element
        )
        return [self.convert(x, inner, span) for x in value]

    def _bits(self, value: ClassicalValue, type: ValueType, span: Span, explicit: bool) -> Word:
        size = 1 if type.size is None else type.size
        single = type.size is None
        if isinstance(value, Word):
            if value.kind in ("bit", "angle") and len(value.bits) != size and not (explicit and value.kind == "int"):
                raise InputError("QASM-10", f"{len(value.bits)} bits do not fit {type}", span=span)
            return Word(extended(value, size).bits[:size], single=single)
        value = settled(value)
        if isinstance(value, bool | int):
            if not explicit and not -1 <= value >> size <= 0:
                raise InputError("QASM-10", f"{value} does not fit {type}", span=span)
            return Word(constant_word(value, size, False).bits, single=single)
        if explicit and not single and isinstance(value, Exact | float):
            return Word(self.angle_word(value, size, span).bits)
        if size == 1 or explicit:
            return (
                Word((self.boolean(value, span),), single=single)
                if size == 1
                else self._bits(self.integer(value, span), type, span, explicit)
            )
        raise wrong(f"{describe(value)} does not fit {type}", span)

    def _int(self, value: ClassicalValue, type: ValueType, span: Span) -> ClassicalValue:
        value = settled(value)
        signed = type.base == "int"
        match value:
            case Word():
                wide = value if type.size is None else resized(value, type.size)
                return Word(wide.bits, "int", signed if type.size is not None or value.kind == "int" else False)
            case Quotient():
                number = _whole_part(value, span)
            case Exact() | float():
                number = (
                    math.trunc(as_float(value))
                    if isinstance(value, float) or value.pi_part
                    else math.trunc(value.rational)
                )
            case bool() | int():
                number = int(value)
            case _:
                raise wrong(f"{describe(value)} does not fit {type}", span)
        if number.bit_length() > MAX_BITS:
            raise InputError("QASM-12", f"a whole number with more than {MAX_BITS} bits", span=span)
        if type.size is None:
            return number
        number &= (1 << type.size) - 1
        return number - (1 << type.size) if signed and number >> (type.size - 1) else number

    # Operators

    def unary(self, operator: str, value: ClassicalValue, span: Span) -> ClassicalValue:
        if operator == "!":
            return _tidy_bool(~self.boolean(value, span))
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

    def binary(self, operator: str, a: ClassicalValue, b: ClassicalValue, span: Span) -> ClassicalValue:
        """``a operator b``, for every operator but ``&&`` and ``||``."""
        if operator in _BITWISE or operator in ("<<", ">>"):
            a, b = (_whole_part(x, span) if isinstance(x, Quotient) else x for x in (a, b))
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
            raise wrong(f"an array cannot stand beside '{operator}'", span)
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
        except ZeroDivisionError:
            raise no_value("division by zero", span) from None
        except OverflowError:
            raise no_value("the value is too large", span) from None

    def _quotients(self, operator: str, a: Quotient | int, b: Quotient | int, span: Span) -> ClassicalValue:
        """Of whole numbers and their quotients: a comparison or remainder is that of whole numbers, all else is kept as both."""
        if operator in _COMPARISONS or operator == "%":
            return self._whole(operator, self.integer(a, span), self.integer(b, span), span)
        real = self.arithmetic(operator, self.real(a, span), self.real(b, span), span)
        if not isinstance(real, Exact) or real.pi_part:
            return real
        try:
            whole = self.integer(self._whole(operator, self.integer(a, span), self.integer(b, span), span), span)
        except InputError:  # only an error where the whole number is asked for
            return Quotient(real.rational)
        return whole if real.rational == whole else Quotient(real.rational, whole=whole)

    def _complex(self, operator: str, a: ClassicalValue, b: ClassicalValue, span: Span) -> ClassicalValue:
        x, y = _complex(a, span), _complex(b, span)
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
        except ArithmeticError:
            raise no_value("the value is not a finite number", span) from None
        raise wrong(f"complex numbers know no '{operator}'", span)

    def _timed(self, operator: str, a: ClassicalValue, b: ClassicalValue, span: Span) -> ClassicalValue:
        """Sums, multiples, ratios and comparisons of times, exact as far as numbers are."""
        if isinstance(a, Duration) and isinstance(b, Duration):
            known = a.value is not None and b.value is not None and (a.unit == b.unit or not a.value or not b.value)
            if operator in _COMPARISONS or operator == "/":
                if a.value is None or b.value is None or not known:
                    what = "a ratio" if operator == "/" else "a comparison"
                    raise unexpressible(f"{what} of durations that are not known or not in one unit", span)
                if operator in _COMPARISONS:
                    return _COMPARISONS[operator](a.value, b.value)
                return self.arithmetic("/", Exact(a.value), Exact(b.value), span)
            if operator not in ("+", "-", "*"):
                raise wrong(f"two durations cannot stand beside '{operator}'", span)
            if not known or operator == "*":  # a product, which files in the wild have, is no time
                return Duration()
            assert a.value is not None
            assert b.value is not None
            return self._duration(operator, Exact(a.value), Exact(b.value), a.unit if a.value else b.unit, span)
        time, number = (a, b) if isinstance(a, Duration) else (b, a)
        if operator != "*" and (operator != "/" or number is a):
            raise wrong(f"a duration and a number cannot stand beside '{operator}'", span)
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
        except ZeroDivisionError:
            raise no_value("division by zero", span) from None
        except (ValueError, OverflowError):
            raise no_value("the value is not a finite real number", span) from None

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
            raise InputError("QASM-10", f"{len(p.bits)} and {len(q.bits)} bits do not go together", span=span)
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
            raise no_value(f"a shift by {k if abs(k) < 10**9 else 'so much'}", span)
        return k

    def _compared(self, operator: str, a: ClassicalValue, b: ClassicalValue, span: Span) -> ClassicalValue:
        if isinstance(a, Polynomial) or isinstance(b, Polynomial):
            raise unexpressible("a comparison of parameters or measured real numbers", span)
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
            return _tidy_bool(equal if operator == "==" else ~equal)
        if operator in (">", "<="):
            p, q = q, p
        less = self._sum(p, Word(tuple(~x for x in extended(q, size).bits), "int", True), ONE, size).bits[-1]
        return _tidy_bool(less if operator in ("<", ">") else ~less)

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
        raise unexpressible(f"'{operator}' of numbers that depend on more than {_TABLE_BITS} bits", span)

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
            raise no_value("the value is too large", span)
        columns = [[r >> i & 1 for r in results] for i in range(max(1, size))]
        return Word(tuple(self.circuit.shortened(from_table(c, variables)) for c in columns), "int", signed)


def _whole_part(value: Quotient, span: Span) -> int:
    if value.whole is None:
        raise no_value("division by zero", span)
    return value.whole


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
                raise OverflowError
            result = a << b
        case ">>":
            if b < 0:
                raise OverflowError
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


def constant_word(value: int, size: int, signed: bool) -> Word:
    return Word(tuple(BitExpr.const(value >> i & 1) for i in range(size)), "int", signed)


def extended(word: Word, size: int) -> Word:
    """With at least ``size`` bits and the same value."""
    missing = size - len(word.bits)
    if missing <= 0:
        return word
    fill = word.bits[-1] if word.signed and word.bits else ZERO
    return Word((*word.bits, *[fill] * missing), word.kind, word.signed, word.single)


def resized(word: Word, size: int) -> Word:
    wide = extended(word, size)
    return Word(wide.bits[:size], word.kind, word.signed)


def _tidy_bool(condition: BitExpr) -> ClassicalValue:
    if condition.is_one or condition.is_zero:
        return condition.is_one
    return Word((condition,), "bool")


def _whole_if(value: ClassicalValue) -> ClassicalValue:
    """A real number that is whole, as a whole number (comparing a register with 2.0)."""
    if isinstance(value, Exact) and not value.pi_part and value.rational.denominator == 1:
        return value.rational.numerator
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _complex(value: ClassicalValue, span: Span) -> complex:
    match value:
        case bool() | int() | float() | complex():
            return complex(value)
        case Exact():
            return complex(as_float(value))
    raise wrong(f"{describe(value)} is not a complex number", span)


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

#: Built-in constants.
BUILT_IN: dict[str, Exact | float] = {
    **CONSTANTS,
    "tau": Exact(Fraction(0), Fraction(2)),
    "τ": Exact(Fraction(0), Fraction(2)),
    "euler": math.e,
    "ℇ": math.e,
}


def _complex_or_real(
    real: Callable[[float], float], general: Callable[[complex], complex]
) -> Callable[[complex | float], complex | float]:
    def apply(x: complex | float) -> complex | float:
        return general(x) if isinstance(x, complex) else real(x)

    return apply


#: Built-in functions of one number.
FUNCTIONS: dict[str, Callable[..., complex | float]] = {
    "arccos": _complex_or_real(math.acos, cmath.acos),
    "arcsin": _complex_or_real(math.asin, cmath.asin),
    "arctan": _complex_or_real(math.atan, cmath.atan),
    "acos": _complex_or_real(math.acos, cmath.acos),
    "asin": _complex_or_real(math.asin, cmath.asin),
    "atan": _complex_or_real(math.atan, cmath.atan),
    "cos": _complex_or_real(math.cos, cmath.cos),
    "sin": _complex_or_real(math.sin, cmath.sin),
    "tan": _complex_or_real(math.tan, cmath.tan),
    "exp": _complex_or_real(math.exp, cmath.exp),
    "log": _complex_or_real(math.log, cmath.log),
    "ln": _complex_or_real(math.log, cmath.log),
    "sqrt": _complex_or_real(math.sqrt, cmath.sqrt),
}
