"""Reading runs of plain gates without the grammar gives the very diagram that the grammar's reading gives."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.diagnostics import InputError
from gossamer.frontends import qasm3_state, qasm_circuit
from gossamer.frontends.qasm import read_qasm
from gossamer.frontends.qasm_flat import find_runs

HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\ngate mine(t) a, b { rz(t) a; cx a, b; h b; }\nqreg q[4];\nqreg r[2];\ncreg c[4];\n'
LINES = [
    "h q[0];", "h q[1];", "h  r[1] ;", "cx q[0],q[1];", "cx q[1], r[0];", "cz q[2],q[3];", "rz(pi/4) q[2];", "rz(-3*pi/8) q[2];", "rx(0.3) r[1];",
    "u3(0.1,pi/2,-pi) q[3];", "cp(pi/8) q[0], q[2];", "rzz(0.25*pi) q[3],r[0];", "id q[0];", "x q[3];", "t q[1];", "mine(pi/3) q[0], r[1];",
    "ccx q[0],q[1],q[2];", "u1(1e-3) q[1]; // a comment; with semicolons", "\n\n  tdg q[0];", "rz(2*pi) q[1];", "ch q[0],\n q[1];",
]  # fmt: skip
OTHERS = [
    "measure q[0] -> c[0];",
    "reset q[1];",
    "barrier q;",
    "if (c == 1) x q[2];",
    "swap q[0], q[3];",
    "h q;",
    "ccz q[0],q[1],q[2];",
    "rz(sin(1)) q[0];",
]


HEAD_3 = (
    'OPENQASM 3.0;\ninclude "stdgates.inc";\ngate mine(t) a, b { rz(t) a; cx a, b; h b; }\n'
    "def twice(qubit a) { h a; h a; }\nqubit[4] q;\nqubit[2] r;\nqubit one;\nbit[4] c;\nint k = 1;\n"
)
LINES_3 = [
    "u3(0.1,pi/2,-pi) q[3];", "U(0.1,pi/2,-pi) q[3];", "p(3*pi/4) r[0];", "sx q[1];", "cnot q[0],q[1];", "rz(1/2) q[0];", "rz(-1/3) q[0];",
    "rz(0.12345678901234567890123) q[1];", "rz(-2.5e-3) q[1];", "u1(7/2) q[0];", "crz(\tpi / 2 ) q[0] , q[1] ;",
]  # fmt: skip
OTHERS_3 = [
    "c[0] = measure q[0];",
    "measure q -> c;",
    "reset q[1];",
    "barrier q;",
    "if (c == 1) x q[2];",
    "if (c[0]) x q[2]; else x q[3];",
    "for int i in [0:1] h q[i];",
    "swap q[0], q[3];",
    "ctrl @ x q[0], q[1];",
    "inv @ t q[0];",
    "rz(k*pi) q[0];",
    "h one;",
    "twice(q[0]);",
    "gphase(pi/2);",
    "let a = q[1:2]; h a[0];",
    "delay[10ns] q[0];",
    "k = k + 1;",
]


def both(text: str) -> None:
    try:
        slow = read_qasm(text, "a.qasm", fast=False)
    except InputError as error:
        with pytest.raises(InputError) as caught:
            read_qasm(text, "a.qasm")
        assert str(caught.value) == str(error)
        return
    fast = read_qasm(text, "a.qasm")
    assert fast == slow
    assert fast.phases == slow.phases
    for v in range(0, fast.num_vertices, 3):
        assert fast.spans.get(v) == slow.spans.get(v)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 4))
def test_the_same_diagram(seed: int, others: int) -> None:
    rng = random.Random(seed)
    lines: list[str] = []
    for _ in range(others + 1):
        lines += rng.choices(LINES, k=rng.randrange(60, 140))
        lines += rng.sample(OTHERS, k=rng.randrange(1, 3))
    if others == 4:
        lines[rng.randrange(len(lines))] = rng.choice(
            ["h q[4];", "hh q[0];", "cx q[0],q[0];", "rz q[1];", "h c[0];", "h q[0]", "§"]
        )
    text = HEAD + rng.choice(["\n", "", " "]).join(lines)
    both(text)


SLIPS_3 = [
    "h q[4];", "hq[0];", "hq [0];", "rz(pi)q[0];", "OPENQASM 3.0;", "else h q[0];", "hh q[0];", "cx q[0],q[0];", "rz q[1];", "h c[0];", "h q[0]", "§", "h one[0];", "twice q[0];", "k q[0];", "rz(pi/0) q[0];",
    "h q[0]; }", "{ h q[0];", "h q [\n0];", "h q[0x1];", "h\f q[0];", "h q[00];", "include \"stdgates.inc\";", "gate h a { x a; }", "gate t2 a { t a; }",
    "@note h q[0]; h q[1];\nh q[2];", "pragma h q[0]; h q[1];\n", "#pragma h q[0]; h q[1];\n", "/* h q[0]; */", "bit[2] d = \"01\";", "end;",
    "float pi = 3;", "const int n = 2; h q[n];", "h q[-1];", "u q[0];", "while (c[0]) { h q[0]; }", "for int i in {0, 1} h q[0];",
    "rz(1e999) q[0];", "h q[99999999999];", "qubit[2] s; h s[1];", "h $0;", "def f(qubit a) { h a; } f(q[0]);", "x q[0], q[1];",
]  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 3), st.booleans())
def test_the_same_diagram_in_openqasm3(seed: int, others: int, slip: bool) -> None:
    rng = random.Random(seed)
    lines: list[str] = []
    for _ in range(others + 1):
        lines += rng.choices([x for x in LINES if "if" not in x] + LINES_3, k=rng.randrange(60, 120))
        lines += rng.sample(OTHERS_3, k=rng.randrange(1, 3))
    if slip:
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(SLIPS_3))
    head = rng.choice(
        [HEAD_3, HEAD_3, HEAD_3.replace('include "stdgates.inc";', "").replace("OPENQASM 3.0", "OPENQASM 3")]
    )
    both(head + rng.choice(["\n", "", " ", "\n // x; h q[0];\n\t"]).join(lines))


@pytest.mark.parametrize("slip", SLIPS_3)
@pytest.mark.parametrize("first", [0, 70])
def test_a_slip_beside_a_run(slip: str, first: int) -> None:
    """Whatever stands before or behind a run, diagrams and diagnostics are those of the grammar's reading."""
    both(HEAD_3 + "h q[0];\n" * first + slip + "\nh q[1];" * 70)


