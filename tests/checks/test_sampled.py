"""The sampled check on outcomes that are no coins: a form of a program may measure what is certain."""

from __future__ import annotations

from fractions import Fraction

import pytest

from gossamer.checks.case import Case, NotApplicable
from gossamer.checks.sampled import check_sampled
from gossamer.ir.diagram import Diagram
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.wires import WireBuilder


def program(*, certain: bool, coin: bool, wrong: bool = False) -> Diagram:
    """T after H on a wire, beside it a measurement that is certain and one that is a coin."""
    w = WireBuilder()
    a = w.add_input("a")
    w.h(a)
    w.rz(a, Phase(Fraction(1, 2 if wrong else 4)))
    bits = []
    if coin:
        b = w.add_zero()
        w.h(b)
        bits.append(w.measure(b))
    if certain:
        bits.append(w.measure(w.add_zero()))
    w.output(a, "a")
    return w.build()


def judge(source: Diagram, target: Diagram, witness: dict[int, BitExpr]) -> bool | str:
    try:
        return check_sampled(Case(source, target, witness, frozenset()), 32)[0]
    except NotApplicable as reason:
        return str(reason)


def test_a_certain_outcome_beside_a_source_without_any() -> None:
    source = program(certain=False, coin=False)
    assert judge(source, program(certain=True, coin=False), {}) is True
    assert judge(source, program(certain=True, coin=True), {}) is True
    assert judge(source, program(certain=True, coin=True, wrong=True), {}) is False


def test_a_certain_outcome_beside_a_coin() -> None:
    """The weights of branches cannot tell whether another branch has the rest: they are added up, or nothing is decided."""
    source = program(certain=False, coin=True)
    assert judge(source, program(certain=True, coin=True), {0: BitExpr.bit(0)}) is True
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gossamer.checks.sampled.MAX_FREE", 0)
        assert "no fair coins" in str(judge(source, program(certain=True, coin=True), {0: BitExpr.bit(0)}))
    assert judge(source, program(certain=True, coin=False), {0: BitExpr.bit(0)}) is False  # always 0
    assert judge(source, program(certain=False, coin=True), {0: BitExpr.bit(0)}) is True
    assert judge(source, program(certain=True, coin=True, wrong=True), {0: BitExpr.bit(0)}) is False
