"""Whatever the text is, reading it gives a well-formed diagram or one diagnostic."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.diagnostics import InputError
from gossamer.formats.circuit_program import read_program
from gossamer.frontends.qasm import read_qasm

WORDS = [
    *("OPENQASM 2.0;", "OPENQASM 3.0;", 'include "qelib1.inc";', 'include "stdgates.inc";', "qreg q[2];", "qubit[2] q;", "creg c[2];"),
    *("bit[2] c;", "bit b;", "q", "c", "b", "[0]", "[1]", "[9]", ";", ";", ";", ",", "(", ")", "{", "}", "h", "cx", "rz", "cu3", "U", "CX"),
    *("gate g(t) a, b", "g", "a", "t", "opaque", "measure", "->", "=", "reset", "barrier", "if", "else", "==", "!", "&&", "||", "true"),
    *("1", "0", "0.5", "1e9", "pi", "π", "sin", "ln", "+", "-", "*", "/", "^", "**", "//", "/*", "*/", "@gossamer.send id=m0", "\n", '"01"'),
]  # fmt: skip
VALID = st.sampled_from(
    [
        "h q[0];",
        "cx q[0], q[1];",
        "rz(-pi/3) q;",
        "measure q -> c;",
        "reset q[0];",
        "if (c == 1) x q[1];",
        "barrier q;",
        "swap q[0], q[1];",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join))
def test_words(text: str) -> None:
    for read in (read_qasm, read_program):
        try:
            out = read(text)
        except InputError as error:
            assert str(error)
        else:
            if read is read_qasm:
                out.verify()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(VALID, st.sampled_from(WORDS)), max_size=12), st.integers(0, 2**32), st.text(max_size=3))
def test_statements_with_a_flaw(lines: list[str], at: int, flaw: str) -> None:
    text = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\n' + "\n".join(lines)
    at %= len(text)
    for source in (text, text[:at] + flaw + text[at + len(flaw) :]):
        try:
            read_qasm(source).verify()
        except InputError as error:
            assert error.diagnostic.span is not None


@settings(max_examples=100, deadline=None)
@given(st.lists(VALID, max_size=12))
def test_valid_statements(lines: list[str]) -> None:
    d = read_qasm('OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\n' + "\n".join(lines))
    d.verify()
    last = [line for line in lines if line.startswith(("h", "cx", "rz", "meas", "swap"))]
    if last and last[-1].startswith("meas") and lines[-1] == last[-1]:
        assert len(d.outputs) == 0
