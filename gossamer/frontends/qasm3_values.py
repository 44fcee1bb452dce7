"""Classical values of OpenQASM 3, constant ones and those that depend on measured bits.

Whole numbers are ``int``, truth values ``bool``, real numbers :data:`~gossamer.formats.openqasm_angles.Value` (exact as far as they go), and
what depends on bits is a :class:`Word` (bits, integers) or a :class:`~gossamer.frontends.qasm_polynomial.Polynomial` (reals).
``gossamer.frontends.qasm3_arithmetic`` computes with them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from gossamer.diagnostics import InputError, Span
from gossamer.formats.openqasm_angles import CONSTANTS, Exact
from gossamer.frontends.qasm_polynomial import Polynomial
from gossamer.ir.phase import BitExpr

#: Whole numbers with more bits are refused.
MAX_BITS = 4096

#: Ways out that several refusals share.
BIND = "bind the parameter to a value with --bind"
NOT_ZERO = "the divisor has the value 0; write another one"
SMALLER = f"whole numbers have at most {MAX_BITS} bits; write a smaller one"

ZERO, ONE = BitExpr.const(0), BitExpr.const(1)

#: Built-in constants.
BUILT_IN: dict[str, Exact | float] = {
    **CONSTANTS,
    "tau": Exact(Fraction(0), Fraction(2)),
    "τ": Exact(Fraction(0), Fraction(2)),
    "euler": math.e,
    "ℇ": math.e,
}


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


def wrong(message: str, span: Span, help: str) -> InputError:
    return InputError("QASM-13", message, span=span, help=help)


def unexpressible(what: str, span: Span, help: str) -> InputError:
    return InputError("QASM-15", f"{what} is not expressible", span=span, help=help)


def no_value(message: str, span: Span, help: str) -> InputError:
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


def whole_part(value: Quotient, span: Span) -> int:
    if value.whole is None:
        raise no_value("division by zero", span, NOT_ZERO)
    return value.whole


def tidy_bool(condition: BitExpr) -> ClassicalValue:
    if condition.is_one or condition.is_zero:
        return condition.is_one
    return Word((condition,), "bool")


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
