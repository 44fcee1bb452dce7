"""Reading runs of plain gates without the grammar gives the very diagram that the grammar's reading gives."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.diagnostics import InputError
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


def test_runs_are_found() -> None:
    text = HEAD + "".join(LINES) * 10
    runs = find_runs(text)
    assert [len(r.which) for r in runs] == [10 * len(LINES)]
    both(text)


@pytest.mark.parametrize(
    "gates", [[], ["id q[0];"] * 100, ["h q[0];"] * 101, ["reset q[0];"] + ["id q[0];"] * 80 + ["reset q[0];"]]
)
def test_edges(gates: list[str]) -> None:
    both(HEAD + "\n".join(gates))
