"""The `mixed` node model: gates and the commands of a pattern on the same qubits; each vertex is realised in the cheaper way.

A step is the unitary ``H Rz`` or a measured node and the next one; a gadget is a native rotation or a measured hub; a vertex that ends by
a measurement is measured where it is, its frames as domains. The measured ways take a data qubit more for a moment, so they are
open only where one is free. What a way costs follows from the figures of the node (``gossamer.backends.costs``); where they are absent,
operations are counted, with the weights that are options of the backend. Corrections cost nothing: a measured step only hands
them on. On equal terms a vertex is a gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from gossamer.backends.circuit import CircuitWriter
from gossamer.backends.costs import Cost, price
from gossamer.backends.lowering import Lowering, lower
from gossamer.backends.mbqc import PatternWriter
from gossamer.ir import pattern
from gossamer.ir.pattern import Entangle, Prepare
from gossamer.ir.phase import Phase
from gossamer.ir.placed import EventKind, Placed
from gossamer.ir.program import Distribution, Gate, Instruction, Observe


@dataclass(frozen=True)
class Mixed:
    """Backend: ``Placed`` -> ``Distribution`` of mixed nodes, whose programs are printed as JSON.

    Attributes
    ----------
    gate, measurement : what a gate (E too) and a measurement count where the network gives no figures; a preparation counts one
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
        self.prices: dict[tuple[Instruction, ...], Cost | None] = {}
        # What is measured has its frames as domains, and no X is applied to it before.
        self.observed = {v for kind, v in events if kind in (EventKind.MEASURE, EventKind.ROTATE)}

    def start(self, qubit: int) -> None:
        PatternWriter.start(self, qubit)

    def join(self, a: int, b: int) -> None:
        for x in (a, b):
            if x < self.all.n and x not in self.observed and not self.all.is_folded(x):
                self.apply_x(x)
        PatternWriter.join(self, a, b)

    def step(self, v: int) -> None:
        turned: tuple[Instruction, ...] = (*_turns((0,), self.turned(v)), Gate("h", (0,)))
        measured = (Prepare(1), Entangle(0, 1), Observe(pattern.Measure(0), 0))
        if self.has_room and self.is_cheaper(measured, turned, {0}, {1}, {0}):
            PatternWriter.step(self, v)
        else:
            CircuitWriter.step(self, v)

    def is_cheaper(
        self,
        measured: tuple[Instruction, ...],
        turned: tuple[Instruction, ...],
        before: set[int],
        after_measured: set[int],
        after_turned: set[int],
    ) -> bool:
        """Whether the measured way costs less than the one of gates, or is the only one."""
        costs = []
        for way, after in ((measured, after_measured), (turned, after_turned)):
            if way not in self.prices:
                weights = {"gate": self.gate, "measurement": self.measurement}
                self.prices[way] = price(self.node, way, before, after, **weights)
            costs.append(self.prices[way])
        first, second = costs
        return first is not None and (second is None or first.is_less(second))

    def measure(self, v: int) -> None:
        PatternWriter.measure(self, v)

    def rotate(self, hub: int) -> None:
        count = len(self.all.pending[hub])
        legs = tuple(range(count))
        phase = self.all.graph.phase_of(hub)
        turned: tuple[Instruction, ...] = _turns(legs[:2], phase) if legs else ()
        if count > 2:  # a wide parity is collected on one leg and taken apart again
            collect = (Gate("h", (0,)), *(Gate("cz", (leg, 0)) for leg in legs[1:]), Gate("h", (0,)))
            turned = (*collect, *_turns((0,), phase), *collect)
        measured: tuple[Instruction, ...] = (
            Prepare(count),
            *(Entangle(leg, count) for leg in legs),
            Observe(pattern.Measure(count), 0),
        )
        if self.has_room and self.is_cheaper(measured, turned, set(legs), set(legs), set(legs)):
            PatternWriter.rotate(self, hub)
        else:
            CircuitWriter.rotate(self, hub)

    def finish(self, v: int) -> None:
        CircuitWriter.finish(self, v)

    def open_half(self, qubit: int) -> None:
        PatternWriter.open_half(self, qubit)

    def close_half(self, qubit: int) -> int:
        return PatternWriter.close_half(self, qubit)


#: Stands for every angle that is no multiple of a quarter turn: they cost the same.
_ANY = Phase(Fraction(1, 8))


def _turns(qubits: tuple[int, ...], phase: Phase) -> tuple[Gate, ...]:
    """Rotations by a phase, one for each of its terms, as they are priced."""
    name = "rz" if len(qubits) == 1 else "rzz"
    return tuple(Gate(name, qubits, Phase(c) if c.denominator <= 2 else _ANY) for _, c, _ in phase.terms)
