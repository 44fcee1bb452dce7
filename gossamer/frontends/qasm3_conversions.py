"""Conversions of classical values of OpenQASM 3 between its types, implicit ones and casts.

The module guarantees that a value that does not fit its type is refused (QASM-10) and not cut, but where a cast or a sized integer asks for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

from gossamer.diagnostics import InputError, Span
from gossamer.formats.openqasm_angles import Exact, arithmetic, as_float
from gossamer.frontends.qasm3_values import (
    BIND,
    MAX_BITS,
    ONE,
    SMALLER,
    ClassicalValue,
    Duration,
    Quotient,
    ValueType,
    Word,
    constant_word,
    describe,
    extended,
    resized,
    settled,
    tidy_bool,
    unexpressible,
    whole_part,
    wrong,
)
from gossamer.frontends.qasm_circuit import Circuit
from gossamer.frontends.qasm_polynomial import MAX_TERMS, Polynomial
from gossamer.frontends.qasm_scope import counted
from gossamer.ir.phase import BitExpr


class Conversions:
    """``circuit`` keeps long Boolean functions short by derived bits."""

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit

    def integer(self, value: ClassicalValue, span: Span, what: str = "this") -> int:
        """A whole number that is known while reading."""
        value = settled(value)
        if isinstance(value, bool | int):
            return int(value)
        if isinstance(value, Quotient):
            return whole_part(value, span)
        if isinstance(value, Exact) and not value.pi_part and value.rational.denominator == 1:
            return value.rational.numerator
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, Word | Polynomial):
            raise unexpressible(
                f"{what}, which depends on a measurement or an input,",
                span,
                "write a constant; what depends on a measured bit can stand under if",
            )
        raise wrong(
            f"{what} is {describe(value)}, not a whole number", span, "write a whole number, or int(...) around it"
        )

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
                unit = Exact(Fraction(0), Fraction(2, 1 << len(value.bits)))
                return turn.times(unit) if isinstance(turn, Polynomial) else arithmetic("*", turn, unit)
            case Word():
                weights = [1 << i for i in range(len(value.bits))]
                if value.signed and weights:
                    weights[-1] = -weights[-1]
                return self._bounded(lambda: Polynomial.of_bits(zip(weights, value.bits, strict=True)), span)
            case complex():
                if abs(value.imag) < 1e-12:
                    return value.real
        raise wrong(f"{describe(value)} is not a real number", span, _as_number(value))

    def _bounded(self, make: Callable[[], Polynomial], span: Span) -> Polynomial:
        try:
            return make()
        except ValueError:
            raise InputError(
                "QASM-12",
                "an expression depends on too many bits",
                span=span,
                help=f"its value has at most {MAX_TERMS} terms, products of bits; use fewer bits",
            ) from None

    def boolean(self, value: ClassicalValue, span: Span) -> BitExpr:
        """The condition that ``value`` is; numbers are true where they are not 0."""
        value = settled(value)
        match value:
            case bool() | int():
                return BitExpr.const(value != 0)
            case Quotient():
                return BitExpr.const(whole_part(value, span) != 0)
            case Exact():
                return BitExpr.const(value.rational != 0 or value.pi_part != 0)
            case float() | complex():
                return BitExpr.const(value != 0)
            case Word():
                return self.any(value.bits)
            case Polynomial():
                raise unexpressible("a condition on a real parameter", span, BIND)
        raise wrong(
            f"a condition cannot be {describe(value)}", span, "compare it with a value of its kind: ==, !=, <, >"
        )

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
        raise wrong(f"{describe(value)} has no bits", span, "convert it first, for example with int[8](...)")

    def convert(self, value: ClassicalValue, type: ValueType, span: Span, *, explicit: bool = False) -> ClassicalValue:
        """``value`` as a value of ``type``; ``explicit`` conversions (casts) may change sizes."""
        base = type.base
        if base == "array":
            return self._array(value, type, span)
        if isinstance(value, list):
            raise wrong(f"an array does not fit the type {type}", span, "name one element of the array")
        if base in ("duration", "stretch"):
            if not isinstance(value, Duration):
                raise wrong(f"{describe(value)} is not a duration", span, "write a time with its unit, such as 100ns")
            return value
        if base == "bit":
            return self._bits(value, type, span, explicit)
        if base == "bool":
            return tidy_bool(self.boolean(value, span))
        if base in ("int", "uint"):
            return self._int(value, type, span)
        if base == "complex":
            return complex_number(settled(value), span)
        if base == "angle" and isinstance(value, Word) and value.kind in ("bit", "angle"):
            if type.size in (None, len(value.bits)):
                return Word(value.bits, "angle")
            if value.kind == "bit":
                raise _misfit(len(value.bits), type, span)
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
            raise unexpressible("the bits of an angle that depends on a measurement or an input", span, BIND)
        half_turns = real.pi_part if isinstance(real, Exact) and not real.rational else as_float(real) / math.pi
        return Word(constant_word(round(half_turns * (1 << size) / 2) % (1 << size), size, False).bits, "angle")

    def _array(self, value: ClassicalValue, type: ValueType, span: Span) -> ClassicalValue:
        if not isinstance(value, list) or len(value) != type.dimensions[0]:
            first = type.dimensions[0]
            raise InputError(
                "QASM-10",
                f"the value has not the shape of {type}",
                span=span,
                help=f"give {first} elements instead of {len(value)}"
                if isinstance(value, list)
                else f"give an array of {first} elements: {{..., ...}}",
            )
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
                raise _misfit(len(value.bits), type, span)
            return Word(extended(value, size).bits[:size], single=single)
        value = settled(value)
        if isinstance(value, bool | int):
            if not explicit and not -1 <= value >> size <= 0:
                shown = str(value) if abs(value) < 10**18 else "a number beyond 10^18"
                raise InputError(
                    "QASM-10",
                    f"{shown} does not fit {type}",
                    span=span,
                    help="a bit is 0 or 1"
                    if single
                    else f"{type} holds {counted(size, 'bit')}; declare at least {value.bit_length()}, or cast: {type}(...)",
                )
            return Word(constant_word(value, size, False).bits, single=single)
        if explicit and not single and isinstance(value, Exact | float):
            return Word(self.angle_word(value, size, span).bits)
        if size == 1 or explicit:
            return (
                Word((self.boolean(value, span),), single=single)
                if size == 1
                else self._bits(self.integer(value, span), type, span, explicit)
            )
        raise wrong(f"{describe(value)} does not fit {type}", span, "give bits or a whole number; int(...) makes one")

    def _int(self, value: ClassicalValue, type: ValueType, span: Span) -> ClassicalValue:
        value = settled(value)
        signed = type.base == "int"
        match value:
            case Word():
                wide = value if type.size is None else resized(value, type.size)
                return Word(wide.bits, "int", signed if type.size is not None or value.kind == "int" else False)
            case Quotient():
                number = whole_part(value, span)
            case Exact() | float():
                number = (
                    math.trunc(as_float(value))
                    if isinstance(value, float) or value.pi_part
                    else math.trunc(value.rational)
                )
            case bool() | int():
                number = int(value)
            case _:
                raise wrong(f"{describe(value)} does not fit {type}", span, _as_number(value))
        if number.bit_length() > MAX_BITS:
            raise InputError("QASM-12", f"a whole number with more than {MAX_BITS} bits", span=span, help=SMALLER)
        if type.size is None:
            return number
        number &= (1 << type.size) - 1
        return number - (1 << type.size) if signed and number >> (type.size - 1) else number


def complex_number(value: ClassicalValue, span: Span) -> complex:
    match value:
        case bool() | int() | float() | complex():
            return complex(value)
        case Exact():
            return complex(as_float(value))
    raise wrong(f"{describe(value)} is not a complex number", span, "only numbers stand beside a complex number")


def _misfit(bits: int, type: ValueType, span: Span) -> InputError:
    return InputError(
        "QASM-10",
        f"{counted(bits, 'bit')} {'does' if bits == 1 else 'do'} not fit {type}",
        span=span,
        help=f"give one bit, or name a whole register of {bits}"
        if type.size is None
        else f"declare {type.base}[{bits}], or give {counted(type.size, 'bit')}",
    )


def _as_number(value: ClassicalValue) -> str:
    """The way out where a number is wanted and ``value`` is none."""
    match value:
        case complex():
            return "take its real part: real(...)"
        case Duration():
            return "divide the time by a unit, as in t / 1ns"
        case list():
            return "name one element of the array"
    return "write a number"
