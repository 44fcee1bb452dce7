"""Coverage-guided fuzzing of the readers of sources: `python -m tests.frontends.fuzz_qasm [-runs=N] [CORPUS]`, with atheris installed.

Inputs are bytes, or words of the languages that the bytes pick; whatever they are, reading gives a diagram or one diagnostic, quickly.
"""

from __future__ import annotations

import sys
import time

HEADS = (
    "",
    'OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; creg c[2]; ',
    'OPENQASM 3.0; include "stdgates.inc"; qubit[3] q; bit[2] c; int[8] n = 3; float t = 0.5; ',
)
WORDS = [
    "q",
    "c",
    "n",
    "t",
    "x",
    "h",
    "cx",
    "rz",
    "U",
    "gphase",
    "ctrl",
    "@",
    "negctrl",
    "@",
    "inv",
    "@",
    "pow(",
    ")",
    "(",
    "[",
    "]",
    "{",
    "}",
    ";",
    ";",
    ";",
    ",",
    ":",
    "=",
    "==",
    "+",
    "-",
    "*",
    "/",
    "**",
    "%",
    "<<",
    ">>",
    "&",
    "|",
    "^",
    "!",
    "~",
    "&&",
    "||",
    "<",
    ">",
    "<=",
    "->",
    "0",
    "1",
    "2",
    "3",
    "-1",
    "0.5",
    "pi",
    "1e9",
    "1im",
    "10ns",
    "true",
    "false",
    '"01"',
    "measure",
    "reset",
    "barrier",
    "delay[",
    "box",
    "if",
    "else",
    "for",
    "int",
    "uint",
    "in",
    "while",
    "switch",
    "case",
    "default",
    "def",
    "gate",
    "let",
    "const",
    "bit",
    "float",
    "angle",
    "bool",
    "complex",
    "array[int[8],2]",
    "return",
    "break",
    "continue",
    "end",
    "input",
    "output",
    "sizeof",
    "popcount",
    "sin",
    "++",
    "+=",
    "<<=",
    "#dim=1",
    "$0",
    "q[0]",
    "q[1]",
    "c[0]",
    "c[1]",
    "include",
    '"stdgates.inc"',
    "opaque",
    "/*",
    "*/",
    "//",
    "\n",
    "@note",
]


def one(data: bytes) -> None:
    from gossamer.diagnostics import InputError
    from gossamer.frontends.qasm import read_qasm

    if not data:
        return
    kind = data[0]
    if kind & 1:
        text = " ".join(WORDS[b % len(WORDS)] for b in data[1:200])
    else:
        text = data[1:].decode("utf-8", "replace")
    start = time.perf_counter()
    try:
        read_qasm(HEADS[(kind >> 1) % len(HEADS)] + text)
    except InputError as error:
        str(error)
    assert time.perf_counter() - start < 60


def main() -> None:
    import atheris

    with atheris.instrument_imports(include=["gossamer"]):
        import gossamer.frontends.qasm  # noqa: F401
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
