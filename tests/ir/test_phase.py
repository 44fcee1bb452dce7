"""Phases and bit expressions: canonical form means that equality is equality of meaning, checked over all bit values."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.conformance.strategies import bit_expressions, phases
from gossamer.diagnostics import InputError
from gossamer.ir.phase import BitExpr, Phase

BITS = 3
VALUES = [dict(enumerate(v)) for v in product((0, 1), repeat=BITS)]
SOME = settings(max_examples=150, deadline=None)
EXPR = bit_expressions(BITS, max_terms=4)
PHASE = phases(BITS)


def table(expr: BitExpr) -> list[bool]:
    return [expr.evaluate(v) for v in VALUES]


def values(phase: Phase) -> list[Fraction]:
    return [phase.evaluate(v) for v in VALUES]


@SOME
@given(EXPR, EXPR)
def test_expressions_are_equal_iff_their_truth_tables_are(a, b):
    assert (a == b) == (table(a) == table(b))
    assert hash(a ^ b) == hash(b ^ a)


@SOME
@given(EXPR, EXPR, EXPR)
def test_boolean_operations(a, b, c):
    assert table(a ^ b) == [x != y for x, y in zip(table(a), table(b), strict=True)]
    assert table(a & b) == [x and y for x, y in zip(table(a), table(b), strict=True)]
    assert table(a | b) == [x or y for x, y in zip(table(a), table(b), strict=True)]
    assert table(~a) == [not x for x in table(a)]
    assert a & (b ^ c) == (a & b) ^ (a & c)


def test_every_boolean_function_of_two_bits_has_one_form():
    a, b = BitExpr.bit(0), BitExpr.bit(1)
    for truth in product((0, 1), repeat=4):
        minterms = [
            (a if x else ~a) & (b if y else ~b) for (x, y), t in zip(product((0, 1), repeat=2), truth, strict=True) if t
        ]
        xor = BitExpr()
        either = BitExpr()
        for m in minterms:
            xor, either = xor ^ m, either | m
        assert xor == either


@SOME
@given(PHASE, PHASE)
def test_phases_are_equal_iff_their_values_are(a, b):
    assert (a == b) == (values(a) == values(b))
    if a == b:
        assert hash(a) == hash(b)


@SOME
@given(PHASE, PHASE, EXPR)
def test_phase_arithmetic(a, b, c):
    bits = table(c)
    assert values(a + b) == [(x + y) % 2 for x, y in zip(values(a), values(b), strict=True)]
    assert values(a - b) == [(x - y) % 2 for x, y in zip(values(a), values(b), strict=True)]
    assert values(a.times(c)) == [x if s else 0 for x, s in zip(values(a), bits, strict=True)]
    assert values(a.negated_if(c)) == [-x % 2 if s else x for x, s in zip(values(a), bits, strict=True)]
    assert a.times(c) + a.times(~c) == a
    assert a.negated_if(c).negated_if(c) == a
    assert (a - a).is_zero


@SOME
@given(PHASE, st.lists(EXPR, min_size=BITS, max_size=BITS))
def test_substitution_is_evaluation_of_the_substitutes(a, into):
    got = a.substitute(into.__getitem__)
    assert values(got) == [a.evaluate({i: e.evaluate(v) for i, e in enumerate(into)}) for v in VALUES]


@SOME
@given(PHASE)
def test_pauli_and_clifford_say_what_the_values_are(a):
    assert a.is_pauli == all(x.denominator == 1 for x in values(a))
    assert a.is_clifford == all(x.denominator <= 2 for x in values(a))
    assert a.is_constant == (len(set(values(a))) == 1)


@SOME
@given(phases(2, symbols=("x", "y")), st.fractions(0, 2, max_denominator=16), st.fractions(0, 2, max_denominator=16))
def test_binding_a_symbol_is_evaluating_with_it(a, x, y):
    for bits in product((0, 1), repeat=2):
        v = dict(enumerate(bits))
        assert a.bind({"x": x, "y": y}).evaluate(v) == a.evaluate(v, {"x": x, "y": y})
        assert a.bind({"x": x}).evaluate(v, {"y": y}) == a.evaluate(v, {"x": x, "y": y})


def test_pi_times_a_parity_is_a_sum():
    a, b = BitExpr.bit(0), BitExpr.bit(1)
    assert Phase(1).times(a ^ b) == Phase.of_bit(0) + Phase.of_bit(1)
    assert Phase(Fraction(1, 2)).times(a ^ b) != Phase.of_bit(0, Fraction(1, 2)) + Phase.of_bit(1, Fraction(1, 2))


@given(st.floats(-100, 100))
def test_a_float_is_rounded_to_the_documented_grid(x):
    c = Phase(x).constant
    assert (c * 2**40).denominator == 1
    difference = (c - Fraction(x)) % 2
    assert min(difference, 2 - difference) <= Fraction(1, 2**41)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_an_angle_is_finite(bad):
    with pytest.raises(ValueError):
        Phase(bad)


def test_explosion_is_refused():
    condition = BitExpr.xor(range(40))
    with pytest.raises(ValueError, match="derived bit"):
        Phase(Fraction(1, 4)).times(condition)


def test_numbers_and_sizes_are_bounded():
    """PH-4: what could not be written in bounded space is refused when it comes into being, as input error and ValueError."""
    big = Phase(Fraction(1, 3**500))
    assert (big + big).constant == Fraction(2, 3**500)
    for make in (
        lambda: big + Phase(Fraction(1, 5**400)),
        lambda: Phase(Fraction(1, 10**400)),
        lambda: Phase.of_symbol("t", 10**400),
        lambda: Phase.of_symbol("t", Fraction(1, 3**500)) + Phase.of_symbol("t", Fraction(1, 5**400)),
        lambda: Phase.of_symbol("t", Fraction(1, 3)).bind({"t": Fraction(1, 7**480)}),
        lambda: Phase.from_terms([(tuple(range(33_000)), Fraction(1), ())]),
        lambda: Phase.from_terms([((), Fraction(0), tuple((f"s{i}", Fraction(1)) for i in range(20_000)))]),
        lambda: BitExpr([frozenset(range(33_000))]),
        lambda: BitExpr.xor(range(5000)),
        lambda: Phase(Fraction(1, 4)).times(BitExpr.xor(range(14))),
    ):
        with pytest.raises(ValueError) as caught:
            make()
        assert isinstance(caught.value, InputError)
        assert caught.value.code == "PH-4"
