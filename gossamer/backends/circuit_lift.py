"""Lifting: a circuit node's program back into a `Diagram`, for translation validation.

Shares no code with lowering: it reads instructions and knows nothing of graphs, frames or signals. The part of one node has
as inputs the source inputs that sit on the node and then its link halves (named by link id), as outputs the source outputs
on the node, and as input bits the messages it receives (named by message id). Initial qubits are |0> unless they are input
places; a qubit that the program leaves behind is discarded, as physics does.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Diagram
from gossamer.ir.gates import GATES
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.program import Conditional, Ebit, Gate, Manifest, Measure, NodeProgram, Recv, Reset, Send
from gossamer.ir.wires import WireBuilder

_HALF = Fraction(1, 2)
#: A condition with more monomials than this becomes a derived bit.
_LONG = 4
_ANGLES = {"z": Fraction(1), "s": _HALF, "sdg": -_HALF}


@dataclass(frozen=True, slots=True)
class Wait:
    """Before vertex ``position`` of its part is made, the node meets its peer for a link, receives, or sends, a message."""

    position: int
    kind: Literal["link", "recv", "send"]
    name: str


@dataclass(frozen=True, eq=False)
class LiftedPart:
    """One node's part.

    Attributes
    ----------
    node : its name
    diagram : the part; see the module's text for its boundary
    sources : how many of the diagram's inputs are inputs of the source; the others are link halves
    bits : for each bit of the program its value over the diagram's bits, None if it is never written
    sent : message id -> the parity that is sent, over the diagram's bits
    waits : where the program depends on others, in program order
    discards : outcome bits of the diagram that no program bit holds (resets of live qubits, qubits left behind)
    """

    node: str
    diagram: Diagram
    sources: int
    bits: tuple[BitExpr | None, ...]
    sent: dict[str, BitExpr]
    waits: tuple[Wait, ...]
    discards: frozenset[int]


def lift(program: NodeProgram, manifest: Manifest) -> LiftedPart:
    """Lift one program.

    Raises
    ------
    InputError
        ``PR-2`` for a gate without meaning, ``PR-5`` for a bit read before it is written or written twice, ``PR-7`` for a
        communication qubit without a link half, ``PR-8`` for a qubit used after its measurement, ``PR-9`` for an output
        that was measured.

    Examples
    --------
    >>> from gossamer.ir.program import ManifestPlace
    >>> place = ManifestPlace(name="q", node="n0", qubit=0)
    >>> m = Manifest(nodes=[], links=[], messages=[], inputs=[place], outputs=[], registers=[], outcomes=[], source_digest="")
    >>> part = lift(NodeProgram("n0", "circuit", 1, 0, 1, (Gate("h", (0,)), Measure(0, 0))), m)
    >>> part.diagram.num_vertices, str(part.bits[0])
    (2, 'b0')
    """
    return _Lift(program, manifest).run()


class _Lift:
    def __init__(self, program: NodeProgram, manifest: Manifest) -> None:
        self.program, self.manifest = program, manifest
        self.builder = WireBuilder()
        self.wire: list[int | None] = [None] * (program.data + program.comm)  # None: never used so far
        self.bits: list[BitExpr | None] = [None] * program.bits
        self.sent: dict[str, BitExpr] = {}
        self.waits: list[Wait] = []
        self.discards: set[int] = set()
        self.here = 0

    def fail(self, code: str, message: str) -> InputError:
        return InputError(code, f"{self.program.node}, instruction {self.here}: {message}")

    def run(self) -> LiftedPart:
        program, b = self.program, self.builder
        inputs = [x for x in self.manifest.inputs if x.node == program.node]
        for place in inputs:
            self.wire[place.qubit] = b.add_input(place.name)
        for self.here, op in enumerate(program.instructions):
            match op:
                case Gate():
                    self.gate(op, None)
                case Conditional(conditions, body):
                    condition = self.all_of(conditions)
                    for gate in body:
                        self.gate(gate, condition)
                case Measure(qubit, bit):
                    self.write(bit, BitExpr.bit(b.measure(self.live(qubit), f"{program.node}.m[{bit}]")))
                case Reset(qubit):
                    self.reset(qubit)
                case Ebit(link, _, qubit):
                    self.ebit(link, qubit)
                case Send(message, _, bits):
                    parity = BitExpr()
                    for bit in bits:
                        parity = parity ^ self.read(bit)
                    self.sent[message] = parity
                    self.wait("send", message)
                case Recv(message, _, bit):
                    self.wait("recv", message)
                    self.write(bit, BitExpr.bit(b.builder.input_bit(message)))
        self.here = len(program.instructions)
        outputs = [x for x in self.manifest.outputs if x.node == program.node]
        for place in outputs:
            b.output(self.live(place.qubit), place.name)
        for wire in self.wire:
            if wire is not None and b.is_live(wire):
                self.discards.add(b.discard(wire))
        return LiftedPart(
            program.node,
            b.build(),
            len(inputs),
            tuple(self.bits),
            self.sent,
            tuple(self.waits),
            frozenset(self.discards),
        )

    # ---- qubits and bits -------------------------------------------------------------------------------------------

    def live(self, qubit: int) -> int:
        """The wire of a qubit in use; a data qubit's first use starts it in |0>."""
        if not 0 <= qubit < len(self.wire):
            raise self.fail("PR-2", f"qubit {qubit} does not exist")
        wire = self.wire[qubit]
        if wire is None:
            if qubit >= self.program.data:
                raise self.fail("PR-7", f"communication qubit {qubit} holds no link half")
            wire = self.wire[qubit] = self.builder.add_zero()
        if not self.builder.is_live(wire):
            raise self.fail("PR-8", f"qubit {qubit} is used after its measurement")
        return wire

    def reset(self, qubit: int) -> None:
        wire = self.wire[qubit]
        if wire is None:
            self.live(qubit)
        elif self.builder.is_live(wire):
            self.discards.add(self.builder.discard(wire))
            self.builder.reset(wire)
        else:
            self.builder.reset(wire)

    def ebit(self, link: str, qubit: int) -> None:
        wire = self.wire[qubit]
        if qubit < self.program.data or (wire is not None and self.builder.is_live(wire)):
            raise self.fail("PR-7", f"an ebit on qubit {qubit}, which is no free communication qubit")
        self.wait("link", link)
        self.wire[qubit] = self.builder.add_input(link)

    def wait(self, kind: Literal["link", "recv", "send"], name: str) -> None:
        self.waits.append(Wait(len(self.builder.builder.kinds), kind, name))

    def all_of(self, conditions: tuple[tuple[int, bool], ...]) -> BitExpr:
        """The AND of the conditions; a long one goes through derived bits, because negations double its monomials."""
        out = BitExpr.const(1)
        for bit, value in conditions:
            out = out & (self.read(bit) if value else ~self.read(bit))
            if len(out.monomials) > _LONG:
                out = BitExpr.bit(self.builder.builder.derived(out))
        return out

    def read(self, bit: int) -> BitExpr:
        value = self.bits[bit] if 0 <= bit < len(self.bits) else None
        if value is None:
            raise self.fail("PR-5", f"bit {bit} is read before it is written")
        return value

    def write(self, bit: int, value: BitExpr) -> None:
        if not 0 <= bit < len(self.bits):
            raise self.fail("PR-2", f"bit {bit} does not exist")
        if self.bits[bit] is not None:
            raise self.fail("PR-5", f"bit {bit} is written a second time")
        self.bits[bit] = value

    # ---- gates -----------------------------------------------------------------------------------------------------

    def gate(self, gate: Gate, condition: BitExpr | None) -> None:
        b = self.builder
        wires = [self.live(q) for q in gate.qubits]
        if gate.name not in GATES:
            raise self.fail("PR-2", f"unknown gate '{gate.name}'")
        arity, angles = GATES[gate.name]
        if len(set(wires)) != arity or len(wires) != arity:
            raise self.fail("PR-2", f"{gate.name} on {len(wires)} qubits, or on one twice")
        if not all(angle.is_constant for angle in gate.angles) or len(gate.angles) != angles:
            raise self.fail("PR-2", f"{gate.name} with {len(gate.angles)} angles, or with one that is not constant")

        def when(angle: Fraction) -> Phase:
            return Phase(angle) if condition is None else Phase(angle).times(condition)

        match gate.name:
            case "z" | "s" | "sdg":
                b.rz(wires[0], when(_ANGLES[gate.name]))
            case "x":
                b.rx(wires[0], when(Fraction(1)))
            case "rz" | "rx" | "rzz":
                phase = when(gate.angles[0].constant)
                if gate.name == "rzz":
                    b.gadget(wires, phase)
                else:
                    (b.rz if gate.name == "rz" else b.rx)(wires[0], phase)
            case "sx":
                b.rx(wires[0], when(_HALF))
            case "y":
                b.rz(wires[0], when(Fraction(1)))
                b.rx(wires[0], when(Fraction(1)))
            case "ry" | "u3":
                theta, phi, lam = (*(a.constant for a in gate.angles), *([Fraction(0)] * 2))[:3]
                for turn, angle in ((b.rz, lam - _HALF), (b.rx, theta), (b.rz, phi + _HALF)):
                    turn(wires[0], when(angle))
            case "cx" | "ecr":  # along Z of the first qubit and X of the second
                b.h(wires[1])
                if gate.name == "ecr":
                    b.gadget(wires, when(_HALF))
                    b.rx(wires[0], when(Fraction(1)))
                else:
                    self.gate(Gate("cz", gate.qubits), condition)
                b.h(wires[1])
            case "ms" | "rxx":
                for wire in wires:
                    b.h(wire)
                b.gadget(wires, when(_HALF if gate.angle is None else gate.angle.constant))
                for wire in wires:
                    b.h(wire)
            case "swap" if condition is None:
                first, second = gate.qubits
                self.wire[first], self.wire[second] = self.wire[second], self.wire[first]
            case "swap":
                for ends in (gate.qubits, gate.qubits[::-1], gate.qubits):
                    self.gate(Gate("cx", ends), condition)
            case "h":
                if condition is None:
                    b.h(wires[0])
                else:
                    for turn in (b.rz, b.rx, b.rz):
                        turn(wires[0], when(_HALF))
            case "cz":
                if condition is None:
                    b.cz(*wires)
                else:
                    for wire in wires:
                        b.rz(wire, when(_HALF))
                    b.gadget(wires, when(-_HALF))
            case _:
                raise self.fail("PR-2", f"gate '{gate.name}' has no meaning here")
