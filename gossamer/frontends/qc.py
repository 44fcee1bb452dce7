"""Frontend for ``.qc`` files, the format of the Feynman and QCViewer benchmark circuits.

``.v`` names the wires, ``.i`` those that are inputs (the others start in |0>), ``.o`` is for people; gates stand between BEGIN and END, one on
a line. ``tof`` and ``X`` flip their last wire where all others are 1, ``Z`` and ``Zd`` negate where all are 1. The module guarantees linear time
and that what it does not know is refused with its place (QASM-16).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gossamer.diagnostics import InputError, Span, nearest
from gossamer.frontends.qasm3_modifiers import Unitary, controlled
from gossamer.frontends.qasm_circuit import MAX_QUBITS, Circuit
from gossamer.frontends.qasm_gates import STANDARD
from gossamer.frontends.qasm_scope import check_distinct, counted
from gossamer.ir.diagram import Diagram
from gossamer.ir.phase import BitExpr

_SINGLE = {
    "H": "h", "X": "x", "Y": "y", "Z": "z", "S": "s", "P": "s", "S*": "sdg", "P*": "sdg", "T": "t", "T*": "tdg", "tof": "x", "not": "x", "Zd": "z",
}  # fmt: skip
_CONTROLLED = {"tof": "x", "cnot": "x", "X": "x", "not": "x", "Z": "z", "Zd": "z"}


def read(text: str, file: str = "<text>") -> Diagram:
    """Read a circuit.

    Raises
    ------
    InputError
        QASM-16, with the place.

    Examples
    --------
    >>> d = read(".v a b c\\n.i a b\\nBEGIN\\nH a\\ntof a b c\\nT* b\\nEND\\n")
    >>> d.input_names, d.output_names
    (('a', 'b'), ('a', 'b', 'c'))
    """
    try:
        return _Reader(file).diagram(text.removeprefix("\ufeff"))
    except InputError as error:
        error.with_source(text.removeprefix("\ufeff"))
        raise


_WORD = re.compile(r"[^\s,]+")


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    span: Span


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.circuit = Circuit()
        self.wires: dict[str, int] = {}
        self.inputs: set[str] | None = None
        self.open = self.closed = False

    def diagram(self, text: str) -> Diagram:
        span = Span(self.file, 1, 1)
        for number, line in enumerate(text.split("\n"), 1):
            words = [
                _Word(found[0], Span(self.file, number, found.start() + 1, found.end() + 1))
                for found in _WORD.finditer(line.split("#")[0])
            ]
            if words:
                span = words[0].span
                self.line(words[0], words[1:])
        if not self.closed:
            raise InputError("QASM-16", "the file has no END", span=span, help="gates stand between BEGIN and END")
        return self.circuit.finish()

    def line(self, first: _Word, names: list[_Word]) -> None:
        word, span = first.text, first.span
        if word == ".v":
            self.declare(names)
        elif word == ".i":
            self.inputs = {n.text for n in names if self.wire(n) >= 0}
        elif word == ".c":
            pass  # values of constants, by position: what is no input starts in |0>
        elif word in (".o", ".ol"):
            for name in names:
                self.wire(name)
        elif word == "BEGIN":
            if self.open or self.closed or names:
                raise InputError(
                    "QASM-16",
                    "a second circuit in one file",
                    span=span,
                    help="definitions of subcircuits are not read; expand them",
                )
            self.open = True
            for wire, q in self.wires.items():
                if self.inputs is not None and wire not in self.inputs:
                    self.circuit.reset(q, BitExpr.const(1))
        elif word == "END":
            if not self.open:
                raise InputError("QASM-16", "END without BEGIN", span=span, help="gates stand between BEGIN and END")
            self.open, self.closed = False, True
        elif not self.open:
            raise InputError(
                "QASM-16",
                f"'{word[:40]}' outside of BEGIN and END",
                span=span,
                help="before BEGIN stand .v, .i, .o and .c, between BEGIN and END gates",
            )
        else:
            qubits = [self.wire(n) for n in names]
            check_distinct(qubits, [n.span for n in names])
            self.gate(word, qubits, span)

    def declare(self, names: list[_Word]) -> None:
        for name in names:
            if name.text in self.wires:
                raise InputError(
                    "QASM-16",
                    f"wire '{name.text[:40]}' is declared twice",
                    span=name.span,
                    help="name each wire once after .v",
                )
            if len(self.wires) >= MAX_QUBITS:
                raise InputError(
                    "QASM-12",
                    f"more than {MAX_QUBITS} qubits are declared",
                    span=name.span,
                    help=f"a file has at most {MAX_QUBITS} wires",
                )
            self.wires[name.text] = self.circuit.add_qubit(name.text, name.span)

    def wire(self, name: _Word) -> int:
        if name.text not in self.wires:
            near = nearest(name.text, self.wires)
            raise InputError(
                "QASM-16",
                f"no wire is called '{name.text[:40]}'",
                span=name.span,
                help=f"did you mean '{near}'?" if near else "the line .v names all wires",
            )
        return self.wires[name.text]

    def gate(self, word: str, qubits: list[int], span: Span) -> None:
        self.circuit.wires.span = span
        if word.lower() == "swap" and len(qubits) == 2:
            u = Unitary(2, STANDARD["swap"].steps(()))
        elif word in _SINGLE and len(qubits) == 1:
            u = Unitary(1, STANDARD[_SINGLE[word]].steps(()))
        elif word in _CONTROLLED and len(qubits) >= 2:
            u = Unitary(1, STANDARD[_CONTROLLED[word]].steps(()))
            if word == "cnot" and len(qubits) != 2:
                raise InputError(
                    "QASM-16", f"cnot takes 2 wires, not {len(qubits)}", span=span, help="tof takes any number of wires"
                )
            u = (
                Unitary(2, STANDARD["cx"].steps(()))
                if len(qubits) == 2 and u.steps[0][0] == "rx"
                else controlled(u, len(qubits) - 1, negative=False, span=span)
            )
        else:
            known = ", ".join(sorted({*_SINGLE, *_CONTROLLED, "swap"}))
            raise InputError(
                "QASM-16", f"no gate '{word[:40]}' on {counted(len(qubits), 'wire')}", span=span, help=f"known: {known}"
            )
        self.circuit.count(max(1, len(u.steps)), span)
        self.circuit.touch(qubits)
        self.circuit.apply(u.steps, qubits, None)
