"""The `mixed` node model: gates and the commands of a pattern on the same qubits; each vertex is realised in the cheaper way.

A step is the unitary ``H Rz`` or a measured node and the next one; a gadget is a native rotation or a measured hub; a vertex that ends by
a measurement is measured where it is, its frames as domains. The measured ways take a data qubit more for a moment, so they are
open only where one is free. The costs of a gate (E too) and of a measurement are options of the backend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gossamer.backends.circuit import CircuitWriter
from gossamer.backends.lowering import Lowering, lower
from gossamer.backends.mbqc import PatternWriter
from gossamer.ir.placed import EventKind, Placed
from gossamer.ir.program import Distribution


@dataclass(frozen=True)
class Mixed:
    """Backend: ``Placed`` -> ``Distribution`` of mixed nodes, whose programs are printed as JSON.

    Attributes
    ----------
    gate, measurement : what a gate and a measurement cost, in the same unit; a preparation costs one
    """

    gate: int = 1
    measurement: int = 1

    def __post_init__(self) -> None:
        if min(self.gate, self.measurement) < 0:
            raise ValueError("a cost is not negative")

    def run(self, placed: Placed) -> Distribution:
        costs = {"gate": self.gate, "measurement": self.measurement}
        writer: type[MixedWriter] = type("CostedWriter", (MixedWriter,), costs)
        return lower(placed, {"mixed": writer})


class MixedWriter(CircuitWriter, PatternWriter):
    """The program of a mixed node."""

    model = "mixed"
    suffix = ".mixed.json"
    gate: ClassVar[int] = 1
    measurement: ClassVar[int] = 1

    def __init__(self, lowering: Lowering, at: int) -> None:
        super().__init__(lowering, at)
        events = lowering.placed.events.tolist()
        # What is measured has its frames as domains, and no X is applied to it before.
        self.observed = {v for kind, v in events if kind in (EventKind.MEASURE, EventKind.ROTATE)}

    @property
    def has_room(self) -> bool:
        """Whether a data qubit is free for a moment."""
        return bool(self.free["data"]) or self.size["data"] < self.all.placed.network.nodes[self.at].data

    def start(self, qubit: int) -> None:
        PatternWriter.start(self, qubit)

    def join(self, a: int, b: int) -> None:
        for x in (a, b):
            if x < self.all.n and x not in self.observed and not self.all.is_folded(x):
                self.apply_x(x)
        PatternWriter.join(self, a, b)

    def step(self, v: int) -> None:
        turns = self.gate * (1 if self.turned(v).is_zero else 2)
        if self.has_room and 1 + self.gate + self.measurement < turns:
            PatternWriter.step(self, v)
        else:
            CircuitWriter.step(self, v)

    def measure(self, v: int) -> None:
        PatternWriter.measure(self, v)

    def rotate(self, hub: int) -> None:
        legs = len(self.all.pending[hub])
        gates = 1 + 2 * (legs + 1) if legs > 2 else 1  # a wide parity is collected on one leg and taken apart again
        if self.has_room and 1 + self.gate * legs + self.measurement < self.gate * gates:
            PatternWriter.rotate(self, hub)
        else:
            CircuitWriter.rotate(self, hub)

    def finish(self, v: int) -> None:
        CircuitWriter.finish(self, v)

    def open_half(self, qubit: int) -> None:
        PatternWriter.open_half(self, qubit)

    def close_half(self, qubit: int) -> int:
        return PatternWriter.close_half(self, qubit)
