"""Subroutines of OpenQASM 3: each call runs the body in place, with qubits and arrays by reference and other values by copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gossamer.diagnostics import InputError, Span
from gossamer.formats import openqasm3_syntax as syn
from gossamer.frontends.qasm3_control import Signal
from gossamer.frontends.qasm3_expressions import Expressions
from gossamer.frontends.qasm3_state import WORK_OF_STATEMENT, Entry, Scope, State, Variable
from gossamer.frontends.qasm3_values import ClassicalValue, Qubits, ValueType, describe, shape, unexpressible, wrong
from gossamer.frontends.qasm_scope import check_distinct, counted


class Subroutines:
    """``run`` executes a body."""

    def __init__(self, state: State, expressions: Expressions, run: Callable[[syn.Block], Signal | None]) -> None:
        self.state = state
        self.expressions = expressions
        self.run = run

    def call(
        self, routine: syn.Subroutine | syn.Extern, arguments: Sequence[syn.Expression], span: Span
    ) -> ClassicalValue | None:
        if isinstance(routine, syn.Extern):
            raise unexpressible(
                f"the extern function '{routine.name[:80]}'",
                span,
                "its value is not known here; put a constant in its place",
            )
        self.state.no_gate_body("a call of a subroutine", span)
        if routine.name in self.state.calls:
            raise unexpressible(
                f"the recursion of '{routine.name[:80]}'",
                span,
                "calls are written out; use a loop with a constant number of rounds",
            )
        if len(arguments) != len(routine.formals):
            names = ", ".join(formal.name[:40] for formal in routine.formals[:8])
            more = ", ..." if len(routine.formals) > 8 else ""
            raise InputError(
                "QASM-8",
                f"'{routine.name[:80]}' takes {counted(len(routine.formals), 'argument')}, not {len(arguments)}",
                span=span,
                help=f"write {routine.name[:80]}({names}{more})",
            )
        self.state.work(2 * WORK_OF_STATEMENT, span)
        local = Scope()
        saved = self.state.scopes
        taken: list[tuple[int, Span]] = []
        for formal, argument in zip(routine.formals, arguments, strict=True):
            value = self.expressions.quantum_or_classical(argument)
            entry = local[formal.name] = self.argument(formal, value, argument.span)
            if isinstance(entry, Qubits):
                taken += [(q, argument.span) for q in entry.ids]
        check_distinct([q for q, _ in taken], [at for _, at in taken], "call")
        self.state.deeper(8, span)
        self.state.calls.append(routine.name)
        self.state.entered.append(self.state.condition)
        self.state.scopes = [self.state.globals, local]
        try:
            signal = self.run(routine.body)
            returned = None if signal is None else signal.value
            if signal is not None and signal.word == "end":
                raise unexpressible("'end' in a subroutine", span, "leave the subroutine with 'return', then end")
            if returned is not None and routine.returns is not None:
                returned = self.state.calculate.convert(returned, self.expressions.type(routine.returns), span)
            elif routine.returns is not None and returned is None:
                raise wrong(
                    f"subroutine '{routine.name[:80]}' ends without a value", span, "let it end with 'return VALUE;'"
                )
        finally:
            self.state.scopes = saved
            self.state.entered.pop()
            self.state.calls.pop()
            self.state.nesting -= 8
        return returned

    def argument(self, formal: syn.Formal, value: Qubits | ClassicalValue, span: Span) -> Entry:
        if formal.type is None:
            size = None if formal.size is None else self.expressions.size(formal.size, "the size of a register")
            if not isinstance(value, Qubits):
                raise wrong(
                    f"'{formal.name[:80]}' takes qubits, not {describe(value)}", span, "name a qubit or a register here"
                )
            if len(value.ids) != (size or 1):
                raise InputError(
                    "QASM-10",
                    f"{counted(len(value.ids), 'qubit')} for the {size or 1} of '{formal.name[:80]}'",
                    span=span,
                    help=f"give it {counted(size or 1, 'qubit')}, or declare it as qubit[{len(value.ids)}] {formal.name[:80]}",
                )
            return Qubits(value.ids, single=size is None)
        if isinstance(value, Qubits):
            raise wrong(
                f"'{formal.name[:80]}' takes a classical value, not {describe(value)}",
                span,
                "measure it first, or declare the argument as qubit",
            )
        if formal.type.base == "array" and isinstance(value, list):
            assert formal.type.element is not None
            type = ValueType("array", None, self.expressions.type(formal.type.element), shape(value))
            if isinstance(formal.type.dimensions, tuple):
                sizes = self.expressions.type(formal.type).dimensions
                if sizes != shape(value):
                    raise InputError(
                        "QASM-10",
                        f"the array has not the shape of '{formal.name[:80]}'",
                        span=span,
                        help=f"'{formal.name[:80]}' has the sizes {_listed(sizes)}, this array {_listed(shape(value))}",
                    )
            return Variable(type, value, constant=formal.access == "readonly")
        type = self.expressions.type(formal.type)
        return Variable(type, self.state.calculate.convert(value, type, span))


def check_arguments(s: syn.Subroutine) -> None:
    seen: set[str] = set()
    for formal in s.formals:
        if formal.name in seen:
            raise InputError(
                "QASM-5",
                f"subroutine '{s.name[:80]}' names two of its arguments alike",
                span=formal.span,
                help=f"give the second '{formal.name[:80]}' another name",
            )
        seen.add(formal.name)


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
