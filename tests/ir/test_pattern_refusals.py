"""The text of what is refused of a pattern: each with the place of its command and its way out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gossamer.diagnostics import InputError, Span
from gossamer.ir.pattern import CorrectX, Entangle, Measure, Pattern, Prepare
from gossamer.ir.phase import BitExpr, Phase
from tests.ir.test_pattern import BAD, make

SHORT = [Prepare(1), Entangle(0, 1), Measure(0)]
MORE = [
    ("PT-1", make(SHORT, [0], ends=(1, 1))),
    ("PT-1", make(SHORT, [0], ends=(2**31,))),
    ("PT-1", make([*SHORT[:2], Measure(0, angle=0.5)], [0])),
    ("PT-4", make([Prepare(1), Entangle(7, 1), Measure(0)], [0])),
    ("PT-6", make([Prepare(2), *SHORT], [0])),
    ("PT-7", make([Measure(0), Prepare(1)])),
    ("PT-8", make([*SHORT[:2], Measure(0, t_domain=BitExpr.bit(0))], [0])),
    ("PT-8", make([*SHORT[:2], CorrectX(0, BitExpr.bit(0)), Measure(0)], [0])),
    ("IR-4", replace(make(SHORT, [0]), input_names=("",))),
    ("IR-6", make([*SHORT[:2], Measure(0, s_domain=BitExpr.bit(-1), angle=Phase(1))], [0])),
]
CASES = [*BAD, *MORE]


def placed(pattern: Pattern) -> Pattern:
    """Command i stands in line i + 1."""
    return replace(pattern, spans={i: Span("x.ptn", i + 1, 3) for i in range(len(pattern.commands))})


def refusal(pattern: Pattern) -> str:
    with pytest.raises(InputError) as caught:
        placed(pattern).verify()
    return str(caught.value)


def golden() -> list[str]:
    text = (Path(__file__).parent / "golden" / "patterns.txt").read_text(encoding="utf-8")
    return [block.rstrip("\n") for block in text.split("\n\n")]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_refusals_read_well(case):
    code, pattern = CASES[case]
    said = refusal(pattern)
    assert said == golden()[case]
    assert said.startswith(f"error[{code}]")


def test_there_is_a_text_for_each():
    assert len(golden()) == len(CASES)
