"""Scalars: exact, in one form, with the arithmetic of the complex numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings

from gossamer.ir.phase import Phase
from gossamer.ir.scalar import ONE, SQRT2, ZERO, Scalar
from tests.ir.drawn import scalars

QUICK = settings(max_examples=200, deadline=None, derandomize=True)


@QUICK
@given(scalars(), scalars(), scalars())
def test_arithmetic(a, b, c):
    assert (a * b).value() == pytest.approx(a.value() * b.value())
    assert a.conjugate().value() == pytest.approx(a.value().conjugate())
    assert a * b == b * a
    assert (a * b) * c == a * (b * c)
    assert a * ONE == a
    assert a * ZERO == ZERO
    assert (a == b) == (abs(a.value() - b.value()) < 1e-9 * abs(a.value()))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Scalar(factor=Fraction(12, 5)), Scalar(4, Phase(), Fraction(3, 5))),
        (Scalar(factor=Fraction(5, 6)), Scalar(-2, Phase(), Fraction(5, 3))),
        (SQRT2 * SQRT2, Scalar(factor=2)),
        (Scalar(3, Phase(1), Fraction(0)), ZERO),
        (Scalar(0, Phase(2)), ONE),
    ],
)
def test_one_form_for_one_number(left, right):
    assert left == right
    assert hash(left) == hash(right)
    assert str(left) == str(right)


def test_floats_count_exactly():
    assert Scalar(factor=0.1).factor * Fraction(2) ** (Scalar(factor=0.1).power // 2) == Fraction(0.1)


@pytest.mark.parametrize("factor", [-1, -0.5, float("nan"), float("inf")])
def test_no_scalar(factor):
    with pytest.raises(ValueError):
        Scalar(factor=factor)


def test_which_are_one_and_zero():
    assert (ONE.is_one, ONE.is_zero, ZERO.is_one, ZERO.is_zero, SQRT2.is_one) == (True, False, False, True, False)
    assert not Scalar(phase=Phase(1)).is_one
    assert not Scalar(factor=3).is_one


def test_bits_and_symbols():
    s = Scalar(1, Phase.of_bit(0) + Phase.of_symbol("t", Fraction(1, 2)))
    assert s.value({0: True}, {"t": Fraction(1)}) == pytest.approx(-1j * 2**0.5)
    with pytest.raises(KeyError):
        s.value({0: True}, {})
