"""Names of an OpenQASM source: registers, gates, and what their operands and definitions mean.

The module guarantees that a name that is used was declared before with that kind and size, and that the size of a gate's expansion is
known before anything is expanded. The frontend ``gossamer.frontends.qasm`` stands on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias

from gossamer.diagnostics import InputError, Span
from gossamer.formats.openqasm_angles import CONSTANTS, Exact, Value, evaluate, multiples_of_pi
from gossamer.formats.openqasm_syntax import Apply, Expression, GateDefinition, Name, Number, Operand, Operation
from gossamer.frontends.qasm_circuit import MAX_QUBITS
from gossamer.frontends.qasm_gates import BUILT_IN, STANDARD, StandardGate, Steps

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
    """A declared register: its elements are ``base .. base+size-1``; ``single`` ones take no index."""

    name: str
    quantum: bool
    base: int
    size: int
    single: bool


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

    def declare(self, name: str, size: int | None, *, quantum: bool, span: Span) -> RegisterName:
        check_new(name, span)
        if name in self.registers:
            raise InputError("QASM-5", f"register '{name}' is declared twice", span=span)
        if size == 0:
            raise InputError("QASM-6", f"register '{name}' has no elements", span=span)
        count = 1 if size is None else size
        base = self.qubits if quantum else self.bits
        if base + count > MAX_QUBITS:
            what = "qubits" if quantum else "bits"
            raise InputError("QASM-12", f"more than {MAX_QUBITS} {what} are declared", span=span)
        if quantum:
            self.qubits += count
        else:
            self.bits += count
        register = self.registers[name] = RegisterName(name, quantum, base, count, size is None)
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
                    raise InputError("QASM-5", f"gate '{name}' is defined before the include that holds it", span=span)
                continue  # the definition of the source stands
            self.gates[name] = gate

    def gate(self, name: str, span: Span) -> AnyGate:
        gate = self.gates.get(name)
        if gate is not None:
            if isinstance(gate, StandardGate) and not gate.fixed:
                self.assumed.setdefault(name, span)
            return gate
        help_text = None
        if name in STANDARD:
            help_text = 'write include "qelib1.inc"; (OpenQASM 2) or include "stdgates.inc"; (OpenQASM 3) first'
        elif len(name) <= 40:
            near = get_close_matches(name, list(self.gates)[:1000], n=1)
            help_text = f"did you mean '{near[0]}'?" if near else "define it with 'gate' before its first use"
        raise InputError("QASM-7", f"unknown gate '{name[:80]}'", span=span, help=help_text)

    def define(self, definition: GateDefinition) -> None:
        name, span = definition.name, definition.span
        check_new(name, span)
        known = self.gates.get(name)
        if isinstance(known, DefinedGate) or (known is not None and known.fixed):
            raise InputError("QASM-5", f"gate '{name}' is defined twice", span=span, help="rename one of the two")
        if name in self.assumed:
            raise used_before(name, self.assumed[name])
        formals = (*definition.parameters, *definition.qubits)
        for formal in formals:
            check_new(formal, span)
        if len(set(formals)) != len(formals):
            raise InputError("QASM-5", f"gate '{name}' names two of its arguments alike", span=span)
        if not definition.qubits:
            raise InputError("QASM-8", f"gate '{name}' has no qubits", span=span)
        places = {q: i for i, q in enumerate(definition.qubits)}
        if definition.body is None:
            self.gates[name] = DefinedGate(name, definition.parameters, len(places), None, 0)
            return
        known_names = dict(CONSTANTS) | dict.fromkeys(definition.parameters, 0.0)
        body = []
        for statement in definition.body:
            at = [self._place(o, places, name) for o in statement.operands]
            if not isinstance(statement, Apply):
                continue  # a barrier changes nothing
            gate = self.gate(statement.gate, statement.span)
            check_call(gate, statement, len(at))
            check_distinct(at, statement.span)
            arguments = tuple(_prepare(a, known_names, definition.parameters) for a in statement.arguments)
            body.append(Call(gate, arguments, tuple(at)))
        # evaluating arguments counts too: a long expression may be evaluated once for every call
        size = 1 + sum(call.gate.size + sum(_weight(a) for a in call.arguments) // 8 for call in body)
        self.gates[name] = DefinedGate(name, definition.parameters, len(places), tuple(body), size)

    def _place(self, operand: Operand, places: dict[str, int], gate: str) -> int:
        if operand.index is not None:
            raise InputError("QASM-13", "the qubits of a gate definition take no index", span=operand.span)
        if operand.name not in places:
            near = ", ".join(list(places)[:10])
            raise InputError(
                "QASM-4",
                f"'{operand.name[:80]}' is no qubit of gate '{gate}'",
                span=operand.span,
                help=f"its qubits are {near}",
            )
        return places[operand.name]

    def resolve(self, operand: Operand, *, quantum: bool) -> range:
        """The elements that ``operand`` names: one, or all of a register."""
        register = self.registers.get(operand.name)
        kind = "quantum" if quantum else "classical"
        if register is None:
            options = [r.name for r in self.registers.values() if r.quantum == quantum][:1000]
            near = get_close_matches(operand.name, options, n=1) if len(operand.name) <= 40 else []
            raise InputError(
                "QASM-4",
                f"no register is called '{operand.name[:80]}'",
                span=operand.span,
                help=f"did you mean '{near[0]}'?" if near else f"declare the {kind} register before its first use",
            )
        if register.quantum != quantum:
            raise InputError("QASM-13", f"'{operand.name}' is not a {kind} register", span=operand.span)
        if operand.index is None:
            return range(register.base, register.base + register.size)
        if register.single:
            raise InputError("QASM-13", f"'{operand.name}' is single and takes no index", span=operand.span)
        if operand.index >= register.size:
            raise InputError(
                "QASM-6",
                f"index {_short(operand.index)} is out of range: '{operand.name}' has {register.size} elements",
                span=operand.span,
                help=f"indices run from 0 to {register.size - 1}",
            )
        return range(register.base + operand.index, register.base + operand.index + 1)

    def broadcast(self, operands: Sequence[range], spans: Sequence[Span], statement: Span) -> Iterator[tuple[int, ...]]:
        """The tuples of elements that a statement over registers stands for."""
        size = broadcast_size(operands, spans)
        for i in range(size):
            places = tuple(r[i] if len(r) > 1 else r[0] for r in operands)
            check_distinct(places, statement)
            yield places


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
    if len(statement.arguments) != gate.parameters:
        raise InputError(
            "QASM-8",
            f"gate '{gate.name}' takes {gate.parameters} parameters, not {len(statement.arguments)}",
            span=statement.span,
        )
    if operands != gate.qubits:
        raise InputError(
            "QASM-8", f"gate '{gate.name}' takes {gate.qubits} qubits, not {operands}", span=statement.span
        )


def used_before(name: str, use: Span) -> InputError:
    return InputError("QASM-7", f"'{name[:80]}' is used before its definition", span=use, help="move the definition up")


def check_distinct(places: Sequence[int], span: Span) -> None:
    if len(places) > 1 and len(set(places)) != len(places):
        raise InputError(
            "QASM-9", "a qubit is used twice in one gate", span=span, help="a gate acts on distinct qubits"
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
                "QASM-14", f"gate '{gate.name}' is opaque: it has no meaning", span=span, help="define it with 'gate'"
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
    elif not isinstance(expression, Number):
        for x in expression.operands:
            yield from _names(x)


def _weight(a: Expression | Value) -> int:
    """The number of operations in an argument."""
    return 1 + sum(_weight(x) for x in a.operands) if isinstance(a, Operation) else 0


def check_new(name: str, span: Span, *, version: int = 2) -> None:
    """Refuse a name that the language reserves."""
    if name in (_WORDS_2 if version == 2 else _WORDS_3):
        raise InputError("QASM-5", f"'{name}' is a word of the language and cannot be declared", span=span)
    if len(name) > MAX_NAME:
        raise InputError("QASM-12", f"a name with more than {MAX_NAME} characters", span=span)


def _short(index: int) -> str:
    return str(index) if index < 10**18 else "beyond 10^18"
