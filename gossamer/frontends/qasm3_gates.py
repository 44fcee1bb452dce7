"""Gates of OpenQASM 3: definitions, the standard libraries, modifiers and broadcasts.

The body of a defined gate is run once for each list of angles and recorded; what it does is then applied as a standard gate is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from gossamer.diagnostics import InputError, Span
from gossamer.formats import openqasm3_syntax as syn
from gossamer.formats.openqasm_angles import Exact, as_float, multiples_of_pi
from gossamer.frontends.qasm3_expressions import Expressions, names_in, place_of
from gossamer.frontends.qasm3_modifiers import Unitary, controlled, inverse, moved, power, standard
from gossamer.frontends.qasm3_state import DefinedGate, Recorder, Scope, State, Variable, kind_of
from gossamer.frontends.qasm3_values import BIND, Duration, Qubits, ValueType, unexpressible, wrong
from gossamer.frontends.qasm_flat import SHORTEST, PlainGate
from gossamer.frontends.qasm_gates import DECLARED, OTHER_NAMES, STANDARD, StandardGate, phase_of
from gossamer.frontends.qasm_polynomial import AnglePolynomial, Polynomial
from gossamer.frontends.qasm_runs import Meaning
from gossamer.frontends.qasm_scope import (
    call_form,
    check_counts,
    check_distinct,
    check_formal_qubit,
    check_formals,
    counted,
    declared_at,
    unknown_gate,
)
from gossamer.ir.phase import BitExpr

_MAX_CACHED = 4096
_NOWHERE = Span("<text>", 1, 1)


class Gates:
    """``run`` executes the body of a gate."""

    def __init__(self, state: State, expressions: Expressions, run: Callable[[syn.Block], object]) -> None:
        self.state = state
        self.expressions = expressions
        self.run = run
        self.included = False  # a library
        self.cache: dict[object, Unitary] = {}

    # The libraries

    def include(self, s: syn.Include) -> None:
        """``stdgates.inc`` or ``qelib1.inc``."""
        for name in self.state.assumed:
            if name in DECLARED[s.file]:
                raise self.not_included(name)
        self.included = True
        self.state.declared |= DECLARED[s.file]
        for name, gate in STANDARD.items():
            known = self.state.globals.get(name)
            if known is None or isinstance(known, StandardGate):
                self.state.globals[name] = gate
            elif name in DECLARED[s.file]:
                raise InputError(
                    "QASM-5",
                    f"'{name}' is declared before the include that holds it",
                    span=s.span,
                    help=f"it is {declared_at(self.state.globals.places[name], s.span)}; rename it or leave it out",
                )

    def check_included(self, acts: int) -> None:
        """Standard gates are read without an include, but not where one is all that the source does (``acts`` counts what it does)."""
        if self.state.assumed and not self.included and acts <= 1:
            raise self.not_included(next(iter(self.state.assumed)))

    def not_included(self, name: str) -> InputError:
        return InputError(
            "QASM-7",
            f"unknown gate '{name[:80]}'",
            span=self.state.assumed[name],
            help='write include "stdgates.inc"; first',
        )

    # Definitions

    def define(self, s: syn.GateDefinition) -> None:
        self.state.only_at_top("a gate", s.span)
        check_formals(s, version=3)
        self.check_body(s, s.body, frozenset(s.parameters))
        self.state.declare(s.name, DefinedGate(s, len(s.qubits), len(s.parameters)), s.span)

    def check_body(self, gate: syn.GateDefinition, body: syn.Block, own: frozenset[str]) -> None:
        """Names in a gate definition, whether or not it is used; ``own`` are those of its parameters and loops."""
        for statement in body.statements:
            s = statement.statement if isinstance(statement, syn.Annotated) else statement
            match s:
                case syn.Apply():
                    if s.name != "gphase":
                        known = self.gate(s.name, s.span, gate.name)
                        if not s.modifiers:
                            _check_counts(s.name, known, len(s.arguments), len(s.operands), s.span)
                    for name in (n for a in s.arguments for n in names_in(a)):
                        if name.name not in own:
                            self.expressions.named(name.name, name.span)
                    for operand in s.operands:
                        if not operand.name.startswith("$"):
                            at = place_of(operand.indices[0]) if operand.indices else None
                            check_formal_qubit(operand.name, operand.span, at, gate)
                    names = [o.name for o in s.operands]
                    if len(set(names)) != len(names):
                        check_distinct([names.index(n) for n in names], [o.span for o in s.operands])
                case syn.For():
                    self.check_body(gate, s.body, own | {s.name})
                case syn.While() | syn.Box():
                    self.check_body(gate, s.body, own)
                case syn.Block():
                    self.check_body(gate, s, own)
                case syn.Branch():
                    self.check_body(gate, s.then, own)
                    if s.otherwise is not None:
                        self.check_body(gate, s.otherwise, own)
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

    def gate(self, name: str, span: Span, within: str = "") -> DefinedGate | StandardGate:
        """The gate called ``name``; ``within`` is the gate whose definition names it."""
        entry = self.state.find(name)
        if entry is None or isinstance(entry, Variable | Qubits):  # which may have the name of a library's gate
            entry = STANDARD.get(OTHER_NAMES.get(name, name), entry)
        if isinstance(entry, StandardGate) and name not in self.state.declared:
            self.state.assumed.setdefault(name, span)
        if isinstance(entry, DefinedGate | StandardGate):
            return entry
        if entry is not None:
            raise wrong(f"'{name[:80]}' is not a gate", span, f"it is {kind_of(entry)}; gates are defined with 'gate'")
        gates = [n for n, e in self.state.globals.items() if isinstance(e, DefinedGate | StandardGate)]
        raise unknown_gate(name, span, gates, "stdgates.inc", within)

    # Applications

    def apply(self, s: syn.Apply) -> None:
        if s.name != "gphase":
            self.gate(s.name, s.span)  # an unknown name is told before what is wrong with its operands
        operands = [self.expressions.qubits(o) for o in s.operands]
        count = len(operands)
        u = self.unitary(s, count)
        if count != u.qubits:
            controls = u.qubits - self.gate(s.name, s.span).qubits
            raise InputError(
                "QASM-8",
                f"gate '{s.name[:80]}' takes {counted(u.qubits, 'qubit')} here, not {count}",
                span=s.span,
                help=f"name {counted(controls, 'control')}, then the {counted(u.qubits - controls, 'qubit')} of '{s.name[:80]}'"
                if controls
                else f"write {call_form(s.name, len(s.arguments), u.qubits)}",
            )
        size = max((len(o.ids) for o in operands if not o.single), default=1)
        for operand, o in zip(s.operands, operands, strict=True):
            if len(o.ids) not in (1, size):
                raise InputError(
                    "QASM-10",
                    f"registers of {len(o.ids)} and {size} elements do not go together",
                    span=operand.span,
                    help="in one statement all registers have the same size",
                )
        self.state.circuit.count(size * max(1, len(u.steps)), s.span)
        condition = self.state.condition
        self.state.circuit.wires.span = s.span
        spans = [o.span for o in s.operands]
        for i in range(size):
            places = [o.ids[i] if len(o.ids) > 1 else o.ids[0] for o in operands]
            check_distinct(places, spans)
            if self.state.recorder is not None:
                self.state.recorder.steps += moved(u.steps, places)
                self.state.recorder.phase = self.state.recorder.phase + u.phase
            else:
                self.state.circuit.touch(places)
                self.state.circuit.apply(u.steps, places, None if condition.is_one else condition)

    def meaning(self, plain: PlainGate) -> Meaning | None:
        """What a plain gate does (:func:`gossamer.frontends.qasm_runs.append_run`)."""
        if self.state.find("pi") is not None:  # hidden by a name of the source
            return None
        gate = self.gate(plain.gate, _NOWHERE)
        if len(plain.arguments) != gate.parameters or len(plain.operands) != gate.qubits:
            return None
        qubits = []
        for name, index in plain.operands:
            register = self.state.find(name)
            if not isinstance(register, Qubits) or register.single or index >= len(register.ids):
                return None
            qubits.append(register.ids[index])
        u = self.expansion(gate, plain.arguments, _NOWHERE)
        return Meaning(u.steps, qubits, max(1, len(u.steps))) if len(u.steps) <= SHORTEST else None

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
                    else self.state.calculate.integer(
                        self.expressions.value(m.argument), m.argument.span, "the number of controls"
                    )
                )
                if k < 1:
                    raise InputError(
                        "QASM-8",
                        f"'{m.name}' takes at least one control, not {k if k > -(10**18) else 'a number below -10^18'}",
                        span=m.span if m.argument is None else m.argument.span,
                        help="leave the modifier out, or write the number of control qubits",
                    )
            counts.append(k)
        if sum(counts) > operands:
            shown = counted(sum(counts), "control") if sum(counts) < 10**18 else "so many controls"
            raise InputError(
                "QASM-8",
                f"{shown} and a gate do not fit on {counted(operands, 'qubit')}",
                span=modifiers[0].span,
                help="name a qubit for each control, then those of the gate",
            )
        if s.name == "gphase":
            if len(arguments) != 1:
                raise InputError(
                    "QASM-8",
                    f"gphase takes 1 parameter, not {len(arguments)}",
                    span=s.span,
                    help="write gphase(angle);",
                )
            rest = operands - sum(counts)
            if rest and modifiers:
                raise InputError(
                    "QASM-8",
                    f"gphase takes no qubits of its own, and here are {rest}",
                    span=s.operands[-rest].span,
                    help="name the controls only: ctrl @ gphase(angle) qubit;",
                )
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
        value = self.state.calculate.real(self.expressions.value(m.argument), m.argument.span)
        if isinstance(value, Polynomial):
            raise unexpressible("a power that is not constant", m.argument.span, f"write a constant, or {BIND}")
        if isinstance(value, Exact) and not value.pi_part:
            return value.rational
        number = as_float(value)
        return Fraction(number) if number.is_integer() else number

    def angle(self, e: syn.Expression) -> Exact | float | Polynomial:
        value = self.expressions.value(e)
        if isinstance(value, Duration):
            return 0.0  # u0(100ns) and the like
        return self.state.calculate.real(value, e.span)

    def expansion(
        self, gate: DefinedGate | StandardGate, arguments: Sequence[Exact | float | Polynomial], span: Span
    ) -> Unitary:
        if isinstance(gate, StandardGate):
            return standard(gate, tuple(_pi_multiples(a) for a in arguments))
        key = (gate.definition.name, id(gate), *arguments)
        known = self.cache.get(key)
        if known is not None:
            return known
        saved = self.state.scopes, self.state.recorder, self.state.condition
        self.state.deeper(10, span)
        self.state.recorder = recorder = Recorder()
        formals = Scope()
        for n, a in zip(gate.definition.parameters, arguments, strict=True):
            formals[n] = Variable(ValueType("angle"), a, constant=True)
        for i, n in enumerate(gate.definition.qubits):
            formals[n] = Qubits((i,), single=True)
        self.state.scopes, self.state.condition = [self.state.globals, formals], BitExpr.const(1)
        before = self.state.circuit.steps
        try:
            self.run(gate.definition.body)
        finally:
            self.state.scopes, self.state.recorder, self.state.condition = saved
            self.state.nesting -= 10
        self.state.circuit.steps = before + len(recorder.steps) // 8 + 1
        u = Unitary(gate.qubits, tuple(recorder.steps), recorder.phase)
        if len(self.cache) >= _MAX_CACHED:
            self.cache.clear()
        self.cache[key] = u
        return u


def _pi_multiples(value: Exact | float | Polynomial) -> Fraction | AnglePolynomial:
    return value.angle() if isinstance(value, Polynomial) else multiples_of_pi(value)


def _check_counts(
    name: str, gate: DefinedGate | StandardGate, arguments: int, operands: int | None, span: Span
) -> None:
    if name == "u" and not arguments:
        arguments = gate.parameters
    check_counts(name, gate.parameters, gate.qubits, arguments, gate.qubits if operands is None else operands, span)
