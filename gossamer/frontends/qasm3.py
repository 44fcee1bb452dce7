"""OpenQASM 3 to diagrams: the program is executed on classical values, and what it does to qubits is recorded.

Loops are unrolled, subroutines inlined, gate modifiers expanded. Values that depend on measured bits stay Boolean functions of
them; both sides of a branch on one are executed under its condition. Unbound parameters stay symbols. What has no finite meaning
(a loop or an array size that depends on a measurement, externs, pulses) is refused by name (QASM-15). The module guarantees that
steps, nesting and sizes are bounded (QASM-12) and that nothing of a source is executed as code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from fractions import Fraction
from math import prod

from gossamer.diagnostics import InputError, Span, UsageError, raise_joined
from gossamer.formats import openqasm3_syntax as syn
from gossamer.formats.openqasm3 import parse_openqasm3
from gossamer.formats.openqasm_angles import Exact, Value, arithmetic, as_float, decimal, multiples_of_pi
from gossamer.frontends.qasm3_gates import Unitary, controlled, inverse, moved, power, standard
from gossamer.frontends.qasm3_values import (
    BUILT_IN as CONSTANTS,
)
from gossamer.frontends.qasm3_values import (
    FUNCTIONS,
    ZERO,
    Arithmetic,
    ClassicalValue,
    Duration,
    Qubits,
    ValueType,
    Word,
    describe,
    no_value,
    settled,
    shape,
    unexpressible,
    wrong,
)
from gossamer.frontends.qasm_circuit import MAX_QUBITS, MAX_STEPS, Circuit
from gossamer.frontends.qasm_gates import BUILT_IN, DECLARED, STANDARD, StandardGate, phase_of
from gossamer.frontends.qasm_polynomial import AnglePolynomial, Polynomial
from gossamer.frontends.qasm_scope import COMMUNICATION, MAX_ERRORS, check_distinct, check_new
from gossamer.ir.diagram import Delay, Diagram
from gossamer.ir.phase import BitExpr, Phase

#: Calls, blocks and operators that are open at one time, in units of about one frame of Python.
_MAX_NESTING = 560
_MAX_ARRAY = 10**6
_MAX_WHILE = 20_000
#: Values that may be computed beside one for each character of the source; a statement counts as a few.
_MAX_WORK = 10**6
_WORK_OF_STATEMENT = 4
_MAX_CACHED = 4096
LIBRARIES = ("stdgates.inc", "qelib1.inc")


@dataclass(slots=True)
class _Variable:
    type: ValueType
    value: ClassicalValue
    constant: bool = False
    spoilt: InputError | None = None  # something was stored outside of this array: reported where the array is read


@dataclass(slots=True)
class _Gate:
    """A gate that the source defines."""

    definition: syn.GateDefinition
    qubits: int
    parameters: int


@dataclass(slots=True)
class _Recorder:
    """Collects what a gate's body does, instead of the circuit."""

    steps: list[tuple[str, tuple[int, ...], Phase]] = field(default_factory=list)
    phase: Phase = field(default_factory=Phase)


_Entry = _Variable | Qubits | _Gate | StandardGate | syn.Subroutine | syn.Extern


@dataclass(frozen=True, slots=True)
class _Signal:
    """Why a block was left: ``break``, ``continue``, ``return`` or ``end``."""

    word: str
    value: ClassicalValue | None = None


def read_openqasm3(
    text: str,
    file: str,
    *,
    bind: Mapping[str, Value | int | Fraction | str] | None = None,
    load: Callable[[str, Span], str] | None = None,
) -> Diagram:
    """The diagram of an OpenQASM 3 source; see :func:`gossamer.frontends.qasm.read_qasm`.

    Parameters
    ----------
    bind
        Values of ``input`` variables; angles in radians.
    load
        Gives the text of a file that is included, or raises.

    Examples
    --------
    >>> d = read_openqasm3("OPENQASM 3; qubit[2] q; ctrl @ U(pi, 0, pi) q[0], q[1]; bit c = measure q[0];", "<text>")
    >>> d.output_names, [r.name for r in d.registers]
    (('q[1]',), ['c'])
    """
    return _Program(file, bind or {}, load).diagram(text)


