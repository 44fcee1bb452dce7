"""Frontend for ``.qc`` files, the format of the Feynman and QCViewer benchmark circuits.

``.v`` names the wires, ``.i`` those that are inputs (the others start in |0>), ``.o`` is for people; gates stand between BEGIN and END, one on
a line. ``tof`` and ``X`` flip their last wire where all others are 1, ``Z`` and ``Zd`` negate where all are 1. The module guarantees linear time
and that what it does not know is refused with its place (QASM-16).
"""

from __future__ import annotations

from gossamer.diagnostics import InputError, Span
from gossamer.frontends.qasm3_modifiers import Unitary, controlled
from gossamer.frontends.qasm_circuit import MAX_QUBITS, Circuit
from gossamer.frontends.qasm_gates import STANDARD
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
            words = line.split("#")[0].replace(",", " ").split()
            if not words:
                continue
            span = Span(self.file, number, line.index(words[0]) + 1, line.index(words[0]) + 1 + len(words[0]))
            self.line(words, span)
        if not self.closed:
            raise InputError("QASM-16", "the file has no END", span=span, help="gates stand between BEGIN and END")
        return self.circuit.finish()

    def line(self, words: list[str], span: Span) -> None:
        word, names = words[0], words[1:]
        if word == ".v":
            self.declare(names, span)
        elif word == ".i":
            self.inputs = {n for n in names if self.wire(n, span) >= 0}
        elif word == ".c":
            pass  # values of constants, by position: what is no input starts in |0>
        elif word in (".o", ".ol"):
            for name in names:
                self.wire(name, span)
        elif word == "BEGIN":
            if self.open or self.closed or names:
                raise InputError(
                    "QASM-16",
                    "a second circuit in one file",
                    span=span,
                    help="definitions of subcircuits are not read; expand them",
                )
            self.open = True
            for name, q in self.wires.items():
                if self.inputs is not None and name not in self.inputs:
                    self.circuit.reset(q, BitExpr.const(1))
        elif word == "END":
            if not self.open:
                raise InputError("QASM-16", "END without BEGIN", span=span)
            self.open, self.closed = False, True
        elif not self.open:
            raise InputError("QASM-16", f"'{word[:40]}' outside of BEGIN and END", span=span)
        else:
            self.gate(word, [self.wire(n, span) for n in names], span)

    def declare(self, names: list[str], span: Span) -> None:
        for name in names:
            if name in self.wires:
                raise InputError("QASM-16", f"wire '{name[:40]}' is declared twice", span=span)
            if len(self.wires) >= MAX_QUBITS:
                raise InputError("QASM-12", f"more than {MAX_QUBITS} qubits are declared", span=span)
            self.wires[name] = self.circuit.add_qubit(name, span)

    def wire(self, name: str, span: Span) -> int:
        if name not in self.wires:
            raise InputError(
                "QASM-16", f"no wire is called '{name[:40]}'", span=span, help="the line .v names all wires"
            )
        return self.wires[name]

    def gate(self, word: str, qubits: list[int], span: Span) -> None:
        if len(set(qubits)) != len(qubits):
            raise InputError(
                "QASM-9", "a qubit is used twice in one gate", span=span, help="a gate acts on distinct qubits"
            )
        self.circuit.wires.span = span
        if word.lower() == "swap" and len(qubits) == 2:
            u = Unitary(2, STANDARD["swap"].steps(()))
        elif word in _SINGLE and len(qubits) == 1:
            u = Unitary(1, STANDARD[_SINGLE[word]].steps(()))
        elif word in _CONTROLLED and len(qubits) >= 2:
            u = Unitary(1, STANDARD[_CONTROLLED[word]].steps(()))
            if word == "cnot" and len(qubits) != 2:
                raise InputError("QASM-16", f"cnot takes 2 wires, not {len(qubits)}", span=span)
            u = (
                Unitary(2, STANDARD["cx"].steps(()))
                if len(qubits) == 2 and u.steps[0][0] == "rx"
                else controlled(u, len(qubits) - 1, negative=False, span=span)
            )
        else:
            known = ", ".join(sorted({*_SINGLE, *_CONTROLLED, "swap"}))
            raise InputError(
                "QASM-16", f"no gate '{word[:40]}' on {len(qubits)} wires", span=span, help=f"known: {known}"
            )
        self.circuit.count(max(1, len(u.steps)), span)
        self.circuit.touch(qubits)
        self.circuit.apply(u.steps, qubits, None)
