"""Variables of a ZX-diagram as bits and symbols: which is which, and what a printer of ours has said about them.

A Boolean variable that a vertex measures is an outcome, any other one a classical input; real variables are symbols. The module
guarantees that every name has one meaning and that an annotation that does not fit the diagram is refused (ZX-8).
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, NoReturn

from gossamer.diagnostics import InputError, Span
from gossamer.formats.zx import Note, Polynomial, ZxGraph, ZxVertex
from gossamer.ir.diagram import Bit, BitKind, Register
from gossamer.ir.phase import BitExpr, Phase, Term

#: Bits of all registers together, as in the text form.
MAX_RESULTS = 4_000_000
_ELEMENT = re.compile(r"(.+)\[([0-9]{1,7})\]")
_BIT = re.compile(r"b[0-9]+")


class Variables:
    """The classical part of a diagram in the making.

    Attributes
    ----------
    index : the bit of each Boolean variable
    symbols : the symbol of each other variable
    bits, registers : as in a :class:`~gossamer.ir.diagram.Diagram`; outcomes are bound to their vertices later
    """

    def __init__(self, graph: ZxGraph, file: str) -> None:
        self.file = file
        self.index: dict[str, int] = {}
        self.symbols: dict[str, str] = {}
        self.bits: list[Bit] = []
        self.registers: list[Register] = []
        outcomes: dict[str, ZxVertex] = {}
        for v in graph.vertices:
            if v.outcome:
                if v.outcome in outcomes:
                    self.fail(f"two vertices measure the variable '{v.outcome[:40]}'", v)
                outcomes[v.outcome] = v
        if graph.note is not None:
            self._annotated(graph.note, outcomes)
        used = _names_of(graph)
        for name in [*graph.booleans, *outcomes]:
            if name not in self.index and (name in outcomes or (graph.booleans[name] and name in used)):
                self._add(name, Bit(BitKind.OUTCOME if name in outcomes else BitKind.INPUT, name=name))
        if graph.note is None:
            self._elements(outcomes)
        for name in used:
            if name not in self.index:
                self.symbols[name] = _symbol(name, {*self.symbols.values()})

    def fail(self, message: str, vertex: ZxVertex | None = None, code: str = "ZX-8") -> NoReturn:
        line = vertex.line if vertex is not None else 0
        raise InputError(code, message, span=Span(self.file, max(line, 1), 1))

    def _add(self, name: str, bit: Bit) -> None:
        self.index[name] = len(self.bits)
        self.bits.append(bit)

    def forgotten(self) -> int:
        """A new outcome that nothing uses."""
        self.bits.append(Bit(BitKind.OUTCOME))
        return len(self.bits) - 1

    def _elements(self, outcomes: dict[str, ZxVertex]) -> None:
        """An outcome called ``c[2]`` is what the program reports as ``c[2]``."""
        found: dict[str, dict[int, BitExpr]] = {}
        for name, v in outcomes.items():
            element = _ELEMENT.fullmatch(name)
            if element and v.reported:
                found.setdefault(element[1], {})[int(element[2])] = BitExpr.bit(self.index[name])
        if sum(1 + max(r) for r in found.values()) > MAX_RESULTS:
            self.fail(f"registers of more than {MAX_RESULTS} bits")
        for name, bits in found.items():
            self.registers.append(Register(name, tuple(bits.get(i, BitExpr()) for i in range(1 + max(bits)))))

    def _annotated(self, note: Note, outcomes: dict[str, ZxVertex]) -> None:
        kinds = {"outcome": BitKind.OUTCOME, "input": BitKind.INPUT, "derived": BitKind.DERIVED}
        try:
            for name, word, title, value in note.get("bits", []):
                kind = kinds[word]
                if not isinstance(name, str) or name in self.index or (kind == BitKind.OUTCOME) != (name in outcomes):
                    self.fail(f"the annotation of the bit '{str(name)[:40]}' does not fit the diagram")
                self._add(name, Bit(kind, -1, self._expression(value) if kind == BitKind.DERIVED else None, str(title)))
            size = 0
            for name, length, elements in note.get("registers", []):
                size += int(length)
                if int(length) < 0 or size > MAX_RESULTS:
                    self.fail(f"registers of more than {MAX_RESULTS} bits")
                bits = [BitExpr()] * int(length)
                for i, value in elements:
                    bits[i] = self._expression(value)
                self.registers.append(Register(str(name), tuple(bits)))
        except (TypeError, ValueError, KeyError, IndexError, AttributeError):
            self.fail("the annotation of bits and results cannot be read")

    def _expression(self, value: Any) -> BitExpr:
        return BitExpr(frozenset(self.index[name] for name in product) for product in value)

    def phase(self, value: Polynomial, vertex: ZxVertex | None = None) -> Phase:
        """The phase that a polynomial is.

        Raises
        ------
        InputError
            ZX-3 for a product of real variables: a phase is affine in symbols.
        """
        if not any(value):
            return Phase(value.get((), Fraction(0)))
        terms: list[Term] = []
        for product, c in value.items():
            bits = tuple(self.index[n] for n in product if n in self.index)
            real = [self.symbols[n] for n in product if n in self.symbols]
            if len(real) > 1:
                self.fail(f"a phase with a product of the real variables {' and '.join(real[:4])}", vertex, "ZX-3")
            terms.append((bits, Fraction(0), ((real[0], c),)) if real else (bits, c, ()))
        return Phase.from_terms(terms)


def _names_of(graph: ZxGraph) -> dict[str, None]:
    """The variables that phases use, in the order of their first use."""
    s = graph.scalar
    phases = [*(v.phase for v in graph.vertices), s.phase, *s.nodes, *(p for p, _ in s.terms)]
    return dict.fromkeys(name for phase in phases for product in phase for name in product)


def _symbol(name: str, taken: set[str]) -> str:
    """An identifier for a variable, one that is no name of a bit and not taken."""
    out = re.sub(r"\W", "_", name.replace("]", ""))[:200]
    if not out.isidentifier() or _BIT.fullmatch(out):
        out = f"_{out}"
    while out in taken:
        out += "_"
    return out
