"""Phases and bit expressions: canonical form means that equality is equality of meaning, checked over all bit values."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.conformance.strategies import bit_expressions, phases
from gossamer.diagnostics import InputError
from gossamer.ir.phase import MAX_MONOMIALS, MAX_NUMBER, MAX_WORDS, BitExpr, Phase, TooLarge

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


# --- the bounds themselves: the last value that is taken, the first that is refused, and the way out ---------------------

TOO_LARGE = [
    (lambda: BitExpr.xor(range(MAX_MONOMIALS + 1)), "bit expression with more than 4096 terms; use a derived bit"),
    (
        lambda: BitExpr([frozenset(range(MAX_WORDS + 1))]),
        "bit expression with more than 32768 factors; use a derived bit",
    ),
    (
        lambda: BitExpr.xor(range(513)) & BitExpr.xor(range(513, 1026)),
        "bit expression too large; use a derived bit",
    ),
    (lambda: polynomial(MAX_MONOMIALS + 1), "phase with more than 4096 terms; use a derived bit"),
    (
        lambda: Phase.from_terms([(tuple(range(MAX_WORDS - 2)), Fraction(1), ())]),
        "phase that takes more than 32768 words; use a derived bit",
    ),
    (
        lambda: Phase.from_terms([((), Fraction(1), tuple((f"s{i}", Fraction(1)) for i in range(10_922)))]),
        "phase that takes more than 32768 words; use a derived bit",
    ),
    (
        lambda: Phase(Fraction(1, 4)).times(BitExpr.xor(range(13))),
        "a phase under a condition with more than 4096 terms; use a derived bit",
    ),
    (lambda: Phase(Fraction(1, MAX_NUMBER)), "a phase with a number of more than 400 digits"),
    (lambda: Phase.of_symbol("t", MAX_NUMBER), "a phase with a number of more than 400 digits"),
    (lambda: Phase.of_symbol("t", -MAX_NUMBER), "a phase with a number of more than 400 digits"),
]


def polynomial(size: int) -> Phase:
    return Phase.from_terms([((i,), Fraction(1), ()) for i in range(size)])


@pytest.mark.clause("PH-4")
@pytest.mark.parametrize(("make", "message"), TOO_LARGE)
def test_what_is_beyond_a_bound_is_refused_with_the_way_out(make, message):
    with pytest.raises(TooLarge) as caught:
        make()
    assert (caught.value.code, caught.value.diagnostic.message) == ("PH-4", message)


def test_what_is_just_within_a_bound_is_taken():
    assert len(BitExpr.xor(range(MAX_MONOMIALS)).monomials) == MAX_MONOMIALS
    assert len(BitExpr([frozenset(range(MAX_WORDS))]).bits) == MAX_WORDS
    product_of_sums = BitExpr.xor(range(64)) & BitExpr.xor(range(64, 128))
    assert len(product_of_sums.monomials) == MAX_MONOMIALS
    cancelling = BitExpr.xor(range(512)) & BitExpr.xor(range(512))  # 512 * 512 products, most of which cancel
    assert cancelling == BitExpr.xor(range(512))
    assert len(polynomial(MAX_MONOMIALS).terms) == MAX_MONOMIALS
    assert len(Phase.from_terms([(tuple(range(MAX_WORDS - 3)), Fraction(1), ())]).bits) == MAX_WORDS - 3
    symbols = tuple((f"s{i}", Fraction(1)) for i in range(10_921))
    assert len(Phase.from_terms([((), Fraction(1), symbols)]).symbols) == 10_921
    assert len(Phase(Fraction(1, 2)).times(~BitExpr.xor(range(12))).terms) == 1 + 12 + 66  # 2**12 on the way
    for k in (Fraction(1, MAX_NUMBER - 1), Fraction(MAX_NUMBER - 1), Fraction(1 - MAX_NUMBER)):
        assert Phase.of_symbol("t", k).terms == (((), Fraction(0), (("t", k),)),)
    assert Phase(Fraction(1, MAX_NUMBER - 1)).constant.denominator == MAX_NUMBER - 1


@pytest.mark.clause("PH-4")
def test_numbers_are_bounded_while_terms_are_added():
    """Many terms of one monomial: the sum is refused as soon as it is too large, not only in the end."""
    for key in ((), (1,)):
        for terms in (
            [(key, Fraction(1, 3**500), ()), (key, Fraction(1, 5**400), ()), (key, -Fraction(1, 5**400), ())],
            [(key, Fraction(0), (("t", Fraction(x)),)) for x in (MAX_NUMBER - 1, 1, -2)],
        ):
            with pytest.raises(TooLarge):
                Phase.from_terms(terms)
    assert Phase.from_terms([((), Fraction(3, 2), ()), ((), Fraction(1), ())]) == Phase(Fraction(1, 2))


# --- single facts ---------------------------------------------------------------------------------------------------------


def test_expressions_say_what_they_are():
    a, b = BitExpr.bit(0), BitExpr.bit(1)
    one, zero = BitExpr.const(1), BitExpr.const(0)
    assert (one.is_one, one.is_zero, zero.is_one, zero.is_zero, a.is_one, a.is_zero) == (
        True,
        False,
        False,
        True,
        False,
        False,
    )
    assert zero == BitExpr() == BitExpr.const(False)
    assert one == BitExpr.const(True) == ~zero
    assert ((a ^ b ^ one).is_parity, (a & b).is_parity, zero.is_parity) == (True, False, True)
    assert ((a & b ^ a).bits, one.bits, zero.bits) == ({0, 1}, frozenset(), frozenset())
    assert BitExpr.xor([2, 5, 2]) == BitExpr.bit(5)
    assert (a & b).rename({0: 7, 1: 3}.__getitem__) == BitExpr.bit(3) & BitExpr.bit(7)
    assert (a & b ^ a).substitute({0: b, 1: ~b}.__getitem__) == b
    assert zero.substitute({}.__getitem__) == zero
    assert one.substitute({}.__getitem__) == one
    assert a != "b0"
    with pytest.raises(TypeError, match=r"^a BitExpr has no truth value; use is_zero, is_one or evaluate$"):
        bool(a)


def test_expressions_are_written_by_degree_and_then_by_bit():
    a, b, c = (BitExpr.bit(i) for i in (10, 2, 0))
    expr = (a & b & c) ^ (a & b) ^ (c & a) ^ a ^ b ^ BitExpr.const(1)
    assert str(expr) == "1 ^ b2 ^ b10 ^ b0&b10 ^ b2&b10 ^ b0&b2&b10"
    assert repr(expr) == f"BitExpr({expr})"
    assert expr.sorted_monomials() == [(), (2,), (10,), (0, 10), (2, 10), (0, 2, 10)]
    assert (str(BitExpr()), repr(BitExpr())) == ("0", "BitExpr(0)")


def test_phases_are_written_by_degree_and_then_by_bit():
    phase = (
        Phase(Fraction(7, 4))
        + Phase.of_bit(10)
        + Phase.of_bit(2, Fraction(1, 2))
        + Phase.of_symbol("b", -2)
        + Phase.of_symbol("a", Fraction(1, 3))
        + Phase.of_symbol("c").times(BitExpr.bit(2) & BitExpr.bit(10))
    )
    assert str(phase) == "7/4 + 1/3*a + -2*b + 1/2*b2 + 1*b10 + 1*c*b2*b10"
    assert repr(phase) == f"Phase({phase})"
    assert (str(Phase()), repr(Phase(2))) == ("0", "Phase(0)")


def test_terms_are_canonical():
    half = Fraction(1, 2)
    assert Phase.from_terms(
        [
            ((3, 1, 3), half, (("b", half), ("a", Fraction(2)), ("b", half))),
            ((), Fraction(5, 2), (("z", half), ("z", -half))),
            ((1, 3), Fraction(5, 2), ()),
            ((2,), Fraction(2), ()),
            ((4,), Fraction(0), (("s", Fraction(0)),)),
        ]
    ).terms == (((), half, ()), ((1, 3), Fraction(1), (("a", Fraction(2)), ("b", Fraction(1)))))


def test_what_a_phase_consists_of():
    phase = Phase(Fraction(1, 2)) + Phase.of_symbol("t", 3).times(BitExpr.bit(4)) + Phase.of_bit(1)
    assert (phase.bits, phase.symbols, phase.constant) == ({1, 4}, {"t"}, Fraction(1, 2))
    assert Phase.of_bit(1).constant == 0
    assert (Phase(1).is_constant, Phase.of_bit(1).is_constant, Phase.of_symbol("t").is_constant) == (True, False, False)
    assert (Phase.of_symbol("t").is_pauli, Phase.of_symbol("t", 2).is_clifford) == (False, False)
    assert (Phase() == 0, Phase(1).is_zero, Phase(2).is_zero) == (False, False, True)
    assert Phase.of_bit(2, Fraction(1, 4)).rename({2: 9}.__getitem__) == Phase.of_bit(9, Fraction(1, 4))
    symbol = Phase.of_symbol("t")
    assert symbol.rename({}.__getitem__) == symbol


def test_evaluating_needs_each_value_that_counts():
    phase = Phase.of_symbol("t", Fraction(1, 2)).times(BitExpr.bit(0)) + Phase(Fraction(3, 2))
    assert phase.evaluate({0: 1}, {"t": Fraction(3)}) == 1
    assert phase.evaluate({0: 0}, {}) == Fraction(3, 2)
    assert Phase(Fraction(3, 2)).evaluate() == Fraction(3, 2)
    for bits, symbols in (({}, {"t": Fraction(1)}), ({0: 1}, {})):
        with pytest.raises(KeyError):
            phase.evaluate(bits, symbols)


def test_binding_and_arithmetic_of_symbols():
    t, u = Phase.of_symbol("t", Fraction(1, 2)), Phase.of_symbol("u")
    assert (t + u).bind({"t": 1}) == Phase(Fraction(1, 2)) + u
    assert t.bind({"t": 0.5, "v": 1}) == Phase(Fraction(1, 4))
    assert (t + t).terms == (((), Fraction(0), (("t", Fraction(1)),)),)
    assert (t - t).is_zero
    assert -t == t.scaled(-1) == Phase.of_symbol("t", Fraction(-1, 2))
    assert Phase(Fraction(1, 4)).scaled(3) == Phase(Fraction(3, 4))
    assert t.times(BitExpr.bit(0) ^ BitExpr.bit(1)) == (
        t.times(BitExpr.bit(0)) + t.times(BitExpr.bit(1)) - t.scaled(2).times(BitExpr.bit(0) & BitExpr.bit(1))
    )


def test_a_float_may_be_far_from_zero():
    assert Phase(2.0**80 + 0.0).is_zero
    assert Phase(-0.25) == Phase(Fraction(7, 4))
    assert Phase(0.1).constant == Fraction(round(Fraction(0.1) * 2**40), 2**40)
    assert Phase(1e300).constant == Fraction(1e300) % 2


@pytest.mark.parametrize(("bad", "said"), [(float("nan"), "nan"), (float("inf"), "inf"), (float("-inf"), "-inf")])
def test_an_angle_that_is_not_finite_is_named(bad, said):
    for make in (Phase, lambda x: Phase.of_symbol("t").bind({"t": x})):
        with pytest.raises(ValueError, match=f"^an angle must be finite, not {said}$"):
            make(bad)


def test_hashes_tell_values_apart():
    phases = [Phase(Fraction(i, 7)) + Phase.of_bit(j) for i in range(1, 7) for j in range(3)]
    exprs = [BitExpr.bit(i) ^ BitExpr.const(j) for i in range(9) for j in range(2)]
    for values in (phases, [Phase(Fraction(i, 7)) for i in range(1, 7)], exprs):
        assert len({hash(x) for x in values}) > len(values) // 2
    assert hash(Phase(Fraction(1, 7))) == hash(Phase.from_terms([((), Fraction(15, 7), ())]))


def test_every_condition_of_three_bits():
    """All 256 of them, over a phase whose coefficients do not vanish mod 2."""
    minterms = [
        (a if x else ~a) & (b if y else ~b) & (c if z else ~c)
        for a, b, c in [[BitExpr.bit(i) for i in range(3)]]
        for x, y, z in product((0, 1), repeat=3)
    ]
    eighth = Phase(Fraction(1, 8))
    for number in range(256):
        condition = BitExpr()
        for i, m in enumerate(minterms):
            if number >> i & 1:
                condition = condition ^ m
        assert values(eighth.times(condition)) == [Fraction(number >> i & 1, 8) for i in range(8)]


def test_pi_under_a_long_parity_is_a_sum():
    """No more terms than bits, where another angle would have 2**40."""
    assert Phase(1).times(BitExpr.xor(range(40))) == polynomial(40)
    assert (Phase(1) + Phase.of_bit(50)).negated_if(BitExpr.xor(range(40))) == Phase(1) + Phase.of_bit(50)
