"""A toy backend: programs for machines whose only diagonal gate of one qubit is rz."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from gossamer.backends.circuit import lower
from gossamer.ir.phase import Phase
from gossamer.ir.placed import Placed
from gossamer.ir.program import Conditional, Distribution, Gate, Instruction

ANGLE = {"z": Fraction(1), "s": Fraction(1, 2), "sdg": Fraction(3, 2)}


@dataclass(frozen=True)
class OnlyRz:
    """Backend: ``Placed`` -> ``Distribution``; z, s and sdg are written as rz."""

    def run(self, placed: Placed) -> Distribution:
        made = lower(placed)
        programs = tuple(replace(p, instructions=tuple(map(self.rewrite, p.instructions))) for p in made.programs)
        return replace(made, programs=programs)

    def rewrite(self, op: Instruction) -> Instruction:
        if isinstance(op, Conditional):
            return replace(op, body=tuple(self.gate(g) for g in op.body))
        return self.gate(op) if isinstance(op, Gate) else op

    def gate(self, gate: Gate) -> Gate:
        return Gate("rz", gate.qubits, Phase(ANGLE[gate.name])) if gate.name in ANGLE else gate
