"""OpenQASM 2 and 3 to diagrams.

Every qubit is a quantum input, unless its first operation is a reset; a qubit whose last operation is a measurement is no output, all
others are. Each measurement has one outcome bit and each reset of a live wire one that is forgotten; classical registers are reported under
their names. The module guarantees that measurements, resets and conditions keep their meaning wherever they stand, that angles are exact
multiples of pi where the source is, and that hostile sources are refused in bounded time (QASM-12). First step of every pipeline.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from gossamer.diagnostics import InputError, Span
from gossamer.formats.openqasm import normalise, parse_openqasm
from gossamer.formats.openqasm_angles import Value, evaluate
from gossamer.formats.openqasm_syntax import (
    Annotated,
    Apply,
    Barrier,
    BitDeclaration,
    Branch,
    Compare,
    Condition,
    GateDefinition,
    Header,
    Include,
    Measurement,
    Not,
    Operand,
    QubitDeclaration,
    ResetStatement,
    Statement,
    Truth,
)
from gossamer.frontends.qasm_gates import Step
from gossamer.frontends.qasm_scope import (
    MAX_STEPS,
    AnyGate,
    Scope,
    broadcast_size,
    check_call,
    expand,
)
from gossamer.ir.diagram import Diagram, VertexKind
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.wires import WireBuilder

#: Annotations of node programs that take part in what the program does. All others are ignored, as OpenQASM 3 allows.
_COMMUNICATION = frozenset({"gossamer.link", "gossamer.send", "gossamer.recv"})
#: An expression with more terms becomes a derived bit before it is combined further.
_MAX_TERMS = 8


def read_qasm(text: str, file: str = "<text>") -> Diagram:
    """The diagram of an OpenQASM source.

    Parameters
    ----------
    text
        OpenQASM 2 or 3; the header decides which, a missing header means 2.
    file
        Its name, for diagnostics. No file is opened.

    Raises
    ------
    InputError
        ``QASM-1`` to ``QASM-14`` (``spec/diagnostics.md``), with the place in the source.

    Examples
    --------
    >>> d = read_qasm('include "qelib1.inc"; qreg q[2]; creg c[1]; h q[0]; cx q[0], q[1]; measure q[0] -> c[0];')
    >>> d.input_names, d.output_names
    (('q[0]', 'q[1]'), ('q[1]',))
    >>> d.registers[0].name, str(d.registers[0].bits[0])
    ('c', 'b0')
    """
    try:
        tree = parse_openqasm(text, file)
        return _Reader(first_operations(tree.statements)).diagram(tree.statements)
    except InputError as error:
        error.with_source(normalise(text))
        raise


#: The name under which frontends are registered.
read = read_qasm


def first_operations(statements: Sequence[Statement]) -> frozenset[int]:
    """The qubits whose first operation is an unconditional reset.

    They start in |0>, the others as inputs; whether a qubit is an input must be known before its first gate is.
    """
    scope: dict[str, range] = {}
    seen: set[int] = set()
    reset: set[int] = set()
    count = work = 0

    def touch(operand: Operand) -> range:
        nonlocal work
        found = scope.get(operand.name, range(0))
        if operand.index is not None:
            found = found[operand.index : operand.index + 1]
        work += len(found)
        if work > MAX_STEPS:
            raise InputError("QASM-12", f"the source stands for more than {MAX_STEPS} operations", span=operand.span)
        return found

    pending: list[tuple[Statement, bool]] = [(s, False) for s in reversed(statements)]
    while pending:
        s, conditional = pending.pop()
        if isinstance(s, Annotated):
            s = s.statement
        if isinstance(s, QubitDeclaration):
            size = min(1 if s.size is None else s.size, MAX_STEPS)
            scope.setdefault(s.name, range(count, count + size))
            count += size
        elif isinstance(s, Apply):
            for operand in s.operands:
                seen.update(touch(operand))
        elif isinstance(s, Measurement):
            seen.update(touch(s.source))
        elif isinstance(s, ResetStatement):
            qubits = touch(s.operand)
            if not conditional:
                reset.update(q for q in qubits if q not in seen)
            seen.update(qubits)
        elif isinstance(s, Branch):
            pending.extend((x, True) for x in reversed((*s.then, *s.otherwise)))
    return frozenset(reset)


class _Slot:
    """What a qubit name holds now: a wire, or the value of the measurement that ended it."""

    __slots__ = ("measured", "wire", "zero")

    def __init__(self, wire: int, zero: bool) -> None:
        self.wire = wire
        self.zero = zero  # in |0>, untouched since
        self.measured: int | None = None  # an outcome bit


class _Reader:
    def __init__(self, start_in_zero: frozenset[int]) -> None:
        self.start_in_zero = start_in_zero
        self.scope = Scope()
        self.wires = WireBuilder()
        self.slots: list[_Slot] = []
        self.qubit_names: list[str] = []
        self.values: list[BitExpr] = []  # of the classical bits
        self.steps = 0
        self.blocks = 0  # blocks that are open
        self.derived: dict[BitExpr, BitExpr] = {}
        self.zero, self.one = BitExpr.const(0), BitExpr.const(1)

    def diagram(self, statements: Sequence[Statement]) -> Diagram:
        for statement in statements:
            self.statement(statement, self.one)
        for slot, name in zip(self.slots, self.qubit_names, strict=True):
            if slot.measured is None:
                self.wires.output(slot.wire, name)
        for register in self.scope.registers.values():
            if not register.quantum:
                self.wires.register(register.name, self.values[register.base : register.base + register.size])
        return self.wires.build()

    def statement(self, s: Statement, condition: BitExpr) -> None:
        """Add one statement; conditional ones stand under ``condition``. Recursion is as deep as blocks nest."""
        match s:
            case Apply():
                self.apply(s, condition)
            case Measurement():
                self.measure(s, condition)
            case ResetStatement():
                for q in self._counted(self.scope.resolve(s.operand, quantum=True), 1, s.span):
                    self.wires.span = s.span
                    self.reset(q, condition)
            case Barrier():
                for operand in s.operands:
                    self.scope.resolve(operand, quantum=True)
            case Branch():
                self.branch(s, condition)
            case Annotated():
                for note in s.annotations:
                    if note.name in _COMMUNICATION:
                        raise InputError(
                            "QASM-14",
                            "this is the program of one node of several; alone it has no meaning",
                            span=note.span,
                            help="run or verify the folder that holds its manifest",
                        )
                self.statement(s.statement, condition)
            case _ if self.blocks:
                raise InputError("QASM-13", "a declaration cannot stand in a block", span=s.span)
            case QubitDeclaration():
                self.declare_qubits(s)
            case BitDeclaration():
                register = self.scope.declare(s.name, s.size, quantum=False, span=s.span)
                start = s.value or "0" * register.size
                self.values += [BitExpr.const(int(x)) for x in reversed(start)]
            case GateDefinition():
                self.scope.define(s)
            case Include():
                self.scope.include(s.file, s.span)
            case Header():
                pass

    def declare_qubits(self, s: QubitDeclaration) -> None:
        register = self.scope.declare(s.name, s.size, quantum=True, span=s.span)
        self.wires.span = s.span
        for i in range(register.size):
            name = f"{s.name}[{i}]"
            zero = register.base + i in self.start_in_zero
            self.slots.append(_Slot(self.wires.add_zero() if zero else self.wires.add_input(name), zero))
            self.qubit_names.append(name)

    # Gates

    def apply(self, s: Apply, condition: BitExpr) -> None:
        gate = self.scope.gate(s.gate, s.span)
        check_call(gate, s, len(s.operands))
        operands = [self.scope.resolve(o, quantum=True) for o in s.operands]
        spans = [o.span for o in s.operands]
        self._counted(range(broadcast_size(operands, spans)), gate.size, s.span)
        arguments = [evaluate(a) for a in s.arguments]
        for qubits in self.scope.broadcast(operands, spans, s.span):
            if not condition.is_zero:
                self.wires.span = s.span
                self.gate(gate, arguments, qubits, None if condition.is_one else condition, s.span)

    def _counted(self, elements: range, each: int, span: Span) -> range:
        """Refuse what would expand to too much, before it is expanded."""
        self.steps += len(elements) * each
        if self.steps > MAX_STEPS:
            raise InputError(
                "QASM-12",
                f"the source stands for more than {MAX_STEPS} elementary steps",
                span=span,
                help="gate definitions and whole registers count with their expansion",
            )
        return elements

    def gate(
        self, gate: AnyGate, arguments: Sequence[Value], qubits: tuple[int, ...], condition: BitExpr | None, span: Span
    ) -> None:
        slots = [self.slots[q] for q in qubits]
        for steps, places in expand(gate, arguments, span):
            at = [slots[p] for p in places]
            for step in steps:
                if condition is None:
                    self.step(step, at)
                else:
                    self.conditional_step(step, at, condition)

    def live(self, slot: _Slot) -> int:
        """The wire of ``slot``, started again in the measured state if a measurement has ended it."""
        if slot.measured is not None:
            state = self.wires.builder.vertex(VertexKind.X, Phase.of_bit(slot.measured), self.wires.span)
            self.wires.attach(slot.wire, state)
            slot.measured = None
        slot.zero = False
        return slot.wire

    def step(self, step: Step, at: Sequence[_Slot]) -> None:
        kind, places, angle = step
        wires = [self.live(at[p]) for p in places]
        if kind == "h":
            self.wires.h(wires[0])
        elif kind == "rz":
            self.wires.rz(wires[0], angle)
        elif kind == "rx":
            self.wires.rx(wires[0], angle)
        elif kind == "cx":
            self.wires.cx(wires[0], wires[1])
        elif kind == "cz":
            self.wires.cz(wires[0], wires[1])
        elif kind == "gadget":
            self.wires.gadget(wires, angle)
        else:
            at[places[0]].wire, at[places[1]].wire = wires[1], wires[0]

    def conditional_step(self, step: Step, at: Sequence[_Slot], condition: BitExpr) -> None:
        """The step with every phase multiplied by ``condition``; up to a global phase, which no bit can show."""
        kind, places, angle = step
        wires = [self.live(at[p]) for p in places]
        w, a, b = self.wires, wires[0], wires[-1]
        if kind == "h":
            quarter = _HALF_PI.times(condition)
            w.rz(a, quarter)
            w.rx(a, quarter)
            w.rz(a, quarter)
        elif kind == "rz":
            w.rz(a, angle.times(condition))
        elif kind == "rx":
            w.rx(a, angle.times(condition))
        elif kind == "cx":
            self.conditional_cx(a, b, condition)
        elif kind == "cz":
            w.cp(a, b, Fraction(1), condition)
        elif kind == "gadget":
            w.gadget(wires, angle.times(condition))
        else:
            w.cx(a, b)
            self.conditional_cx(b, a, condition)
            w.cx(a, b)

    def conditional_cx(self, control: int, target: int, condition: BitExpr) -> None:
        self.wires.h(target)
        self.wires.cp(control, target, Fraction(1), condition)
        self.wires.h(target)

    # Measurement and reset

    def measure(self, s: Measurement, condition: BitExpr) -> None:
        sources = self._counted(self.scope.resolve(s.source, quantum=True), 1, s.span)
        targets: Sequence[int | None] = [None] * len(sources)
        if s.target is not None:
            targets = self.scope.resolve(s.target, quantum=False)
            if len(targets) != len(sources):
                raise InputError(
                    "QASM-10",
                    f"{len(sources)} qubits cannot be measured into {len(targets)} bits",
                    span=s.span,
                    help="measure a register into one of the same size, or one qubit into one bit",
                )
        self.wires.span = s.span
        for q, target in zip(sources, targets, strict=True):
            if condition.is_zero:
                continue
            value = self.measured(self.slots[q]) if condition.is_one else self.measured_if(self.slots[q], condition)
            if target is None:
                continue
            if not condition.is_one:
                old = self.values[target]
                value = self.shortened(old ^ (condition & (value ^ old)))
            self.values[target] = value

    def measured(self, slot: _Slot) -> BitExpr:
        if slot.measured is None:  # else it is measured again with nothing in between: the same value
            slot.measured = self.wires.measure(slot.wire)
            slot.zero = False
        return BitExpr.bit(slot.measured)

    def measured_if(self, slot: _Slot, condition: BitExpr) -> BitExpr:
        """Copy the qubit to a fresh one under the condition, and measure that: 0 where the condition is 0."""
        wire, fresh = self.live(slot), self.wires.add_zero()
        self.conditional_cx(wire, fresh, condition)
        return BitExpr.bit(self.wires.measure(fresh))

    def reset(self, qubit: int, condition: BitExpr) -> None:
        slot = self.slots[qubit]
        if slot.zero or condition.is_zero:
            return
        if condition.is_one:
            self.wires.reset(slot.wire)
            slot.measured, slot.zero = None, True
            return
        wire, fresh = self.live(slot), self.wires.add_zero()
        self.wires.cx(wire, fresh)  # a swap with a fresh |0> under the condition, then the other is discarded
        self.conditional_cx(fresh, wire, condition)
        self.wires.cx(wire, fresh)
        self.wires.discard(fresh)

    # Conditions

    def branch(self, s: Branch, condition: BitExpr) -> None:
        test = self.test(s.condition)
        then, otherwise = self.joined(condition, test), self.joined(condition, ~test)
        self.blocks += 1
        for inner in s.then:
            self.statement(inner, self.single(then))
        for inner in s.otherwise:
            self.statement(inner, self.single(otherwise))
        self.blocks -= 1

    def test(self, c: Condition) -> BitExpr:
        match c:
            case Truth():
                bits = self.scope.resolve(c.operand, quantum=False)
                if len(bits) != 1:
                    raise InputError(
                        "QASM-13", f"'{c.operand.name}' has {len(bits)} bits, a condition needs one", span=c.span
                    )
                return self.values[bits[0]]
            case Compare():
                bits = self.scope.resolve(c.operand, quantum=False)
                out = self.one
                if c.value >> len(bits):
                    return self.zero
                for i, bit in enumerate(self._counted(bits, 1, c.span)):
                    out = self.joined(out, self.values[bit] if c.value >> i & 1 else ~self.values[bit])
                return out
            case Not():
                return ~self.test(c.condition)
        a, b = self.test(c.first), self.test(c.second)
        return ~self.joined(~a, ~b) if c.either else self.joined(a, b)

    def joined(self, a: BitExpr, b: BitExpr) -> BitExpr:
        """``a and b``; long expressions become derived bits, as their product would be longer still."""
        if a.is_zero or b.is_one:
            return a
        if b.is_zero or a.is_one:
            return b
        return self.shortened(self.shortened(a) & self.shortened(b))

    def shortened(self, expression: BitExpr) -> BitExpr:
        return expression if len(expression.monomials) <= _MAX_TERMS else self.single(expression)

    def single(self, expression: BitExpr) -> BitExpr:
        """``expression``, as a derived bit if more than one bit is in it."""
        if len(expression.bits) <= 1:
            return expression
        if expression not in self.derived:
            self.derived[expression] = BitExpr.bit(self.wires.builder.derived(expression))
        return self.derived[expression]


_HALF_PI = Phase(Fraction(1, 2))
