"""Control flow of OpenQASM 3: loops are unrolled, and both sides of a branch on a measured bit run under its condition."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from gossamer.diagnostics import InputError, Span
from gossamer.formats import openqasm3_syntax as syn
from gossamer.formats.openqasm_angles import Exact, arithmetic, as_float
from gossamer.frontends.qasm3_expressions import Expressions, no_step
from gossamer.frontends.qasm3_state import WORK_OF_STATEMENT, Scope, State, Variable
from gossamer.frontends.qasm3_values import (
    ZERO,
    ClassicalValue,
    ValueType,
    Word,
    describe,
    settled,
    unexpressible,
    wrong,
)
from gossamer.frontends.qasm_circuit import MAX_STEPS
from gossamer.frontends.qasm_polynomial import Polynomial
from gossamer.ir.phase import BitExpr

_MAX_WHILE = 10_000


@dataclass(frozen=True, slots=True)
class Signal:
    """Why a block was left: ``break``, ``continue``, ``return`` or ``end``."""

    word: str
    value: ClassicalValue | None = None


class Control:
    """``statement`` executes one statement."""

    def __init__(
        self, state: State, expressions: Expressions, statement: Callable[[syn.Statement], Signal | None]
    ) -> None:
        self.state = state
        self.expressions = expressions
        self.statement = statement

    def run(self, statements: Sequence[syn.Statement]) -> Signal | None:
        for statement in statements:
            self.state.work(WORK_OF_STATEMENT, statement.span)
            signal = self.statement(statement)
            if signal is not None:
                return signal
        return None

    def block(self, body: syn.Block, scope: Scope | None = None) -> Signal | None:
        """Run a block in a scope of its own, which may hold names already."""
        self.state.deeper(4, body.span)
        self.state.scopes.append(Scope() if scope is None else scope)
        try:
            return self.run(body.statements)
        finally:
            self.state.scopes.pop()
            self.state.nesting -= 4

    def branch(self, s: syn.Branch) -> Signal | None:
        test = self.state.calculate.boolean(self.expressions.value(s.condition), s.condition.span)
        if test.is_one:
            return self.block(s.then)
        if test.is_zero:
            return None if s.otherwise is None else self.block(s.otherwise)
        if self.state.recorder is not None:
            raise wrong(
                "a gate definition cannot branch on a bit that is not constant",
                s.condition.span,
                "a gate is unitary; use a subroutine ('def')",
            )
        outer = self.state.condition
        # a derived bit must be made before the bits that the branches make
        then = self.state.circuit.single(self.state.circuit.joined(outer, test))
        otherwise = self.state.circuit.joined(outer, ~test)
        if s.otherwise is not None and s.otherwise.statements:
            otherwise = self.state.circuit.single(otherwise)
        try:
            for condition, body in ((then, s.then), (otherwise, s.otherwise)):
                if body is not None and not condition.is_zero:
                    self.state.condition = condition
                    self.block(body)
        finally:
            self.state.condition = outer
        return None

    def switch(self, s: syn.Switch) -> Signal | None:
        value = self.expressions.value(s.value)
        outer, rest = self.state.condition, BitExpr.const(1)
        seen: set[int] = set()
        labels: list[list[int]] = []
        for case in s.cases:
            labels.append([])
            for label in case.labels or ():
                number = self.state.calculate.integer(self.expressions.value(label), label.span, "a case label")
                if number in seen:
                    shown = number if abs(number) < 10**18 else "beyond 10^18"
                    raise InputError(
                        "QASM-5", f"case {shown} stands twice", span=label.span, help="join the two, or change a label"
                    )
                seen.add(number)
                labels[-1].append(number)
        chosen: list[tuple[BitExpr, syn.Block]] = []
        for case, numbers in zip(s.cases, labels, strict=True):
            here = rest
            if case.labels is not None:
                hit = ZERO
                for number in numbers:
                    at = s.value.span
                    equal = self.state.calculate.boolean(self.state.calculate.binary("==", value, number, at), at)
                    hit = ~self.state.circuit.joined(~hit, ~equal)
                here = self.state.circuit.joined(rest, hit)
                rest = self.state.circuit.joined(rest, ~hit)
            if here.is_one and not chosen:
                signal = self.block(case.body)
                return None if signal is not None and signal.word == "break" else signal
            condition = self.state.circuit.single(self.state.circuit.joined(outer, here))
            if not condition.is_zero:
                chosen.append((condition, case.body))
        try:
            for self.state.condition, body in chosen:
                self.block(body)
        finally:
            self.state.condition = outer
        return None

    def jump(self, s: syn.Jump) -> Signal:
        value = None if s.value is None else self.expressions.value(s.value)
        expected = BitExpr.const(1) if s.word == "end" or not self.state.entered else self.state.entered[-1]
        if self.state.condition != expected:
            raise unexpressible(
                f"'{s.word}' under a measured bit", s.span, "write what follows under the opposite condition"
            )
        if s.word == "return" and not self.state.calls:
            raise wrong("'return' outside of a subroutine", s.span, "'end' ends the program")
        if s.word in ("break", "continue") and not self.state.entered:
            raise wrong(f"'{s.word}' outside of a loop", s.span, "it stands in the block of a 'for' or a 'while'")
        return Signal(s.word, value)

    # Loops

    def loop(self, s: syn.For) -> Signal | None:
        type = ValueType("int") if s.type is None else self.expressions.type(s.type)
        values = self.iterated(s)
        if isinstance(values, list):
            self.state.work(len(values) // 4, s.span)
        if isinstance(values, range) and len(values) * _least(s.body) > MAX_STEPS:
            self.state.circuit.count(len(values) * _least(s.body), s.values.span)
        outer = self.state.condition
        last = self.last_round(s, values)
        self.state.entered.append(self.state.condition)
        try:
            for value in values:
                self.state.circuit.count(1, s.span)
                if last is not None:
                    at = s.values.span
                    inside = self.state.calculate.boolean(self.state.calculate.binary("<=", value, last, at), at)
                    self.state.condition = self.state.entered[-1] = self.state.circuit.single(
                        self.state.circuit.joined(outer, inside)
                    )
                    if self.state.condition.is_zero:
                        continue
                entry = Variable(type, self.state.calculate.convert(value, type, s.span))
                scope = Scope({s.name: entry})
                scope.places[s.name] = s.span
                signal = self.block(s.body, scope)
                if signal is not None:
                    if signal.word == "break":
                        break
                    if signal.word != "continue":
                        return signal
        finally:
            self.state.entered.pop()
            self.state.condition = outer
        return None

    def last_round(self, s: syn.For, values: object) -> ClassicalValue | None:
        """The measured end of a loop's range: each round stands under the condition that it is reached."""
        if isinstance(s.values, syn.Range) and s.values.stop is not None:
            stop = self.expressions.value(s.values.stop)
            if isinstance(settled(stop), Word):
                return stop
        return None

    def iterated(self, s: syn.For) -> Sequence[ClassicalValue] | Iterator[ClassicalValue]:
        what = "a loop whose bounds depend on a measurement or an input"
        if isinstance(s.values, syn.Range):
            if s.values.start is None or s.values.stop is None:
                raise wrong(
                    "the range of a loop needs a start and an end",
                    s.values.span,
                    "write [start:end] or [start:step:end]",
                )
            ends = [
                self.expressions.value(e) if e is not None else 1
                for e in (s.values.start, s.values.step, s.values.stop)
            ]
            if isinstance(end := settled(ends[2]), Word) and len(end.bits) <= 16:
                ends[2] = (1 << (len(end.bits) - end.signed)) - 1
                by = settled(ends[1])
                if not isinstance(by, int) or by < 1:
                    raise unexpressible(what, s.values.span, "count upwards to the measured number")
                if _leaves(s.body):
                    raise unexpressible(
                        "'break' in a loop whose bounds depend on a measurement",
                        s.values.span,
                        "give the loop constant bounds and branch inside it",
                    )
            if any(isinstance(settled(e), Word | Polynomial) for e in ends):
                raise unexpressible(what, s.values.span, "give the loop constant bounds and branch inside it")
            spans = [s.values.span if e is None else e.span for e in (s.values.start, s.values.step, s.values.stop)]
            if s.type is not None and s.type.base in ("float", "angle"):
                return self.real_range(
                    [self.state.calculate.real(e, at) for e, at in zip(ends, spans, strict=True)], s.values
                )
            start, step, stop = (
                self.state.calculate.integer(e, at, "the bound of a loop") for e, at in zip(ends, spans, strict=True)
            )
            if step == 0:
                raise no_step(s.values)
            out = range(start, stop + (1 if step > 0 else -1), step)
            if out and abs(stop - start) // abs(step) > MAX_STEPS:
                raise _too_many_rounds(s.values.span)
            return out
        if isinstance(s.values, syn.IndexSet):
            return [self.expressions.value(v) for v in s.values.values]
        value = self.expressions.value(s.values)
        if isinstance(value, Word) and value.kind == "bit":
            return [Word((b,), single=True) for b in value.bits]
        if isinstance(value, list):
            return list(value)
        raise wrong(
            f"a loop cannot run over {describe(value)}",
            s.values.span,
            "it runs over a range, a set, an array or a bit register",
        )

    def real_range(self, ends: Sequence[Exact | float | Polynomial], values: syn.Range) -> list[ClassicalValue]:
        start, step, stop = (e for e in ends if not isinstance(e, Polynomial))
        if not as_float(step):
            raise no_step(values)
        rounds = (as_float(stop) - as_float(start)) / as_float(step)
        if rounds > MAX_STEPS:
            raise _too_many_rounds(values.span)
        return (
            [arithmetic("+", start, arithmetic("*", step, Exact(Fraction(i)))) for i in range(int(rounds + 1e-9) + 1)]
            if rounds >= 0
            else []
        )

    def repeat(self, s: syn.While) -> Signal | None:
        self.state.entered.append(self.state.condition)
        rounds = 0
        try:
            while True:
                test = self.state.calculate.boolean(self.expressions.value(s.condition), s.condition.span)
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
                self.state.circuit.count(1, s.span)
                signal = self.block(s.body)
                if signal is not None:
                    if signal.word == "break":
                        return None
                    if signal.word != "continue":
                        return signal
        finally:
            self.state.entered.pop()


def _too_many_rounds(span: Span) -> InputError:
    return InputError(
        "QASM-12",
        f"a loop with more than {MAX_STEPS} rounds",
        span=span,
        help="each round is written out; let it run over fewer values",
    )


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
