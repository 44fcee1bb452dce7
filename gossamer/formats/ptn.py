"""Pattern files of graphqomb (``.ptn``): commands in time slices, and a Pauli frame that says what each outcome flips.

graphqomb measures a node with the frame that has come together by then, and applies what is left to the outputs; this is the pattern that says
so with domains. The module guarantees linear time and the place of whatever is refused. Clause PT-15 of ``spec/pattern.md``, grammar:
``spec/grammar/ptn.lark``.

References
----------
The format is documented with graphqomb (https://github.com/TeamGraphix/graphqomb), module ``ptn_format``.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from typing import Any, NoReturn

from gossamer.diagnostics import InputError, Span
from gossamer.formats.grammar import GrammarReader
from gossamer.ir.diagram import Register
from gossamer.ir.pattern import (
    Basis,
    Clifford,
    Command,
    CorrectX,
    CorrectZ,
    Entangle,
    Measure,
    Pattern,
    Prepare,
    outcomes,
)
from gossamer.ir.phase import BitExpr, Phase

#: Longest text in characters, longest number, largest number of an observable.
MAX_TEXT, MAX_DIGITS, MAX_INDEX = 1 << 24, 40, 100_000

#: The rules of the grammar that are statements.
_STATEMENTS = (
    "version", "inputs", "input_basis", "outputs", "coordinates", "time_slice", "prepare", "entangle", "measure_axis", "measure_plane",
    "xflow", "zflow", "detector", "observable",
)  # fmt: skip
#: From ``|+>`` to the eigenstate of an axis.
_STATES = {"X": (), "Y": ("s",), "Z": ("h",)}


def read_ptn(text: str, file: str = "<text>") -> Pattern:
    """Read a pattern.

    Inputs and outputs are called after their qubits, ``q0``, ``q1``, ...; the outcomes of measured outputs are the register ``output``, in
    the order of their qubits, those of detectors and observables the registers ``detector`` and ``observable``.

    Raises
    ------
    InputError
        PT-15 for what is no such file, PT-1 to PT-10 for a pattern that cannot be run; with the place.

    Examples
    --------
    >>> print(read_ptn('''.version 2
    ... .input 0:0
    ... .output 1:0
    ... [0]
    ... N 1
    ... E 0 1
    ... M 0 XY pi/4
    ... .xflow 0 -> 1'''))
    input 0 "q0"
    N 1
    E 0 1
    M 0 XY 1/4 -> b0
    X 1 b0
    output 1 "q0"
    """
    if len(text) > MAX_TEXT:
        raise InputError("PT-15", f"the text has more than {MAX_TEXT} characters", span=Span(file, 1, 1))
    try:
        pattern = _Builder(file, _reader().read(text.removeprefix("\ufeff"), file)).pattern()
        pattern.verify()
    except InputError as error:
        error.with_source(text)
        raise
    return pattern


@cache
def _reader() -> GrammarReader:
    from lark import Transformer

    class ToStatements(Transformer):  # type: ignore[type-arg]
        """Each statement is its name and its tokens."""

        file = ""

        def start(self, statements: list[Any]) -> list[Any]:
            return statements

        def pair(self, tokens: list[Any]) -> list[Any]:
            return tokens

        start_axis = pair

    def named(kind: str) -> Any:
        return lambda self, tokens: (kind, tokens)

    for kind in _STATEMENTS:
        setattr(ToStatements, kind, named(kind))
    return GrammarReader("ptn", ToStatements(), "PT-15")


class _Builder:
    """Goes through the statements twice: for what they declare, and for the commands."""

    def __init__(self, file: str, statements: list[tuple[str, list[Any]]]) -> None:
        self.file = file
        self.statements = statements
        self.version = 0
        self.inputs: dict[int, int] = {}  # node -> qubit
        self.outputs: dict[int, int] = {}
        self.start: dict[int, str] = {}
        self.flips: dict[str, dict[int, list[int]]] = {"xflow": {}, "zflow": {}}
        self.frame: dict[str, dict[int, set[int]]] = {"xflow": {}, "zflow": {}}  # node -> outcomes that flip it
        self.detectors: list[Any] = []
        self.observables: dict[int, Any] = {}
        self.bit_of: dict[int, int] = {}
        self.made: list[Command] = []
        self.spans: dict[int, Span] = {}

    def fail(self, token: Any, message: str, help: str | None = None) -> NoReturn:
        span = Span(self.file, token.line, token.column, token.column + len(token))
        raise InputError("PT-15", message, span=span, help=help)

    def whole(self, token: Any, limit: int = 2**31 - 1) -> int:
        if len(token) > MAX_DIGITS or int(token) > limit:
            self.fail(token, f"a number that is larger than {limit}")
        return int(token)

    # ---- what is declared ----------------------------------------------------------------------------------------------

    def declare(self) -> None:
        newest = 0
        for kind, parts in self.statements:
            match kind:
                case "version":
                    self.version = self.whole(parts[0])
                    if self.version not in (1, 2):
                        self.fail(parts[0], f"version {self.version}", help="versions 1 and 2 are read")
                case "inputs" | "outputs":
                    ends = self.inputs if kind == "inputs" else self.outputs
                    for node, qubit in parts:
                        if self.whole(node) in ends or self.whole(qubit) in ends.values():
                            self.fail(node, f"node {node} or qubit {qubit} is there twice")
                        ends[int(node)] = int(qubit)
                case "input_basis":
                    for node, axis in parts:
                        if self.whole(node) in self.start:
                            self.fail(node, f"node {node} has two bases")
                        self.start[int(node)] = str(axis)
                case "time_slice":
                    if self.whole(parts[0]) < newest:
                        self.fail(parts[0], f"the time slice {parts[0]} comes after {newest}")
                    newest = int(parts[0])
                case "measure_axis" | "measure_plane":
                    self.bit_of.setdefault(self.whole(parts[0]), len(self.bit_of))
                case "xflow" | "zflow":
                    source, *targets = parts
                    if self.whole(source) in self.flips[kind]:
                        self.fail(source, f"a second .{kind} of node {source}")
                    self.flips[kind][int(source)] = [self.whole(t) for t in targets]
                case "detector":
                    self.detectors.append([t for t in parts if t.type == "INT"])
                case "observable":
                    if self.whole(parts[0], MAX_INDEX) in self.observables:
                        self.fail(parts[0], f"a second observable {parts[0]}")
                    self.observables[int(parts[0])] = parts[1:]
        if not self.version:
            raise InputError(
                "PT-15", "the file has no version", span=Span(self.file, 1, 1), help="for example: .version 2"
            )
        for node in self.start:
            if node not in self.inputs:
                raise InputError("PT-15", f"a basis for node {node}, which is no input", span=Span(self.file, 1, 1))

    def angle(self, token: Any) -> Phase:
        """Radians; a multiple of pi is exact."""
        text = str(token)
        if len(text) > MAX_DIGITS:
            self.fail(token, f"a number of more than {MAX_DIGITS} characters")
        top, is_multiple, bottom = text.partition("pi")
        if is_multiple:
            factor = top.rstrip("*")
            below = int(bottom[1:] or 1)
            if not below:
                self.fail(token, "a fraction with denominator 0")
            return Phase(Fraction(int(factor + "1" if factor in ("", "-") else factor), below))
        value = float(text)
        if not math.isfinite(value):
            self.fail(token, f"the angle {text}", help="angles are finite")
        return Phase(value / math.pi)

    # ---- the commands --------------------------------------------------------------------------------------------------

    def put(self, command: Command, token: Any | None = None) -> None:
        if token is not None:
            self.spans[len(self.made)] = Span(self.file, token.line, token.column, token.column + len(token))
        self.made.append(command)

    def pattern(self) -> Pattern:
        self.declare()
        for node, axis in self.start.items():
            self.put(Prepare(node))
            if _STATES[axis]:
                self.put(Clifford(node, _STATES[axis]))
        measured: set[int] = set()
        for kind, parts in self.statements:
            if kind == "prepare":
                self.put(Prepare(self.whole(parts[0])), parts[0])
            elif kind == "entangle":
                self.put(Entangle(self.whole(parts[0]), self.whole(parts[1])), parts[0])
            elif kind in ("measure_axis", "measure_plane"):
                node = int(parts[0])
                if kind == "measure_axis":
                    angle = Phase(int(parts[2] == "-"))
                else:
                    angle = self.angle(parts[2])
                s, t = (self.domain(flow, node, parts[0]) for flow in ("xflow", "zflow"))
                self.put(Measure(node, Basis(str(parts[1])), angle, s, t), parts[0])
                measured.add(node)
                if node not in self.outputs:
                    bit = self.bit_of[node]
                    for flow, flips in self.flips.items():
                        for target in flips.get(node, ()):
                            if target not in measured:
                                self.frame[flow].setdefault(target, set()).symmetric_difference_update((bit,))
        left = sorted((q, node) for node, q in self.outputs.items() if node not in measured)
        for _, node in left:
            for flow, correct in (("xflow", CorrectX), ("zflow", CorrectZ)):
                if not (last := self.domain(flow, node)).is_zero:
                    self.put(correct(node, last))
        ends = sorted((q, node) for node, q in self.inputs.items() if node not in self.start)
        return Pattern(
            inputs=tuple(node for _, node in ends),
            outputs=tuple(node for _, node in left),
            commands=tuple(self.made),
            bits=outcomes(self.bit_of),
            registers=self.registers(measured),
            input_names=tuple(f"q{q}" for q, _ in ends),
            output_names=tuple(f"q{q}" for q, _ in left),
            spans=self.spans,
        )

    def domain(self, flow: str, node: int, token: Any | None = None) -> BitExpr:
        """What flips a node by now; PH-4, with the place of its measurement, where that is too much."""
        try:
            return BitExpr.xor(self.frame[flow].pop(node, ()))
        except InputError as error:
            span = None if token is None else Span(self.file, token.line, token.column, token.column + len(token))
            raise InputError(error.code, error.diagnostic.message, span=span) from None

    def registers(self, measured: set[int]) -> tuple[Register, ...]:
        out = []
        reported = sorted((q, node) for node, q in self.outputs.items() if node in measured)
        if reported:
            out.append(Register("output", tuple(BitExpr.bit(self.bit_of[node]) for _, node in reported)))
        if self.detectors:
            out.append(Register("detector", tuple(map(self.parity, self.detectors))))
        if self.observables:
            groups = [self.observables.get(i, []) for i in range(max(self.observables) + 1)]
            out.append(Register("observable", tuple(map(self.parity, groups))))
        return tuple(out)

    def parity(self, nodes: list[Any]) -> BitExpr:
        for token in nodes:
            if self.whole(token) not in self.bit_of:
                self.fail(
                    token, f"node {token} is not measured", help="detectors and observables are parities of outcomes"
                )
        return BitExpr.xor(self.bit_of[int(token)] for token in dict.fromkeys(map(str, nodes)))
