"""Patterns with numbers for angles mean what the patterns meant."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.checks.equality import equal
from gossamer.ir.fixed_angles import MAX_FACTORS, with_fixed_angles
from gossamer.ir.pattern import Basis, CorrectX, Entangle, Measure, Pattern, Prepare, outcomes, to_diagram
from gossamer.ir.phase import BitExpr, Phase

F = Fraction
B0, B1 = BitExpr.bit(0), BitExpr.bit(1)


def measured(basis: Basis, angle: Phase, s: BitExpr, t: BitExpr) -> Pattern:
    """Two coins that an angle may depend on, a measurement of an input that is entangled with the output, and a correction by its outcome."""
    commands = (
        Prepare(1), Prepare(2), Prepare(3), Entangle(1, 2), Measure(1), Measure(2, angle=Phase(F(1, 3))),
        Entangle(0, 3), Measure(0, basis, angle, s, t), CorrectX(3, BitExpr.bit(2)),
    )  # fmt: skip
    return Pattern(
        inputs=(0,), outputs=(3,), commands=commands, bits=outcomes([1, 2, 0]), input_names=("q",), output_names=("q",)
    )


terms = st.sampled_from(
    [
        Phase(F(1, 4)),
        Phase.of_bit(0),
        Phase.of_bit(1, F(1, 2)),
        Phase.of_bit(0, F(1, 4)),
        Phase.of_bit(1, F(-3, 8)),
        Phase(F(1, 3)).negated_if(B0 ^ B1),
        Phase(F(2, 5)).times(B0 & B1),
    ]
)
domains = st.sampled_from([BitExpr(), B0, B0 ^ B1, ~B1])


@given(st.sampled_from(list(Basis)), st.lists(terms, max_size=3), domains, domains)
@settings(max_examples=60, deadline=None)
def test_the_pattern_means_the_same(basis: Basis, parts: list[Phase], s: BitExpr, t: BitExpr) -> None:
    angle = sum(parts, Phase())
    if basis.is_pauli:
        angle = Phase.of_bit(len(parts) % 2)  # an axis has a sign only
    pattern = measured(basis, angle, s, t)
    pattern.verify()
    fixed = with_fixed_angles(pattern)
    fixed.verify()
    assert equal(to_diagram(fixed), to_diagram(pattern))
    assert all(c.angle.is_constant for c in fixed.commands if isinstance(c, Measure))


def test_a_sign_alone_needs_no_more_nodes() -> None:
    pattern = measured(Basis.XY, Phase(F(1, 8)).negated_if(B0) + Phase.of_bit(1), B1, BitExpr())
    fixed = with_fixed_angles(pattern)
    assert len(fixed.commands) == len(pattern.commands)
    found = next(c for c in fixed.commands if isinstance(c, Measure) and c.node == 0)
    assert (found.angle, found.s_domain, found.t_domain) == (Phase(F(1, 8)), B0 ^ B1, B1)


@pytest.mark.parametrize(
    ("basis", "angle"),
    [
        (Basis.YZ, Phase.of_symbol("a")),
        (Basis.XY, Phase.of_symbol("a")),
        (Basis.XY, Phase(F(1, 4)).times(BitExpr([frozenset(range(MAX_FACTORS + 1))]))),
    ],
)
def test_what_has_no_such_form_is_left(basis: Basis, angle: Phase) -> None:
    pattern = measured(basis, angle, BitExpr(), BitExpr())
    assert with_fixed_angles(pattern) == pattern
