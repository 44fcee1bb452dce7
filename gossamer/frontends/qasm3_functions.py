"""The built-in functions of OpenQASM 3, of constants and where it is exact of measured bits."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from fractions import Fraction

from gossamer.diagnostics import Span
from gossamer.formats.openqasm_angles import TOO_LARGE, Exact, as_float, domain
from gossamer.frontends.qasm3_arithmetic import Arithmetic
from gossamer.frontends.qasm3_values import BIND, ClassicalValue, Word, no_value, settled, unexpressible
from gossamer.frontends.qasm_polynomial import Polynomial


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

#: How many arguments each built-in function takes (``sizeof`` may take a second one).
ARITY = {
    **dict.fromkeys(FUNCTIONS, 1),
    **dict.fromkeys(("popcount", "real", "imag", "floor", "ceiling", "abs", "sizeof"), 1),
    **dict.fromkeys(("pow", "mod", "rotl", "rotr"), 2),
}


def built_in(calculate: Arithmetic, name: str, v: list[ClassicalValue], span: Span) -> ClassicalValue:
    """The value of a function, whose number of arguments is that of :data:`ARITY`."""
    x = v[0]
    if name == "pow":
        return calculate.binary("**", v[0], v[1], span)
    if name == "mod":
        return calculate.binary("%", v[0], v[1], span)
    if name in ("rotl", "rotr"):
        word = calculate.word(x, span)
        k = calculate.integer(v[1], span, "the distance of a rotation") % max(1, len(word.bits))
        k = k if name == "rotr" else len(word.bits) - k
        return Word(word.bits[k:] + word.bits[:k], word.kind, word.signed, word.single)
    if name == "popcount":
        total: ClassicalValue = 0
        for bit in calculate.word(x, span).bits:
            total = calculate.binary("+", total, Word((bit,), "int"), span)
        return total
    x = settled(x)
    if name in ("real", "imag"):
        number = x if isinstance(x, complex) else complex(_number(calculate, x, span))
        return number.real if name == "real" else number.imag
    if name in ("floor", "ceiling"):
        exact = calculate.real(x, span)
        if isinstance(exact, Polynomial):
            raise unexpressible(f"'{name}' of a parameter or a measured number", span, BIND)
        whole = exact.rational if isinstance(exact, Exact) and not exact.pi_part else Fraction(as_float(exact))
        return whole.__floor__() if name == "floor" else whole.__ceil__()
    if name == "abs":
        if isinstance(x, complex):
            return abs(x)
        return calculate.unary("-", x, span) if calculate.binary("<", x, 0, span) is True else x
    try:
        result = FUNCTIONS[name](x if isinstance(x, complex) else _number(calculate, x, span))
    except (ValueError, ZeroDivisionError):
        raise no_value(f"{name} has no finite value there", span, domain(name)) from None
    except OverflowError:
        raise no_value(f"{name} has no finite value there", span, TOO_LARGE) from None
    if not isinstance(result, complex) and float(result).is_integer():
        return Exact(Fraction(int(result)))  # sqrt(4), cos(0)
    return result


def _number(calculate: Arithmetic, value: ClassicalValue, span: Span) -> float:
    real = calculate.real(value, span)
    if isinstance(real, Polynomial):
        raise unexpressible("a function of a parameter or a measured number", span, BIND)
    return as_float(real)
