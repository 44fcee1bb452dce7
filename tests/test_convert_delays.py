"""Delays in `convert`: OpenQASM 3 has them where the source had them, and what has none says so."""

from __future__ import annotations

import re
import warnings
from fractions import Fraction
from itertools import combinations
from math import gcd
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer import convert, read
from gossamer.cli import call
from gossamer.diagnostics import LeftOut
from gossamer.formats.openqasm_print import print_time
from gossamer.ir.delays import marked, taken_back
from gossamer.ir.diagram import Delay, Diagram, DiagramBuilder, VertexKind
from gossamer.ir.phase import Phase
from gossamer.ir.program import Conditional, Gate
from tests.formats.test_openqasm_print import meaning

HEAD = 'OPENQASM 3.0; include "stdgates.inc"; '
PROGRAMS = [
    "qubit q; h q; delay[1ns] q; h q;",
    "qubit[2] q; h q[0]; z q[0]; delay[1ns] q[0]; h q; cx q[0], q[1]; z q[1]; h q[1]; z q[1]; delay[2ns] q[1]; x q[1]; delay[3ns] q[1]; s q[1];",
    "qubit q; delay[1ns] q; delay[2ns] q; reset q; delay[3ns] q;",
    "qubit q; bit b; reset q; delay[1ns] q; h q; delay[2ns] q; delay[3ns] q; b = measure q;",
    "qubit[2] q; cx q[0], q[1]; delay[1ns] q[0]; cx q[0], q[1]; delay[2ns] q[1]; cz q[0], q[1]; delay[3ns] q;",
    "qubit[2] q; rz(0.3) q[0]; delay[1ns] q[0]; rz(0.4) q[0]; delay[2ns] q[0]; rx(0.5) q[0]; delay[3ns] q[0]; rx(0.6) q[0]; swap q[0], q[1]; delay[4ns] q[0];",
    "qubit[2] q; bit c; c = measure q[0]; delay[1ns] q; if (c) { x q[0]; h q[1]; } delay[2ns] q; cx q[0], q[1]; delay[3ns] q[1];",
    "qubit[2] q; bit c; delay[1ns] q[0]; c = measure q[0]; delay[2ns] q[0]; if (c) { reset q[0]; } delay[3ns] q[0]; t q[1]; delay[4ns] q[1]; t q[1];",
    "qubit[3] q; delay[1ns] q[0]; ccx q[0], q[1], q[2]; delay[2ns] q[2]; cp(0.3) q[2], q[0]; delay[3ns] q[2];",
]


def with_gates(text: str) -> Diagram:
    """The program with a gate for each delay that tells its time and commutes with no other gate."""
    return read(
        re.sub(r"delay\[(\d+)ns\]", lambda m: f"U({int(m[1]) * 0.37 + 0.2}, {int(m[1]) * 0.53 + 0.1}, 0.9)", text)
    )


def times(d: Diagram) -> list[Delay]:
    return sorted(d.delays.values(), key=lambda delay: (delay.unit, delay.value))


@pytest.mark.parametrize("text", PROGRAMS)
def test_delays_stay_where_they_are(text: str) -> None:
    source, converted = HEAD + text, convert(HEAD + text, "qasm3")
    assert times(read(converted)) == times(read(source)), converted
    for diagram in (read, with_gates):
        wanted, found = diagram(source), diagram(converted)
        names = [register.name for register in wanted.registers]
        ours, theirs = meaning(wanted, names), meaning(found, names)
        for key in {*ours, *theirs}:
            assert np.allclose(ours.get(key, 0), theirs.get(key, 0), atol=1e-9), (converted, key)


GATES = ["h q[{a}];", "t q[{a}];", "x q[{a}];", "rx(0.7) q[{a}];", "cx q[{a}], q[{b}];", "cz q[{a}], q[{b}];", "swap q[{a}], q[{b}];"]  # fmt: skip


@given(
    st.lists(st.tuples(st.sampled_from([*GATES, "delay", "delay", "delay"]), st.permutations(range(3))), max_size=14)
)
@settings(max_examples=15, deadline=None)
def test_delays_between_any_gates(steps: list[tuple[str, list[int]]]) -> None:
    lines = [
        f"delay[{i + 1}ns] q[{a}];" if gate == "delay" else gate.format(a=a, b=b)
        for i, (gate, (a, b, _)) in enumerate(steps)
    ]
    test_delays_stay_where_they_are("qubit[3] q; " + " ".join(lines))


