"""Names of an OpenQASM source: registers, gates, and what their operands and definitions mean.

The module guarantees that a name that is used was declared before with that kind and size, and that the size of a gate's expansion is
known before anything is expanded. The frontend ``gossamer.frontends.qasm`` stands on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from gossamer.diagnostics import InputError, Span, nearest
from gossamer.formats.openqasm_angles import CONSTANTS, Exact, Value, evaluate, multiples_of_pi
from gossamer.formats.openqasm_slips import BEGIN_3, ONLY_3, STATEMENTS
from gossamer.formats.openqasm_syntax import (
    Apply,
    BitDeclaration,
    Expression,
    GateDefinition,
    Operand,
    Operation,
    QubitDeclaration,
)
from gossamer.formats.openqasm_tree import Literal, Name
from gossamer.frontends.qasm_circuit import MAX_QUBITS
from gossamer.frontends.qasm_gates import BUILT_IN, OTHER_NAMES, STANDARD, StandardGate, Steps

MAX_NAME = 256
#: So many mistakes of one source are reported at one time.
MAX_ERRORS = 5

#: Annotations of node programs that take part in what the program does. All others are ignored, as OpenQASM 3 allows.
COMMUNICATION = frozenset({"gossamer.link", "gossamer.send", "gossamer.recv"})

LIBRARIES = ("qelib1.inc", "stdgates.inc")
#: Words that OpenQASM 2 reserves, and that cannot name anything: ``qreg`` and ``creg`` can, as no statement becomes another one by it.
_WORDS_2 = frozenset({"OPENQASM", "include", "gate", "opaque", "barrier", "measure", "reset", "if", "pi", "U", "CX"})
_WORDS_3 = _WORDS_2 | {"qreg", "creg", "qubit", "bit", "else", "true", "false"}


@dataclass(frozen=True, slots=True)
class RegisterName:
    """A declared register: its elements are ``base .. base+size-1``."""

    name: str
    quantum: bool
    base: int
    size: int
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """One gate in the body of a definition; ``places`` count the formal qubits of the definition."""

    gate: AnyGate
    arguments: tuple[Expression | Value, ...]  # a constant argument is evaluated already
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class DefinedGate:
    """A gate that the source defines; ``body`` None: opaque. ``size`` counts the steps of its full expansion."""

    name: str
    parameter_names: tuple[str, ...]
    qubits: int
    body: tuple[Call, ...] | None
    size: int
    span: Span

    @property
    def parameters(self) -> int:
        return len(self.parameter_names)


AnyGate: TypeAlias = StandardGate | DefinedGate


class Scope:
    """The names that are known at one point of a source; filled statement by statement."""

    def __init__(self) -> None:
        self.registers: dict[str, RegisterName] = {}
        self.gates: dict[str, AnyGate] = dict(BUILT_IN)
        self.assumed: dict[str, Span] = {}  # gates that no text declares, where they are used first
        self.qubits = 0
        self.bits = 0

    def declare(self, declaration: QubitDeclaration | BitDeclaration) -> RegisterName:
        name, size, span = declaration.name, declaration.size, declaration.span
        assert size is not None, "the registers of OpenQASM 2 have sizes"
        check_new(name, span)
        if name in self.registers:
            raise InputError(
                "QASM-5",
                f"register '{name}' is declared twice",
                span=span,
                help=declared_first(self.registers[name].span, span),
            )
        quantum = isinstance(declaration, QubitDeclaration)
        word, what = ("qreg", "qubits") if quantum else ("creg", "bits")
        if size == 0:
            raise InputError(
                "QASM-6",
                f"register '{name}' has no elements",
                span=declaration.size_span or span,
                help=f"give it at least one: {word} {name}[1];",
            )
        base = self.qubits if quantum else self.bits
        if base + size > MAX_QUBITS:
            raise InputError(
                "QASM-12",
                f"more than {MAX_QUBITS} {what} are declared",
                span=declaration.size_span or span,
                help=f"all registers together have at most {MAX_QUBITS} {what}",
            )
        if quantum:
            self.qubits += size
        else:
            self.bits += size
        register = self.registers[name] = RegisterName(name, quantum, base, size, span)
        return register

    def include(self, file: str, span: Span) -> None:
        if file not in LIBRARIES:
            raise InputError(
                "QASM-3",
                f"include {file[:80]!r} is not available",
                span=span,
                help=f"no file is ever opened; built in are {' and '.join(LIBRARIES)}; paste other definitions into the source",
            )
        for name, gate in STANDARD.items():
            if isinstance(self.gates.get(name), DefinedGate):
                if gate.fixed:
                    raise InputError(
                        "QASM-5",
                        f"gate '{name}' is defined before the include that holds it",
                        span=span,
                        help=f"rename the gate of the source, or leave out its definition; {file} has it",
                    )
                continue  # the definition of the source stands
            self.gates[name] = gate

    def gate(self, name: str, span: Span, within: str = "") -> AnyGate:
        """The gate called ``name``; ``within`` is the gate whose definition names it."""
        gate = self.gates.get(name)
        if gate is not None:
            if isinstance(gate, StandardGate) and not gate.fixed:
                self.assumed.setdefault(name, span)
            return gate
        raise unknown_gate(name, span, list(self.gates), "qelib1.inc", within)

    def define(self, definition: GateDefinition) -> None:
        name, span = definition.name, definition.span
        check_new(name, span)
        known = self.gates.get(name)
        if isinstance(known, DefinedGate) or (known is not None and known.fixed):
            raise InputError(
                "QASM-5",
                f"gate '{name}' is defined twice",
                span=span,
                help=declared_first(known.span, span)
                if isinstance(known, DefinedGate)
                else "the included library defines it; rename this one or leave it out",
            )
        if name in self.assumed:
            raise used_before(name, self.assumed[name])
        check_formals(definition)
        places = {q: i for i, q in enumerate(definition.qubits)}
        if definition.body is None:
            self.gates[name] = DefinedGate(name, definition.parameters, len(places), None, 0, span)
            return
        known_names = dict(CONSTANTS) | dict.fromkeys(definition.parameters, 0.0)
        body = []
        for statement in definition.body:
            gate = self.gate(statement.gate, statement.span, name) if isinstance(statement, Apply) else None
            at = [self._place(o, places, definition) for o in statement.operands]
            if gate is None or not isinstance(statement, Apply):
                continue  # a barrier changes nothing
            check_call(gate, statement, len(at))
            check_distinct(at, [o.span for o in statement.operands])
            arguments = tuple(_prepare(a, known_names, definition.parameters) for a in statement.arguments)
            body.append(Call(gate, arguments, tuple(at)))
        # evaluating arguments counts too: a long expression may be evaluated once for every call
        size = 1 + sum(call.gate.size + sum(_weight(a) for a in call.arguments) // 8 for call in body)
        self.gates[name] = DefinedGate(name, definition.parameters, len(places), tuple(body), size, span)

    def _place(self, operand: Operand, places: dict[str, int], definition: GateDefinition) -> int:
        check_formal_qubit(operand.name, operand.span, operand.index_span, definition)
        return places[operand.name]

    def resolve(self, operand: Operand, *, quantum: bool) -> range:
        """The elements that ``operand`` names: one, or all of a register."""
        register = self.registers.get(operand.name)
        kind = "quantum" if quantum else "classical"
        if register is None:
            near = nearest(operand.name, (r.name for r in self.registers.values() if r.quantum == quantum))
            raise InputError(
                "QASM-4",
                f"no register is called '{operand.name[:80]}'",
                span=operand.span,
                help=f"did you mean '{near}'?" if near else f"declare the {kind} register before its first use",
            )
        if register.quantum != quantum:
            is_one, wanted = ("creg", "qreg") if quantum else ("qreg", "creg")
            raise InputError(
                "QASM-13",
                f"'{operand.name}' is not a {kind} register",
                span=operand.span,
                help=f"it is a {is_one}, {declared_at(register.span, operand.span)}; name a {wanted} here",
            )
        if operand.index is None:
            return range(register.base, register.base + register.size)
        if operand.index >= register.size:
            raise InputError(
                "QASM-6",
                f"index {_short(operand.index)} is out of range: '{operand.name}' has {counted(register.size, 'element')}",
                span=operand.index_span or operand.span,
                help=indices_run(0, register.size - 1),
            )
        return range(register.base + operand.index, register.base + operand.index + 1)

    def broadcast(self, operands: Sequence[range], spans: Sequence[Span]) -> Iterator[tuple[int, ...]]:
        """The tuples of elements that a statement over registers stands for."""
        size = broadcast_size(operands, spans)
        for i in range(size):
            places = tuple(r[i] if len(r) > 1 else r[0] for r in operands)
            check_distinct(places, spans)
            yield places


def unknown_gate(name: str, span: Span, known: Sequence[str], library: str, within: str = "") -> InputError:
    statements = STATEMENTS[2 if library == "qelib1.inc" else 3]
    near = OTHER_NAMES.get(name.lower()) or nearest(name, statements, 0.75) or nearest(name, known)
    if name == within:
        help = "a gate cannot apply itself"
    elif library == "qelib1.inc" and name in ONLY_3:
        help = f"'{name}' is a word of OpenQASM 3; {BEGIN_3}"
    elif name in STATEMENTS[3]:
        help = f"'{name}' begins a statement, which cannot stand here"
    elif name in STANDARD:
        help = f'write include "{library}"; first'
    else:
        help = f"did you mean '{near}'?" if near else "define it with 'gate' before its first use"
    return InputError("QASM-7", f"unknown gate '{name[:80]}'", span=span, help=help)


def broadcast_size(operands: Sequence[range], spans: Sequence[Span]) -> int:
    size = max((len(r) for r in operands), default=0)
    for r, span in zip(operands, spans, strict=True):
        if len(r) not in (1, size):
            raise InputError(
                "QASM-10",
                f"registers of {len(r)} and {size} elements do not go together",
                span=span,
                help="in one statement all registers have the same size",
            )
    return size


def check_call(gate: AnyGate, statement: Apply, operands: int) -> None:
    check_counts(gate.name, gate.parameters, gate.qubits, len(statement.arguments), operands, statement.span)


def check_counts(name: str, parameters: int, qubits: int, arguments: int, operands: int, span: Span) -> None:
    """Refuse a gate with other numbers of ``arguments`` and ``operands`` than it takes."""
    given, takes = (arguments, counted(parameters, "parameter"))
    if arguments == parameters:
        given, takes = (operands, counted(qubits, "qubit"))
        if operands == qubits:
            return
    raise InputError(
        "QASM-8",
        f"gate '{name[:80]}' takes {takes}, not {given}",
        span=span,
        help=f"write {call_form(name, parameters, qubits)}",
    )


def call_form(name: str, parameters: int, qubits: int) -> str:
    """How a gate is written.

    Examples
    --------
    >>> call_form("crz", 1, 2), call_form("h", 0, 1)
    ('crz(angle) qubit1, qubit2', 'h qubit')
    """
    angles = _numbered("angle", parameters)
    return f"{name[:80]}{f'({angles})' if angles else ''} {_numbered('qubit', qubits)}"


def _numbered(word: str, count: int) -> str:
    return word if count == 1 else ", ".join(f"{word}{i + 1}" for i in range(min(count, 8))) + ", ..." * (count > 8)


def check_distinct(places: Sequence[int], spans: Sequence[Span] | Span, what: str = "gate") -> None:
    """Refuse equal ``places``; ``spans`` has the place in the source of each, or one for all."""
    if len(places) > 1 and len(set(places)) != len(places):
        seen: set[int] = set()
        for i, place in enumerate(places):
            if place in seen:
                raise InputError(
                    "QASM-9",
                    f"a qubit is used twice in one {what}",
                    span=spans if isinstance(spans, Span) else spans[i],
                    help=f"the qubits of one {what} are distinct; name another one here",
                )
            seen.add(place)


class _Definition(Protocol):
    """What the definitions of both versions have."""

    @property
    def name(self) -> str: ...
    @property
    def parameters(self) -> tuple[str, ...]: ...
    @property
    def qubits(self) -> tuple[str, ...]: ...
    @property
    def span(self) -> Span: ...
    @property
    def formal_spans(self) -> tuple[Span, ...]: ...


def check_formals(definition: _Definition, *, version: int = 2) -> None:
    """Refuse a gate definition whose arguments are reserved words, have one name, or are no qubits."""
    seen: set[str] = set()
    for formal, span in zip((*definition.parameters, *definition.qubits), definition.formal_spans, strict=True):
        if version == 2 or formal not in CONSTANTS:
            check_new(formal, span, version=version)
        if formal in seen:
            raise InputError(
                "QASM-5",
                f"gate '{definition.name[:80]}' names two of its arguments alike",
                span=span,
                help=f"give the second '{formal[:80]}' another name",
            )
        seen.add(formal)
    if not definition.qubits:
        raise InputError(
            "QASM-8",
            f"gate '{definition.name[:80]}' has no qubits",
            span=definition.span,
            help=f"name at least one behind it: {definition.name[:80]} a",
        )


def used_before(name: str, use: Span) -> InputError:
    return InputError("QASM-7", f"'{name[:80]}' is used before its definition", span=use, help="move the definition up")


def check_formal_qubit(name: str, span: Span, index_span: Span | None, definition: _Definition) -> None:
    """Refuse an operand in a gate definition that is not one of its qubits."""
    if name not in definition.qubits:
        near = nearest(name, definition.qubits)
        raise InputError(
            "QASM-4",
            f"'{name[:80]}' is no qubit of gate '{definition.name[:80]}'",
            span=span,
            help=f"did you mean '{near}'?" if near else f"its qubits are {', '.join(definition.qubits[:10])}",
        )
    if index_span is not None:
        raise InputError(
            "QASM-13",
            "the qubits of a gate definition take no index",
            span=index_span,
            help=f"'{name[:80]}' is a single qubit; registers are named where the gate is applied",
        )


def expand(gate: AnyGate, arguments: Sequence[Value], span: Span) -> Iterator[tuple[Steps, tuple[int, ...]]]:
    """Steps of standard gates, in order, with the places of ``gate`` on which they act; nesting costs no recursion."""
    work: list[tuple[AnyGate, Sequence[Value], tuple[int, ...]]] = [(gate, arguments, tuple(range(gate.qubits)))]
    while work:
        gate, arguments, places = work.pop()
        if isinstance(gate, StandardGate):
            yield gate.steps(tuple([multiples_of_pi(a) for a in arguments])), places
            continue
        if gate.body is None:
            raise InputError(
                "QASM-14",
                f"gate '{gate.name}' is opaque: it has no meaning",
                span=span,
                help=f"define it with 'gate' in the source, or with --opaque {gate.name}=FILE",
            )
        names = {**CONSTANTS, **dict(zip(gate.parameter_names, arguments, strict=True))} if gate.parameter_names else {}
        for call in reversed(gate.body):
            values = [a if isinstance(a, Exact | float) else evaluate(a, names) for a in call.arguments]
            work.append((call.gate, values, tuple([places[p] for p in call.places])))


def _prepare(a: Expression, known: dict[str, Value], parameters: tuple[str, ...]) -> Expression | Value:
    used = set(_names(a))
    for name in used:
        if name.name not in known:
            evaluate(name, known)  # raises
    return a if any(n.name in parameters for n in used) else evaluate(a)


def _names(expression: Expression) -> Iterator[Name]:
    if isinstance(expression, Name):
        yield expression
    elif not isinstance(expression, Literal):
        for x in expression.operands:
            yield from _names(x)


def _weight(a: Expression | Value) -> int:
    """The number of operations in an argument."""
    return 1 + sum(_weight(x) for x in a.operands) if isinstance(a, Operation) else 0


def check_new(name: str, span: Span, *, version: int = 2) -> None:
    """Refuse a name that the language reserves."""
    if name in (_WORDS_2 if version == 2 else _WORDS_3):
        raise InputError(
            "QASM-5",
            f"'{name}' is a word of the language and cannot be declared",
            span=span,
            help=f"choose another name, for example '{name}_'",
        )
    if len(name) > MAX_NAME:
        raise InputError(
            "QASM-12", f"a name with more than {MAX_NAME} characters", span=span, help="choose a shorter name"
        )


def declared_at(first: Span, here: Span) -> str:
    """Where something was declared, seen from ``here``."""
    return f"declared at line {first.line}" if first.file == here.file else f"declared at {first.file}:{first.line}"


def declared_first(first: Span, here: Span) -> str:
    """The way out for what is declared a second time."""
    return f"first {declared_at(first, here)}; rename one of the two"


def counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def indices_run(first: int, last: int) -> str:
    return f"indices run from {first} to {last}" if first != last else f"the only index is {first}"


def _short(index: int) -> str:
    return str(index) if index < 10**18 else "beyond 10^18"