class _Program:
    def __init__(
        self, file: str, bind: Mapping[str, Value | int | Fraction | str], load: Callable[[str, Span], str] | None
    ) -> None:
        self.file = file
        self.bind = dict(bind)
        self.load = load
        self.circuit = Circuit()
        self.calculate = Arithmetic(self.circuit)
        self.condition = BitExpr.const(1)
        self.globals: dict[str, _Entry] = {}
        self.scopes: list[dict[str, _Entry]] = [self.globals]
        self.globals.update(BUILT_IN)
        self.included = False
        self.declared: set[str] = set(BUILT_IN)  # gates that the language or an included library declares
        self.not_included: dict[Span, str] = {}  # where standard gates were used before any include
        self.reported: list[str] = []
        self.outputs: list[str] = []
        self.nesting = 0
        self.work_left = _MAX_WORK
        self.calls: list[str] = []
        self.entered: list[BitExpr] = []  # the condition at each open loop or call
        self.recorder: _Recorder | None = None
        self.cache: dict[object, Unitary] = {}
        self.including: list[str] = []
        self.bits = 0
        self.clipping = False  # a slice may run over the end: in a barrier that changes nothing

    def diagram(self, text: str) -> Diagram:
        program = parse_openqasm3(text, self.file)
        self.work_left += len(text)
        start = Span(self.file, 1, 1)
        for name in program.hardware:
            self.globals[name] = Qubits((self.circuit.add_qubit(name, start),), single=True)
        self.complete(program)
        self.whole(program.statements)
        acts = sum(not isinstance(x, syn.Header | syn.QubitDeclaration | syn.Declaration) for x in program.statements)
        self.check_included(allowed=acts > 1)
        if self.bind:
            unknown = next(iter(self.bind))
            raise UsageError(
                "TL-7", f"the source has no input '{unknown[:80]}'", help="--bind gives values to 'input' variables"
            )
        for name in self.reported:
            entry = self.globals[name]
            assert isinstance(entry, _Variable)
            if entry.type.base == "bit" or name in self.outputs:
                value = entry.value
                if entry.type.base == "array" or not isinstance(value, Word | int | bool):
                    continue
                word = self.calculate.word(value, start)
                size = entry.type.size or len(word.bits)
                self.circuit.register(name, (*word.bits, *[ZERO] * (size - len(word.bits)))[:size])
        return self.circuit.finish()

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
            span = Span(self.file, 1, 1)
            ids = [self.circuit.add_qubit(f"{name}[{i}]", span) for i in range(size)]
            self.globals.setdefault(name, Qubits(range(ids[0], ids[0] + size)))

    # Names

    def find(self, name: str) -> _Entry | None:
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return self.globals.get(name)

    def lookup(self, name: str, span: Span) -> _Entry:
        entry = self.find(name)
        if entry is None:
            known = [n for scope in (*self.scopes, self.globals) for n in list(scope)[:1000]]
            near = get_close_matches(name, known, n=1) if len(name) <= 40 else []
            raise InputError(
                "QASM-4",
                f"nothing is called '{name[:80]}'",
                span=span,
                help=f"did you mean '{near[0]}'?" if near else "declare it before its first use",
            )
        return entry

    def declare(self, name: str, entry: _Entry, span: Span) -> None:
        _check_new(name, span)
        known = self.scopes[-1].get(name)
        free = isinstance(known, StandardGate) and (name not in self.declared or not isinstance(entry, _Gate))
        if known is not None and not free:
            same = (
                isinstance(known, _Variable)
                and isinstance(entry, _Variable)
                and known.constant
                and entry.constant
                and known.type == entry.type
                and known.value == entry.value
            )
            if not same:
                raise InputError("QASM-5", f"'{name[:80]}' is declared twice", span=span, help="rename one of the two")
        self.scopes[-1][name] = entry

    @property
    def at_top(self) -> bool:
        return len(self.scopes) == 1

    # Statements

    def deeper(self, by: int, span: Span | None) -> None:
        self.nesting += by
        if self.nesting > _MAX_NESTING:
            raise InputError(
                "QASM-12",
                "calls, blocks and operators are nested too deep",
                span=span,
                help="split the expression or the blocks",
            )

    def work(self, amount: int, span: Span | None) -> None:
        """Refuse a source that takes long to carry out, whatever gates it makes."""
        self.work_left -= amount
        if self.work_left < 0:
            raise InputError(
                "QASM-12",
                f"the source asks for more than {_MAX_WORK} steps of computation",
                span=span,
                help="loops, calls and copies of arrays count with their expansion",
            )

    def run(self, statements: Sequence[syn.Statement]) -> _Signal | None:
        for statement in statements:
            self.work(_WORK_OF_STATEMENT, statement.span)
            signal = self.statement(statement)
            if signal is not None:
                return signal
        return None

    def block(self, body: syn.Block, entries: dict[str, _Entry] | None = None) -> _Signal | None:
        """Run a block in a scope of its own."""
        self.deeper(4, body.span)
        self.scopes.append(entries or {})
        try:
            return self.run(body.statements)
        finally:
            self.scopes.pop()
            self.nesting -= 4

    def statement(self, s: syn.Statement) -> _Signal | None:
        match s:
            case syn.Apply():
                self.apply(s)
            case syn.Assignment():
                self.assign(s)
            case syn.Declaration():
                self.declaration(s)
            case syn.Passive():
                self.passive(s)
            case syn.Branch():
                return self.branch(s)
            case syn.For():
                return self.loop(s)
            case syn.While():
                return self.repeat(s)
            case syn.Switch():
                return self.switch(s)
            case syn.Block():
                return self.block(s)
            case syn.Box():
                return self.block(s.body)
            case syn.Jump():
                return self.jump(s)
            case syn.ResetStatement():
                for operand in s.operands:
                    self.reset(operand, s.span)
            case syn.QubitDeclaration():
                self.declare_qubits(s)
            case syn.Alias():
                self.alias(s)
            case syn.ExpressionStatement():
                self.discarded(s)
            case syn.GateDefinition():
                self.define(s)
            case syn.Subroutine():
                self.only_at_top("a subroutine", s.span)
                self.declare(s.name, s, s.span)
            case syn.Extern():
                self.declare(s.name, s, s.span)
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

    def only_at_top(self, what: str, span: Span) -> None:
        if not self.at_top:
            raise wrong(f"{what} cannot be declared in a block", span)

    def no_gate_body(self, what: str, span: Span) -> None:
        if self.recorder is not None:
            raise InputError(
                "QASM-13",
                f"{what} cannot stand in a gate definition",
                span=span,
                help="a gate is unitary; use a subroutine ('def')",
            )

    def include(self, s: syn.Include) -> None:
        if s.file in LIBRARIES:
            self.check_included(allowed=False)
            self.included = True
            self.declared |= DECLARED[s.file]
            for name, gate in STANDARD.items():
                known = self.globals.get(name)
                if known is None or isinstance(known, StandardGate):
                    self.globals[name] = gate
                elif name in DECLARED[s.file]:
                    raise InputError("QASM-5", f"'{name}' is declared before the include that holds it", span=s.span)
            return
        if self.load is None:
            raise InputError(
                "QASM-3",
                f"include {s.file[:80]!r} is not available",
                span=s.span,
                help=f"built in are {' and '.join(LIBRARIES)}; other files must lie in or below the folder of the source",
            )
        if len(self.including) >= 20 or s.file in self.including:
            raise InputError("QASM-3", f"include {s.file[:80]!r} includes itself", span=s.span)
        text = self.load(s.file, s.span)
        self.circuit.count(len(text) // 100, s.span)
        self.work_left += len(text)
        self.including.append(s.file)
        try:
            self.run(parse_openqasm3(text, s.file).statements)
        except InputError as error:
            error.with_source(text)
            raise
        finally:
            self.including.pop()

    def check_included(self, *, allowed: bool) -> None:
        """Standard gates are read without an include, as some tools write them.

        Not so where an include follows, or where a single gate is the whole program: that is more likely a slip.
        """
        if self.not_included and not allowed:
            span, name = next(iter(self.not_included.items()))
            raise InputError(
                "QASM-7", f"unknown gate '{name[:80]}'", span=span, help='write include "stdgates.inc"; first'
            )

    def passive(self, s: syn.Passive) -> None:
        if s.kind == "delay":
            self.delay(s)
            return
        self.clipping = True
        for operand in s.operands:
            self.qubits(operand)
        self.clipping = False

    def delay(self, s: syn.Passive) -> None:
        """Each qubit waits; a time that is not known here or passes under a measured bit only, and one in a gate, leave no trace."""
        assert s.argument is not None
        time = self.value(s.argument)
        if not isinstance(time, Duration):
            raise wrong("a delay takes a duration", s.span, "write a unit: delay[100ns]")
        if time.value is not None and time.value < 0:
            raise no_value("a delay by less than no time", s.span)
        ids: Sequence[int] = [q for operand in s.operands for q in self.qubits(operand).ids]
        check_distinct(ids, s.span)
        if not s.operands:
            ids = range(len(self.circuit.slots))
        if time.value is not None and self.recorder is None and self.condition.is_one:
            self.circuit.count(len(ids), s.span)
            for q in ids:
                self.circuit.delay(q, Delay(time.value, time.unit), s.span)

    # Declarations

    def declare_qubits(self, s: syn.QubitDeclaration) -> None:
        self.only_at_top("qubits", s.span)
        size = 1 if s.size is None else self.size(s.size, "the size of a register")
        if len(self.circuit.slots) + size > MAX_QUBITS:
            raise InputError("QASM-12", f"more than {MAX_QUBITS} qubits are declared", span=s.span)
        _check_new(s.name, s.span)
        ids = [self.circuit.add_qubit(f"{s.name}[{i}]", s.span) for i in range(size)]
        self.declare(s.name, Qubits(range(ids[0], ids[0] + size), single=s.size is None), s.span)

    def size(self, expression: syn.Expression, what: str) -> int:
        for name in _names(expression):
            entry = self.find(name.name)
            if isinstance(entry, _Variable) and not entry.constant:
                raise wrong(
                    f"{what} must be constant, and '{name.name}' is a variable",
                    name.span,
                    f"declare it as const: const int {name.name} = ...;",
                )
        size = self.calculate.integer(self.value(expression), _span(expression), what)
        if size < 1:
            raise InputError("QASM-6", f"{what} is at least 1, not {size}", span=_span(expression))
        if size > MAX_QUBITS:
            raise InputError("QASM-12", f"{what} is more than {MAX_QUBITS}", span=_span(expression))
        return size

    def type(self, t: syn.Type) -> ValueType:
        if t.base == "array":
            assert t.element is not None
            if t.element.base == "array":
                raise wrong(
                    "the elements of an array are no arrays", t.span, "give one array several sizes: array[int, 2, 3]"
                )
            if t.dimensions is None:
                raise wrong(
                    "only an argument of a subroutine has an array of any size",
                    t.span,
                    "give each size: array[int, 2, 3]",
                )
            dimensions = tuple(self.size(d, "the size of an array") for d in t.dimensions)
            total = 1
            for d in dimensions:
                total *= d
            if total > _MAX_ARRAY:
                raise InputError("QASM-12", f"an array with more than {_MAX_ARRAY} elements", span=t.span)
            return ValueType("array", None, self.type(t.element), dimensions)
        if t.size is None:
            return ValueType(t.base)
        return ValueType(t.base, self.size(t.size, f"the size of {t.base}"))

    def declaration(self, s: syn.Declaration) -> None:
        self.no_gate_body("a declaration", s.span)
        assert s.type is not None
        type = self.type(s.type)
        if s.io == "input":
            self.only_at_top("an input", s.span)
            self.declare(s.name, _Variable(type, self.input(s.name, type, s.span)), s.span)
            return
        self.work(prod(type.dimensions) // 4 + (type.size or 0) // 8, s.span)
        if s.value is None:
            value = self.initial(type, s.span)
        else:
            value = self.calculate.convert(self.value(s.value), type, _span(s.value))
        if type.base == "bit":
            self.bits += type.size or 1
            if self.bits > MAX_QUBITS:
                raise InputError("QASM-12", f"more than {MAX_QUBITS} bits are declared", span=s.span)
        again = s.name in self.scopes[-1]
        self.declare(s.name, _Variable(type, value, s.constant), s.span)
        if self.at_top and not s.constant and not again:
            self.reported.append(s.name)
        if s.io == "output":
            self.outputs.append(s.name)

    def initial(self, type: ValueType, span: Span) -> ClassicalValue:
        """What a variable holds that was not given a value: zero."""
        if type.base == "array":
            assert type.element is not None
            inner = (
                ValueType("array", None, type.element, type.dimensions[1:])
                if len(type.dimensions) > 1
                else type.element
            )
            return [self.initial(inner, span) for _ in range(type.dimensions[0])]
        if type.base in ("duration", "stretch"):
            return Duration()
        return self.calculate.convert(0, type, span)

    def input(self, name: str, type: ValueType, span: Span) -> ClassicalValue:
        if name in self.bind:
            given = self.bind.pop(name)
            value: ClassicalValue
            if isinstance(given, str):
                try:
                    value = int(given, 2) if type.base == "bit" else self.value(_expression(given, name))
                except ValueError:
                    raise UsageError("TL-7", f"'{given[:80]}' is not a value for '{name}'") from None
            else:
                value = Exact(given) if isinstance(given, Fraction) else given
            return self.calculate.convert(value, type, span, explicit=True)
        if type.base in ("float", "angle"):
            return Polynomial.symbol(name)
        size = 1 if type.base == "bool" or (type.base == "bit" and type.size is None) else type.size
        if type.base in ("bit", "bool", "int", "uint") and size is not None:
            if size > 4096:
                raise InputError("QASM-12", "an input with more than 4096 bits", span=span)
            names = [name if size == 1 and type.size is None else f"{name}[{i}]" for i in range(size)]
            bits = tuple(BitExpr.bit(self.circuit.wires.builder.input_bit(n)) for n in names)
            kind = {"bit": "bit", "bool": "bool"}.get(type.base, "int")
            return Word(bits, kind, type.base == "int", single=type.base == "bit" and type.size is None)
        raise unexpressible(f"an input of type {type} without a value", span, f"give it one: --bind {name}=VALUE")

    def alias(self, s: syn.Alias) -> None:
        value = self.quantum_or_classical(s.value)
        if isinstance(value, Qubits):
            check_distinct(value.ids, s.span)
            self.declare(s.name, value, s.span)
        else:
            type = ValueType("bit", len(value.bits)) if isinstance(value, Word) else ValueType("float")
            self.declare(s.name, _Variable(type, value, constant=True), s.span)

    def quantum_or_classical(self, e: syn.Expression) -> Qubits | ClassicalValue:
        """An expression that may name qubits."""
        match e:
            case syn.Name():
                entry = self.lookup(e.name, e.span)
                if isinstance(entry, Qubits):
                    return entry
            case syn.Operand():
                entry = self.lookup(e.name, e.span)
                if isinstance(entry, Qubits):
                    return self.qubits(e)
            case syn.Indexed():
                base = self.quantum_or_classical(e.value)
                return self.indexed(base, e.index, e.span)
            case syn.Concatenation():
                parts = [self.quantum_or_classical(p) for p in e.parts]
                if all(isinstance(p, Qubits) for p in parts):
                    return Qubits([q for p in parts for q in p.ids])  # type: ignore[union-attr]
                words = [self.concatenable(p, e.span) for p in parts]
                if all(isinstance(w, list) for w in words):
                    return [x for w in words for x in w]  # type: ignore[union-attr]
                return Word(tuple(bit for w in words for bit in w.bits))  # type: ignore[union-attr]
            case syn.IndexSet():
                raise wrong("a set cannot stand here", _span(e))
        return self.value(e)

    def concatenable(self, value: Qubits | ClassicalValue, span: Span) -> Word | list[ClassicalValue]:
        if isinstance(value, list) or (isinstance(value, Word) and value.kind == "bit"):
            return value
        raise wrong(f"{describe(value)} cannot be joined with '++'", span)

    # Gates

    def define(self, s: syn.GateDefinition) -> None:
        self.only_at_top("a gate", s.span)
        formals = (*s.parameters, *s.qubits)
        for formal in formals:
            _check_new(formal, s.span)
        if len(set(formals)) != len(formals):
            raise InputError("QASM-5", f"gate '{s.name}' names two of its arguments alike", span=s.span)
        if not s.qubits:
            raise InputError("QASM-8", f"gate '{s.name}' has no qubits", span=s.span)
        self.check_body(s, s.body)
        self.declare(s.name, _Gate(s, len(s.qubits), len(s.parameters)), s.span)

    def check_body(self, gate: syn.GateDefinition, body: syn.Block) -> None:
        """Names in a gate definition, whether or not it is used."""
        for statement in body.statements:
            s = statement.statement if isinstance(statement, syn.Annotated) else statement
            match s:
                case syn.Apply():
                    if s.name != "gphase":
                        known = self.gate(s.name, s.span)
                        if not s.modifiers:
                            _check_counts(s.name, known, len(s.arguments), len(s.operands), s.span)
                    for operand in s.operands:
                        if operand.name not in gate.qubits and not operand.name.startswith("$"):
                            raise InputError(
                                "QASM-4",
                                f"'{operand.name[:80]}' is no qubit of gate '{gate.name[:80]}'",
                                span=operand.span,
                                help=f"its qubits are {', '.join(gate.qubits[:10])}",
                            )
                        if operand.indices:
                            raise InputError(
                                "QASM-13", "the qubits of a gate definition take no index", span=operand.span
                            )
                    names = [o.name for o in s.operands]
                    if len(set(names)) != len(names):
                        check_distinct([names.index(n) for n in names], s.span)
                case syn.For() | syn.While() | syn.Box():
                    self.check_body(gate, s.body)
                case syn.Block():
                    self.check_body(gate, s)
                case syn.Branch():
                    self.check_body(gate, s.then)
                    if s.otherwise is not None:
                        self.check_body(gate, s.otherwise)
                case syn.Passive() | syn.Switch() | syn.Jump():
                    pass
                case syn.ExpressionStatement() if isinstance(s.value, syn.Call):
                    pass
                case _:
                    raise InputError(
                        "QASM-13",
                        "this statement cannot stand in a gate definition",
                        span=s.span or gate.span,
                        help="a gate is unitary; use a subroutine ('def')",
                    )

    def gate(self, name: str, span: Span) -> _Gate | StandardGate:
        entry = self.find(name)
        if not isinstance(entry, _Gate | StandardGate) and name in OTHER_NAMES:
            return STANDARD[OTHER_NAMES[name]]
        if (
            (entry is None or isinstance(entry, _Variable | Qubits))
            and name in STANDARD
            and (entry or not self.included)
        ):
            if not self.included:
                self.not_included.setdefault(span, name)
            return STANDARD[name]  # a variable may have the name of a library's gate
        if isinstance(entry, _Gate | StandardGate):
            return entry
        if entry is not None:
            raise wrong(f"'{name[:80]}' is not a gate", span)
        help_text = None
        if name in STANDARD:
            help_text = 'write include "stdgates.inc"; first'
        elif len(name) <= 40:
            near = get_close_matches(
                name, [n for n, e in self.globals.items() if isinstance(e, _Gate | StandardGate)][:1000], n=1
            )
            help_text = f"did you mean '{near[0]}'?" if near else "define it with 'gate' before its first use"
        raise InputError("QASM-7", f"unknown gate '{name[:80]}'", span=span, help=help_text)

    def apply(self, s: syn.Apply) -> None:
        if s.name != "gphase" and isinstance(entry := self.find(s.name), syn.Subroutine | syn.Extern):
            if s.modifiers:
                raise wrong("a subroutine takes no gate modifier", s.span)
            self.call(entry, [*s.arguments, *s.operands], s.span)
            return
        operands = [self.qubits(o) for o in s.operands]
        count = len(operands)
        u = self.unitary(s, count)
        if count != u.qubits:
            raise InputError("QASM-8", f"gate '{s.name[:80]}' takes {u.qubits} qubits here, not {count}", span=s.span)
        size = max((len(o.ids) for o in operands if not o.single), default=1)
        for operand, o in zip(s.operands, operands, strict=True):
            if len(o.ids) not in (1, size):
                raise InputError(
                    "QASM-10",
                    f"registers of {len(o.ids)} and {size} elements do not go together",
                    span=operand.span,
                    help="in one statement all registers have the same size",
                )
        self.circuit.count(size * max(1, len(u.steps)), s.span)
        condition = self.condition
        self.circuit.wires.span = s.span
        for i in range(size):
            places = [o.ids[i] if len(o.ids) > 1 else o.ids[0] for o in operands]
            check_distinct(places, s.span)
            if self.recorder is not None:
                self.recorder.steps += moved(u.steps, places)
                self.recorder.phase = self.recorder.phase + u.phase
            else:
                self.circuit.touch(places)
                self.circuit.apply(u.steps, places, None if condition.is_one else condition)

    def unitary(self, s: syn.Apply, operands: int) -> Unitary:
        """The gate of a statement, modifiers applied from the inside out."""
        arguments = [self.angle(a) for a in s.arguments]
        modifiers = list(s.modifiers)
        counts: list[int] = []
        for m in modifiers:
            k = 0
            if m.name in ("ctrl", "negctrl"):
                k = (
                    1
                    if m.argument is None
                    else self.calculate.integer(self.value(m.argument), m.span, "the number of controls")
                )
                if k < 1:
                    raise InputError("QASM-8", f"'{m.name}' takes at least one control, not {k}", span=m.span)
            counts.append(k)
        if sum(counts) > operands:
            raise InputError("QASM-8", f"{sum(counts)} controls need more than {operands} qubits", span=s.span)
        if s.name == "gphase":
            if len(arguments) != 1:
                raise InputError("QASM-8", f"gphase takes 1 parameter, not {len(arguments)}", span=s.span)
            rest = operands - sum(counts)
            if rest and modifiers:
                raise InputError("QASM-8", f"gphase takes no qubits of its own, not {rest}", span=s.span)
            u = Unitary(rest, (), phase_of(_pi_multiples(arguments[0])))
        else:
            gate = self.gate(s.name, s.span)
            if s.name == "u" and isinstance(gate, StandardGate) and not arguments:
                # an unspecified one-qubit gate, as in published examples: its angles stay open
                arguments = [Polynomial.symbol(f"u_{angle}") for angle in ("theta", "phi", "lambda")]
            _check_counts(s.name, gate, len(arguments), None, s.span)
            u = self.expansion(gate, arguments, s.span)
        pending: list[tuple[syn.Modifier, int, Fraction | float | None]] = []
        for m, k in zip(modifiers, counts, strict=True):
            pending.append((m, k, self.exponent(m) if m.name == "pow" else None))
        # a power of a controlled gate is the controlled power: fractional ones need the smaller gate
        i = 0
        while i + 1 < len(pending):
            m, _, exponent = pending[i]
            if m.name == "pow" and pending[i + 1][1]:
                pending[i], pending[i + 1] = pending[i + 1], pending[i]
                i = max(0, i - 1)
                if i and pending[i - 1][0].name == "pow":
                    continue
            i += 1
        for m, k, exponent in reversed(pending):
            if m.name == "inv":
                u = inverse(u)
            elif exponent is not None:
                u = power(u, exponent, m.span)
            else:
                u = controlled(u, k, negative=m.name == "negctrl", span=m.span)
        return u

    def exponent(self, m: syn.Modifier) -> Fraction | float:
        assert m.argument is not None
        value = self.calculate.real(self.value(m.argument), m.span)
        if isinstance(value, Polynomial):
            raise unexpressible("a power that is not constant", m.span)
        if isinstance(value, Exact) and not value.pi_part:
            return value.rational
        number = as_float(value)
        return Fraction(number) if number.is_integer() else number

    def angle(self, e: syn.Expression) -> Exact | float | Polynomial:
        value = self.value(e)
        if isinstance(value, Duration):
            return 0.0  # u0(100ns) and the like
        return self.calculate.real(value, _span(e))

    def expansion(
        self, gate: _Gate | StandardGate, arguments: Sequence[Exact | float | Polynomial], span: Span
    ) -> Unitary:
        if isinstance(gate, StandardGate):
            return standard(gate, tuple(_pi_multiples(a) for a in arguments))
        key = (gate.definition.name, id(gate), *arguments)
        known = self.cache.get(key)
        if known is not None:
            return known
        saved = self.scopes, self.recorder, self.condition
        self.deeper(10, span)
        self.recorder = recorder = _Recorder()
        formals: dict[str, _Entry] = {
            n: _Variable(ValueType("angle"), a, constant=True)
            for n, a in zip(gate.definition.parameters, arguments, strict=True)
        }
        formals |= {n: Qubits((i,), single=True) for i, n in enumerate(gate.definition.qubits)}
        self.scopes, self.condition = [self.globals, formals], BitExpr.const(1)
        before = self.circuit.steps
        try:
            self.block(gate.definition.body)
        finally:
            self.scopes, self.recorder, self.condition = saved
            self.nesting -= 10
        self.circuit.steps = before + len(recorder.steps) // 8 + 1
        u = Unitary(gate.qubits, tuple(recorder.steps), recorder.phase)
        if len(self.cache) >= _MAX_CACHED:
            self.cache.clear()
        self.cache[key] = u
        return u

    def reset(self, operand: syn.Operand, span: Span) -> None:
        self.no_gate_body("'reset'", span)
        ids = self.qubits(operand).ids
        self.circuit.count(len(ids), span)
        self.circuit.wires.span = span
        for q in ids:
            self.circuit.reset(q, self.condition)

    # Operands

    def qubits(self, operand: syn.Operand) -> Qubits:
        name = operand.name
        if name.startswith("$"):
            name = "$" + (name[1:].lstrip("0") or "0")
            if self.recorder is not None:
                raise InputError("QASM-13", "a gate definition cannot use physical qubits", span=operand.span)
        entry = self.lookup(name, operand.span)
        if not isinstance(entry, Qubits):
            raise wrong(f"'{name[:80]}' is not a qubit", operand.span)
        for index in operand.indices:
            if entry.single:
                raise wrong(f"'{name[:80]}' is single and takes no index", operand.span)
            entry = Qubits(*self.picked(entry.ids, index, operand.span))
        return entry

    def picked(self, elements: Sequence[int], index: syn.Index, span: Span) -> tuple[Sequence[int], bool]:
        """The elements that an index names, and whether it is one."""
        if isinstance(index, syn.IndexSet):
            at = [self.position(v, len(elements), span) for v in index.values]
            return [elements[i] for i in at], False
        if len(index) != 1:
            raise wrong(f"a register takes one index, not {len(index)}", span)
        item = index[0]
        if isinstance(item, syn.Range):
            return [elements[i] for i in self.slice(item, len(elements), span)], False
        value = self.value(item)
        if isinstance(value, list):
            return [elements[self.at(v, len(elements), span)] for v in value], False
        return [elements[self.at(value, len(elements), span)]], True

    def position(self, e: syn.Expression, size: int, span: Span) -> int:
        return self.at(self.value(e), size, span)

    def at(self, value: ClassicalValue, size: int, span: Span) -> int:
        i = self.calculate.integer(value, span, "an index")
        if not -size <= i < size:
            shown = str(i) if abs(i) < 10**18 else "beyond 10^18"
            raise InputError(
                "QASM-6",
                f"index {shown} is out of range: there are {size} elements",
                span=span,
                help=f"indices run from {-size} to {size - 1}",
            )
        return i % size

    def slice(self, r: syn.Range, size: int, span: Span) -> range:
        step = 1 if r.step is None else self.calculate.integer(self.value(r.step), span, "a step")
        if step == 0:
            raise no_value("a range with step 0", span)
        start = (0 if step > 0 else size - 1) if r.start is None else self.position(r.start, size, span)
        if self.clipping and r.stop is not None and self.calculate.integer(self.value(r.stop), span) >= size:
            r = syn.Range(r.start, r.step, None, r.span)
        stop = (size - 1 if step > 0 else 0) if r.stop is None else self.position(r.stop, size, span)
        return range(start, stop + (1 if step > 0 else -1), step)

    # Control flow

    def branch(self, s: syn.Branch) -> _Signal | None:
        test = self.calculate.boolean(self.value(s.condition), s.span)
        if test.is_one:
            return self.block(s.then)
        if test.is_zero:
            return None if s.otherwise is None else self.block(s.otherwise)
        if self.recorder is not None:
            raise wrong("a gate definition cannot branch on a bit that is not constant", s.span)
        outer = self.condition
        # a derived bit must be made before the bits that the branches make
        then = self.circuit.single(self.circuit.joined(outer, test))
        otherwise = self.circuit.joined(outer, ~test)
        if s.otherwise is not None and s.otherwise.statements:
            otherwise = self.circuit.single(otherwise)
        try:
            for condition, body in ((then, s.then), (otherwise, s.otherwise)):
                if body is not None and not condition.is_zero:
                    self.condition = condition
                    self.block(body)
        finally:
            self.condition = outer
        return None

    def loop(self, s: syn.For) -> _Signal | None:
        type = ValueType("int") if s.type is None else self.type(s.type)
        values = self.iterated(s)
        if isinstance(values, list):
            self.work(len(values) // 4, s.span)
        if isinstance(values, range) and len(values) * _least(s.body) > MAX_STEPS:
            self.circuit.count(len(values) * _least(s.body), s.span)
        outer = self.condition
        last = self.last_round(s, values)
        self.entered.append(self.condition)
        try:
            for value in values:
                self.circuit.count(1, s.span)
                if last is not None:
                    inside = self.calculate.boolean(self.calculate.binary("<=", value, last, s.span), s.span)
                    self.condition = self.entered[-1] = self.circuit.single(self.circuit.joined(outer, inside))
                    if self.condition.is_zero:
                        continue
                entry = _Variable(type, self.calculate.convert(value, type, s.span))
                signal = self.block(s.body, {s.name: entry})
                if signal is not None:
                    if signal.word == "break":
                        break
                    if signal.word != "continue":
                        return signal
        finally:
            self.entered.pop()
            self.condition = outer
        return None

    def last_round(self, s: syn.For, values: object) -> ClassicalValue | None:
        """The measured end of a loop's range: each round stands under the condition that it is reached."""
        if isinstance(s.values, syn.Range) and s.values.stop is not None:
            stop = self.value(s.values.stop)
            if isinstance(settled(stop), Word):
                return stop
        return None

    def iterated(self, s: syn.For) -> Sequence[ClassicalValue] | Iterator[ClassicalValue]:
        what = "a loop whose bounds depend on a measurement or an input"
        if isinstance(s.values, syn.Range):
            if s.values.start is None or s.values.stop is None:
                raise wrong("the range of a loop needs a start and an end", s.span)
            ends = [self.value(e) if e is not None else 1 for e in (s.values.start, s.values.step, s.values.stop)]
            if isinstance(end := settled(ends[2]), Word) and len(end.bits) <= 16:
                ends[2] = (1 << (len(end.bits) - end.signed)) - 1
                if not isinstance(settled(ends[1]), int) or self.calculate.integer(ends[1], s.span) < 1:
                    raise unexpressible(what, s.span, "count upwards to the measured number")
                if _leaves(s.body):
                    raise unexpressible("'break' in a loop whose bounds depend on a measurement", s.span)
            if any(isinstance(settled(e), Word | Polynomial) for e in ends):
                raise unexpressible(what, s.span, "give the loop constant bounds and branch inside it")
            if s.type is not None and s.type.base in ("float", "angle"):
                return self.real_range([self.calculate.real(e, s.span) for e in ends], s.span)
            start, step, stop = (self.calculate.integer(e, s.span, "the bound of a loop") for e in ends)
            if step == 0:
                raise no_value("a range with step 0", s.span)
            out = range(start, stop + (1 if step > 0 else -1), step)
            if out and abs(stop - start) // abs(step) > MAX_STEPS:
                raise InputError("QASM-12", f"a loop with more than {MAX_STEPS} rounds", span=s.span)
            return out
        if isinstance(s.values, syn.IndexSet):
            return [self.value(v) for v in s.values.values]
        value = self.value(s.values)
        if isinstance(value, Word) and value.kind == "bit":
            return [Word((b,), single=True) for b in value.bits]
        if isinstance(value, list):
            return list(value)
        raise wrong(
            f"a loop cannot run over {describe(value)}",
            s.span,
            "it runs over a range, a set, an array or a bit register",
        )

    def real_range(self, ends: Sequence[Exact | float | Polynomial], span: Span) -> list[ClassicalValue]:
        start, step, stop = (e for e in ends if not isinstance(e, Polynomial))
        if not as_float(step):
            raise no_value("a range with step 0", span)
        rounds = (as_float(stop) - as_float(start)) / as_float(step)
        if rounds > MAX_STEPS:
            raise InputError("QASM-12", f"a loop with more than {MAX_STEPS} rounds", span=span)
        return (
            [arithmetic("+", start, arithmetic("*", step, Exact(Fraction(i)))) for i in range(int(rounds + 1e-9) + 1)]
            if rounds >= 0
            else []
        )

    def repeat(self, s: syn.While) -> _Signal | None:
        self.entered.append(self.condition)
        rounds = 0
        try:
            while True:
                test = self.calculate.boolean(self.value(s.condition), s.span)
                if test.is_zero:
                    return None
                if not test.is_one:
                    raise unexpressible(
                        "a loop on a measured bit",
                        s.span,
                        "its number of rounds is not known; write the rounds that you need as if statements",
                    )
                rounds += 1
                if rounds > _MAX_WHILE:
                    raise InputError(
                        "QASM-12",
                        f"a loop with more than {_MAX_WHILE} rounds",
                        span=s.span,
                        help="does its condition ever change?",
                    )
                self.circuit.count(1, s.span)
                signal = self.block(s.body)
                if signal is not None:
                    if signal.word == "break":
                        return None
                    if signal.word != "continue":
                        return signal
        finally:
            self.entered.pop()

    def switch(self, s: syn.Switch) -> _Signal | None:
        value = self.value(s.value)
        outer, rest = self.condition, BitExpr.const(1)
        seen: set[int] = set()
        labels: list[list[int]] = []
        for case in s.cases:
            labels.append([])
            for label in case.labels or ():
                number = self.calculate.integer(self.value(label), _span(label), "a case label")
                if number in seen:
                    raise InputError("QASM-5", f"case {number} stands twice", span=_span(label))
                seen.add(number)
                labels[-1].append(number)
        chosen: list[tuple[BitExpr, syn.Block]] = []
        for case, numbers in zip(s.cases, labels, strict=True):
            here = rest
            if case.labels is not None:
                hit = ZERO
                for number in numbers:
                    equal = self.calculate.boolean(self.calculate.binary("==", value, number, s.span), s.span)
                    hit = ~self.circuit.joined(~hit, ~equal)
                here = self.circuit.joined(rest, hit)
                rest = self.circuit.joined(rest, ~hit)
            if here.is_one and not chosen:
                signal = self.block(case.body)
                return None if signal is not None and signal.word == "break" else signal
            condition = self.circuit.single(self.circuit.joined(outer, here))
            if not condition.is_zero:
                chosen.append((condition, case.body))
        try:
            for self.condition, body in chosen:
                self.block(body)
        finally:
            self.condition = outer
        return None

    def jump(self, s: syn.Jump) -> _Signal:
        value = None if s.value is None else self.value(s.value)
        expected = BitExpr.const(1) if s.word == "end" or not self.entered else self.entered[-1]
        if self.condition != expected:
            raise unexpressible(
                f"'{s.word}' under a measured bit", s.span, "write what follows under the opposite condition"
            )
        if s.word == "return" and not self.calls:
            raise wrong("'return' outside of a subroutine", s.span)
        if s.word in ("break", "continue") and not self.entered:
            raise wrong(f"'{s.word}' outside of a loop", s.span)
        return _Signal(s.word, value)

    # Subroutines

    def call(
        self, routine: syn.Subroutine | syn.Extern, arguments: Sequence[syn.Expression], span: Span
    ) -> ClassicalValue | None:
        if isinstance(routine, syn.Extern):
            raise unexpressible(
                f"the extern function '{routine.name[:80]}'",
                span,
                "its value is not known here; put a constant in its place",
            )
        self.no_gate_body("a call of a subroutine", span)
        if routine.name in self.calls:
            raise unexpressible(f"the recursion of '{routine.name[:80]}'", span)
        if len(arguments) != len(routine.formals):
            raise InputError(
                "QASM-8",
                f"'{routine.name[:80]}' takes {len(routine.formals)} arguments, not {len(arguments)}",
                span=span,
            )
        self.work(2 * _WORK_OF_STATEMENT, span)
        local: dict[str, _Entry] = {}
        saved = self.scopes
        for formal, argument in zip(routine.formals, arguments, strict=True):
            value = self.quantum_or_classical(argument)
            if formal.name in local:
                raise InputError(
                    "QASM-5", f"subroutine '{routine.name[:80]}' names two of its arguments alike", span=formal.span
                )
            local[formal.name] = self.argument(formal, value, _span(argument))
        taken = [q for e in local.values() if isinstance(e, Qubits) for q in e.ids]
        check_distinct(taken, span)
        self.deeper(8, span)
        self.calls.append(routine.name)
        self.entered.append(self.condition)
        self.scopes = [self.globals, local]
        try:
            signal = self.block(routine.body)
            returned = None if signal is None else signal.value
            if signal is not None and signal.word == "end":
                raise unexpressible("'end' in a subroutine", span)
            if returned is not None and routine.returns is not None:
                returned = self.calculate.convert(returned, self.type(routine.returns), span)
            elif routine.returns is not None and returned is None:
                raise wrong(f"subroutine '{routine.name[:80]}' ends without a value", span)
        finally:
            self.scopes = saved
            self.entered.pop()
            self.calls.pop()
            self.nesting -= 8
        return returned

    def argument(self, formal: syn.Formal, value: Qubits | ClassicalValue, span: Span) -> _Entry:
        if formal.type is None:
            size = None if formal.size is None else self.size(formal.size, "the size of a register")
            if not isinstance(value, Qubits):
                raise wrong(f"'{formal.name[:80]}' takes qubits, not {describe(value)}", span)
            if len(value.ids) != (size or 1):
                raise InputError(
                    "QASM-10", f"{len(value.ids)} qubits for the {size or 1} of '{formal.name[:80]}'", span=span
                )
            return Qubits(value.ids, single=size is None)
        if isinstance(value, Qubits):
            raise wrong(f"'{formal.name[:80]}' takes a classical value, not {describe(value)}", span)
        if formal.type.base == "array" and isinstance(value, list):
            assert formal.type.element is not None
            type = ValueType("array", None, self.type(formal.type.element), shape(value))
            if formal.type.dimensions is not None and self.type(formal.type).dimensions != shape(value):
                raise InputError("QASM-10", f"the array has not the shape of '{formal.name[:80]}'", span=span)
            return _Variable(type, value, constant=formal.access == "readonly")
        type = self.type(formal.type)
        return _Variable(type, self.calculate.convert(value, type, span))

    def discarded(self, s: syn.ExpressionStatement) -> None:
        """A call, a measurement, or an expression for nothing."""
        if isinstance(s.value, syn.Call):
            if s.value.name == "gphase":
                return self.apply(syn.Apply((), "gphase", s.value.arguments, (), s.span))
            entry = self.find(s.value.name)
            if isinstance(entry, syn.Subroutine | syn.Extern):
                self.call(entry, s.value.arguments, s.span)
                return None
        self.value(s.value)
        return None

    # Assignments

    def assign(self, s: syn.Assignment) -> None:
        self.no_gate_body("an assignment", s.span)
        entry = self.lookup(s.target.name, s.target.span)
        if not isinstance(entry, _Variable):
            raise wrong(f"'{s.target.name[:80]}' is not a variable", s.target.span)
        if entry.constant:
            raise wrong(f"'{s.target.name[:80]}' is constant", s.target.span, "declare it without const")
        value = self.value(s.value)
        if s.operator != "=":
            old = self.value(s.target)
            operator = s.operator[:-1]
            if operator == "~":
                value = self.calculate.unary("~", value, s.span)
            else:
                value = self.calculate.binary(operator, old, value, s.span)
        try:
            entry.value = self.stored(entry.value, entry.type, list(s.target.indices), value, s.span)
        except InputError as error:
            if error.code != "QASM-6" or entry.type.base != "array":
                raise
            entry.spoilt = error
        else:
            if not s.target.indices and self.condition.is_one:
                entry.spoilt = None

    def stored(
        self,
        old: ClassicalValue,
        type: ValueType,
        indices: list[syn.Index],
        value: ClassicalValue,
        span: Span,
    ) -> ClassicalValue:
        """What a variable holds after ``value`` is put at ``indices`` of ``old``."""
        if not indices:
            self.work(prod(type.dimensions) // 4, span)
            return self.merged(old, self.calculate.convert(value, type, span), span)
        index = indices[0]
        if isinstance(old, list):
            assert type.element is not None
            if isinstance(index, syn.IndexSet):
                raise wrong("an array takes no set as an index", span)
            inner = (
                ValueType("array", None, type.element, type.dimensions[1:])
                if len(type.dimensions) > 1
                else type.element
            )
            first = index[0]
            rest: list[syn.Index] = [*([index[1:]] if len(index) > 1 else []), *indices[1:]]
            # in place: arrays are shared by reference with subroutines
            if isinstance(first, syn.Range):
                at = self.slice(first, len(old), span)
                if not isinstance(value, list) or len(value) != len(at):
                    raise InputError("QASM-10", "the value has not the shape of the slice", span=span)
                self.work(len(at) // 4, span)
                for i, x in zip(at, list(value), strict=True):
                    old[i] = self.stored(old[i], inner, rest, x, span)
            else:
                i = self.position(first, len(old), span)
                old[i] = self.stored(old[i], inner, rest, value, span)
            return old
        if type.base not in ("bit", "int", "uint", "angle") or (type.base in ("bit", "angle") and type.size is None):
            raise wrong(f"a value of type {type} takes no index", span)
        if len(indices) > 1:
            raise wrong("a bit takes no index", span)
        if type.base == "angle":
            assert type.size is not None
            old = self.calculate.angle_word(old, type.size, span)
        word = self.calculate.word(old, span)
        size = type.size or max(64, len(word.bits))
        bits = [*word.bits, *[word.bits[-1] if word.signed else ZERO] * (size - len(word.bits))]
        places, single = self.picked(range(size), index, span)
        new = self.calculate.convert(value, ValueType("bit", None if single else len(places)), span)
        assert isinstance(new, Word)
        for i, bit in zip(places, new.bits, strict=True):
            bits[i] = self.circuit.selected(self.condition, bit, bits[i])
        self.circuit.count(len(places), span)
        return self.calculate.convert(
            Word(tuple(bits), word.kind if type.base in ("bit", "angle") else "int", type.base == "int"), type, span
        )

    def merged(self, old: ClassicalValue, new: ClassicalValue, span: Span) -> ClassicalValue:
        """``new`` where the condition holds, else ``old``."""
        c = self.condition
        if c.is_one or old == new:
            if isinstance(old, list) and isinstance(new, list):
                old[:] = new
                return old
            return new
        if isinstance(old, list) and isinstance(new, list):
            old[:] = [self.merged(x, y, span) for x, y in zip(old, new, strict=True)]
            return old
        if isinstance(old, Word | int | bool) and isinstance(new, Word | int | bool):
            p, q = self.calculate.word(old, span), self.calculate.word(new, span)
            size = max(len(p.bits), len(q.bits)) + (p.signed != q.signed)
            p, q = (w if len(w.bits) >= size else _extended(w, size) for w in (p, q))
            kind = (
                new.kind
                if isinstance(new, Word)
                else old.kind
                if isinstance(old, Word)
                else "bool"
                if isinstance(new, bool)
                else "int"
            )
            self.work(size, span)
            bits = tuple(self.circuit.selected(c, y, x) for x, y in zip(p.bits, q.bits, strict=True))
            single = isinstance(new, Word) and new.single
            return Word(bits, kind, p.signed or q.signed, single)
        if isinstance(old, complex | Duration) or isinstance(new, complex | Duration):
            raise unexpressible("an assignment of this type under a measured bit", span)
        before, after = self.calculate.real(old, span), self.calculate.real(new, span)
        change = self.calculate.arithmetic("-", after, before, span)
        assert isinstance(change, Exact | float | Polynomial)
        step = change if isinstance(change, Polynomial) else Polynomial.constant(change)
        return self.calculate.arithmetic("+", before, step.where(c), span)

    # Expressions

    def value(self, e: syn.Expression) -> ClassicalValue:
        self.deeper(3, None)
        self.work(1, _span(e))
        try:
            value = self._value(e)
            if isinstance(value, Word):
                self.work(len(value.bits) // 8, _span(e))
            return value
        finally:
            self.nesting -= 3

    def _value(self, e: syn.Expression) -> ClassicalValue:
        match e:
            case syn.Literal():
                return _literal(e)
            case syn.Name():
                return self.named(e.name, e.span)
            case syn.Operation():
                return self.operation(e)
            case syn.Operand():
                value: Qubits | ClassicalValue = self.named(e.name, e.span)
                entry = self.find(e.name)
                if isinstance(entry, _Variable) and entry.type.base == "angle" and entry.type.size is not None:
                    value = self.calculate.angle_word(entry.value, entry.type.size, e.span)
                for index in e.indices:
                    value = self.indexed(value, index, e.span)
                return self.classical(value, e.span)
            case syn.Indexed():
                return self.classical(self.indexed(self.value(e.value), e.index, e.span), e.span)
            case syn.Call():
                return self.function(e)
            case syn.Cast():
                return self.calculate.convert(self.value(e.value), self.type(e.type), e.span, explicit=True)
            case syn.Measured():
                return self.measured(e)
            case syn.DurationOf():
                return Duration()
            case syn.ArrayLiteral():
                return [self.value(v) for v in e.values]
            case syn.Concatenation():
                return self.classical(self.quantum_or_classical(e), e.span)
            case _:
                raise wrong("a set cannot stand here", _span(e))

    def classical(self, value: Qubits | ClassicalValue, span: Span) -> ClassicalValue:
        if isinstance(value, Qubits):
            raise wrong("a qubit has no classical value; measure it", span)
        return value

    def named(self, name: str, span: Span) -> ClassicalValue:
        entry = self.find(name)
        if isinstance(entry, _Variable):
            if entry.spoilt is not None:
                raise entry.spoilt
            return entry.value
        if entry is None and name in CONSTANTS:
            return CONSTANTS[name]
        if entry is None:
            self.lookup(name, span)
        if isinstance(entry, Qubits):
            raise wrong(f"'{name[:80]}' is a qubit; it has no classical value before it is measured", span)
        raise wrong(f"'{name[:80]}' is not a value", span)

    def operation(self, e: syn.Operation) -> ClassicalValue:
        if len(e.operands) == 1:
            return self.calculate.unary(e.operator, self.value(e.operands[0]), e.span)
        left = self.value(e.operands[0])
        if e.operator in ("&&", "||"):
            first = self.calculate.boolean(left, e.span)
            if e.operator == "&&":
                if first.is_zero:
                    return False
                second = self.calculate.boolean(self.value(e.operands[1]), e.span)
                both = self.circuit.joined(first, second)
            else:
                if first.is_one:
                    return True
                second = self.calculate.boolean(self.value(e.operands[1]), e.span)
                both = ~self.circuit.joined(~first, ~second)
            return both.is_one if both.is_one or both.is_zero else Word((both,), "bool")
        return self.calculate.binary(e.operator, left, self.value(e.operands[1]), e.span)

    def indexed(self, value: Qubits | ClassicalValue, index: syn.Index, span: Span) -> Qubits | ClassicalValue:
        if isinstance(value, Qubits):
            if value.single:
                raise wrong("a single qubit takes no index", span)
            return Qubits(*self.picked(value.ids, index, span))
        if isinstance(value, list):
            if isinstance(index, syn.IndexSet):
                return [value[self.position(v, len(value), span)] for v in index.values]
            first, rest = index[0], index[1:]
            if isinstance(first, syn.Range):
                picked = [value[i] for i in self.slice(first, len(value), span)]
                return [self.indexed(x, rest, span) for x in picked] if rest else picked  # type: ignore[misc]
            item = value[self.position(first, len(value), span)]
            return self.indexed(item, rest, span) if rest else item
        if isinstance(value, bool | int):
            value = Word(
                tuple(BitExpr.const(value >> i & 1) for i in range(max(64, value.bit_length() + 1))), "int", value < 0
            )
        if not isinstance(value, Word) or value.single:
            raise wrong(f"{describe(value)} takes no index", span)
        if not isinstance(index, syn.IndexSet) and len(index) == 1 and not isinstance(index[0], syn.Range):
            where = self.value(index[0])
            if isinstance(settled(where), Word):
                return self.chosen(value, where, span)
        places, single = self.picked(range(len(value.bits)), index, span)
        return Word(tuple(value.bits[i] for i in places), single=single)

    def chosen(self, word: Word, where: ClassicalValue, span: Span) -> Word:
        """The bit at a measured index."""
        out = ZERO
        for i, bit in enumerate(word.bits):
            here = self.calculate.boolean(self.calculate.binary("==", where, i, span), span)
            out = self.circuit.shortened(out ^ self.circuit.joined(here, bit))
        return Word((out,), single=True)

    def measured(self, e: syn.Measured) -> Word:
        self.no_gate_body("'measure'", e.span)
        qubits = self.qubits(e.source)
        self.circuit.count(len(qubits.ids), e.span)
        check_distinct(qubits.ids, e.span)
        self.circuit.wires.span = e.span
        return Word(tuple(self.circuit.measure(q, self.condition) for q in qubits.ids), single=qubits.single)

    def function(self, e: syn.Call) -> ClassicalValue:
        entry = self.find(e.name)
        if isinstance(entry, syn.Subroutine | syn.Extern):
            value = self.call(entry, e.arguments, e.span)
            if value is None:
                raise wrong(f"subroutine '{e.name[:80]}' has no value", e.span)
            return value
        if e.name == "sizeof" and e.arguments:
            return self.sizeof(e)
        arguments = [self.value(a) for a in e.arguments]
        counts = {"pow": 2, "mod": 2, "rotl": 2, "rotr": 2}
        if e.name in counts or e.name in FUNCTIONS or e.name in _OTHER_FUNCTIONS:
            if len(arguments) != counts.get(e.name, 1):
                raise InputError(
                    "QASM-8", f"{e.name} takes {counts.get(e.name, 1)} arguments, not {len(arguments)}", span=e.span
                )
        elif e.name in ("bit", "int", "float", "bool"):
            raise InputError("QASM-1", f"'{e.name}' is a type", span=e.span)
        else:
            near = (
                get_close_matches(e.name, [*FUNCTIONS, *counts, *_OTHER_FUNCTIONS, *self.globals], n=1)
                if len(e.name) <= 40
                else []
            )
            raise InputError("QASM-11" if entry is None else "QASM-13", f"unknown function '{e.name[:40]}'", span=e.span,
                             help=f"did you mean '{near[0]}'?" if near else None)  # fmt: skip
        return self.built_in(e.name, arguments, e.span)

    def built_in(self, name: str, v: list[ClassicalValue], span: Span) -> ClassicalValue:
        x = v[0]
        if name == "pow":
            return self.calculate.binary("**", v[0], v[1], span)
        if name == "mod":
            return self.calculate.binary("%", v[0], v[1], span)
        if name in ("rotl", "rotr"):
            word = self.calculate.word(x, span)
            k = self.calculate.integer(v[1], span, "the distance of a rotation") % max(1, len(word.bits))
            k = k if name == "rotr" else len(word.bits) - k
            return Word(word.bits[k:] + word.bits[:k], word.kind, word.signed, word.single)
        if name == "popcount":
            total: ClassicalValue = 0
            for bit in self.calculate.word(x, span).bits:
                total = self.calculate.binary("+", total, Word((bit,), "int"), span)
            return total
        x = settled(x)
        if name in ("real", "imag"):
            number = x if isinstance(x, complex) else complex(self.number(x, span))
            return number.real if name == "real" else number.imag
        if name in ("floor", "ceiling"):
            exact = self.calculate.real(x, span)
            if isinstance(exact, Polynomial):
                raise unexpressible(f"'{name}' of a parameter or a measured number", span)
            whole = exact.rational if isinstance(exact, Exact) and not exact.pi_part else Fraction(as_float(exact))
            return whole.__floor__() if name == "floor" else whole.__ceil__()
        if name == "abs":
            if isinstance(x, complex):
                return abs(x)
            return self.calculate.unary("-", x, span) if self.calculate.binary("<", x, 0, span) is True else x
        try:
            result = FUNCTIONS[name](x if isinstance(x, complex) else self.number(x, span))
        except (ValueError, OverflowError, ZeroDivisionError):
            raise no_value(f"{name} has no finite value there", span) from None
        if not isinstance(result, complex) and float(result).is_integer():
            return Exact(Fraction(int(result)))  # sqrt(4), cos(0)
        return result

    def number(self, value: ClassicalValue, span: Span) -> float:
        real = self.calculate.real(value, span)
        if isinstance(real, Polynomial):
            raise unexpressible("a function of a parameter or a measured number", span, "bind the parameter to a value")
        return as_float(real)

    def sizeof(self, e: syn.Call) -> int:
        first = e.arguments[0]
        known = self.find(first.name) if isinstance(first, syn.Name) else None
        value = known.value if isinstance(known, _Variable) else self.quantum_or_classical(first)
        if isinstance(value, Qubits):
            return len(value.ids)
        if isinstance(value, Word) and value.kind == "bit" and len(e.arguments) == 1:
            return len(value.bits)
        sizes = shape(value)
        at = self.position(e.arguments[1], len(sizes), e.span) if len(e.arguments) > 1 else 0
        if not sizes:
            raise wrong(f"{describe(value)} has no size", e.span)
        return sizes[at]


#: Names that some tools give to standard gates; a source may give them another meaning.
OTHER_NAMES = {
    "cnot": "cx", "ccnot": "ccx", "toffoli": "ccx", "i": "id", "si": "sdg", "ti": "tdg", "v": "sx", "vi": "sxdg", "cv": "csx", "phaseshift": "p",
    "cphaseshift": "cp", "xx": "rxx", "yy": "ryy", "zz": "rzz", "prx": "r",
}  # fmt: skip
_OTHER_FUNCTIONS = frozenset({"popcount", "real", "imag", "floor", "ceiling", "abs", "sizeof"})
_NOWHERE = Span("<text>", 1, 1)
_MICRO, _NANO = Fraction(1, 10**6), Fraction(1, 10**9)
_UNITS = {
    "dt": Fraction(1),
    "ns": _NANO,
    "us": _MICRO,
    "µs": _MICRO,
    "μs": _MICRO,
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
}


def _literal(e: syn.Literal) -> ClassicalValue:
    text = e.text.replace("_", "")
    match e.kind:
        case "INT":
            if len(text) > 1000:
                raise InputError("QASM-12", "a number with more than 1000 digits", span=e.span)
            return int(text)
        case "REAL":
            return decimal(text, e.span)
        case "TRUE":
            return True
        case "FALSE":
            return False
        case "BITS":
            return Word(tuple(BitExpr.const(b == "1") for b in reversed(text[1:-1])))
        case "HEX":
            if len(text) > 1000:
                raise InputError("QASM-12", "a number with more than 1000 digits", span=e.span)
            return int(text, 0)
        case "IMAGINARY":
            return complex(0, float(text[:-2]))
    unit = next(u for u in _UNITS if text.endswith(u))
    number = decimal(text[: -len(unit)].strip(), e.span)
    exact = number.rational if isinstance(number, Exact) else Fraction(number)
    return Duration(exact * _UNITS[unit], "dt" if unit == "dt" else "s")


def _pi_multiples(value: Exact | float | Polynomial) -> Fraction | AnglePolynomial:
    return value.angle() if isinstance(value, Polynomial) else multiples_of_pi(value)


def _check_counts(name: str, gate: _Gate | StandardGate, arguments: int, operands: int | None, span: Span) -> None:
    if arguments != gate.parameters and not (name == "u" and not arguments):
        raise InputError("QASM-8", f"gate '{name[:80]}' takes {gate.parameters} parameters, not {arguments}", span=span)
    if operands is not None and operands != gate.qubits:
        raise InputError("QASM-8", f"gate '{name[:80]}' takes {gate.qubits} qubits, not {operands}", span=span)


def _extended(word: Word, size: int) -> Word:
    fill = word.bits[-1] if word.signed and word.bits else ZERO
    return Word((*word.bits, *[fill] * (size - len(word.bits))), word.kind, word.signed, word.single)


def _least(body: syn.Block) -> int:
    """How many statements a block executes at least: for loops that are hopeless from the start."""
    total = 0
    for s in body.statements:
        if isinstance(s, syn.Jump | syn.Branch | syn.Switch) and _leaves(body):
            return 1
        count = 1
        if isinstance(s, syn.For) and isinstance(s.values, syn.Range) and s.values.step is None and not _leaves(s.body):
            ends = [
                e.text
                for e in (s.values.start, s.values.stop)
                if isinstance(e, syn.Literal) and e.kind == "INT" and len(e.text) < 20
            ]
            if len(ends) == 2:
                count = max(0, int(ends[1].replace("_", "")) - int(ends[0].replace("_", "")) + 1) * _least(s.body)
        total += count
    return max(1, total)


def _leaves(body: syn.Block) -> bool:
    """Whether a jump stands somewhere in a block."""
    work: list[object] = list(body.statements)
    while work:
        s = work.pop()
        match s:
            case syn.Jump():
                return True
            case syn.Block():
                work += s.statements
            case syn.For() | syn.While() | syn.Box():
                work.append(s.body)
            case syn.Branch():
                work += [s.then] if s.otherwise is None else [s.then, s.otherwise]
            case syn.Switch():
                work += [c.body for c in s.cases]
            case syn.Annotated():
                work.append(s.statement)
    return False


def _check_new(name: str, span: Span) -> None:
    if name not in CONSTANTS:  # pi and its like are names that may be hidden
        check_new(name, span, version=3)


def _span(e: object) -> Span:
    return getattr(e, "span", None) or _NOWHERE


def _names(e: object) -> Iterator[syn.Name]:
    """The names in an expression of a size; other forms have none that matter."""
    match e:
        case syn.Name():
            yield e
        case syn.Operation():
            for x in e.operands:
                yield from _names(x)
        case syn.Call():
            for x in e.arguments:
                yield from _names(x)


def _expression(text: str, name: str) -> syn.Expression:
    """A value given with ``--bind``: an expression of the language."""
    try:
        program = parse_openqasm3(f"{text};" if len(text) < 200 else "", f"--bind {name}")
    except InputError:
        raise ValueError from None
    if len(program.statements) != 1 or not isinstance(program.statements[0], syn.ExpressionStatement):
        raise ValueError
    return program.statements[0].value
