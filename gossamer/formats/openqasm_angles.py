"""Values of OpenQASM expressions: exact numbers ``rational + rational * pi`` as far as they go, floats beyond.

The module guarantees that ``3*pi/8`` or ``-pi/2^5`` has its exact value, that a rounded value (a product ``pi*pi``, a function, a decimal
of float length) is rounded once, to a multiple of ``2**-40`` of pi, and that whatever the text says costs bounded time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from gossamer.diagnostics import InputError, Span, nearest
from gossamer.formats.openqasm_syntax import Expression
from gossamer.formats.openqasm_tree import Literal, Name
from gossamer.ir.phase import FLOAT_BITS

#: Exact numbers with longer numerators or denominators become floats; shorter ones are in the range of floats.
MAX_BITS = 1000
#: A decimal fraction with more digits was printed from a float, so it counts as one.
FLOAT_DIGITS = 15

_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Exact:
    """``rational + pi_part * pi``."""

    rational: Fraction
    pi_part: Fraction = _ZERO


#: The value of an expression: exact, or a float in plain units (radians, if it is an angle).
Value: TypeAlias = Exact | float

CONSTANTS: dict[str, Value] = {"pi": Exact(_ZERO, Fraction(1)), "π": Exact(_ZERO, Fraction(1))}
_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "exp": math.exp,
    "ln": math.log,
    "log": math.log,
    "sqrt": math.sqrt,
    "arcsin": math.asin,
    "arccos": math.acos,
    "arctan": math.atan,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
}


def evaluate(expression: Expression, names: Mapping[str, Value] = CONSTANTS) -> Value:
    """The value of ``expression`` with the given names.

    Raises
    ------
    InputError
        QASM-11: an unknown name or function, a division by zero, a value that is not a finite real number.

    Examples
    --------
    >>> from gossamer.formats.openqasm import parse_openqasm
    >>> value = evaluate(parse_openqasm("rz(-3*pi/2^5) q;").statements[0].arguments[0])
    >>> multiples_of_pi(value)
    Fraction(-3, 32)
    """
    if isinstance(expression, Literal):
        return decimal(expression.text, expression.span)
    if isinstance(expression, Name):
        if expression.name not in names:
            known = sorted(n for n in names if n != "π")
            near = nearest(expression.name, known)
            raise _bad(
                f"unknown name '{expression.name[:40]}' in an expression",
                expression.span,
                f"did you mean '{near}'?" if near else f"known here: {', '.join(known[:10])}",
            )
        return names[expression.name]
    values = [evaluate(x, names) for x in expression.operands]
    try:
        value = _apply(expression.operator, values)
        if isinstance(value, Exact) and (_bits(value.rational) > MAX_BITS or _bits(value.pi_part) > MAX_BITS):
            value = _float(value)
        if isinstance(value, float) and not math.isfinite(value):
            raise OverflowError
    except ZeroDivisionError:
        divisor = expression.operands[-1]
        raise _bad("division by zero", divisor.span, "the divisor has the value 0; write another one") from None
    except KeyError:
        name = expression.operator
        near = nearest(name, _FUNCTIONS)
        raise _bad(
            f"unknown function '{name[:40]}'",
            expression.span,
            f"did you mean '{near}'?" if near else f"known: {', '.join(_FUNCTIONS)}",
        ) from None
    except ValueError:
        raise _bad("the value is not a finite real number", expression.span, domain(expression.operator)) from None
    except OverflowError:
        raise _bad("the value is not a finite real number", expression.span, TOO_LARGE) from None
    return value


#: The way out of a value that overflows.
TOO_LARGE = "numbers stay below 1.8e308; write a smaller one"


def domain(operator: str) -> str:
    """Where an operator or a function has real values, as a way out for a value outside.

    Examples
    --------
    >>> domain("sqrt")
    'sqrt takes a number that is not negative'
    """
    if operator in ("^", "**"):
        return "a negative number takes whole exponents, and 0 takes none below 0"
    wanted = "a finite number"
    if operator in ("ln", "log"):
        wanted = "a positive number"
    elif operator == "sqrt":
        wanted = "a number that is not negative"
    elif operator in ("arcsin", "asin", "arccos", "acos"):
        wanted = "a number between -1 and 1"
    return f"{operator} takes {wanted}"


def multiples_of_pi(value: Value) -> Fraction:
    """``value`` radians in multiples of pi, not reduced; what is not exact is rounded to a multiple of ``2**-40``.

    Examples
    --------
    >>> multiples_of_pi(Exact(Fraction(0), Fraction(9, 4))), multiples_of_pi(0.7853981633974483)
    (Fraction(9, 4), Fraction(1, 4))
    """
    if isinstance(value, float):
        return _grid(value / math.pi)
    if not value.rational:
        return value.pi_part
    return value.pi_part + _grid(float(value.rational) / math.pi)


def arithmetic(operator: str, x: Value, y: Value) -> Value:
    """``x operator y`` for one of ``+ - * / ^``, exact where both are and the result is short.

    Raises
    ------
    ArithmeticError, ValueError
        A division by zero, or a value that is not a finite real number.

    Examples
    --------
    >>> arithmetic("/", Exact(Fraction(0), Fraction(1)), Exact(Fraction(4)))
    Exact(rational=Fraction(0, 1), pi_part=Fraction(1, 4))
    """
    value = _apply(operator, [x, y])
    if isinstance(value, float):
        if not math.isfinite(value):
            raise OverflowError
        return value
    if _bits(value.rational) > MAX_BITS or _bits(value.pi_part) > MAX_BITS:
        return _float(value)
    return value


def as_float(value: Value) -> float:
    """``value`` in plain units."""
    return _float(value)


def rational_of(value: Value) -> Fraction:
    """``value`` as a plain number; what is not rational is rounded to a multiple of ``2**-40``."""
    if isinstance(value, Exact) and not value.pi_part:
        return value.rational
    return _grid(_float(value))


def decimal(text: str, span: Span) -> Value:
    """The value of a decimal literal."""
    text = text.replace("_", "")
    approximate = float(text)
    if not math.isfinite(approximate):
        raise _bad("the number is too large", span, TOO_LARGE)
    if len(text) > 700:
        return approximate
    mantissa, _, exponent = text.lower().partition("e")
    whole, _, decimals = mantissa.partition(".")
    if len(exponent) > 4 or abs(int(exponent or 0)) > 300:
        return approximate
    if decimals.strip("0") and len((whole + decimals).lstrip("0")) > FLOAT_DIGITS:
        return approximate
    return Exact(Fraction(text))


def _grid(x: float) -> Fraction:
    scale = 1 << FLOAT_BITS
    return Fraction(round(x * scale), scale) if abs(x) < 1e15 else Fraction(round(Fraction(x) * scale), scale)


def _bad(message: str, span: Span, help: str) -> InputError:
    return InputError("QASM-11", message, span=span, help=help)


def _bits(x: Fraction) -> int:
    return max(x.numerator.bit_length(), x.denominator.bit_length())


def _float(x: Value) -> float:
    return x if isinstance(x, float) else float(x.rational) + float(x.pi_part) * math.pi


def _apply(operator: str, v: list[Value]) -> Value:
    x = v[0]
    if operator == "neg":
        return Exact(-x.rational, -x.pi_part) if isinstance(x, Exact) else -x
    if len(v) == 1:
        return _FUNCTIONS[operator](_float(x))
    y = v[1]
    if isinstance(x, Exact) and isinstance(y, Exact):
        exact = _exactly(operator, x, y)
        if exact is not None:
            return exact
    a, b = _float(x), _float(y)
    if operator == "+":
        return a + b
    if operator == "-":
        return a - b
    if operator == "*":
        return a * b
    if operator == "/":
        return a / b
    return math.pow(a, b)


def _exactly(operator: str, x: Exact, y: Exact) -> Exact | None:
    if operator == "+":
        return Exact(x.rational + y.rational, x.pi_part + y.pi_part)
    if operator == "-":
        return Exact(x.rational - y.rational, x.pi_part - y.pi_part)
    if operator == "*":
        if not y.pi_part:
            return Exact(x.rational * y.rational, x.pi_part * y.rational)
        return Exact(x.rational * y.rational, x.rational * y.pi_part) if not x.pi_part else None
    if operator == "/":
        if not y.pi_part:
            return Exact(x.rational / y.rational, x.pi_part / y.rational)
        return Exact(x.pi_part / y.pi_part) if not x.rational and not y.rational else None
    if x.pi_part or y.pi_part or y.rational.denominator != 1:
        return None
    power = y.rational.numerator
    if abs(power) * _bits(x.rational) > MAX_BITS:
        return None
    return Exact(Fraction(x.rational**power))
