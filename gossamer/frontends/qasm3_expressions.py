"""The values of OpenQASM 3 expressions: names, indices, slices, types and calls of functions; measurements are made where they stand.

Anything that may name qubits is resolved here too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import TypeAlias

from gossamer.diagnostics import InputError, Span, nearest
from gossamer.formats import openqasm3_syntax as syn
from gossamer.formats.openqasm_angles import Exact, decimal
from gossamer.frontends.qasm3_functions import ARITY, built_in
from gossamer.frontends.qasm3_state import DefinedGate, State, Variable, kind_of
from gossamer.frontends.qasm3_values import BUILT_IN as CONSTANTS
from gossamer.frontends.qasm3_values import (
    ZERO,
    ClassicalValue,
    Duration,
    Qubits,
    ValueType,
    Word,
    describe,
    no_value,
    settled,
    shape,
    wrong,
)
from gossamer.frontends.qasm_circuit import MAX_QUBITS
from gossamer.frontends.qasm_gates import StandardGate
from gossamer.frontends.qasm_scope import call_form, check_distinct, counted, indices_run
from gossamer.ir.phase import BitExpr

_MAX_ARRAY = 10**6

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

#: Runs a subroutine on its arguments.
Call: TypeAlias = "Callable[[syn.Subroutine | syn.Extern, Sequence[syn.Expression], Span], ClassicalValue | None]"


class Expressions:
    def __init__(self, state: State, call: Call) -> None:
        self.state = state
        self.call = call
        self.clipping = False  # a slice may run over the end: in a barrier that changes nothing

    def value(self, e: syn.Expression) -> ClassicalValue:
        self.state.deeper(3, e.span)
        self.state.work(1, e.span)
        try:
            value = self._value(e)
            if isinstance(value, Word):
                self.state.work(len(value.bits) // 8, e.span)
            return value
        finally:
            self.state.nesting -= 3

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
                entry = self.state.find(e.name)
                if isinstance(entry, Variable) and entry.type.base == "angle" and entry.type.size is not None:
                    value = self.state.calculate.angle_word(entry.value, entry.type.size, e.span)
                for index in e.indices:
                    value = self.indexed(value, index)
                return self.classical(value, e.span)
            case syn.Indexed():
                return self.classical(self.indexed(self.value(e.value), e.index), e.span)
            case syn.Call():
                return self.function(e)
            case syn.Cast():
                return self.state.calculate.convert(self.value(e.value), self.type(e.type), e.value.span, explicit=True)
            case syn.Measured():
                return self.measured(e)
            case syn.DurationOf():
                return Duration()
            case syn.ArrayLiteral():
                return [self.value(v) for v in e.values]
            case syn.Concatenation():
                return self.classical(self.quantum_or_classical(e), e.span)
            case _:
                raise wrong("a set cannot stand here", e.span, "a set is an index, or what a loop runs over")

    def named(self, name: str, span: Span) -> ClassicalValue:
        entry = self.state.find(name)
        if isinstance(entry, Variable):
            if entry.spoilt is not None:
                raise entry.spoilt
            return entry.value
        if entry is None and name in CONSTANTS:
            return CONSTANTS[name]
        if entry is None:
            entry = self.state.lookup(name, span)  # raises
        if isinstance(entry, Qubits):
            raise wrong(
                f"'{name[:80]}' is a qubit; it has no classical value before it is measured",
                span,
                f"measure it into a bit first: bit b = measure {name[:80]};",
            )
        raise wrong(
            f"'{name[:80]}' is not a value", span, f"it is {kind_of(entry)}; name a variable or a constant here"
        )

    def classical(self, value: Qubits | ClassicalValue, span: Span) -> ClassicalValue:
        if isinstance(value, Qubits):
            raise wrong("a qubit has no classical value", span, "measure it into a bit first: bit b = measure q;")
        return value

    def quantum_or_classical(self, e: syn.Expression) -> Qubits | ClassicalValue:
        """An expression that may name qubits."""
        match e:
            case syn.Name():
                entry = self.state.lookup(e.name, e.span)
                if isinstance(entry, Qubits):
                    return entry
            case syn.Operand():
                entry = self.state.lookup(e.name, e.span)
                if isinstance(entry, Qubits):
                    return self.qubits(e)
            case syn.Indexed():
                base = self.quantum_or_classical(e.value)
                return self.indexed(base, e.index)
            case syn.Concatenation():
                parts = [self.quantum_or_classical(p) for p in e.parts]
                if all(isinstance(p, Qubits) for p in parts):
                    return Qubits([q for p in parts for q in p.ids])  # type: ignore[union-attr]
                words = [self.concatenable(p, x.span) for p, x in zip(parts, e.parts, strict=True)]
                if all(isinstance(w, list) for w in words):
                    return [x for w in words for x in w]  # type: ignore[union-attr]
                return Word(tuple(bit for w in words for bit in w.bits))  # type: ignore[union-attr]
        return self.value(e)

    def concatenable(self, value: Qubits | ClassicalValue, span: Span) -> Word | list[ClassicalValue]:
        if isinstance(value, list) or (isinstance(value, Word) and value.kind == "bit"):
            return value
        raise wrong(f"{describe(value)} cannot be joined with '++'", span, "join bit registers, arrays or qubits")

    def operation(self, e: syn.Operation) -> ClassicalValue:
        if len(e.operands) == 1:
            return self.state.calculate.unary(e.operator, self.value(e.operands[0]), e.span)
        left = self.value(e.operands[0])
        if e.operator in ("&&", "||"):
            first = self.state.calculate.boolean(left, e.span)
            if e.operator == "&&":
                if first.is_zero:
                    return False
                second = self.state.calculate.boolean(self.value(e.operands[1]), e.span)
                both = self.state.circuit.joined(first, second)
            else:
                if first.is_one:
                    return True
                second = self.state.calculate.boolean(self.value(e.operands[1]), e.span)
                both = ~self.state.circuit.joined(~first, ~second)
            return both.is_one if both.is_one or both.is_zero else Word((both,), "bool")
        right = e.operands[1]
        return self.state.calculate.binary(e.operator, left, self.value(right), e.span, right.span)

    def measured(self, e: syn.Measured) -> Word:
        self.state.no_gate_body("'measure'", e.span)
        qubits = self.qubits(e.source)
        self.state.circuit.count(len(qubits.ids), e.span)
        check_distinct(qubits.ids, e.source.span, "measurement")
        self.state.circuit.wires.span = e.span
        return Word(
            tuple(self.state.circuit.measure(q, self.state.condition) for q in qubits.ids), single=qubits.single
        )

    # Calls

    def function(self, e: syn.Call) -> ClassicalValue:
        entry = self.state.find(e.name)
        if isinstance(entry, syn.Subroutine | syn.Extern):
            value = self.call(entry, e.arguments, e.span)
            if value is None:
                raise wrong(
                    f"subroutine '{e.name[:80]}' has no value", e.span, "declare one, def ... -> TYPE, and return it"
                )
            return value
        if e.name == "sizeof" and e.arguments:
            return self.sizeof(e)
        if e.name in ARITY:
            if len(e.arguments) != ARITY[e.name]:
                raise InputError(
                    "QASM-8",
                    f"{e.name} takes {counted(ARITY[e.name], 'argument')}, not {len(e.arguments)}",
                    span=e.span,
                    help=f"write {e.name}({'x' if ARITY[e.name] == 1 else 'x, y'})",
                )
        elif entry is not None:
            raise wrong(
                f"'{e.name[:40]}' is not a function",
                e.span,
                f"write {call_form(e.name, entry.parameters, entry.qubits)}"
                if isinstance(entry, DefinedGate | StandardGate)
                else f"it is {kind_of(entry)}; functions are defined with 'def'",
            )
        else:
            own = [name for name, known in self.state.globals.items() if isinstance(known, syn.Subroutine | syn.Extern)]
            near = nearest(e.name, [*ARITY, *own])
            help = f"did you mean '{near}'?" if near else "define it with 'def' before its first use"
            raise InputError(
                "QASM-11",
                f"unknown function '{e.name[:40]}'",
                span=e.span,
                help="write a range in brackets: [0:2]" if e.name == "range" else help,
            )
        return built_in(self.state.calculate, e.name, [self.value(a) for a in e.arguments], e.span)

    def sizeof(self, e: syn.Call) -> int:
        first = e.arguments[0]
        known = self.state.find(first.name) if isinstance(first, syn.Name) else None
        value = known.value if isinstance(known, Variable) else self.quantum_or_classical(first)
        if isinstance(value, Qubits):
            return len(value.ids)
        if isinstance(value, Word) and value.kind == "bit" and len(e.arguments) == 1:
            return len(value.bits)
        sizes = shape(value)
        if not sizes:
            what = describe(value) if len(e.arguments) == 1 else "what is no array, in a second direction"
            raise wrong(
                f"sizeof of {what}", first.span, "it takes an array or a register, and of arrays the number of a size"
            )
        at = self.position(e.arguments[1], len(sizes)) if len(e.arguments) > 1 else 0
        return sizes[at]

    # Indices

    def qubits(self, operand: syn.Operand) -> Qubits:
        name = operand.name
        if name.startswith("$"):
            name = "$" + (name[1:].lstrip("0") or "0")
            if self.state.recorder is not None:
                raise wrong(
                    "a gate definition cannot use physical qubits",
                    operand.span,
                    f"give the gate a qubit of its own, and name {name[:20]} where it is applied",
                )
        entry = self.state.lookup(name, operand.span)
        if not isinstance(entry, Qubits):
            raise wrong(
                f"'{name[:80]}' is not a qubit",
                operand.span,
                f"it is {kind_of(entry)}; qubits are declared with 'qubit'",
            )
        for index in operand.indices:
            if entry.single:
                raise wrong(
                    f"'{name[:80]}' is single and takes no index",
                    place_of(index),
                    f"write '{name[:80]}' alone"
                    + ("" if name.startswith("$") else f", or declare more: qubit[2] {name[:80]};"),
                )
            entry = Qubits(*self.picked(entry.ids, index))
        return entry

    def indexed(self, value: Qubits | ClassicalValue, index: syn.Index) -> Qubits | ClassicalValue:
        if isinstance(value, Qubits):
            if value.single:
                raise wrong("a single qubit takes no index", place_of(index), "leave the index out")
            return Qubits(*self.picked(value.ids, index))
        if isinstance(value, list):
            if isinstance(index, syn.IndexSet):
                return [value[self.position(v, len(value))] for v in index.values]
            first, rest = index[0], index[1:]
            if isinstance(first, syn.Range):
                picked = [value[i] for i in self.slice(first, len(value))]
                return [self.indexed(x, rest) for x in picked] if rest else picked  # type: ignore[misc]
            item = value[self.position(first, len(value))]
            return self.indexed(item, rest) if rest else item
        if isinstance(value, bool | int):
            value = Word(
                tuple(BitExpr.const(value >> i & 1) for i in range(max(64, value.bit_length() + 1))), "int", value < 0
            )
        if not isinstance(value, Word) or value.single:
            raise wrong(
                f"{describe(value)} takes no index", place_of(index), "only registers, sized integers and arrays do"
            )
        if not isinstance(index, syn.IndexSet) and len(index) == 1 and not isinstance(index[0], syn.Range):
            where = self.value(index[0])
            if isinstance(settled(where), Word):
                return self.chosen(value, where, index[0].span)
        places, single = self.picked(range(len(value.bits)), index)
        return Word(tuple(value.bits[i] for i in places), single=single)

    def chosen(self, word: Word, where: ClassicalValue, span: Span) -> Word:
        """The bit at a measured index."""
        out = ZERO
        for i, bit in enumerate(word.bits):
            here = self.state.calculate.boolean(self.state.calculate.binary("==", where, i, span), span)
            out = self.state.circuit.shortened(out ^ self.state.circuit.joined(here, bit))
        return Word((out,), single=True)

    def picked(self, elements: Sequence[int], index: syn.Index) -> tuple[Sequence[int], bool]:
        """The elements that an index names, and whether it is one."""
        if isinstance(index, syn.IndexSet):
            at = [self.position(v, len(elements)) for v in index.values]
            return [elements[i] for i in at], False
        if len(index) != 1:
            raise wrong(
                f"a register takes one index, not {len(index)}",
                index[1].span,
                "write a set for several elements: q[{0, 1}]",
            )
        item = index[0]
        if isinstance(item, syn.Range):
            return [elements[i] for i in self.slice(item, len(elements))], False
        value = self.value(item)
        if isinstance(value, list):
            return [elements[self.at(v, len(elements), item.span)] for v in value], False
        return [elements[self.at(value, len(elements), item.span)]], True

    def position(self, e: syn.Expression, size: int) -> int:
        return self.at(self.value(e), size, e.span)

    def at(self, value: ClassicalValue, size: int, span: Span) -> int:
        i = self.state.calculate.integer(value, span, "an index")
        if not -size <= i < size:
            shown = str(i) if abs(i) < 10**18 else "beyond 10^18"
            raise InputError(
                "QASM-6",
                f"index {shown} is out of range: there {'is' if size == 1 else 'are'} {counted(size, 'element')}",
                span=span,
                help=indices_run(-size, size - 1) if size else "nothing is there that an index could name",
            )
        return i % size

    def slice(self, r: syn.Range, size: int) -> range:
        step = 1 if r.step is None else self.state.calculate.integer(self.value(r.step), r.step.span, "a step")
        if step == 0:
            raise no_step(r)
        start = (0 if step > 0 else size - 1) if r.start is None else self.position(r.start, size)
        if (
            self.clipping
            and r.stop is not None
            and self.state.calculate.integer(self.value(r.stop), r.stop.span, "an index") >= size
        ):
            r = syn.Range(r.start, r.step, None, r.span)
        stop = (size - 1 if step > 0 else 0) if r.stop is None else self.position(r.stop, size)
        return range(start, stop + (1 if step > 0 else -1), step)

    # Types

    def type(self, t: syn.Type) -> ValueType:
        if t.base == "array":
            assert t.element is not None
            if t.element.base == "array":
                raise wrong(
                    "the elements of an array are no arrays",
                    t.element.span,
                    "give one array several sizes: array[int, 2, 3]",
                )
            if not isinstance(t.dimensions, tuple):
                raise wrong(
                    "only an argument of a subroutine has an array of any size",
                    t.dimensions or t.span,
                    "give each size: array[int, 2, 3]",
                )
            dimensions = tuple(self.size(d, "the size of an array") for d in t.dimensions)
            total = 1
            for d in dimensions:
                total *= d
            if total > _MAX_ARRAY:
                raise InputError(
                    "QASM-12",
                    f"an array with more than {_MAX_ARRAY} elements",
                    span=t.dimensions[0].span.to(t.dimensions[-1].span),
                    help="write smaller sizes",
                )
            return ValueType("array", None, self.type(t.element), dimensions)
        if t.size is None:
            return ValueType(t.base)
        return ValueType(t.base, self.size(t.size, f"the size of {t.base}"))

    def size(self, expression: syn.Expression, what: str) -> int:
        for name in names_in(expression):
            entry = self.state.find(name.name)
            if isinstance(entry, Variable) and not entry.constant:
                raise wrong(
                    f"{what} must be constant, and '{name.name}' is a variable",
                    name.span,
                    f"declare it as const: const int {name.name} = ...;",
                )
        span = expression.span
        size = self.state.calculate.integer(self.value(expression), span, what)
        if size < 1:
            shown = size if size > -(10**18) else "a number below -10^18"
            raise InputError("QASM-6", f"{what} is at least 1, not {shown}", span=span, help="write a size from 1 on")
        if size > MAX_QUBITS:
            raise InputError(
                "QASM-12", f"{what} is more than {MAX_QUBITS}", span=span, help=f"write a size up to {MAX_QUBITS}"
            )
        return size


def _literal(e: syn.Literal) -> ClassicalValue:
    text = e.text.replace("_", "")
    match e.kind:
        case "INT":
            _check_digits(text, e.span)
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
            _check_digits(text, e.span)
            return int(text, 0)
        case "IMAGINARY":
            return complex(0, float(text[:-2]))
    unit = next(u for u in _UNITS if text.endswith(u))
    number = decimal(text[: -len(unit)].strip(), e.span)
    exact = number.rational if isinstance(number, Exact) else Fraction(number)
    return Duration(exact * _UNITS[unit], "dt" if unit == "dt" else "s")


def _check_digits(text: str, span: Span) -> None:
    if len(text) > 1000:
        raise InputError("QASM-12", "a number with more than 1000 digits", span=span, help="write a shorter number")


def no_step(r: syn.Range) -> InputError:
    return no_value(
        "a range with step 0", r.span if r.step is None else r.step.span, "write another step, or none for 1"
    )


def place_of(index: syn.Index) -> Span:
    """Where an index stands."""
    return index.span if isinstance(index, syn.IndexSet) else index[0].span.to(index[-1].span)


def names_in(e: object) -> Iterator[syn.Name]:
    """The names in an expression of a size or an angle; other forms have none that matter."""
    match e:
        case syn.Name():
            yield e
        case syn.Operation():
            for x in e.operands:
                yield from names_in(x)
        case syn.Call():
            for x in e.arguments:
                yield from names_in(x)
