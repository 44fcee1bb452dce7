"""Bad sources: one diagnostic each, with the code, the place under the caret, and a way out."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from gossamer.diagnostics import InputError
from gossamer.frontends.qasm import read_qasm
from gossamer.ir.semantics import instrument

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; qreg r[2]; creg c[2];\n'
CASES = [
    # code, second line of the source, the text under the caret, part of the message or help
    ("QASM-1", "h q[0]", "", "end of file"),
    ("QASM-1", "h q[0] h q[1];", "h", "','"),
    ("QASM-1", "h q[0];; §", "§", "character '§'"),
    ("QASM-1", "x q[1.0];", ".0", "']'"),
    ("QASM-3", 'include "/etc/passwd";', '"/etc/passwd"', "no file is ever opened"),
    ("QASM-3", 'include "other.inc";', '"other.inc"', "qelib1.inc"),
    ("QASM-4", "h qq[0];", "qq", "no register"),
    ("QASM-4", "gate g a { h b; }", "b", "no qubit of gate 'g'"),
    ("QASM-4", "if (k == 1) h q[0];", "k", "no register"),
    ("QASM-5", "qreg q[1];", "q", "declared twice"),
    ("QASM-5", "creg q[1];", "q", "declared twice"),
    ("QASM-5", "gate h a { x a; }", "h", "defined twice"),
    ("QASM-5", "gate g a, a { x a; }", "a", "alike"),
    ("QASM-5", "qreg measure[2];", "measure", "cannot be declared"),
    ("QASM-6", "h q[3];", "3", "has 3 elements"),
    ("QASM-6", "measure q[0] -> c[2];", "2", "0 to 1"),
    ("QASM-6", "qreg z[0];", "0", "no elements"),
    ("QASM-7", "hh q[0];", "hh", "did you mean"),
    ("QASM-7", "gate g a { gg a; }", "gg", "unknown gate"),
    ("QASM-7", "gate g a { g a; }", "g", "cannot apply itself"),
    ("QASM-8", "rz q[0];", "rz", "takes 1 parameter, not 0"),
    ("QASM-8", "h(pi) q[0];", "h", "takes 0 parameters, not 1"),
    ("QASM-8", "cx q[0];", "cx", "takes 2 qubits, not 1"),
    ("QASM-9", "cx q[1], q[1];", "q", "used twice"),
    ("QASM-9", "cx r[0], r;", "r", "used twice"),
    ("QASM-9", "gate g a, b { cx a, a; }", "a", "used twice"),
    ("QASM-10", "cx q, r;", "r", "3 elements"),
    ("QASM-10", "measure q -> c;", "c", "3 qubits"),
    ("QASM-11", "rz(1/0) q[0];", "0", "division by zero"),
    ("QASM-11", "rz(ln(-1)) q[0];", "ln", "finite"),
    ("QASM-11", "rz(2^(2^(2^20))) q[0];", "(2^(2^20))", "finite"),
    ("QASM-11", "rz(1e400) q[0];", "1e400", "too large"),
    ("QASM-11", "rz((-8)^0.5) q[0];", "(-8)^0.5", "finite"),
    ("QASM-11", "rz(theta) q[0];", "theta", "unknown name"),
    ("QASM-11", "rz(foo(1)) q[0];", "foo", "unknown function"),
    ("QASM-11", "gate g(t) a { rz(u) a; }", "u", "unknown name"),
    ("QASM-12", "qreg z[1000000000];", "1000000000", "1000000 qubits"),
    ("QASM-12", "creg z[99999999999999999999];", "99999999999999999999", "1000000 bits"),
    ("QASM-12", f"qreg z[{'9' * 5000}];", "9" * 153, "1000 digits"),
    ("QASM-12", f"rz({'-' * 100_000}1) q[0];", "-", "deep"),
    ("QASM-13", "h c[0];", "c", "not a quantum register"),
    ("QASM-13", "measure q -> q;", "q", "not a classical register"),
    ("QASM-13", "if (q == 1) x q[0];", "q", "not a classical register"),
    ("QASM-13", "gate g a { h a[0]; }", "0", "no index"),
    ("QASM-14", "opaque magic(t) a; magic(1) q[0];", "magic", "opaque"),
]


@pytest.mark.parametrize(("code", "line", "marked", "said"), CASES)
def test_diagnostic(code: str, line: str, marked: str, said: str) -> None:
    start = time.perf_counter()
    with pytest.raises(InputError) as caught:
        read_qasm(HEAD + line, "bad.qasm")
    assert time.perf_counter() - start < 5
    rendered = str(caught.value)
    assert caught.value.code == code, rendered
    assert said in rendered
    assert len(rendered) < 2000
    span = caught.value.diagnostic.span
    assert span is not None
    assert span.file == "bad.qasm"
    assert span.line == 2
    carets = rendered.split("\n")[4].partition("| ")[2]
    shown = rendered.split("\n")[3].partition("| ")[2]
    assert shown[len(carets) - carets.count("^") :].startswith(marked)
    assert carets.count("^") == max(1, len(marked))


def test_golden_rendering() -> None:
    with pytest.raises(InputError) as caught:
        read_qasm('OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\n  cxx q[0], q[1];\n', "a.qasm")
    assert str(caught.value) == (
        "error[QASM-7]: unknown gate 'cxx'\n"
        "  --> a.qasm:4:3\n"
        "  |\n"
        "4 |   cxx q[0], q[1];\n"
        "  |   ^^^\n"
        "help: did you mean 'cx'?"
    )


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("QASM-2", "OPENQASM 4.0; qreg q[1];"),
        ("QASM-2", "OPENQASM; qreg q[1];"),
        ("QASM-2", "OPENQASM ;.; qreg q[1];"),
        ("QASM-2", "OPENQASM"),
        ("QASM-1", "qreg q[1]; OPENQASM 2.0;"),
        ("QASM-7", "OPENQASM 2.0; qreg q[1]; h q[0];"),
        ("QASM-5", 'gate h a { U(0,0,0) a; } include "qelib1.inc";'),
        ("QASM-15", "OPENQASM 3.0; qubit q; bit c;\nwhile (!c) { U(1,0,0) q; c = measure q; }"),
        ("QASM-13", "OPENQASM 3.0; bit c; qubit p; c = measure p; if (c) { qubit q; }"),
        ("QASM-14", "OPENQASM 3.0; qubit[1] comm;\n@gossamer.link id=l0 peer=n1\nreset comm[0];"),
        ("QASM-14", "OPENQASM 3.0; bit[1] m;\n@gossamer.recv id=m0 from=n1 bit=m[0]\nbarrier;"),
        ("QASM-13", "OPENQASM 3.0; qubit q; if (q) { reset q; }"),
        ("QASM-13", "OPENQASM 3.0; qubit q; reset q[0];"),
        ("QASM-12", "OPENQASM 3.0; bit c; " + "if (c) { " * 500 + "}" * 500),
        ("QASM-12", "OPENQASM 3.0; bit c; qubit q; if (" + "!" * 500 + "c) { reset q; }"),
        ("QASM-12", "qreg q[1]; gate g0 a { U(1,1,1) a; } " + "".join(f"gate g{i + 1} a {{ g{i} a; g{i} a; }} " for i in range(99)) + "g99 q[0];"),
        ("QASM-12", 'include "qelib1.inc"; qreg q[1000000]; h q; h q; h q;'),
        ("QASM-12", "qreg q[1000000]; creg c[1000000]; " + "measure q -> c; " * 5),
        ("QASM-12", "qreg q[1000000]; " + "reset q; " * 5),
    ],
)  # fmt: skip
def test_whole_source_is_refused(code: str, text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(InputError) as caught:
        read_qasm(text)
    assert caught.value.code == code, str(caught.value)
    assert time.perf_counter() - start < 20


def test_every_code_is_explained() -> None:
    from gossamer.specification import read_spec

    folder = Path(__file__).resolve().parents[2] / "gossamer"
    sources = "".join(
        p.read_text(encoding="utf-8") for d in ("frontends", "formats") for p in (folder / d).glob("*q*.py")
    )
    text = read_spec("diagnostics.md")
    for i in range(1, 17):
        assert f'"QASM-{i}"' in sources
        assert text.count(f"\n[QASM-{i}] ") == 1
    assert "QASM-17" not in sources


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\ufeffOPENQASM 2.0;\r\nqreg q[1];\r\nU(0,0,0) q[0];\r\n",
        "OPENQASM // why\n 2.0 ; qreg q[1]; CX q[0], r[0];".replace("CX q[0], r[0];", "barrier;"),
        "include 'qelib1.inc'; qreg q[2]; cx q[0], q[1]",  # completed below
        'opaque magic(t) a; gate sx a { U(0,0,0) a; } include "qelib1.inc"; gate rzz(t) a, b {} qreg h[1]; h h[0]; sx h;',
        'include "qelib1.inc"; qreg q[1]; rz(' + "(" * 3000 + "pi" + ")" * 3000 + ") q[0];",
        "OPENQASM 3; qubit q; bit b = measure q; bit[2] d = \"01\"; @note anything\nreset q; if (b == true || d[1] && !(b != 0)) { U(π, 0, tau) q; }".replace("tau", "pi"),
    ],
)  # fmt: skip
def test_liberties(text: str) -> None:
    read_qasm(text + ";" if text.endswith("]") else text).verify()


def test_the_definition_of_the_source_holds() -> None:
    plain = 'include "qelib1.inc"; qreg q[1]; '
    own = read_qasm(plain + "gate sx a { h a; } sx q[0];")
    assert own == read_qasm(plain + "h q[0];")
    assert own != read_qasm(plain + "sx q[0];")


def test_initial_bits_and_constant_conditions() -> None:
    d = read_qasm(
        'OPENQASM 3.0; include "stdgates.inc"; qubit q; bit[2] d = "01"; if (d == 1) { x q; } if (d[1]) { h q; }'
    )
    assert {results: round(choi.trace().real) for results, choi in instrument(d).items()} == {(True, False): 2}
    assert d == read_qasm('OPENQASM 3.0; include "stdgates.inc"; qubit q; bit[2] d = "01"; x q;')


def test_wide_condition_is_short() -> None:
    """A comparison of 60 bits would have 2**60 terms if it were multiplied out."""
    d = read_qasm('include "qelib1.inc"; qreg q[60]; creg c[60]; h q; measure q -> c; if (c==0) x q[0];')
    d.verify()
    assert sum(len(b.expr.monomials) for b in d.bits if b.expr is not None) < 500


@pytest.mark.parametrize(
    "head", ['OPENQASM 2.0; include "qelib1.inc"; qreg q[2];\n', 'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q;\n']
)
def test_several_mistakes_are_reported_at_one_time(head: str) -> None:
    with pytest.raises(InputError) as caught:
        read_qasm(head + "hh q[0];\nh q[5];\nx q[0];\ncx q[0], q[0];\n", "a.qasm")
    error = caught.value
    assert [error.code, *(d.code for d in error.more)] == ["QASM-7", "QASM-6", "QASM-9"]
    assert [d.span.line for d in error.more if d.span] == [3, 5]
    assert [line.split(" | ")[1] for line in str(error).split("\n") if line[:4] in ("2 | ", "3 | ", "5 | ")] == [
        "hh q[0];",
        "h q[5];",
        "cx q[0], q[0];",
    ]
    with pytest.raises(InputError) as caught:
        read_qasm(head + "hh q[0];\n" * 50)
    assert len(caught.value.more) == 4
    kind = "creg c[0];" if "2.0" in head else "bit[0] c;"
    with pytest.raises(InputError) as caught:  # what follows a broken declaration could only repeat it
        read_qasm(head + kind + "\nif (c == 1) x q[0];\n")
    assert caught.value.more == ()
