"""OpenQASM 3, feature by feature: each program means the plain circuit beside it."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from gossamer.diagnostics import InputError
from gossamer.frontends.qasm import read_qasm
from gossamer.ir.equality import equal_instruments

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
Q2 = "qubit[2] q; "
#: name -> (program, plain circuit), both after the header
SAME: dict[str, tuple[str, str]] = {
    "int": ("const int n = 7 / 2 + 2 ** 3 % 5; qubit[n] q; h q[n - 1];", "qubit[6] q; h q[5];"),
    "uint wraps": ("uint[4] a = 14; a += 5; qubit q; rx(a * pi / 8) q;", "qubit q; rx(3*pi/8) q;"),
    "int wraps": ("int[4] a = 7; a += 1; qubit q; rx(a * pi / 16) q;", "qubit q; rx(-pi/2) q;"),
    "literals": ("const int a = 0x1_F; const int b = 0b1_01; const int c = 0o17; const int d = 1_000; qubit q; rz((a + b + c + d) * pi / 8) q;", "qubit q; rz(1051*pi/8) q;"),
    "floats": ("const float[64] a = .5; const float b = 1.; const float c = 2.5e-1; qubit q; rz((a + b + c) * pi) q;", "qubit q; rz(7*pi/4) q;"),
    "angle": ("angle[8] a = 3 * pi; qubit q; p(a / 4) q;", "qubit q; p(pi/4) q;"),
    "angle bits": ('bit[4] b = "0010"; angle[4] a = angle[4](b); qubit q; p(a) q;', "bit[4] b; b[1] = 1; qubit q; p(pi/4) q;"),
    "angle to bits": ('angle[4] a = pi / 4; bit[4] b = bit[4](a); qubit[2] q; if (b == "0010") { x q[1]; }', "bit[4] b; b[1] = 1; qubit[2] q; x q[1];"),
    "bool": ("const bool t = true && !(1 > 2); qubit q; if (t || false) { h q; }", "qubit q; h q;"),
    "complex": ("const complex[float[64]] z = 2.0 + 3.0im; qubit q; rz(real(z * z) * pi / 10) q; rx(imag(z) * pi / 4) q;", "qubit q; rz(-pi/2) q; rx(3*pi/4) q;"),
    "array": ("array[int[8], 2, 3] a = {{1, 2, 3}, {4, 5, 6}}; a[1, 2] = 7; a[0][1] += 3; qubit q; rx((a[1][2] + a[0, 1]) * pi / 8) q;", "qubit q; rx(12*pi/8) q;"),
    "array slice": ("array[int[8], 4] a = {1, 2, 3, 4}; a[0:1] = a[2:3]; qubit q; rx((a[0] * 4 + a[-1]) * pi / 16) q;", "qubit q; rx(pi) q;"),
    "sizeof": ("array[int[8], 2, 3] a; qubit[4] q; bit[5] b; rx((sizeof(a) + sizeof(a, 1)) * pi / 7) q[3];", "bit[5] b; qubit[4] q; rx(5*pi/7) q[3];"),
    "functions": ("qubit q; rz(arccos(0.5) + arcsin(1) + arctan(1)) q; rx(sqrt(4) * pi / 8 + log(1) + exp(0) - 1) q;", "qubit q; rz(pi/3 + pi/2 + pi/4) q; rx(pi/4) q;"),
    "rounding": ("qubit q; rx((ceiling(1.2) * 4 + floor(1.8)) * pi / 16) q; rz(mod(7, 4) * pi / 4) q;", "qubit q; rx(9*pi/16) q; rz(3*pi/4) q;"),
    "bit functions": ('const bit[4] b = "0011"; qubit[4] q; if (rotl(b, 1) == "0110") { x q[0]; } if (rotr(b, 1) == "1001") { x q[1]; } rx(popcount(b) * pi / 4) q[2];', "qubit[4] q; x q[0]; x q[1]; rx(pi/2) q[2];"),
    "constants": ("qubit q; rz(tau / 4 + π - pi) q; rx(τ / 8) q; ry(euler * 0) q; ry(ℇ - ℇ) q;", "qubit q; rz(pi/2) q; rx(pi/4) q;"),
    "if else": (Q2 + "int a = 3; if (a > 3) x q[0]; else if (a == 3) { y q[0]; } else z q[0];", Q2 + "y q[0];"),
    "for range": ("qubit[5] q; for uint i in [0:2:4] { h q[i]; } for int i in [4:-1:3] cx q[i], q[i - 3];", "qubit[5] q; h q[0]; h q[2]; h q[4]; cx q[4], q[1]; cx q[3], q[0];"),
    "for set": ("qubit[5] q; for uint i in {1, 4} { h q[i]; } for float f in {0.5, 0.25} { rx(f * pi) q[0]; }", "qubit[5] q; h q[1]; h q[4]; rx(pi/2) q[0]; rx(pi/4) q[0];"),
    "for array": ("array[angle[32], 2] a = {pi / 2, pi / 4}; qubit q; for angle[32] x in a { p(x) q; h q; }", "qubit q; p(pi/2) q; h q; p(pi/4) q; h q;"),
    "for bits": ('const bit[3] s = "101"; qubit[3] q; uint i = 0; for bit b in s { if (b) { x q[i]; } i += 1; }', "qubit[3] q; x q[0]; x q[2];"),
    "break continue": ("qubit[6] q; for int i in [0:5] { if (i == 1) continue; if (i == 4) break; h q[i]; }", "qubit[6] q; h q[0]; h q[2]; h q[3];"),
    "while": ("qubit q; int n = 3; while (n > 0) { t q; n -= 1; }", "qubit q; t q; t q; t q;"),
    "switch": (Q2 + "const int b = 5; switch (3) { case 1, 2 { x q[0]; } case b - 2, 7 { y q[0]; } default { z q[0]; } }", Q2 + "y q[0];"),
    "def": ("def turn(qubit[2] r, angle a) -> bit { rx(a) r[0]; cx r[0], r[1]; return measure r[1]; } qubit[3] q; bit c; c = turn(q[1:2], pi / 4);", "qubit[3] q; bit c; rx(pi/4) q[1]; cx q[1], q[2]; c = measure q[2];"),
    "def by reference": ("def add(mutable array[int[8], #dim = 1] a, readonly array[int[8], 2] b) { a[0] += b[1]; } array[int[8], 2] x = {1, 2}; array[int[8], 2] y = {3, 4}; add(x, y); qubit q; rx(x[0] * pi / 8) q;", "qubit q; rx(5*pi/8) q;"),
    "def value": ("def square(int[8] n) -> int[8] { return n * n; } qubit q; rx(square(3) * pi / 16) q;", "qubit q; rx(9*pi/16) q;"),
    "def nested": ("def a(qubit q) { h q; } def b(qubit[2] r) { a(r[0]); a(r[1]); cx r[0], r[1]; } qubit[2] q; b(q);", Q2 + "h q[0]; h q[1]; cx q[0], q[1];"),
    "ctrl": (Q2 + "ctrl @ rx(pi/4) q[0], q[1]; negctrl @ x q[0], q[1];", Q2 + "crx(pi/4) q[0], q[1]; x q[0]; cx q[0], q[1]; x q[0];"),
    "ctrl many": ("qubit[3] q; ctrl(2) @ z q[0], q[1], q[2]; ctrl @ negctrl @ x q[0], q[1], q[2];", "qubit[3] q; h q[2]; ccx q[0], q[1], q[2]; h q[2]; x q[1]; ccx q[0], q[1], q[2]; x q[1];"),
    "inv pow": (Q2 + "inv @ t q[0]; pow(1/2) @ x q[0]; pow(-2) @ s q[1]; inv @ pow(3) @ rx(pi/7) q[1]; pow(0.25) @ z q[1];", Q2 + "tdg q[0]; sx q[0]; z q[1]; rx(-3*pi/7) q[1]; p(pi/4) q[1];"),
    "ctrl pow inv": (Q2 + "inv @ ctrl @ pow(1/2) @ x q[0], q[1];", Q2 + "h q[1]; cp(-pi/2) q[0], q[1]; h q[1];"),
    "gphase": (Q2 + "gphase(pi/3); ctrl @ gphase(pi/4) q[0]; ctrl(2) @ gphase(pi/2) q[0], q[1]; negctrl @ gphase(pi/8) q[1];", Q2 + "p(pi/4) q[0]; cp(pi/2) q[0], q[1]; p(-pi/8) q[1];"),
    "gates": (Q2 + "gate my(a, b) r, s { gphase(a); rx(a / 2) r; ctrl @ rz(b) r, s; inv @ s s; } my(pi/2, pi/4) q[1], q[0];".replace("inv @ s s;", "inv @ t s;"), Q2 + "rx(pi/4) q[1]; crz(pi/4) q[1], q[0]; tdg q[0];"),
    "gate loop": (Q2 + "gate twice a { for int i in [1:2] { t a; } } twice q;", Q2 + "s q[0]; s q[1];"),
    "aliases": ("qubit[3] a; qubit[2] b; let c = a[1:2] ++ b; let d = c[{0, 3}]; let e = c[-1]; cx d[0], d[1]; h e; x c[1:2:3];", "qubit[3] a; qubit[2] b; cx a[1], b[1]; h b[1]; x a[2]; x b[1];"),
    "slices": ("qubit[6] q; x q[0:2:5]; y q[-2:]; z q[:1]; h q[{5, 0}];", "qubit[6] q; x q[0]; x q[2]; x q[4]; y q[4]; y q[5]; z q[0]; z q[1]; h q[5]; h q[0];"),
    "bit slices": ('qubit q; bit[4] b = "0000"; b[1:2] = "11"; bit[2] c = b[2:3]; if (c == 1) { x q; }', 'bit[4] b = "0110"; bit[2] c = "01"; qubit q; x q;'),
    "broadcast": ("qubit[2] a; qubit[2] b; qubit c; cx a, b; cx c, a;", "qubit[2] a; qubit[2] b; qubit c; cx a[0], b[0]; cx a[1], b[1]; cx c, a[0]; cx c, a[1];"),
    "box and time": (Q2 + "duration d = 100ns; stretch s; box[2us] { h q[0]; delay[d] q[1]; delay[s] q[0]; delay[durationof({h q[0];})] q; } barrier q[0], q[1]; barrier; nop q[0]; delay[10dt] q; cx q[0], q[1];", Q2 + "h q[0]; cx q[0], q[1];"),
    "reset": (Q2 + "h q[0]; reset q[0]; reset q[1]; h q;", Q2 + "h q[0]; reset q[0]; reset q[1]; h q[0]; h q[1];"),
    "measure forms": ("qubit[2] q; bit[2] c; c = measure q; bit d = measure q[0]; measure q[1] -> c[0]; measure q[1];", "qubit[2] q; bit[2] c; bit d; c[0] = measure q[0]; c[1] = measure q[1]; d = measure q[0]; c[0] = measure q[1];"),
    "conditions": ("qubit[3] q; bit[2] c; c = measure q[0:1]; if (c[0] && !c[1] || c == 2) { x q[2]; }", "qubit[3] q; bit[2] c; c = measure q[0:1]; if (c[0] ^ c[1]) { x q[2]; }"),
    "comparisons": ("qubit[3] q; bit[2] c; h q; c = measure q[0:1]; if (int[3](c) < 3) { x q[2]; } if (uint[2](c) >= 2) { z q[2]; }", "qubit[3] q; bit[2] c; h q; c = measure q[0:1]; if (!(c[0] && c[1])) { x q[2]; } if (c[1]) { z q[2]; }"),
    "measured arithmetic": ("qubit[3] q; bit[2] c; h q; c = measure q[0:1]; rx(uint[2](c) * pi / 4) q[2];", "qubit[3] q; bit[2] c; h q; c = measure q[0:1]; if (c[0]) { rx(pi/4) q[2]; } if (c[1]) { rx(pi/2) q[2]; }"),
    "shifts": ('qubit[2] q; bit[4] b = "0110"; bit[4] a = b << 1; bit[4] c = b >> 1; if ((a & b | c) == "0111" && (a ^ b) == "1010" && (~b) == "1001") { x q[0]; }', 'bit[4] b = "0110"; bit[4] a = "1100"; bit[4] c = "0011"; qubit[2] q; x q[0];'),
    "assignments": ("qubit[2] q; bit[2] c; bit[2] d; h q; c = measure q; d = c; d[0] = c[1]; d ^= c; c[0] = 0; if (d[0]) { x q[0]; }", "qubit[2] q; bit[2] c; bit[2] d; h q; bit[2] m_; c = measure q; d[0] = c[0] ^ c[1]; d[1] = 0; if (d[0]) { x q[0]; } c[0] = 0;".replace("bit[2] m_; ", "")),
    "conditional measure": ("qubit[2] q; bit a; bit b; h q; a = measure q[0]; if (a) { b = measure q[1]; } else { x q[1]; }", "qubit[2] q; bit a; bit b; h q; a = measure q[0]; if (!a) { x q[1]; } if (a) { b = measure q[1]; }"),
    "iterative phase estimation": ("qubit q; qubit r; angle[2] c = 0; bit a; bit b; h q; cp(pi/2) q, r; p(-c) q; h q; c[0] = measure q; a = c[0]; reset q; c <<= 1; h q; p(-c) q; h q; b = measure q;", "qubit q; qubit r; bit a; bit b; h q; cp(pi/2) q, r; h q; a = measure q; reset q; h q; if (a) { p(-pi) q; } h q; b = measure q;"),
    "end": (Q2 + "h q[0]; end; x q[0];", Q2 + "h q[0];"),
    "scopes": (Q2 + "int a = 1; { int a = 2; { int a = 3; rx(a * pi / 8) q[0]; } rx(a * pi / 8) q[0]; } if (true) { int a = 5; a = 6; } rx(a * pi / 8) q[0];", Q2 + "rx(6*pi/8) q[0];"),
    "annotations": ("pragma simulator fast\n@mark a b c\n@again\nqubit[2] q;\n#pragma other\n@x.y\nh q[0];\n", Q2 + "h q[0];"),
    "comments": ("/* h q; \n */ qubit[2] q; // cx\nh /* in */ q[0];", Q2 + "h q[0];"),
    "unicode": ("qubit[2] qübits; angle θ = pi / 4; gate größe(λ) δ { rx(λ) δ; } größe(θ) qübits[0];", "qubit[2] qübits; rx(pi/4) qübits[0];"),
    "old registers": ("qreg q[2]; creg c[2]; h q; measure q -> c; if (c == 2) x q[0];", "qubit[2] q; bit[2] c; h q; c = measure q; if (c[1] && !c[0]) { x q[0]; }"),
    "concatenated bits": ('qubit q; bit[2] a = "10"; bit[3] b = "011"; bit[5] c = a ++ b; if (c == "01110") { x q; }', 'bit[2] a = "10"; bit[3] b = "011"; bit[5] c = "01110"; qubit q; x q;'),
    "casts": ("qubit q; int[8] a = int[8](3.9); bool b = bool(2); float f = float(3); rx((a + int(b) + f) * pi / 16) q;", "qubit q; rx(7*pi/16) q;"),
    "stdgates": ("qubit[3] q; U(pi/2, 0, pi) q[0]; cu(pi/3, 0.1, 0.2, 0.3) q[0], q[1]; cswap q[0], q[1], q[2]; cphase(pi/4) q[0], q[1]; phase(pi/8) q[2]; u2(0, pi) q[1]; CX q[0], q[1];", "qubit[3] q; h q[0]; p(0.3) q[0]; ctrl @ U(pi/3, 0.1, 0.2) q[0], q[1]; ctrl @ swap q[0], q[1], q[2]; cp(pi/4) q[0], q[1]; p(pi/8) q[2]; h q[1]; cx q[0], q[1];"),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_a_program_means_its_plain_circuit(name: str) -> None:
    program, plain = SAME[name]
    ours, want = read_qasm(HEAD + program), read_qasm(HEAD + plain)
    kept = {r.name for r in want.registers}
    assert kept <= {r.name for r in ours.registers}
    assert [r.name for r in ours.registers if r.name not in kept] == []
    assert ours.output_names == want.output_names
    assert equal_instruments(ours, want)


def waits(text: str) -> list[tuple[int, str]]:
    """The delays of a program, in the order of the vertices, seconds in nanoseconds."""
    d = read_qasm(HEAD + text)
    d.verify()
    found = [d.delays[v] for v in sorted(d.delays)]
    return [(x.value * 10**9 if x.unit == "s" else x.value, x.unit) for x in found]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("qubit[2] q; delay[100ns] q[0]; h q[0]; delay[2.5us] q[0];", [(100, "s"), (2500, "s")]),
        ("qubit[2] q; delay[10 dt] q; cx q[0], q[1];", [(10, "dt"), (10, "dt")]),
        ("qubit a; qubit[2] b; delay[1ms];", [(10**6, "s")] * 3),
        ("qubit q; const duration d = 100ns; delay[2 * d + d / 3 - 1µs / 100] q;", [(Fraction(670, 3), "s")]),
        ("qubit q; duration d = 1s; d = d / 7; for int i in [1:2] { delay[d * i] q; }", [(Fraction(10**9, 7), "s"), (Fraction(2 * 10**9, 7), "s")]),
        ("qubit q; def f(qubit r, duration d) { delay[d] r; } f(q, 3dt); box { f(q, 0ns + 4dt); }", [(3, "dt"), (4, "dt")]),
        ("qubit q; rx(100ns / 50ns) q; delay[0s] q; if (1us == 1000ns && 2dt > 1dt) { delay[1dt] q; }", [(0, "s"), (1, "dt")]),
        # a qubit goes on from where it was measured, after the delay
        ("qubit q; bit c; c = measure q; delay[5dt] q; if (c) { x q; } delay[6dt] q;", [(5, "dt"), (6, "dt")]),
        ("qubit q; bit c; delay[5dt] q; c = measure q; reset q; delay[6dt] q; reset q; delay[7dt] q; h q;", [(5, "dt"), (6, "dt"), (7, "dt")]),
        ("qubit[2] q; bit c; delay[5dt] q[0]; swap q[0], q[1]; delay[6dt] q[0]; c = measure q[1]; if (c) { reset q[0]; }", [(5, "dt"), (6, "dt")]),
        # there is no wire
        ("qubit q; delay[5dt] q; reset q;", []),
        ("qubit q; bit c; c = measure q; delay[5dt] q; c = measure q; delay[6dt] q;", []),
        # not known, or not always
        ("qubit q; stretch s; delay[s] q; delay[s + 1ns] q; delay[1s + 1dt] q; delay[1s * 1s] q; delay[durationof({x q;}) * 2] q;", []),
        ("qubit[2] q; bit c; c = measure q[0]; if (c) { delay[1ns] q[1]; } gate g a { delay[1ns] a; } g q[1];", []),
    ],
)  # fmt: skip
def test_delays_are_kept(text: str, want: list[tuple[int, str]]) -> None:
    assert waits(text) == want


def test_delays_change_no_meaning_and_no_ends() -> None:
    """Each of the programs above with and without its delays."""
    for mark in test_delays_are_kept.pytestmark[0].args[1]:
        text = HEAD + mark[0]
        with_delays, without = read_qasm(text), read_qasm(re.sub(r"delay *\[[^\]]*\]", "nop", text))
        assert with_delays.input_names == without.input_names
        assert with_delays.output_names == without.output_names
        assert equal_instruments(with_delays, without)


def test_hardware_qubits() -> None:
    d = read_qasm(HEAD + "h $0; cx $0, $2; bit b = measure $2;")
    assert (d.input_names, d.output_names) == (("$0", "$2"), ("$0",))


@pytest.mark.parametrize(
    "header", ["OPENQASM 3;", "OPENQASM 3.0;", "OPENQASM 3.1;", "// first\n\nOPENQASM 3;", "\ufeffOPENQASM 3.0;\r\n"]
)
def test_headers(header: str) -> None:
    assert read_qasm(f'{header} include "stdgates.inc"; qubit q; x q;') == read_qasm(HEAD + "qubit q; x q;")


@pytest.mark.parametrize(
    ("code", "text", "said"),
    [
        ("QASM-15", "qubit q; bit c; c = measure q; while (c) { h q; c = measure q; }", "a loop on a measured bit"),
        ("QASM-15", "extern f(int) -> int; qubit q; rx(f(1)) q;", "the extern function 'f'"),
        ("QASM-15", "cal { }", "'cal'"),
        ("QASM-15", "defcal x $0 { }", "'defcal'"),
        ("QASM-15", 'defcalgrammar "openpulse"; defcal x $0 { }', "pulses"),
        ("QASM-15", "qubit[2] q; bit c; c = measure q[0]; int n = int(c); qubit[4] r; h r[n];", "an index"),
        ("QASM-15", "qubit q; bit c; c = measure q; for int i in [0:3] { if (c) break; h q; }", "'break' under a measured bit"),
        ("QASM-15", "def f(qubit q) { f(q); } qubit q; f(q);", "the recursion of 'f'"),
        ("QASM-15", "input float t; qubit q; rx(sin(t)) q;", "a function of a parameter"),
        ("QASM-15", "input float t; qubit q; if (t > 1) { x q; }", "a comparison of parameters"),
        ("QASM-13", "int n = 3; qubit[n] q;", "must be constant"),
        ("QASM-13", "const int n = 3; n = 4;", "is constant"),
        ("QASM-5", "int a; float a;", "declared twice"),
        ("QASM-11", "qubit q; rx(1 / 0) q;", "division by zero"),
        ("QASM-11", "qubit q; delay[1ns - 2ns] q;", "less than no time"),
        ("QASM-11", "qubit q; delay[1ns / 0] q;", "division by zero"),
        ("QASM-13", "qubit q; delay[1ns + 1] q;", "a duration and a number"),
        ("QASM-13", "qubit q; delay[1ns % 1ns] q;", "two durations"),
        ("QASM-15", "qubit q; rx(1ns / 1dt) q;", "a ratio of durations"),
        ("QASM-9", "qubit[2] q; delay[1ns] q, q[0];", "twice"),
        ("QASM-10", "bit[2] a; bit[3] b; a = b;", "do not fit"),
        ("QASM-9", "qubit[2] q; let a = q ++ q;", "twice"),
        ("QASM-8", "qubit[2] q; ctrl @ x q[0];", "2 qubits"),
        ("QASM-6", "array[int[8], 2] a = {1, 2}; int b = a[2];", "out of range"),
    ],
)  # fmt: skip
def test_what_has_no_meaning_is_refused_by_name(code: str, text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_qasm(HEAD + text)
    assert caught.value.code == code, str(caught.value)
    assert said in str(caught.value)
    assert caught.value.diagnostic.span is not None


@pytest.mark.clause("QASM-7")
def test_standard_gates_without_an_include() -> None:
    """Read as Braket and pyqasm write them, where a program stands around them; a lone gate is more likely a slip."""
    assert read_qasm("OPENQASM 3.0; qubit q; bit c; h q; c = measure q;") == read_qasm(
        HEAD + "qubit q; bit c; h q; c = measure q;"
    )
    for text in (
        "OPENQASM 3.0; qubit q; h q;",
        'OPENQASM 3.0; qubit q; h q; x q; include "stdgates.inc";',
        "OPENQASM 2.0; qreg q[1]; creg c[1]; h q[0]; measure q -> c;",
    ):
        with pytest.raises(InputError) as caught:
            read_qasm(text)
        assert caught.value.code == "QASM-7"
        assert "include" in str(caught.value)


@pytest.mark.clause("QASM-7")
@pytest.mark.parametrize(
    "text",
    [
        "OPENQASM 3.0; qubit q; x q; gate x a { h a; } x q;",
        "OPENQASM 3.0; qubit q; x q; def x(qubit a) { h a; } x q;",
        "OPENQASM 3.0; qubit q; gate g a { x a; } gate x a { h a; } g q; x q;",
        HEAD + "qubit q; sxdg q; gate sxdg a { h a; } sxdg q;",
        'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; sx q[0]; gate sx a { h a; } sx q[0];',
        'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; gate g a { sx a; } gate sx a { h a; } g q[0];',
    ],
)
def test_a_gate_means_one_thing_in_a_source(text: str) -> None:
    """Before its definition, a name would be the library's gate, and after it the source's."""
    with pytest.raises(InputError, match="is used before its definition") as caught:
        read_qasm(text)
    assert caught.value.code == "QASM-7"


def test_a_definition_of_the_source_holds_where_nothing_is_included() -> None:
    text = "OPENQASM 3.0; qubit q; gate x a { h a; } x q; x q;"
    assert read_qasm(text) == read_qasm(HEAD + "qubit q; h q; h q;")


@pytest.mark.clause("PR-12")
def test_a_u_without_angles_is_a_family_of_gates() -> None:
    """An official example leaves its gate open: it can be looked at, and is compiled once the angles are given in its text."""
    from gossamer.api import compile

    d = read_qasm(HEAD + "qubit q; u q;")
    assert {s for p in d.phases for s in p.symbols} == {"u_theta", "u_phi", "u_lambda"}
    with pytest.raises(InputError) as caught:
        compile(d, "1")
    assert caught.value.code == "PR-12"
    with pytest.raises(InputError):
        read_qasm(HEAD + "qubit q; U q;")


def test_gates_that_only_one_library_declares_may_be_defined() -> None:
    """stdgates.inc has no cu1, cu3 or rzz; exporters write their definitions."""
    own = "gate cu1(a) x, y { ctrl @ p(a) x, y; } gate rzz(a) x, y { cx x, y; rz(a) y; cx x, y; } "
    ours = read_qasm(HEAD + own + "qubit[2] q; cu1(pi/4) q[0], q[1]; rzz(pi/3) q[0], q[1];")
    want = read_qasm(HEAD + "qubit[2] q; cp(pi/4) q[0], q[1]; cx q[0], q[1]; rz(pi/3) q[1]; cx q[0], q[1];")
    assert equal_instruments(ours, want)
    with pytest.raises(InputError):
        read_qasm(HEAD + "gate cx a, b { }")
