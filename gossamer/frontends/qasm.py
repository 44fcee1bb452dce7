"""OpenQASM 2 and 3 to diagrams.

Every qubit is a quantum input, unless its first operation is a reset; a qubit whose last operation is a measurement is no output, all
others are. Each measurement has one outcome bit and each reset of a live wire one that is forgotten; classical registers are reported under
their names. The module guarantees that measurements, resets and conditions keep their meaning wherever they stand, that angles are exact
multiples of pi where the source is, and that hostile sources are refused in bounded time (QASM-12). First step of every pipeline;
OpenQASM 2 is read here, OpenQASM 3 by ``gossamer.frontends.qasm3``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from gossamer.diagnostics import InputError, Span, UsageError, raise_joined
from gossamer.formats.openqasm import MAX_CHARACTERS, find_version, normalise, parse_openqasm
from gossamer.formats.openqasm3 import parse_openqasm3
from gossamer.formats.openqasm_angles import evaluate
from gossamer.formats.openqasm_syntax import (
    Apply,
    Barrier,
    BitDeclaration,
    Branch,
    Compare,
    Condition,
    GateDefinition,
    Measurement,
    QubitDeclaration,
    ResetStatement,
    Statement,
)
from gossamer.formats.openqasm_tree import Header, Include
from gossamer.frontends.qasm3 import read_openqasm3
from gossamer.frontends.qasm_circuit import STEP_LENGTH, Circuit
from gossamer.frontends.qasm_files import Loader
from gossamer.frontends.qasm_flat import SHORTEST, PlainGate, Run, find_runs
from gossamer.frontends.qasm_runs import Meaning, append_run, in_place, left_over
from gossamer.frontends.qasm_scope import (
    LIBRARIES,
    MAX_ERRORS,
    Scope,
    broadcast_size,
    call_form,
    check_call,
    check_distinct,
    counted,
    expand,
)
from gossamer.ir.diagram import Diagram
from gossamer.ir.phase import BitExpr

_NOWHERE = Span("<text>", 1, 1)
#: Longer lists of statements are not counted before they are carried out: they cost about as much as they stand for.
_COUNTED_FIRST = 10_000
#: What only OpenQASM 3 begins a statement with; a source without a header that has it is read as OpenQASM 3.
_VERSION_3 = re.compile(
    r"^[ \t]*(?:qubit|bit|def|const|let|input|output|int|uint|float|angle|bool|complex|array|for|while|switch|box|delay|ctrl|negctrl|inv|pow|"
    r"duration|stretch|extern|cal|defcal|defcalgrammar)\b(?!\s*[;,])|include\s*[\"']stdgates\.inc[\"']|^[^/\n]*=\s*measure\b",
    re.MULTILINE,
)


def read_qasm(
    text: str,
    file: str = "<text>",
    *,
    bind: Mapping[str, int | float | Fraction | str] | None = None,
    opaque: Mapping[str, str] | None = None,
    folder: Path | None = None,
    fast: bool = True,
) -> Diagram:
    """The diagram of an OpenQASM source.

    Parameters
    ----------
    text
        OpenQASM 2 or 3; the header decides which. Without a header it is 3 if it has statements that only 3 has, else 2.
    file
        Its name, for diagnostics.
    bind
        Values of ``input`` variables (OpenQASM 3), angles in radians; text is an expression (``pi/4``). Parameters without a value stay symbols.
    opaque
        For names of opaque gates, the text that defines them.
    folder
        Includes are looked up in and below it; without it no file is ever opened.
    fast
        Read long lists of plain gates without the grammar; the diagram is the same.

    Raises
    ------
    InputError
        ``QASM-1`` to ``QASM-15`` (``spec/diagnostics.md``), with the place in the source.
    UsageError
        ``TL-7`` for a value or a definition that the source has no use for.

    Examples
    --------
    >>> d = read_qasm('include "qelib1.inc"; qreg q[2]; creg c[1]; h q[0]; cx q[0], q[1]; measure q[0] -> c[0];')
    >>> d.input_names, d.output_names
    (('q[0]', 'q[1]'), ('q[1]',))
    >>> d.registers[0].name, str(d.registers[0].bits[0])
    ('c', 'b0')
    """
    text = normalise(text)
    try:
        if len(text) > MAX_CHARACTERS:
            raise InputError(
                "QASM-12",
                f"the source has more than {MAX_CHARACTERS} characters",
                span=Span(file, 1, 1),
                help="split the program",
            )
        known = find_version(text, file)
        version = known or _guessed_version(text, file)
        if version == 3 and opaque:
            raise _no_opaque(next(iter(opaque)))
        if version == 2 and bind:
            raise UsageError(
                "TL-7",
                f"the source has no input '{next(iter(bind))[:80]}'",
                help="inputs are declared in OpenQASM 3; OpenQASM 2 has none",
            )

        def reading(runs: Sequence[Run]) -> Diagram:
            loader = None if folder is None else Loader(folder)
            if version == 3:
                return read_openqasm3(text, file, bind=bind, load=None if loader is None else loader.text, runs=runs)
            reader = _Reader(loader, opaque or {}, len(text))
            return reader.pieces(text, file, runs) if runs else reader.diagram(parse_openqasm(text, file).statements)

        runs = find_runs(text) if fast and (known or version == 2) else []
        if runs:
            try:
                return reading(runs)
            except InputError:
                pass  # the grammar's reading says what comes first
        return reading([])
    except InputError as error:
        error.with_source(text)
        raise
    except RecursionError:
        raise InputError(
            "QASM-12",
            "the source is nested too deep",
            span=Span(file, 1, 1),
            help="split expressions and blocks into smaller ones",
        ) from None


def _guessed_version(text: str, file: str) -> int:
    """Of a source without a header: 3 if it has what only 3 has, or follows the grammar of 3 and not that of 2."""
    if _VERSION_3.search(text):
        return 3
    if text.isascii():
        return 2
    try:
        parse_openqasm(text, file)
    except InputError:
        try:
            parse_openqasm3(text, file)
        except InputError:
            return 2
        return 3
    return 2


def _no_opaque(name: str) -> UsageError:
    return UsageError(
        "TL-7",
        f"the source declares no opaque gate '{name[:80]}'",
        help="leave out --opaque, or declare the gate: opaque NAME(PARAMETERS) QUBITS;",
    )


#: The name under which frontends are registered.
read = read_qasm


_DECLARING_NOTHING = (Apply, Measurement, ResetStatement, Barrier, Branch)


class _Reader:
    """OpenQASM 2: statements to operations of a circuit."""

    def __init__(self, loader: Loader | None, opaque: Mapping[str, str], length: int) -> None:
        self.loader = loader
        self.opaque = opaque
        self.length = length  # of the source
        self.defined: set[str] = set()  # of the names in ``opaque``
        self.counting = False
        self.scope = Scope()
        self.circuit = Circuit()
        self.circuit.most_steps += length // STEP_LENGTH
        self.values: list[BitExpr] = []  # of the classical bits
        self.zero, self.one = BitExpr.const(0), BitExpr.const(1)

    def diagram(self, statements: Sequence[Statement]) -> Diagram:
        if len(statements) < _COUNTED_FIRST:  # few statements can stand for many steps: count before anything is made
            self.counting = True
            self.check(statements)
            self.__init__(self.loader, self.opaque, self.length)  # type: ignore[misc]
        for statement in statements:
            self.statement(statement, self.one)
        return self.finished()

    def check(self, statements: Sequence[Statement]) -> None:
        """Count all; after a mistake in a statement that declares nothing the next ones are still looked at."""
        errors: list[InputError] = []
        for statement in statements:
            try:
                self.statement(statement, self.one)
            except InputError as error:
                errors.append(error)
                if (
                    error.code == "QASM-12"
                    or len(errors) == MAX_ERRORS
                    or not isinstance(statement, _DECLARING_NOTHING)
                ):
                    break
        raise_joined(errors)

    def pieces(self, text: str, file: str, runs: Sequence[Run]) -> Diagram:
        """A text whose runs of plain gates are read without the grammar."""
        for part, run in left_over(text, runs):
            for statement in parse_openqasm(part, file).statements if part.strip() else ():
                self.statement(statement, self.one)
            if run is not None and not append_run(self.circuit, file, text, run, self.meaning):
                for statement in parse_openqasm(in_place(text, run.start, run.end), file).statements:
                    self.statement(statement, self.one)
        return self.finished()

    def meaning(self, plain: PlainGate) -> Meaning | None:
        gate = self.scope.gate(plain.gate, _NOWHERE)
        if len(plain.arguments) != gate.parameters or len(plain.operands) != gate.qubits or gate.size > SHORTEST:
            return None
        qubits = []
        for name, index in plain.operands:
            register = self.scope.registers.get(name)
            if register is None or not register.quantum or index >= register.size:
                return None
            qubits.append(register.base + index)
        steps = [
            (kind, tuple(where[p] for p in to), angle)
            for some, where in expand(gate, plain.arguments, _NOWHERE)
            for kind, to, angle in some
        ]
        return Meaning(steps, qubits, gate.size)

    def finished(self) -> Diagram:
        for name in self.opaque:
            if name not in self.defined:
                raise _no_opaque(name)
        for register in self.scope.registers.values():
            if not register.quantum:
                self.circuit.register(register.name, self.values[register.base : register.base + register.size])
        return self.circuit.finish()

    def statement(self, s: Statement, condition: BitExpr) -> None:
        """Add one statement; conditional ones stand under ``condition``."""
        match s:
            case Apply():
                self.apply(s, condition)
            case Measurement():
                self.measure(s, condition)
            case ResetStatement():
                for q in self._counted(self.scope.resolve(s.operand, quantum=True), 1, s.span):
                    if self.counting:
                        break
                    self.circuit.wires.span = s.span
                    self.circuit.reset(q, condition)
            case Barrier():
                for operand in s.operands:
                    self.scope.resolve(operand, quantum=True)
            case Branch():
                for inner in s.then:
                    self.statement(inner, self.circuit.single(self.test(s.condition)))
            case QubitDeclaration():
                register = self.scope.declare(s)
                for i in range(0 if self.counting else register.size):
                    self.circuit.add_qubit(f"{s.name}[{i}]", s.span)
            case BitDeclaration():
                register = self.scope.declare(s)
                self.values += [self.zero] * register.size
            case GateDefinition():
                self.define(s)
            case Include():
                self.include(s)
            case _:
                assert isinstance(s, Header), "the grammar of OpenQASM 2 has no other statement"

    def define(self, s: GateDefinition) -> None:
        """An opaque gate takes the definition that it was given, which may use the gates known here and its own."""
        if s.body is not None or s.name not in self.opaque:
            return self.scope.define(s)
        self.defined.add(s.name)
        name = f"--opaque {s.name}"
        text = normalise(self.opaque[s.name])
        try:
            for inner in parse_openqasm(text, name).statements:
                if isinstance(inner, GateDefinition):
                    self.scope.define(inner)
                elif isinstance(inner, Include):
                    self.include(inner)
                elif not isinstance(inner, Header):
                    raise InputError(
                        "QASM-13",
                        "a definition of an opaque gate holds gate definitions only",
                        span=inner.span,
                        help="take this statement out of the file",
                    )
        except InputError as error:
            error.with_source(text)
            raise
        known = self.scope.gates.get(s.name)
        if known is None or (known.qubits, known.parameters) != (len(s.qubits), len(s.parameters)):
            raise InputError(
                "QASM-8",
                f"the definition given for '{s.name}' does not have its {counted(len(s.parameters), 'parameter')} and "
                f"{counted(len(s.qubits), 'qubit')}",
                span=s.span,
                help=f"write gate {call_form(s.name, len(s.parameters), len(s.qubits))} {{ ... }} in the file",
            )
        return None

    def include(self, s: Include) -> None:
        if s.file in LIBRARIES or self.loader is None:
            return self.scope.include(s.file, s.span)
        with self.loader.opened(s.file, s.span) as text:
            try:
                statements = parse_openqasm(text, s.file).statements
                for inner in statements:
                    self.statement(inner, self.one)
            except InputError as error:
                error.with_source(text)
                raise
        return None

    # Gates

    def apply(self, s: Apply, condition: BitExpr) -> None:
        gate = self.scope.gate(s.gate, s.span)
        check_call(gate, s, len(s.operands))
        operands = [self.scope.resolve(o, quantum=True) for o in s.operands]
        spans = [o.span for o in s.operands]
        self._counted(range(broadcast_size(operands, spans)), gate.size, s.span)
        arguments = [evaluate(a) for a in s.arguments]
        if self.counting:
            if all(len(o) == 1 for o in operands):
                check_distinct([o[0] for o in operands], spans)
            return
        self.circuit.wires.span = s.span
        for qubits in self.scope.broadcast(operands, spans):
            self.circuit.touch(qubits)
            if condition.is_zero:
                continue
            for steps, places in expand(gate, arguments, s.span):
                self.circuit.apply(steps, [qubits[p] for p in places], None if condition.is_one else condition)

    def _counted(self, elements: range, each: int, span: Span) -> range:
        """Refuse what would expand to too much, before it is expanded."""
        self.circuit.count(len(elements) * each, span)
        return elements

    def measure(self, s: Measurement, condition: BitExpr) -> None:
        assert s.target is not None, "a measurement of OpenQASM 2 has a target"
        sources = self._counted(self.scope.resolve(s.source, quantum=True), 1, s.span)
        targets = self.scope.resolve(s.target, quantum=False)
        if len(targets) != len(sources):
            raise InputError(
                "QASM-10",
                f"{counted(len(sources), 'qubit')} cannot be measured into {counted(len(targets), 'bit')}",
                span=s.target.span,
                help="measure a register into one of the same size, or one qubit into one bit",
            )
        if self.counting:
            return
        self.circuit.wires.span = s.span
        for q, target in zip(sources, targets, strict=True):
            if not condition.is_zero:
                value = self.circuit.measure(q, condition)
                self.values[target] = self.circuit.selected(condition, value, self.values[target])

    def test(self, c: Condition) -> BitExpr:
        assert isinstance(c, Compare), "a condition of OpenQASM 2 is a comparison"
        bits = self.scope.resolve(c.operand, quantum=False)
        if c.value >> len(bits):
            return self.zero
        out = self.one
        for i, bit in enumerate(self._counted(bits, 1, c.span)):
            out = self.circuit.joined(out, self.values[bit] if c.value >> i & 1 else ~self.values[bit])
        return out
