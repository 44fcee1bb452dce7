"""Pattern files of graphqomb."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import gossamer
from gossamer.conformance.oracle import pattern_map
from gossamer.diagnostics import InputError
from gossamer.formats.ptn import read_ptn
from gossamer.ir.pattern import Basis, Clifford, CorrectX, CorrectZ, Measure, Prepare
from gossamer.ir.phase import BitExpr, Phase
from tests.shared import SHARED, needs_shared

HERE = Path(__file__).parents[1] / "frontends" / "patterns"
CORPUS = SHARED / "corpus" / "mbqc" / "graphqomb-generated"


def check_unitary(path: Path, branches: int) -> None:
    """Files made of circuits: every branch has the same map, a unitary, so frames and angles are what graphqomb means."""
    pattern = read_ptn(path.read_text(), path.name)
    rng = np.random.default_rng(1)
    first = pattern_map(pattern, dict.fromkeys(range(len(pattern.bits)), False))
    size = 2 ** len(pattern.inputs)
    assert np.allclose(
        first.reshape(size, size).conj().T @ first.reshape(size, size), np.vdot(first, first) / size * np.eye(size)
    )
    for _ in range(branches):
        other = pattern_map(pattern, {b: bool(rng.integers(2)) for b in range(len(pattern.bits))})
        assert abs(np.vdot(first, other)) == pytest.approx(np.vdot(first, first).real)


@pytest.mark.parametrize("path", sorted(HERE.glob("*.ptn")), ids=lambda p: p.stem)
def test_files_compile_and_mean_a_unitary(path):
    check_unitary(path, 12)
    assert gossamer.compile(path, "2").verdict.holds is True


@needs_shared
@pytest.mark.nightly
@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.ptn")), ids=lambda p: p.stem)
def test_every_file_of_the_corpus(path):
    check_unitary(path, 100)
    program = gossamer.compile(path, "2", check=False)
    assert program.verify().holds is True


def test_frames_flip_what_is_measured_later():
    text = """# a comment
.version 2
.input 0:4 1:2 # two inputs
.input_basis 1:Y
.coord 0 1.5 -2e3
.output 3:1 4:0

[0]
N 3 0.0 1.0
N 4 0 0 -1
E 0 3
M 0 XZ -0.5pi
[0]
[7]
M 1 Y -
M 3 Z +
.xflow 0 -> 0 3 1
.zflow 0 -> 4
.zflow 1 -> 0 3
.detector[a b] 0 1
.observable 2 -> 3
"""
    with pytest.raises(InputError) as caught:
        read_ptn(text)
    assert str(caught.value).split("\n")[1:3] == ["   --> <text>:12:8", "   |"]
    p = read_ptn(text.replace("-0.5pi", "-3*pi/2"))
    b0, b1, b2 = map(BitExpr.bit, range(3))
    assert p.inputs == (0,)
    assert p.input_names == ("q4",)
    assert (p.outputs, p.output_names) == ((4,), ("q0",))
    assert p.commands[:2] == (Prepare(1), Clifford(1, ("s",)))
    assert p.commands[5:] == (
        Measure(0, Basis.XZ, Phase(Fraction(-3, 2))),
        Measure(1, Basis.Y, Phase(1), b0),
        Measure(3, Basis.Z, Phase(), b0, b1),
        CorrectZ(4, b0),
    )
    assert {r.name: r.bits for r in p.registers} == {
        "output": (b2,),
        "detector": (b0 ^ b1,),
        "observable": (BitExpr(), BitExpr(), b2),
    }
    assert not any(isinstance(c, CorrectX) for c in p.commands)


HEAD = ".version 2\n.output 1:0\n[1]\nN 1\n"
BAD = [
    ("PT-15", "", 1, "no version"),
    ("PT-15", ".version 3\n", 1, "version 3"),
    ("PT-15", ".version two\n", 1, "unexpected"),
    ("PT-15", HEAD + "[0]\n", 5, "comes after"),
    ("PT-15", HEAD + "Q 1\n", 5, "unexpected"),
    ("PT-15", HEAD + "E 1\n", 5, "unexpected"),
    ("PT-15", HEAD + "M 1 XY\n", 5, "unexpected"),
    ("PT-15", HEAD + "M 1 X 0.5\n", 5, "unexpected"),
    ("PT-15", HEAD + "M 1 XY pi/0\n", 5, "denominator"),
    ("PT-15", HEAD + "M 1 XY 1e999\n", 5, "1e999"),
    ("PT-15", HEAD + f"M 1 XY 0.{'1' * 50}\n", 5, "40 characters"),
    ("PT-15", HEAD + f"N {'9' * 50}\n", 5, "larger"),
    ("PT-15", HEAD + ".xflow 1 -> 2\n.xflow 1 -> 3\n", 6, "second"),
    ("PT-15", HEAD + ".detector 1\n", 5, "not measured"),
    ("PT-15", HEAD + ".observable 999999 -> 1\n", 5, "larger"),
    ("PT-15", HEAD + ".observable 1 -> 1\n.observable 1 -> 1\n", 6, "second"),
    ("PT-15", HEAD + ".input 1:0 2:0\n", 5, "twice"),
    ("PT-15", HEAD + ".input_basis 1:X\n", 1, "no input"),
    ("PT-15", HEAD + ".input 2:0\n.input_basis 2:X 2:Y\n", 6, "two bases"),
    ("PT-15", " " * (2**24 + 1), 1, "characters"),
    ("PT-2", HEAD + "N 1\n", 5, "second time"),
    ("PT-4", HEAD + "E 1 2\n", 5, "node 2"),
    ("PT-6", ".version 1\n.output 5:0\n", None, "does not exist"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "text", "line", "words"), BAD, ids=range(len(BAD)))
def test_what_is_no_such_file_is_refused(code, text, line, words):
    with pytest.raises(InputError) as caught:
        read_ptn(text, "x.ptn")
    d = caught.value.diagnostic
    assert d.code == code, str(caught.value)
    assert words in d.message, str(caught.value)
    assert (d.span.line if d.span else None) == line, str(caught.value)
