"""OpenQASM 3 to diagrams: the program is executed on classical values, and what it does to qubits is recorded.

Loops are unrolled, subroutines inlined, gate modifiers expanded. Values that depend on measured bits stay Boolean functions of
them; both sides of a branch on one are executed under its condition. Unbound parameters stay symbols. What has no finite meaning
(a loop or an array size that depends on a measurement, externs, pulses) is refused by name (QASM-15). The module guarantees that
steps, nesting and sizes are bounded (QASM-12) and that nothing of a source is executed as code.

:class:`_Program` hands each statement to the part that knows its meaning: ``qasm3_variables``, ``qasm3_gates``, ``qasm3_control``,
``qasm3_subroutines``, which share ``qasm3_expressions`` and ``qasm3_state``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from gossamer.diagnostics import InputError, Span, UsageError, raise_joined
from gossamer.formats import openqasm3_syntax as syn
from gossamer.formats.openqasm3 import parse_openqasm3
from gossamer.formats.openqasm_angles import Value
from gossamer.frontends.qasm3_control import Control, Signal
from gossamer.frontends.qasm3_expressions import Expressions
from gossamer.frontends.qasm3_gates import Gates
from gossamer.frontends.qasm3_state import State
from gossamer.frontends.qasm3_subroutines import Subroutines, check_arguments
from gossamer.frontends.qasm3_values import ClassicalValue, Duration, Qubits, no_value, wrong
from gossamer.frontends.qasm3_variables import Variables
from gossamer.frontends.qasm_circuit import STEP_LENGTH
from gossamer.frontends.qasm_flat import Run
from gossamer.frontends.qasm_runs import append_run, in_place, left_over
from gossamer.frontends.qasm_scope import COMMUNICATION, MAX_ERRORS, check_distinct
from gossamer.ir.diagram import Delay, Diagram

LIBRARIES = ("stdgates.inc", "qelib1.inc")


def read_openqasm3(
    text: str,
    file: str,
    *,
    bind: Mapping[str, Value | int | Fraction | str] | None = None,
    load: Callable[[str, Span], str] | None = None,
    runs: Sequence[Run] = (),
) -> Diagram:
    """The diagram of an OpenQASM 3 source; see :func:`gossamer.frontends.qasm.read_qasm`.

    Parameters
    ----------
    bind
        Values of ``input`` variables; angles in radians.
    load
        Gives the text of a file that is included, or raises.
    runs
        Runs of plain gates in a text with a header, to be read without the grammar. What is raised then may not be what comes first.

    Examples
    --------
    >>> d = read_openqasm3("OPENQASM 3; qubit[2] q; ctrl @ U(pi, 0, pi) q[0], q[1]; bit c = measure q[0];", "<text>")
    >>> d.output_names, [r.name for r in d.registers]
    (('q[1]',), ['c'])
    """
    return _Program(file, bind or {}, load).diagram(text, runs)


class _Program:
    def __init__(
        self, file: str, bind: Mapping[str, Value | int | Fraction | str], load: Callable[[str, Span], str] | None
    ) -> None:
        self.load = load
        self.including: list[str] = []
        self.state = State(file)
        self.expressions = Expressions(self.state, self.call)
        self.variables = Variables(self.state, self.expressions, bind)
        self.control = Control(self.state, self.expressions, self.statement)
        self.gates = Gates(self.state, self.expressions, self.control.block)
        self.subroutines = Subroutines(self.state, self.expressions, self.control.block)

    def diagram(self, text: str, runs: Sequence[Run]) -> Diagram:
        file = self.state.file
        parts = [(parse_openqasm3(part, file), run) for part, run in left_over(text, runs)]
        self.state.work_left += len(text)
        self.state.circuit.most_steps += len(text) // STEP_LENGTH
        start = Span(file, 1, 1)
        for name in sorted({name for part, _ in parts for name in part.hardware}, key=lambda name: (len(name), name)):
            self.state.globals[name] = Qubits((self.state.circuit.add_qubit(name, start),), single=True)
        if runs:
            self.pieces(text, parts)
        else:
            self.complete(parts[0][0])
            self.whole(parts[0][0].statements)
        passive = syn.Header | syn.QubitDeclaration | syn.Declaration
        acts = sum(not isinstance(x, passive) for part, _ in parts for x in part.statements)
        self.gates.check_included(acts + sum(len(run.which) for run in runs))
        if self.variables.bind:
            unknown = next(iter(self.variables.bind))
            raise UsageError(
                "TL-7", f"the source has no input '{unknown[:80]}'", help="--bind gives values to 'input' variables"
            )
        self.variables.results()
        return self.state.circuit.finish()

    def whole(self, statements: Sequence[syn.Statement]) -> None:
        """Run the program; after a mistake in a statement that leaves no value and no name the next ones are still looked at."""
        errors: list[InputError] = []
        for statement in statements:
            try:
                if self.statement(statement) is not None:
                    break
            except InputError as error:
                errors.append(error)
                harmless = isinstance(statement, syn.Apply | syn.ResetStatement) and error.code != "QASM-12"
                if len(errors) == MAX_ERRORS or not harmless:
                    break
        raise_joined(errors)

    def pieces(self, text: str, parts: Sequence[tuple[syn.Program, Run | None]]) -> None:
        """Run a program whose runs of plain gates are read without the grammar."""
        file = self.state.file
        for part, run in parts:
            if any(self.statement(s) is not None for s in part.statements):
                return
            if run is None:
                continue
            if append_run(self.state.circuit, file, text, run, self.gates.meaning):
                terms = [plain.terms for plain in run.distinct]
                self.state.work(sum(map(terms.__getitem__, run.which)), None)
            else:
                for s in parse_openqasm3(in_place(text, run.start, run.end), file).statements:
                    self.statement(s)

    def complete(self, program: syn.Program) -> None:
        """A fragment (no header, no qubit declared, as in examples of gate definitions) gets the registers that it names.

        They are as large as their highest index asks for.
        """
        sizes: dict[str, int] = {}
        for s in program.statements:
            match s:
                case syn.Header() | syn.QubitDeclaration() | syn.Alias() | syn.Include():
                    return
                case syn.Apply():
                    for o in s.operands:
                        if len(o.indices) != 1 or isinstance(o.indices[0], syn.IndexSet) or len(o.indices[0]) != 1:
                            return
                        index = o.indices[0][0]
                        if not isinstance(index, syn.Literal) or index.kind != "INT" or len(index.text) > 4:
                            return
                        sizes[o.name] = max(sizes.get(o.name, 0), int(index.text) + 1)
        for name, size in sizes.items():
            span = Span(self.state.file, 1, 1)
            ids = [self.state.circuit.add_qubit(f"{name}[{i}]", span) for i in range(size)]
            self.state.globals.setdefault(name, Qubits(range(ids[0], ids[0] + size)))

    def statement(self, s: syn.Statement) -> Signal | None:
        match s:
            case syn.Apply():
                self.apply(s)
            case syn.Assignment():
                self.variables.assign(s)
            case syn.Declaration():
                self.variables.declaration(s)
            case syn.Passive():
                self.passive(s)
            case syn.Branch():
                return self.control.branch(s)
            case syn.For():
                return self.control.loop(s)
            case syn.While():
                return self.control.repeat(s)
            case syn.Switch():
                return self.control.switch(s)
            case syn.Block():
                return self.control.block(s)
            case syn.Box():
                return self.control.block(s.body)
            case syn.Jump():
                return self.control.jump(s)
            case syn.ResetStatement():
                for operand in s.operands:
                    self.reset(operand, s.span)
            case syn.QubitDeclaration():
                self.variables.declare_qubits(s)
            case syn.Alias():
                self.variables.alias(s)
            case syn.ExpressionStatement():
                self.discarded(s)
            case syn.GateDefinition():
                self.gates.define(s)
            case syn.Subroutine():
                self.state.only_at_top("a subroutine", s.span)
                check_arguments(s)
                self.state.declare(s.name, s, s.span)
            case syn.Extern():
                self.state.declare(s.name, s, s.span)
            case syn.Include():
                self.include(s)
            case syn.Annotated():
                if COMMUNICATION & set(s.names):
                    raise InputError(
                        "QASM-14",
                        "this is the program of one node of several; alone it has no meaning",
                        span=s.span,
                        help="run or verify the folder that holds its manifest",
                    )
                return self.statement(s.statement)
            case syn.Header():
                pass
        return None

    def include(self, s: syn.Include) -> None:
        if s.file in LIBRARIES:
            self.gates.include(s)
            return
        if self.load is None:
            raise InputError(
                "QASM-3",
                f"include {s.file[:80]!r} is not available",
                span=s.span,
                help=f"built in are {' and '.join(LIBRARIES)}; other files must lie in or below the folder of the source",
            )
        if len(self.including) >= 20 or s.file in self.including:
            raise InputError(
                "QASM-3", f"include {s.file[:80]!r} includes itself", span=s.span, help="take one of the includes out"
            )
        text = self.load(s.file, s.span)
        self.state.circuit.count(len(text) // 100, s.span)
        self.state.work_left += len(text)
        self.including.append(s.file)
        try:
            self.control.run(parse_openqasm3(text, s.file).statements)
        except InputError as error:
            error.with_source(text)
            raise
        finally:
            self.including.pop()

    # Statements with no part of their own

    def call(
        self, routine: syn.Subroutine | syn.Extern, arguments: Sequence[syn.Expression], span: Span
    ) -> ClassicalValue | None:
        return self.subroutines.call(routine, arguments, span)

    def apply(self, s: syn.Apply) -> None:
        """A gate, or a subroutine that is called like one."""
        entry = None if s.name == "gphase" else self.state.find(s.name)
        if isinstance(entry, syn.Subroutine | syn.Extern):
            if s.modifiers:
                raise wrong(
                    "a subroutine takes no gate modifier",
                    s.modifiers[0].span,
                    "define it with 'gate', if it is unitary, or modify the gates in it",
                )
            self.call(entry, [*s.arguments, *s.operands], s.span)
        else:
            self.gates.apply(s)

    def discarded(self, s: syn.ExpressionStatement) -> None:
        """A call, a measurement, or an expression for nothing."""
        if isinstance(s.value, syn.Call):
            if s.value.name == "gphase":
                return self.gates.apply(syn.Apply((), "gphase", s.value.arguments, (), s.span))
            entry = self.state.find(s.value.name)
            if isinstance(entry, syn.Subroutine | syn.Extern):
                self.call(entry, s.value.arguments, s.span)
                return None
        self.expressions.value(s.value)
        return None

    def reset(self, operand: syn.Operand, span: Span) -> None:
        self.state.no_gate_body("'reset'", span)
        ids = self.expressions.qubits(operand).ids
        self.state.circuit.count(len(ids), span)
        self.state.circuit.wires.span = span
        for q in ids:
            self.state.circuit.reset(q, self.state.condition)

    def passive(self, s: syn.Passive) -> None:
        if s.kind == "delay":
            self.delay(s)
            return
        self.expressions.clipping = True
        for operand in s.operands:
            self.expressions.qubits(operand)
        self.expressions.clipping = False

    def delay(self, s: syn.Passive) -> None:
        """Each qubit waits; a time that is not known here or passes under a measured bit only, and one in a gate, leave no trace."""
        assert s.argument is not None
        time = self.expressions.value(s.argument)
        if not isinstance(time, Duration):
            raise wrong("a delay takes a duration", s.argument.span, "write a unit: delay[100ns]")
        if time.value is not None and time.value < 0:
            raise no_value("a delay by less than no time", s.argument.span, "write a time that is not negative")
        named = [(q, operand.span) for operand in s.operands for q in self.expressions.qubits(operand).ids]
        ids: Sequence[int] = [q for q, _ in named]
        check_distinct(ids, [span for _, span in named], "delay")
        if not s.operands:
            ids = range(len(self.state.circuit.slots))
        if time.value is not None and self.state.recorder is None and self.state.condition.is_one:
            self.state.circuit.count(len(ids), s.span)
            for q in ids:
                self.state.circuit.delay(q, Delay(time.value, time.unit), s.span)
