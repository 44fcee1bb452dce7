"""Angles are exact where the source is, and rounded once where it is not."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.diagnostics import InputError
from gossamer.formats.openqasm import parse_openqasm
from gossamer.formats.openqasm_angles import evaluate, multiples_of_pi
from gossamer.formats.openqasm_syntax import Apply


def angle(expression: str, version: str = "2.0") -> Fraction:
    statement = parse_openqasm(f"OPENQASM {version}; rz({expression}) q;").statements[-1]
    assert isinstance(statement, Apply)
    return multiples_of_pi(evaluate(statement.arguments[0]))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("3*pi/8", Fraction(3, 8)),
        ("-pi/2^5", Fraction(-1, 32)),
        ("pi/2^70", Fraction(1, 2**70)),
        ("(pi+pi/3)*2", Fraction(8, 3)),
        ("2^-2*pi", Fraction(1, 4)),
        ("-2^2*pi", Fraction(-4)),  # a power binds stronger than a sign
        ("2^3^2*pi", Fraction(512)),  # and from the right
        ("pi - 2 + 2", Fraction(1)),
        ("8*pi/4/2", Fraction(1)),
        ("8*pi-4-2+6", Fraction(8)),
        ("pi*pi/pi", Fraction(1)),
        ("pi/pi*pi", Fraction(1)),
        ("0.25*pi", Fraction(1, 4)),
        ("2.5e-1*pi", Fraction(1, 4)),
        (".5*pi", Fraction(1, 2)),
        ("1.*pi", Fraction(1)),
        ("0.7853981633974483", Fraction(1, 4)),
        ("3.141592653589793", Fraction(1)),
        ("-12.566370614359172", Fraction(-4)),
        ("0.25000000000000006*pi", Fraction(1, 4)),  # printed from a float
        ("sin(pi/2)*pi", Fraction(1)),
        ("sqrt(4)*pi", Fraction(2)),
        ("exp(ln(2))*pi/4", Fraction(1, 2)),
        ("cos(0)*pi - tan(0)", Fraction(1)),
    ],
)
def test_value(expression: str, value: Fraction) -> None:
    assert angle(expression) == value


def test_powers_of_version_3() -> None:
    assert angle("2**-2*π", "3.0") == Fraction(1, 4)
    with pytest.raises(InputError):
        angle("2^2", "3.0")  # exclusive or


@given(st.floats(-1e6, 1e6))
def test_a_float_is_rounded_to_the_grid(x: float) -> None:
    got = angle(repr(x))
    assert (got * 2**40).denominator == 1
    assert abs(float(got) - x / math.pi) <= 2**-41 + abs(x) * 2**-50


@pytest.mark.parametrize(
    "expression", ["1/0", "0^-1", "ln(0)", "sqrt(-1)", "10^400", "exp(1000)", "1e999", "(0-8)^(1/3)", "0/0"]
)
def test_no_value(expression: str) -> None:
    with pytest.raises(InputError) as caught:
        angle(expression)
    assert caught.value.code == "QASM-11"


@pytest.mark.parametrize(
    "expression", ["2^1000000000", "(1+2^-1000)^1000*0", "1e-999999999999", "1" * 600 + "^99*0", "1e300*1e-300"]
)
def test_large_numbers_cost_little(expression: str) -> None:
    try:
        angle(expression)
    except InputError as error:
        assert error.code == "QASM-11"