def test_the_state_waits_that_the_source_lets_wait() -> None:
    """Not one that is turned by a Hadamard, which other noise would meet."""
    lines = convert(
        HEAD + "qubit[2] q; h q[0]; delay[20ns] q[0]; h q[0]; s q[1]; delay[3dt] q[1]; x q[1];", "qasm"
    ).split("\n")
    assert [x for x in lines[3:] if "q[0]" in x] == ["h q[0];", "delay[20ns] q[0];", "h q[0];"]
    assert [x for x in lines[3:] if "q[1]" in x] == ["s q[1];", "delay[3dt] q[1];", "x q[1];"]


@given(st.fractions(min_value=0, max_denominator=10**12), st.sampled_from(["s", "dt"]))
@settings(max_examples=200)
def test_times_are_printed_exactly(value: Fraction, unit: str) -> None:
    text = print_time(Delay(value, unit))
    assert times(read(f"OPENQASM 3; qubit q; delay[{text}] q;")) == [Delay(value, unit)], text


def test_angles_of_the_source_are_told_from_marks() -> None:
    """Even where it has the denominators that marks would have had."""
    number, beside = 2**61 - 1, 2**31 - 1
    text = HEAD + f"qubit q; rz(pi / {number}) q; rx(pi / {beside}) q; delay[1ns] q; rz(-pi / {number}) q;"
    _, marks = marked(read(text))
    assert {gcd(n, m) for n, m in combinations((number, beside, marks.number, marks.beside, 2), 2)} == {1}
    assert f"delay[1ns] q[0];\nrz(-pi/{number}.0) q[0];" in convert(text, "qasm")


def test_marks_in_conditions_are_taken_out() -> None:
    """A correction that has to pass a rotation changes its sign: twice the mark, under a condition."""
    _, marks = marked(read(HEAD + "qubit q; delay[1ns] q;"))
    twice = Gate("rz", (0,), Phase(Fraction(-2 * (1 << 21), marks.number)))
    third = Gate("rz", (0,), Phase(Fraction(-2 * (1 << 21), marks.beside) + Fraction(1, 3)))
    program = [Conditional(((0, True),), (twice,)), Conditional(((1, False),), (twice, third)), Gate("h", (0,))]
    left = [Conditional(((1, False),), (Gate("rz", (0,), Phase(Fraction(1, 3))),)), Gate("h", (0,))]
    assert taken_back(program, marks) == left


def test_a_delay_on_no_wire_is_left_out() -> None:
    """It stands on a scalar beside the circuit."""
    b = DiagramBuilder()
    i, o = b.input("q"), b.output("q")
    b.edge(i, o, hadamard=True)
    u, v = b.vertex(VertexKind.Z, Phase(Fraction(1, 4))), b.vertex(VertexKind.Z)
    w = b.vertex(VertexKind.Z)
    b.edge(u, v)
    b.edge(v, w)
    b.delays[v] = Delay(Fraction(1), "dt")
    d = b.build()
    with pytest.warns(LeftOut, match="1 of 1 delays are left out: they stand on no wire"):
        text = convert(d, "qasm")
    assert "delay" not in text
    assert "h q[0];" in text


@pytest.mark.parametrize(("to", "pipeline"), [("qasm2", None), ("zx", None), ("tikz", None), ("gsm", "simplify"), ("qasm", "simplify")])  # fmt: skip
def test_what_has_no_delays_says_so(to: str, pipeline: str | None) -> None:
    with pytest.warns(LeftOut, match="2 of 2 delays are left out"):
        text = convert(HEAD + "qubit q; h q; delay[1ns] q; t q; delay[2ns] q; h q;", to, pipeline=pipeline)
    assert "delay[" not in text


@pytest.mark.parametrize("to", ["gsm", "gsmj", "qasm", "qasm3"])
def test_what_has_delays_says_nothing(to: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        convert(HEAD + "qubit q; h q; delay[1ns] q;", to)
        convert(HEAD + "qubit q; h q;", "qasm2")


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "a.qasm"
    source.write_text(HEAD + "qubit q; h q; delay[1ns] q;")
    assert call(["convert", str(source), str(tmp_path / "b.qasm2")]) == 0
    assert capsys.readouterr().err == "note: 1 of 1 delays are left out: the format has none\n"
    assert call(["convert", str(source), str(tmp_path / "b.qasm3")]) == 0
    assert capsys.readouterr().err == ""
    assert "delay[1ns] q[0];" in (tmp_path / "b.qasm3").read_text()
