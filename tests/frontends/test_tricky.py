"""Programs in which a reader can go wrong mean what qiskit's readers say; where they differ, the reason stands here."""

from __future__ import annotations

import random

import numpy as np
import pytest

from gossamer.diagnostics import InputError
from gossamer.frontends.qasm import read_qasm
from gossamer.ir.semantics import branches
from tests.frontends import tricky
from tests.frontends.independent import NotComparable, compare_reading, readers


def _compared(kind: str, seeds: range) -> int:
    """How many of the programs qiskit reads; all of them have to be read here, and to mean the same."""
    count = 0
    for seed in seeds:
        text, plain = tricky.openqasm3(seed) if kind == "qasm3" else (tricky.openqasm2(seed),) * 2
        try:
            diagram = read_qasm(text)
        except (
            InputError
        ) as error:  # a variable that is counted up under a measured bit makes a loop on it inexpressible
            assert error.code == "QASM-15"
            continue
        for name, read in readers(kind).items():
            if name.startswith("qiskit"):
                try:
                    reading = read(plain)
                except NotComparable:
                    continue
                assert compare_reading(diagram, reading), f"seed {seed}:\n{text}"
                count += 1
                break
    return count


@pytest.mark.parametrize("kind", ["qasm2", "qasm3"])
def test_some(kind: str) -> None:
    assert _compared(kind, range(1000, 1030)) >= 20


@pytest.mark.nightly
@pytest.mark.parametrize(("kind", "least"), [("qasm2", 390), ("qasm3", 420)])
def test_many(kind: str, least: int) -> None:
    assert _compared(kind, range(500)) >= least


@pytest.mark.parametrize(
    "declared",
    ["const int[64] k = {};", "int[64] k = {};", "int[64] k; k = {};", "uint[64] zero = 0; int[64] k = {} + zero;"],
)
def test_whole_numbers(declared: str) -> None:
    """Division towards zero, the sign of a remainder, precedence, casts: as in C."""
    for seed in range(120):
        text, value = tricky.integers(random.Random(seed))
        if "zero" in declared and value < 0:
            continue
        source = f"OPENQASM 3.0; qubit q; {declared.format(f'({text})')} bit[1] c; if (k == {value}) {{ c[0] = 1; }}"
        diagram = read_qasm(source)
        assert [bool(diagram.registers[0].bits[0].evaluate(bits)) for bits, _ in branches(diagram)] == [True], source


@pytest.mark.parametrize(
    ("real", "angle"),
    [
        ("1/2*pi", "pi/2"),
        ("pi*(1/2)", "pi/2"),
        ("3/2", "1.5"),
        ("1/2 + 1/2", "1.0"),
        ("f", "0.25"),
        ("2/3*3", "2.0"),
        ("sqrt(1/4)", "0.5"),
        ("k", "0.0"),
    ],
)
def test_a_quotient_of_whole_numbers_is_a_fraction_where_a_real_number_is_asked_for(real: str, angle: str) -> None:
    """As the language's own examples have it (``pow(1/2) @``, ``arccos(3/5)``); qiskit divides as C does here too."""
    head = "OPENQASM 3.0; qubit q; float f = 1/4; const int k = 1/2; "
    assert read_qasm(f"{head}U({real}, 0, 0) q;").phases == read_qasm(f"{head}U({angle}, 0, 0) q;").phases


def test_a_quotient_of_whole_numbers_is_whole_where_a_whole_number_is_asked_for() -> None:
    for text, value in (
        ("8/5*5", 5),
        ("-7/2", -3),
        ("3 - 8/5", 2),
        ("(7/2) % 2", 1),
        ("7/2 << 1", 6),
        ("int(7/2 == 3)", 1),
        ("~(7/2)", -4),
    ):
        source = f"OPENQASM 3.0; qubit[20] q; int k = {text}; U(0.1, 0, 0) q[k + 10];"
        assert read_qasm(source) == read_qasm(f"OPENQASM 3.0; qubit[20] q; U(0.1, 0, 0) q[{value + 10}];"), text


# Where the other reader is wrong


def test_a_condition_is_looked_at_once() -> None:
    """``if (c == 0) measure q -> c;`` is one statement: qiskit tests its condition again for each qubit, after the first has changed it."""
    head = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; creg d[1]; '
    diagram = read_qasm(head + "if (c == 0) measure q -> c;")
    assert not compare_reading(diagram, readers("qasm2")["qiskit"](head + "if (c == 0) measure q -> c;"))
    assert compare_reading(diagram, readers("qasm2")["qiskit"](head + "measure q -> c;"))


def test_parameters_keep_their_order() -> None:
    """qiskit's reader sorts the parameters of a gate by name once its body has a power: ``g(th, ph)`` takes them as (ph, th)."""
    head = (
        'OPENQASM 3.0; include "stdgates.inc"; gate g({}, {}) x {{ pow(2) @ p({}) x; }} qubit[1] q; g(0.1, 0.3) q[0];'
    )
    read = readers("qasm3")["qiskit"]
    for first, second, agree in (("ta", "tb", True), ("th", "ph", False)):
        text = head.format(first, second, second)
        assert compare_reading(read_qasm(text), read(text)) is agree
    (phase,) = [float(p.evaluate({})) * np.pi for p in read_qasm(head.format("th", "ph", "ph")).phases if not p.is_zero]
    assert phase == pytest.approx(0.6)
