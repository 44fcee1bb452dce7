"""Declarations and assignments of OpenQASM 3: qubits, variables, inputs and aliases, and what is stored under a measured condition."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import inf, prod

from gossamer.diagnostics import InputError, Span, UsageError
from gossamer.formats import openqasm3_syntax as syn
from gossamer.formats.openqasm3 import parse_openqasm3
from gossamer.formats.openqasm_angles import Exact, Value, as_float
from gossamer.frontends.qasm3_expressions import Expressions, place_of
from gossamer.frontends.qasm3_state import State, Variable, check_name, kind_of
from gossamer.frontends.qasm3_values import (
    ZERO,
    ClassicalValue,
    Duration,
    Qubits,
    ValueType,
    Word,
    extended,
    settled,
    unexpressible,
    wrong,
)
from gossamer.frontends.qasm_circuit import MAX_QUBITS
from gossamer.frontends.qasm_polynomial import Polynomial
from gossamer.frontends.qasm_scope import check_distinct, counted
from gossamer.ir.phase import BitExpr


class Variables:
    """``bind`` gives values to inputs; what of it is not used stays there."""

    def __init__(
        self, state: State, expressions: Expressions, bind: Mapping[str, Value | int | Fraction | str]
    ) -> None:
        self.state = state
        self.expressions = expressions
        self.bind = dict(bind)
        self.reported: list[str] = []  # variables of the program, in the order of their declaration
        self.outputs: list[str] = []
        self.bits = 0

    def declare_qubits(self, s: syn.QubitDeclaration) -> None:
        self.state.only_at_top("qubits", s.span)
        size = 1 if s.size is None else self.expressions.size(s.size, "the size of a register")
        if len(self.state.circuit.slots) + size > MAX_QUBITS:
            raise InputError(
                "QASM-12",
                f"more than {MAX_QUBITS} qubits are declared",
                span=s.span if s.size is None else s.size.span,
                help=f"all registers together have at most {MAX_QUBITS} qubits",
            )
        check_name(s.name, s.span)
        ids = [self.state.circuit.add_qubit(f"{s.name}[{i}]", s.span) for i in range(size)]
        self.state.declare(s.name, Qubits(range(ids[0], ids[0] + size), single=s.size is None), s.span)

    def declaration(self, s: syn.Declaration) -> None:
        self.state.no_gate_body("a declaration", s.span)
        assert s.type is not None
        type = self.expressions.type(s.type)
        if s.io == "input":
            self.state.only_at_top("an input", s.span)
            self.state.declare(s.name, Variable(type, self.input(s.name, type, s.span)), s.span)
            return
        self.state.work(prod(type.dimensions) // 4 + (type.size or 0) // 8, s.span)
        if s.value is None:
            value = self.initial(type, s.span)
        else:
            value = self.state.calculate.convert(self.expressions.value(s.value), type, s.value.span)
        if type.base == "bit":
            self.bits += type.size or 1
            if self.bits > MAX_QUBITS:
                raise InputError(
                    "QASM-12",
                    f"more than {MAX_QUBITS} bits are declared",
                    span=s.span if s.type.size is None else s.type.size.span,
                    help=f"all declarations together have at most {MAX_QUBITS} bits",
                )
        again = s.name in self.state.scopes[-1]
        self.state.declare(s.name, Variable(type, value, s.constant), s.span)
        if self.state.at_top and not s.constant and not again:
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
        return self.state.calculate.convert(0, type, span)

    def input(self, name: str, type: ValueType, span: Span) -> ClassicalValue:
        if name in self.bind:
            return self.given(name, type, span, self.bind.pop(name))
        if type.base in ("float", "angle"):
            return Polynomial.symbol(name)
        size = 1 if type.base == "bool" or (type.base == "bit" and type.size is None) else type.size
        if type.base in ("bit", "bool", "int", "uint") and size is not None:
            if size > 4096:
                raise InputError(
                    "QASM-12",
                    "an input with more than 4096 bits",
                    span=span,
                    help=f"declare a smaller one, or give it a value: --bind {name}=VALUE",
                )
            names = [name if size == 1 and type.size is None else f"{name}[{i}]" for i in range(size)]
            bits = tuple(BitExpr.bit(self.state.circuit.wires.builder.input_bit(n)) for n in names)
            kind = {"bit": "bit", "bool": "bool"}.get(type.base, "int")
            return Word(bits, kind, type.base == "int", single=type.base == "bit" and type.size is None)
        raise unexpressible(f"an input of type {type} without a value", span, f"give it one: --bind {name}=VALUE")

    def given(self, name: str, type: ValueType, span: Span, given: Value | int | Fraction | str) -> ClassicalValue:
        """The value that a user gives to an input; one that does not fit the type is refused and not cut."""
        wrong_value = UsageError(
            "TL-7",
            f"'{str(given)[:80]}' is not a value for '{name}'",
            help=f"it is of type {type}; write "
            + ("bits, such as 0110" if type.base == "bit" else "a number or an expression, such as pi/4"),
        )
        value: ClassicalValue
        if isinstance(given, str):
            try:
                value = int(given, 2) if type.base == "bit" else self.expressions.value(_expression(given, name))
            except ValueError:
                raise wrong_value from None
            except InputError as error:
                error.with_source(given)
                raise
        else:
            value = Exact(given) if isinstance(given, Fraction) else given
        if type.base in ("bit", "int", "uint"):
            number = settled(value)
            if isinstance(number, Exact | float) and as_float(number).is_integer():
                number = int(as_float(number))
            least, beyond = _limits(type)
            if not isinstance(number, int) or not least <= number < beyond:
                raise wrong_value
        return self.state.calculate.convert(value, type, span, explicit=True)

    def alias(self, s: syn.Alias) -> None:
        value = self.expressions.quantum_or_classical(s.value)
        if isinstance(value, Qubits):
            check_distinct(value.ids, s.value.span, "alias")
            self.state.declare(s.name, value, s.span)
        else:
            type = ValueType("bit", len(value.bits)) if isinstance(value, Word) else ValueType("float")
            self.state.declare(s.name, Variable(type, value, constant=True), s.span)

    def results(self) -> None:
        """The registers of bits and the outputs become results of the diagram."""
        for name in self.reported:
            entry = self.state.globals[name]
            assert isinstance(entry, Variable)
            if entry.type.base == "bit" or name in self.outputs:
                value = entry.value
                if entry.type.base == "array" or not isinstance(value, Word | int | bool):
                    continue
                word = self.state.calculate.word(value, Span(self.state.file, 1, 1))
                size = entry.type.size or len(word.bits)
                self.state.circuit.register(name, (*word.bits, *[ZERO] * (size - len(word.bits)))[:size])

    # Assignments

    def assign(self, s: syn.Assignment) -> None:
        self.state.no_gate_body("an assignment", s.span)
        entry = self.state.lookup(s.target.name, s.target.span)
        if not isinstance(entry, Variable):
            raise wrong(
                f"'{s.target.name[:80]}' is not a variable",
                s.target.span,
                f"it is {kind_of(entry)}; name a variable or a bit here",
            )
        if entry.constant:
            raise wrong(f"'{s.target.name[:80]}' is constant", s.target.span, "declare it without const")
        value = self.expressions.value(s.value)
        if s.operator != "=":
            old = self.expressions.value(s.target)
            operator = s.operator[:-1]
            if operator == "~":
                value = self.state.calculate.unary("~", value, s.span)
            else:
                value = self.state.calculate.binary(operator, old, value, s.span.to(s.value.span), s.value.span)
        try:
            entry.value = self.stored(entry.value, entry.type, list(s.target.indices), value, s.value.span)
        except InputError as error:
            if error.code != "QASM-6" or entry.type.base != "array":
                raise
            entry.spoilt = error
        else:
            if not s.target.indices and self.state.condition.is_one:
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
            self.state.work(prod(type.dimensions) // 4, span)
            return self.merged(old, self.state.calculate.convert(value, type, span), span)
        index = indices[0]
        if isinstance(old, list):
            assert type.element is not None
            if isinstance(index, syn.IndexSet):
                raise wrong("an array takes no set as an index", index.span, "assign to one element or to a range")
            inner = (
                ValueType("array", None, type.element, type.dimensions[1:])
                if len(type.dimensions) > 1
                else type.element
            )
            first = index[0]
            rest: list[syn.Index] = [*([index[1:]] if len(index) > 1 else []), *indices[1:]]
            # in place: arrays are shared by reference with subroutines
            if isinstance(first, syn.Range):
                at = self.expressions.slice(first, len(old))
                if not isinstance(value, list) or len(value) != len(at):
                    raise InputError(
                        "QASM-10",
                        "the value has not the shape of the slice",
                        span=span,
                        help=f"the slice has {counted(len(at), 'element')}; give an array of as many",
                    )
                self.state.work(len(at) // 4, span)
                for i, x in zip(at, list(value), strict=True):
                    old[i] = self.stored(old[i], inner, rest, x, span)
            else:
                i = self.expressions.position(first, len(old))
                old[i] = self.stored(old[i], inner, rest, value, span)
            return old
        if type.base not in ("bit", "int", "uint", "angle") or (type.base in ("bit", "angle") and type.size is None):
            raise wrong(
                f"a value of type {type} takes no index",
                place_of(index),
                "only registers, sized integers and arrays do",
            )
        if len(indices) > 1:
            raise wrong("a bit takes no index", place_of(indices[1]), "write one index only")
        if type.base == "angle":
            assert type.size is not None
            old = self.state.calculate.angle_word(old, type.size, span)
        word = self.state.calculate.word(old, span)
        size = type.size or max(64, len(word.bits))
        bits = [*word.bits, *[word.bits[-1] if word.signed else ZERO] * (size - len(word.bits))]
        places, single = self.expressions.picked(range(size), index)
        new = self.state.calculate.convert(value, ValueType("bit", None if single else len(places)), span)
        assert isinstance(new, Word)
        for i, bit in zip(places, new.bits, strict=True):
            bits[i] = self.state.circuit.selected(self.state.condition, bit, bits[i])
        self.state.circuit.count(len(places), span)
        return self.state.calculate.convert(
            Word(tuple(bits), word.kind if type.base in ("bit", "angle") else "int", type.base == "int"), type, span
        )

    def merged(self, old: ClassicalValue, new: ClassicalValue, span: Span) -> ClassicalValue:
        """``new`` where the condition holds, else ``old``."""
        c = self.state.condition
        if c.is_one or old == new:
            if isinstance(old, list) and isinstance(new, list):
                old[:] = new
                return old
            return new
        if isinstance(old, list) and isinstance(new, list):
            old[:] = [self.merged(x, y, span) for x, y in zip(old, new, strict=True)]
            return old
        if isinstance(old, Word | int | bool) and isinstance(new, Word | int | bool):
            p, q = self.state.calculate.word(old, span), self.state.calculate.word(new, span)
            size = max(len(p.bits), len(q.bits)) + (p.signed != q.signed)
            p, q = (w if len(w.bits) >= size else extended(w, size) for w in (p, q))
            kind = (
                new.kind
                if isinstance(new, Word)
                else old.kind
                if isinstance(old, Word)
                else "bool"
                if isinstance(new, bool)
                else "int"
            )
            self.state.work(size, span)
            bits = tuple(self.state.circuit.selected(c, y, x) for x, y in zip(p.bits, q.bits, strict=True))
            single = isinstance(new, Word) and new.single
            return Word(bits, kind, p.signed or q.signed, single)
        if isinstance(old, complex | Duration) or isinstance(new, complex | Duration):
            raise unexpressible(
                "an assignment of this type under a measured bit", span, "assign it outside of the branch"
            )
        before, after = self.state.calculate.real(old, span), self.state.calculate.real(new, span)
        change = self.state.calculate.arithmetic("-", after, before, span)
        assert isinstance(change, Exact | float | Polynomial)
        step = change if isinstance(change, Polynomial) else Polynomial.constant(change)
        return self.state.calculate.arithmetic("+", before, step.where(c), span)


def _limits(type: ValueType) -> tuple[float, float]:
    """The least number that a type of bits or whole numbers holds, and the first that is too large."""
    if type.base == "bit":
        return 0, 1 << (type.size or 1)
    if type.size is None:
        return (-inf if type.base == "int" else 0), inf
    return (-(1 << type.size - 1), 1 << type.size - 1) if type.base == "int" else (0, 1 << type.size)


def _expression(text: str, name: str) -> syn.Expression:
    """A value given with ``--bind``: an expression of the language."""
    try:
        program = parse_openqasm3(f"{text};" if len(text) < 200 else "", f"--bind {name}")
    except InputError:
        raise ValueError from None
    if len(program.statements) != 1 or not isinstance(program.statements[0], syn.ExpressionStatement):
        raise ValueError
    return program.statements[0].value
