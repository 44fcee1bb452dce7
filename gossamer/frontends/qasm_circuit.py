"""Qubits, gates, measurements and resets of a program as wires of a diagram, whatever language the program is in.

A qubit is a quantum input, unless its first operation is an unconditional reset; a measurement ends its wire until the qubit is used
again. Everything may stand under a condition, a Boolean function of bits. The module guarantees that long functions become derived
bits, and that a source whose steps are too many is refused before they are made. The OpenQASM frontends stand on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from gossamer.diagnostics import InputError, Span
from gossamer.frontends.qasm_flat import append_steps
from gossamer.frontends.qasm_gates import Step
from gossamer.ir.diagram import BitKind, Delay, Diagram, VertexKind
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.wires import WireBuilder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Qubits or classical bits of one source.
MAX_QUBITS = 10**6
#: Steps (:mod:`gossamer.frontends.qasm_gates`) of one source, gate definitions expanded, beside those that its length pays for.
MAX_STEPS = 2 * 10**6
#: Characters of a source that pay for a step: no gate is written in fewer.
STEP_LENGTH = 4
#: An expression with more terms becomes a derived bit before it is combined further.
MAX_TERMS = 8

_HALF_PI = Phase(Fraction(1, 2))


class _Slot:
    """What a qubit name holds now: a wire, or the value of the measurement that ended it."""

    __slots__ = ("delays", "fresh", "measured", "wire", "zero")

    def __init__(self, wire: int) -> None:
        self.wire = wire
        self.fresh = True  # an input, untouched
        self.zero = False  # in |0>, untouched since
        self.measured: int | None = None  # an outcome bit
        self.delays: list[tuple[Delay, Span]] | None = None  # that have passed since something acted on it last


class Circuit:
    """A diagram in the making, in terms of numbered qubits.

    Examples
    --------
    >>> from gossamer.frontends.qasm_gates import STANDARD
    >>> c = Circuit()
    >>> q = c.add_qubit("q[0]", Span("<text>", 1, 1))
    >>> c.apply(STANDARD["h"].steps(()), [q], None)
    >>> c.register("c", [c.measure(q, BitExpr.const(1))])
    >>> d = c.finish()
    >>> d.input_names, d.output_names
    (('q[0]',), ())
    """

    def __init__(self) -> None:
        self.wires = WireBuilder()
        self.slots: list[_Slot] = []
        self.names: list[str] = []
        self.steps = 0
        self.most_steps = MAX_STEPS
        self.derived: dict[BitExpr, BitExpr] = {}

    def add_qubit(self, name: str, span: Span) -> int:
        self.wires.span = span
        self.slots.append(_Slot(self.wires.add_input(name)))
        self.names.append(name)
        return len(self.slots) - 1

    def finish(self) -> Diagram:
        for slot, name in zip(self.slots, self.names, strict=True):
            if slot.measured is None:
                self._wait(slot)
                self.wires.output(slot.wire, name)
        return self.wires.build()

    def register(self, name: str, bits: Iterable[BitExpr]) -> None:
        """Report ``bits`` under ``name``.

        What is computed from outcomes (a measurement under a condition, an assignment) is written onto a fresh |0> and
        measured, so that each result is one measured bit of some node.
        """
        self.wires.register(name, [self._as_outcome(expr) for expr in bits])

    def _as_outcome(self, expr: BitExpr) -> BitExpr:
        outcomes = self.wires.builder.bits
        single = len(expr.monomials) == 1 and len(expr.bits) == 1
        if expr.is_zero or (single and outcomes[min(expr.bits)].kind == BitKind.OUTCOME):
            return expr
        wire = self.wires.add_zero()
        self.wires.rx(wire, Phase(1).times(expr))
        return BitExpr.bit(self.wires.measure(wire))

    def count(self, steps: int, span: Span) -> None:
        """Refuse what would expand to too much, before it is expanded."""
        self.steps += steps
        if self.steps > self.most_steps:
            raise InputError(
                "QASM-12",
                f"the source stands for more than {self.most_steps} elementary steps",
                span=span,
                help="gate definitions, loops and whole registers count with their expansion",
            )

    # Gates

    def apply(self, steps: Iterable[Step], qubits: Sequence[int], condition: BitExpr | None) -> None:
        """The steps on ``qubits``, under ``condition`` (None: always)."""
        at = [self.slots[q] for q in qubits]
        if condition is None:
            for step in steps:
                self._step(step, at)
        else:
            for step in steps:
                self._conditional_step(step, at, condition)

    def touch(self, qubits: Iterable[int]) -> None:
        """Note that an operation without steps (an identity) has acted."""
        for q in qubits:
            self.slots[q].fresh = False

    def append(
        self, table: Sequence[Sequence[int]], order: Sequence[int], qubits: Sequence[int]
    ) -> NDArray[np.int64] | None:
        """Many steps at once (:func:`gossamer.frontends.qasm_flat.append_steps`), wires being places among ``qubits``.

        Gives the first new vertex of each step; None, and nothing is done, if a qubit has been measured or has a delay.
        """
        slots = [self.slots[q] for q in qubits]
        if any(s.measured is not None or s.delays for s in slots):
            return None
        wires = [s.wire for s in slots]
        end, pending = self.wires.ends(wires)
        new = append_steps(table, order, len(self.wires.builder.kinds), end, pending)
        self.wires.builder.extend(new.kinds.tolist(), new.phases.tolist(), new.edges, new.hadamards.tolist())
        self.wires.set_ends(wires, new.end, new.pending)
        acted = {w for row in table for w in row[1:3]}
        for i, s in enumerate(slots):
            s.fresh = False
            s.zero = s.zero and i not in acted
        return new.first_vertex

    def delay(self, qubit: int, delay: Delay, span: Span) -> None:
        """Let the qubit wait. That does not act on it: it stays a fresh input, or in |0>, or measured.

        The delay is put on the wire when something acts next; if that is a reset of what was measured, there is no wire.
        """
        slot = self.slots[qubit]
        slot.delays = slot.delays or []
        slot.delays.append((delay, span))

    def _wait(self, slot: _Slot) -> None:
        """Put the delays that have passed on the wire of ``slot``, which is live."""
        if slot.delays:
            after = self.wires.span
            for delay, self.wires.span in slot.delays:
                self.wires.delay(slot.wire, delay)
            self.wires.span, slot.delays = after, None

    def _live(self, slot: _Slot) -> int:
        """The wire of ``slot``, started again in the measured state if a measurement has ended it."""
        if slot.measured is not None:
            state = self.wires.builder.vertex(VertexKind.X, Phase.of_bit(slot.measured), self.wires.span)
            self.wires.attach(slot.wire, state)
            slot.measured = None
        self._wait(slot)
        slot.zero = slot.fresh = False
        return slot.wire

    def _step(self, step: Step, at: Sequence[_Slot]) -> None:
        kind, places, angle = step
        wires = [self._live(at[p]) for p in places]
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

    def _conditional_step(self, step: Step, at: Sequence[_Slot], condition: BitExpr) -> None:
        """The step with every phase multiplied by ``condition``; up to a global phase, which no bit can show."""
        kind, places, angle = step
        wires = [self._live(at[p]) for p in places]
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
            self._conditional_cx(a, b, condition)
        elif kind == "cz":
            w.cp(a, b, Fraction(1), condition)
        elif kind == "gadget":
            w.gadget(wires, angle.times(condition))
        else:
            w.cx(a, b)
            self._conditional_cx(b, a, condition)
            w.cx(a, b)

    def _conditional_cx(self, control: int, target: int, condition: BitExpr) -> None:
        self.wires.h(target)
        self.wires.cp(control, target, Fraction(1), condition)
        self.wires.h(target)

    # Measurement and reset

    def measure(self, qubit: int, condition: BitExpr) -> BitExpr:
        """The outcome, where ``condition`` (not constant 0) holds."""
        slot = self.slots[qubit]
        slot.fresh = False
        if not condition.is_one:
            # copy the qubit to a fresh one under the condition, and measure that: 0 where the condition is 0
            wire, fresh = self._live(slot), self.wires.add_zero()
            self._conditional_cx(wire, fresh, condition)
            return BitExpr.bit(self.wires.measure(fresh))
        if slot.measured is None:  # else it is measured again with nothing in between: the same value
            self._wait(slot)
            slot.measured = self.wires.measure(slot.wire)
            slot.zero = False
        return BitExpr.bit(slot.measured)

    def reset(self, qubit: int, condition: BitExpr) -> None:
        slot = self.slots[qubit]
        if slot.fresh and condition.is_one:
            self.wires.zero_input(slot.wire)
            slot.fresh, slot.zero, slot.delays = False, True, None
        if slot.zero or condition.is_zero:
            return
        if condition.is_one:
            if slot.measured is None:
                self._wait(slot)
            self.wires.reset(slot.wire)
            slot.measured, slot.zero, slot.delays = None, True, None
            return
        wire, fresh = self._live(slot), self.wires.add_zero()
        self.wires.cx(wire, fresh)  # a swap with a fresh |0> under the condition, then the other is discarded
        self._conditional_cx(fresh, wire, condition)
        self.wires.cx(wire, fresh)
        self.wires.discard(fresh)

    # Conditions

    def joined(self, a: BitExpr, b: BitExpr) -> BitExpr:
        """``a and b``; long expressions become derived bits, as their product would be longer still."""
        if a.is_zero or b.is_one:
            return a
        if b.is_zero or a.is_one:
            return b
        return self.shortened(self.shortened(a) & self.shortened(b))

    def selected(self, condition: BitExpr, value: BitExpr, other: BitExpr) -> BitExpr:
        """``value`` where the condition holds, else ``other``."""
        if condition.is_one:
            return value
        return self.shortened(other ^ self.joined(condition, self.shortened(value ^ other)))

    def shortened(self, expression: BitExpr) -> BitExpr:
        return expression if len(expression.monomials) <= MAX_TERMS else self.single(expression)

    def single(self, expression: BitExpr) -> BitExpr:
        """``expression``, as a derived bit if more than one bit is in it."""
        if len(expression.bits) <= 1:
            return expression
        if expression not in self.derived:
            self.derived[expression] = BitExpr.bit(self.wires.builder.derived(expression))
        return self.derived[expression]
