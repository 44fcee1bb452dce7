"""Lifting: node programs back into diagrams, for translation validation; what is the same for every node model.

Shares no code with lowering: it reads instructions and knows nothing of graphs, frames or signals. The part of one node has
as inputs the source inputs that sit on the node and then its link halves (named by link id), as outputs the source outputs
on the node, and as input bits the messages it receives (named by message id). A qubit that the program leaves behind is discarded,
as physics does. A subclass says what the instructions of one model do to the wires of the part.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Diagram
from gossamer.ir.phase import BitExpr
from gossamer.ir.program import Ebit, Instruction, Manifest, NodeProgram, Recv, Send
from gossamer.ir.wires import WireBuilder


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


class Lift(ABC):
    """Lifts one program; raises InputError with the clause (PR-2, PR-5, PR-7 to PR-9) that keeps it from having a meaning."""

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
                case _:
                    self.local(op)
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

    @abstractmethod
    def local(self, op: Instruction) -> None:
        """What an instruction other than ebit, send and receive does."""

    @abstractmethod
    def fresh(self, qubit: int) -> int:
        """The wire of a data qubit that nothing has acted on."""

    def live(self, qubit: int) -> int:
        """The wire of a qubit in use."""
        if not 0 <= qubit < len(self.wire):
            raise self.fail("PR-2", f"qubit {qubit} does not exist")
        wire = self.wire[qubit]
        if wire is None:
            if qubit >= self.program.data:
                raise self.fail("PR-7", f"communication qubit {qubit} holds no link half")
            wire = self.wire[qubit] = self.fresh(qubit)
        if not self.builder.is_live(wire):
            raise self.fail("PR-8", f"qubit {qubit} is used after its measurement")
        return wire

    def ebit(self, link: str, qubit: int) -> None:
        wire = self.wire[qubit]
        if qubit < self.program.data or (wire is not None and self.builder.is_live(wire)):
            raise self.fail("PR-7", f"an ebit on qubit {qubit}, which is no free communication qubit")
        self.wait("link", link)
        self.wire[qubit] = self.builder.add_input(link)

    def wait(self, kind: Literal["link", "recv", "send"], name: str) -> None:
        self.waits.append(Wait(len(self.builder.builder.kinds), kind, name))

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