def test_runs_are_found_in_openqasm3() -> None:
    text = HEAD_3 + "".join(LINES + LINES_3) * 5 + "c[0] = measure q[0]; c[1] = measure q[1];"
    assert [len(r.which) for r in find_runs(text)] == [5 * len(LINES + LINES_3)]
    assert read_qasm(text).spans.later, "the run was left to the grammar"
    both(text)


@pytest.mark.parametrize("reading", ["work", "steps"])
def test_bounds_are_the_same(reading: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run counts for as much as its statements do."""
    gates = "rz(-3*pi/8) q[0];\n" * 100 + "cx q[0], q[1];\n" * 100
    loop = "for int i in [0:99] { k = k + 1; }\n"
    name, module = {"work": ("MAX_WORK", qasm3_state), "steps": ("MAX_STEPS", qasm_circuit)}[reading]
    refused = 0
    for limit in range(-1000, 0, 50) if reading == "steps" else range(-3500, 1500, 250):
        monkeypatch.setattr(module, name, limit)  # the length of the source pays for some besides
        both(HEAD_3 + gates + loop)
        try:
            read_qasm(HEAD_3 + gates + loop)
        except InputError:
            refused += 1
    assert 0 < refused < 20


def test_runs_are_found() -> None:
    text = HEAD + "".join(LINES) * 10
    runs = find_runs(text)
    assert [len(r.which) for r in runs] == [10 * len(LINES)]
    both(text)


@pytest.mark.parametrize(
    "gates",
    [
        [],
        ["h q[0];\f"] * 100,
        ["h q[0];"] * 70 + ["hq[0];"] + ["h q[0];"] * 70,
        ["h q[0];"] * 70 + ["OPENQASM 2.0;"] + ["h q[0];"] * 70,
        ["sx q[0];"] * 100 + ["opaque sx a;"],
        ["id q[0];"] * 100,
        ["h q[0];"] * 101,
        ["reset q[0];"] + ["id q[0];"] * 80 + ["reset q[0];"],
    ],
)
def test_edges(gates: list[str]) -> None:
    both(HEAD + "\n".join(gates))
